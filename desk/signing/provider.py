"""The team's identity provider (OpenID Connect): who it says somebody is, checked before it is believed.

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
from authlib.jose import JsonWebKey, JsonWebToken
from authlib.jose.errors import JoseError
from authlib.oidc.core import CodeIDToken

SCOPE: Final = "openid email"
SIGNED_WITH: Final = ("RS256", "ES256", "PS256", "EdDSA")
"""Never `none`, and no algorithm that takes a public key for a shared secret."""
TIMEOUT_SECONDS: Final = 10.0
KEPT_SECONDS: Final = 3_600.0
LEEWAY_SECONDS: Final = 60
LONGEST_ANSWER: Final = 1_000_000
LOOPBACK: Final = frozenset({"localhost"})


class ProviderUnusable(Exception):
    """It can't be spoken to, or what it says can't be believed; the message says why, for the log and the team."""


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
        """The verified address of whoever comes back with the code, lower case. ProviderUnusable."""
        about, keys = await self._about()
        try:
            async with self._client() as client:
                given = await client.fetch_token(about["token_endpoint"], code=code, code_verifier=question.verifier)
        except (httpx.HTTPError, AuthlibBaseError, ValueError) as error:
            raise ProviderUnusable(f"{self} did not take the code: {error}") from error
        token = given.get("id_token")
        if not isinstance(token, str):
            raise ProviderUnusable(f"{self} answered without an ID token")
        claims = self._believed(token, keys, question)
        email = claims.get("email")
        # Anybody can claim an address that nobody has verified, also one of the team's.
        if claims.get("email_verified") is not True or not isinstance(email, str):
            raise ProviderUnusable(f"{self} names no verified e-mail address")
        return email.strip().lower()

    def _believed(self, token: str, keys: Mapping[str, Any], question: Question) -> Mapping[str, Any]:
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self.client_id},
            "nonce": {"essential": True, "value": question.nonce},
        }
        try:
            claims = JsonWebToken(list(SIGNED_WITH)).decode(
                token,
                JsonWebKey.import_key_set(dict(keys)),
                claims_cls=CodeIDToken,
                claims_options=options,
                claims_params={"nonce": question.nonce, "client_id": self.client_id},
            )
            claims.validate(now=int(self.clock()), leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise ProviderUnusable(f"the ID token of {self} is not to be believed: {error}") from error
        return dict(claims)

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

    async def _about(self) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """What it says of itself, and its keys; asked again after an hour."""
        async with self._looking:
            now = self.clock()
            if self._said is None or self._said[0] <= now - KEPT_SECONDS:
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
    parts = urlsplit(address)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts.hostname)))


def _is_here(name: str | None) -> bool:
    try:
        return name in LOOPBACK or ip_address(name or "").is_loopback
    except ValueError:
        return False
