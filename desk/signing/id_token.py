"""What an identity provider says of who signed in there: believed only when it is signed, recent, and meant for us.

Source: OpenID Connect Core 1.0, section 3.1.3.7 (validation of an ID token).
"""

from collections.abc import Mapping
from typing import Any, Final

from authlib.jose import JsonWebKey, JsonWebToken, KeySet
from authlib.jose.errors import ExpiredTokenError, JoseError
from authlib.oidc.core import CodeIDToken

SIGNED_WITH: Final = ("RS256", "ES256", "PS256", "EdDSA")
"""Never `none`, and no algorithm that takes a public key for a shared secret."""
KINDS_OF_KEY: Final = frozenset({"RSA", "EC", "OKP"})
LEEWAY_SECONDS: Final = 60


class NotBelieved(Exception):
    """Nobody is signed in by it; the message says why, to whoever tried."""


class KeyUnknown(NotBelieved):
    """It is signed with a key that the provider has not published, or not yet when it was last asked."""


def believed(
    token: str, keys: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, at: float
) -> Mapping[str, Any]:
    """What the token says. `keys` are the provider's (RFC 7517), `at` is in seconds since 1970.

    Raises KeyUnknown, and NotBelieved for whatever else is wrong with it.
    """
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "nonce": {"essential": True, "value": nonce},
    }
    expected = {"nonce": nonce, "client_id": client_id}

    def key_of(header: Mapping[str, Any], _payload: object) -> Any:
        try:
            return _usable(keys).find_by_kid(header.get("kid"))
        except ValueError:
            raise KeyUnknown("it is signed with a key that the provider does not publish") from None

    try:
        claims = JsonWebToken(list(SIGNED_WITH)).decode(
            token, key_of, claims_cls=CodeIDToken, claims_options=options, claims_params=expected
        )
        claims.validate(now=int(at), leeway=LEEWAY_SECONDS)
    except ExpiredTokenError as error:
        raise NotBelieved("it has run out; when it does so again, one of the two clocks is wrong") from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        reason = error.description if isinstance(error, JoseError) and error.description else str(error)
        raise NotBelieved(reason.rstrip(".")) from error
    return dict(claims)


def verified_email(claims: Mapping[str, Any]) -> str:
    """The address, lower case. Anybody can claim one that nobody has verified, also one of the team's: NotBelieved."""
    email = claims.get("email")
    if not isinstance(email, str) or not email.strip():
        raise NotBelieved("it names no e-mail address")
    if claims.get("email_verified") is not True:
        raise NotBelieved("it does not say that your e-mail address is verified")
    return email.strip().lower()


def _usable(keys: Mapping[str, Any]) -> KeySet:
    """A provider may publish keys of kinds that are not known here; they sign nothing for us."""
    published = keys.get("keys")
    listed = published if isinstance(published, list) else []
    known = [one for one in listed if isinstance(one, dict) and one.get("kty") in KINDS_OF_KEY]
    return JsonWebKey.import_key_set({"keys": known})
