"""The address in a digest at which one click ends it: signed, so that nobody can switch off another's messages."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from models.enums import ChosenCategory

SIGNATURE_BYTES = 16
LONGEST = 200
"""Characters of an address's secret part; what is longer was not made here."""


@dataclass(frozen=True, slots=True)
class Stop:
    """What a click ends: these categories of one person."""

    person_id: int
    categories: frozenset[ChosenCategory]


def sealed(stop: Stop, key: bytes) -> str:
    """The secret part of the address. It has no end: an old digest's button must still do what it says."""
    said = f"{stop.person_id}.{'-'.join(sorted(stop.categories))}"
    return f"{said}.{_signature(said, key)}"


def opened(secret: str, key: bytes) -> Stop | None:
    """What the address says; None when it was not made with this key."""
    said, _, signature = secret.rpartition(".")
    if not key or len(secret) > LONGEST or not secret.isascii():
        return None
    if not hmac.compare_digest(signature, _signature(said, key)):
        return None
    number, _, names = said.partition(".")
    return Stop(int(number), _known(names.split("-")))


def _known(names: Iterable[str]) -> frozenset[ChosenCategory]:
    # A category that a later release has given up ends nothing.
    said = set(names)
    return frozenset(category for category in ChosenCategory if category.value in said)


def _signature(said: str, key: bytes) -> str:
    digest = hmac.digest(key, b"unsubscribe\0" + said.encode(), sha256)[:SIGNATURE_BYTES]
    return urlsafe_b64encode(digest).decode().rstrip("=")
