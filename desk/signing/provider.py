"""The team's identity provider (OpenID Connect): the way there, and who it says has come back.

Source: OpenID Connect Core 1.0, section 3.1 (authorization code), RFC 7636 (PKCE), RFC 9700 (best practice).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client

from desk.signing.id_token import KeyUnknown, believed, verified_email

SCOPE: Final = "openid email"
TIMEOUT_SECONDS: Final = 10.0
KEPT_SECONDS: Final = 3_600.0
KEPT_AT_LEAST_SECONDS: Final = 60.0
"""However many unknown keys come along, its keys are asked for no more often."""
LONGEST_ANSWER: Final = 1_000_000
LOOPBACK: Final = frozenset({"localhost"})


class ProviderUnusable(Exception):
    """It can't be spoken to, or is not set up for us; the message says why, for the log."""


@dataclass(frozen=True, slots=True)
class Question:
    """What one browser is sent to the provider with; all of it is secret but `state`."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> "Question":
        return cls(generate_token(32), generate_token(32), generate_token(64))


@dataclass(slots=True)
class Provider:
    """One installation's provider. `back_to` is our address that it leads back to."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    back_to: str
    clock: Callable[[], float]
    """Seconds since 1970, for the times in its tokens."""
    _said: tuple[float, Mapping[str, Any], Mapping[str, Any]] | None = field(default=None, repr=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    def __str__(self) -> str:
        return urlsplit(self.issuer).hostname or self.issuer

    async def way_there(self, question: Question) -> str:
        """Where to send the browser. ProviderUnusable."""
        about, _ = await self._about()
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                about["authorization_endpoint"],
                state=question.state,
                nonce=question.nonce,
                code_verifier=question.verifier,
                prompt="select_account",
            )
        return str(address)

    async def email_behind(self, code: str, question: Question) -> str:
        """The verified address of whoever comes back with the code, lower case. ProviderUnusable, NotBelieved."""
        about, keys = await self._about()
        try:
            async with self._client() as client:
                given = await client.fetch_token(about["token_endpoint"], code=code, code_verifier=question.verifier)
        except (httpx.HTTPError, AuthlibBaseError, ValueError) as error:
            raise ProviderUnusable(f"{self} did not take the code: {error}") from error
        token = given.get("id_token")
        if not isinstance(token, str):
            raise ProviderUnusable(f"{self} answered without an ID token")
        try:
            return self._email_in(token, keys, question)
        except KeyUnknown:
            # It may have begun to sign with a new key since it was asked.
            _, newer = await self._about(newer_than_seconds=KEPT_AT_LEAST_SECONDS)
            return self._email_in(token, newer, question)

    def _email_in(self, token: str, keys: Mapping[str, Any], question: Question) -> str:
        return verified_email(
            believed(
                token,
                keys,
                issuer=self.issuer,
                client_id=self.client_id,
                nonce=question.nonce,
                at=self.clock(),
            )
        )

    def _client(self) -> AsyncOAuth2Client:
        return AsyncOAuth2Client(
            self.client_id,
            self.client_secret,
            redirect_uri=self.back_to,
            scope=SCOPE,
            code_challenge_method="S256",
            timeout=TIMEOUT_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )

    async def _about(self, *, newer_than_seconds: float = KEPT_SECONDS) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What it says of itself, and its keys; asked again when that is older."""
        async with self._looking:
            now = self.clock()
            if self._said is None or self._said[0] <= now - newer_than_seconds:
                about = await self._document(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if about.get("issuer") != self.issuer:
                    raise ProviderUnusable(f"{self} says that it is {about.get('issuer')!r}, expected {self.issuer!r}")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not is_safe(str(about.get(name, ""))):
                        raise ProviderUnusable(f"{self} names no https address as its {name}")
                self._said = (now, about, await self._document(str(about["jwks_uri"])))
            return self._said[1], self._said[2]

    async def _document(self, address: str) -> Mapping[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as client:
                answer = await client.get(address)
                answer.raise_for_status()
                if len(answer.content) > LONGEST_ANSWER:
                    raise ProviderUnusable(f"{self} answered more than {LONGEST_ANSWER:,} bytes at {address}")
                document = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderUnusable(f"{self} did not answer as expected at {address}: {error}") from error
        if not isinstance(document, dict):
            raise ProviderUnusable(f"{self} answered no JSON object at {address}")
        return document


def is_safe(address: str) -> bool:
    """Whether nobody in between reads what goes there: HTTPS, or this machine itself."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname)))


def _is_here(name: str | None) -> bool:
    try:
        return name in LOOPBACK or ip_address(name or "").is_loopback
    except ValueError:
        return False
