"""The cookie that a sign-in's secret lies in."""

import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from review.signing_in import LONGEST

SECRET_BYTES: Final = 32
LONGEST_SECRET: Final = 100
PLAIN: Final = "launch-review"
HOST_ONLY: Final = f"__Host-{PLAIN}"
"""Browsers take such a name only over HTTPS, for this host alone, so that no other one can plant it."""


def new_secret() -> str:
    return secrets.token_urlsafe(SECRET_BYTES)


def is_secure(base_url: str) -> bool:
    return urlsplit(base_url).scheme == "https"


def cookie_name(base_url: str) -> str:
    return HOST_ONLY if is_secure(base_url) else PLAIN


def secret_in(request: Request, base_url: str) -> str | None:
    """The secret, or None where there is none that could be ours."""
    found = request.cookies.get(cookie_name(base_url))
    return found if found and len(found) <= LONGEST_SECRET else None


def give(answer: Response, secret: str, base_url: str) -> None:
    answer.set_cookie(
        cookie_name(base_url),
        secret,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=is_secure(base_url),
        httponly=True,
        samesite="lax",
    )


def take_back(answer: Response, base_url: str) -> None:
    answer.delete_cookie(cookie_name(base_url), path="/", secure=is_secure(base_url), httponly=True, samesite="lax")
