"""Secrets at rest: encrypted with the installation's key, shown masked, every reveal an event."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class SecretUnreadable(Exception):
    """A stored secret can't be decrypted; the installation's key is another one than when it was stored."""

    def __init__(self) -> None:
        super().__init__(
            "a stored secret can't be read with this LAUNCH_REVIEW_SECRET_KEY; set the key it was stored with"
        )


class Vault:
    """Encrypts and decrypts with one key. The key is any text of at least 16 characters, kept out of logs."""

    MINIMUM_KEY_LENGTH = 16

    def __init__(self, key: str) -> None:
        self._pepper = hashlib.sha256(b"launch-review pepper\0" + key.encode()).digest()
        self._links_key = hashlib.sha256(b"launch-review links\0" + key.encode()).digest()
        digest = hashlib.sha256(b"launch-review vault\0" + key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(digest))

    @property
    def pepper(self) -> bytes:
        """A key of the installation for digests, so that nobody can guess a secret from its digest."""
        return self._pepper

    @property
    def links_key(self) -> bytes:
        """A key of the installation for signing addresses that are mailed out."""
        return self._links_key

    def seal(self, secret: str) -> bytes:
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """SecretUnreadable when it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise SecretUnreadable from error


def masked(secret: str) -> str:
    """What may be shown: that there is one, and its last two characters when it is long enough to spare them."""
    return f"••••••{secret[-2:]}" if len(secret) >= 8 else "••••••"
