"""E-mail addresses as partners give them, and which company a host belongs to."""

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

_ADDRESS = re.compile(
    r"[^\s@<>,;:\"()\[\]\\]{1,64}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63})", re.IGNORECASE
)


def mail_domain(address: str | None) -> str | None:
    """The domain of a plain e-mail address in lower case, or None where the text is none."""
    local, _, host = (address or "").strip().rpartition("@")
    try:
        ascii_host = host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        return None
    found = _ADDRESS.fullmatch(f"{local}@{ascii_host}")
    return found[1].lower() if found is not None else None


def registrable_domain(host: str) -> str | None:
    """The part of a host that somebody registered, by the public suffix list; None for a suffix or an address."""
    if _looks_like_an_address(host):
        return None
    try:
        ascii_host = host.strip(".").encode("idna").decode() if not host.isascii() else host.strip(".")
    except UnicodeError:
        return None
    domain: str | None = _suffixes().privatesuffix(ascii_host.lower())
    return domain


def _looks_like_an_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
