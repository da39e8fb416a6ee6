"""Which addresses as written are asked at all (pure). Stricter than browsers: what two parsers could read
differently is refused, so that what was checked is what is dialled.
"""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from typing import Final, NoReturn
from urllib.parse import quote, urljoin

import idna

from checklist.fetch.failure import Refused

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
HOST_CHARACTERS: Final = 253  # RFC 1035 section 2.3.4, without the final dot

_WRITTEN = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?P<slashes>/*)(?P<authority>[^/?#]*)(?P<rest>.*)", re.DOTALL
)
_INVISIBLE = re.compile(r"[\x00-\x20\x7f]")  # of ASCII; see _is_invisible for the rest
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_IPV4 = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}", re.ASCII)
# RFC 3986: what stands in a path or query as it is; "%" stays, so that escapes are not escaped again.
_PATH_SAFE: Final = "/:@!$&'()*+,;=-._~%?[]|"


@dataclass(frozen=True)
class Target:
    """An address that may be looked up: its parts are what is dialled, sent and verified."""

    scheme: str
    host: str  # lower case, IDNA A-labels, no final dot; an IPv6 address without brackets
    port: int
    path: str  # with its query, never empty, ASCII
    is_literal: bool  # the host is an IP address, there is nothing to look up

    @property
    def netloc(self) -> str:
        """Host and, unless it is the scheme's own, port: the Host header of the request."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    def __str__(self) -> str:
        return self.origin + self.path


def target_of(url: str, *, longest: int) -> Target:
    """Read an absolute http(s) address of at most `longest` characters.

    Raises Refused (url, scheme or port) for anything else. The port is only read here; whether it may be dialled
    is the door's decision.
    """
    if len(url) > longest:
        _refuse(f"the address has {len(url)} characters; at most {longest} are asked")
    if _INVISIBLE.search(url) if url.isascii() else any(map(_is_invisible, url)):
        _refuse("the address holds a space or a control character")
    if "\\" in url:
        _refuse("the address holds a backslash, which programs read differently")
    parts = _WRITTEN.fullmatch(url)
    if parts is None:
        _refuse("this is no absolute address; expected one that starts with https://")
    scheme = parts["scheme"].lower()
    if scheme not in DEFAULT_PORTS:
        raise Refused("scheme", f"the scheme {scheme[:20]} is not asked; only http and https are")
    if parts["slashes"] != "//":
        _refuse("the address needs exactly two slashes and a host after its scheme")
    authority = parts["authority"]
    if "@" in authority:
        _refuse("the address carries a user name or password")
    written, port = _host_and_port(authority)
    host, is_literal = _host(written)
    target = Target(scheme, host, DEFAULT_PORTS[scheme] if port is None else port, _path(parts["rest"]), is_literal)
    if len(str(target)) > longest:
        _refuse(f"the address has {len(str(target))} characters once written in ASCII; at most {longest} are asked")
    return target


def redirected(source: Target, location: str) -> str:
    """Where a Location header points, as an absolute address yet to be checked.

    Raises ValueError when the header can't be joined to its source.
    """
    # Browsers repair spaces here and careless servers rely on it; inside a host the "%20" is refused later.
    return urljoin(str(source), location.strip(" \t").replace(" ", "%20"))


def mixed_scripts(host: str) -> str:
    """A sentence when a label of the host mixes alphabets, as look-alikes of well-known names do; else empty."""
    for label in host.split("."):
        if label.startswith("xn--"):
            try:
                letters = label[4:].encode("ascii").decode("punycode")
            except UnicodeError:
                continue
            scripts = {unicodedata.name(letter, "UNKNOWN").split()[0] for letter in letters if letter.isalpha()}
            if "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}:
                return f"the name {host} mixes the alphabets {', '.join(sorted(s.title() for s in scripts))}"
    return ""


def _is_invisible(character: str) -> bool:
    return (
        character <= " "
        or character == "\x7f"
        or unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp", "Cs"}
    )


def _host_and_port(authority: str) -> tuple[str, int | None]:
    if authority.startswith("["):
        bracketed, closed, after = authority.partition("]")
        host = bracketed + closed
        if not closed or (after and not after.startswith(":")):
            _refuse("the address has a broken IPv6 host")
        port = after[1:]
    else:
        host, _, port = authority.partition(":")
    if not port:
        return host, None
    if not _PORT.fullmatch(port) or not 0 < int(port) < 65_536:
        raise Refused("port", "the port is no number from 1 to 65535")
    return host, int(port)


def _host(written: str) -> tuple[str, bool]:
    if written.startswith("["):
        try:
            return str(ipaddress.IPv6Address(written[1:-1] if "%" not in written else "zone")), True
        except ValueError:
            _refuse("the host in brackets is no plain IPv6 address (zones and future forms are not asked)")
    if "%" in written:
        _refuse("the host is percent-encoded")
    if len(written) > HOST_CHARACTERS + 1:
        _refuse(f"the host has more than {HOST_CHARACTERS} characters")
    host = _ascii(written)
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        # Programs read 127.1, 0177.0.0.1, 0x7f.1 or full-width digits as an address each in their own way.
        if written != host or not _IPV4.fullmatch(host):
            _refuse("the host looks like an IPv4 address in an unusual notation")
        try:
            return str(ipaddress.IPv4Address(host)), True
        except ValueError:
            _refuse("the host is no IPv4 address")
    if len(host) > HOST_CHARACTERS:
        _refuse(f"the host has more than {HOST_CHARACTERS} characters")
    if not all(_LABEL.fullmatch(label) for label in labels):
        _refuse("the host is no valid name" if host else "the address has no host")
    return host, False


def _ascii(written: str) -> str:
    if not written.isascii():
        try:
            written = idna.encode(written, uts46=True).decode("ascii")
        except idna.IDNAError:
            _refuse("the host is no valid international name")
    return written.lower().removesuffix(".")


def _path(rest: str) -> str:
    path, _, _ = rest.partition("#")
    if not path.startswith("/"):
        path = f"/{path}"
    return quote(path, safe=_PATH_SAFE)


def _refuse(reason: str) -> NoReturn:
    raise Refused("url", reason)
