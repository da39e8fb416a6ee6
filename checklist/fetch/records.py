"""Names to their TXT records: by the system's name servers, or by others."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

import dns.asyncresolver
import dns.exception
import dns.resolver

TextsOf = Callable[[str], Awaitable[Iterable[str]]]
"""Name to TXT records. Nothing there: an empty answer or LookupError. OSError (TimeoutError too): could not tell."""

MOST_TEXTS: Final = 100
LONGEST_TEXT: Final = 1_000
"""Characters of a record; a longer one is cut, and so says something else."""

_UDP_BYTES: Final = 1_232
"""What gets through everywhere in one piece (DNS flag day 2020); more comes over TCP."""
_TRY_SECONDS: Final = 1.5
_NOTHING_THERE: Final = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.resolver.YXDOMAIN)


@dataclass(frozen=True, slots=True)
class Texts:
    """The TXT records at a name. `trouble` is one plain sentence where nobody could tell, else empty."""

    name: str
    texts: tuple[str, ...] = ()
    trouble: str = ""


class NameServers:
    """Asks the name servers that the system is set up with, or the one at `server` (address and port).

    An answer counts only from who was asked, to what was asked; one that was cut is asked for again over TCP.
    """

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        self._server = server

    async def __call__(self, name: str) -> tuple[str, ...]:
        """Raises LookupError when nothing is there, OSError when nobody can tell."""
        try:
            answer = await self._resolver().resolve(f"{name}.", "TXT", search=False)
        except _NOTHING_THERE as nothing:
            raise LookupError(name) from nothing
        except dns.exception.Timeout as late:
            raise TimeoutError from late
        except dns.exception.DNSException as trouble:
            raise OSError(_told(trouble)) from trouble
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)

    def _resolver(self) -> dns.asyncresolver.Resolver:
        resolver = dns.asyncresolver.Resolver(configure=self._server is None)
        if self._server is not None:
            address, port = self._server
            resolver.nameservers, resolver.port = [address], port
        resolver.timeout = _TRY_SECONDS
        resolver.use_edns(0, 0, _UDP_BYTES)
        return resolver


async def texts_at(name: str, ask: TextsOf, *, within_seconds: float) -> Texts:
    """Ask, within time and size. Nothing that a name server does raises here."""
    try:
        async with asyncio.timeout(within_seconds):
            found = list(await ask(name))
    except LookupError:
        return Texts(name)
    except TimeoutError:
        return Texts(name, trouble=f"no name server told the records of {name} in time")
    except OSError as trouble:
        return Texts(name, trouble=f"the records of {name} could not be looked up: {trouble.strerror or trouble}")
    if len(found) > MOST_TEXTS:
        return Texts(name, trouble=f"{name} has {len(found)} TXT records; at most {MOST_TEXTS} are read")
    return Texts(name, tuple(text[:LONGEST_TEXT] for text in found))


def _told(trouble: dns.exception.DNSException) -> str:
    if isinstance(trouble, dns.resolver.NoNameservers):
        return "no name server gave an answer"
    return (
        "the system names no name server" if isinstance(trouble, dns.resolver.NoResolverConfiguration) else "no answer"
    )
