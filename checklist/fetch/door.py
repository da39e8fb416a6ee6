"""Which address and port a target is dialled at, or why not. Every hop passes here before a byte is sent."""

import ipaddress
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from checklist.fetch.address import trouble_with
from checklist.fetch.failure import Refused
from checklist.fetch.resolve import Names
from checklist.fetch.url import DEFAULT_PORTS, Target, target_of

OPEN_PORTS: Final = frozenset(DEFAULT_PORTS.values())


class WrongPair(ValueError):
    """A development setting is no host:port pair."""

    def __init__(self, seen: str) -> None:
        super().__init__(f"{seen!r} is no host:port pair; expected something like 127.0.0.1:8401 or [::1]:8401")


def pair_of(text: str) -> tuple[str, int]:
    """Read "host:port". Raises WrongPair."""
    host, _, port = text.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]").lower()
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65_536:
        raise WrongPair(text)
    try:
        return str(ipaddress.ip_address(host)), int(port)
    except ValueError:
        return host.removesuffix("."), int(port)


@dataclass(frozen=True)
class Pinned:
    """Checked addresses, in the order they are tried; nothing else is dialled for this name."""

    addresses: tuple[str, ...]
    port: int


class Door:
    """The address rules of one fetcher.

    `allow` and `hosts` are for development only: pairs reachable although private, and made-up names led to
    a server of our own. An allowed pair is compared with what is dialled (address and port) or with what the
    URL says (name and port). Raises WrongPair when one of them is none.
    """

    def __init__(
        self,
        names: Names,
        *,
        allow: Iterable[str | tuple[str, int]],
        hosts: Mapping[str, str],
        own_hosts: Iterable[str],
    ) -> None:
        self._names = names
        self._hosts = {name.lower().removesuffix("."): pair_of(pair) for name, pair in hosts.items()}
        pairs = (pair_of(pair if isinstance(pair, str) else f"{pair[0]}:{pair[1]}") for pair in allow)
        self._allow = frozenset(pairs) | frozenset(self._hosts.values())
        self._ports = OPEN_PORTS | {port for _, port in self._allow}
        self._own = frozenset(_own(host) for host in own_hosts)

    async def pin(self, target: Target) -> Pinned:
        """Look the target's name up once and check every answer; one that is not public refuses the whole name.

        Raises Refused (self, port, address, dns) or Unknown (dns).
        """
        if not self._own.isdisjoint({(target.host, None), (target.host, target.port)}):
            raise Refused("self", f"{target.host} is our own address")
        if target.port == DEFAULT_PORTS[target.scheme] and target.host in self._hosts:
            address, port = self._hosts[target.host]
            return Pinned((address,), port)
        if target.port not in self._ports:
            raise _closed(target.port)
        addresses = (target.host,) if target.is_literal else await self._names.addresses(target.host)
        if (target.host, target.port) not in self._allow:
            for address in addresses:
                self._check(target, address)
        # IPv4 first: a partner's half-configured IPv6 would cost a whole connect time-out.
        return Pinned(tuple(sorted(addresses, key=lambda address: ":" in address)), target.port)

    def is_for_development(self, target: Target) -> bool:
        """Whether a development pair names the target itself: what leads there may do without TLS."""
        made_up = target.port == DEFAULT_PORTS[target.scheme] and target.host in self._hosts
        return made_up or (target.host, target.port) in self._allow

    def _check(self, target: Target, address: str) -> None:
        if (address, target.port) in self._allow:
            return
        if trouble := trouble_with(address):
            seen = address if target.is_literal else f"{target.host} leads to {address}"
            raise Refused("address", f"{seen}, which is not on the open internet ({trouble})")
        if target.port not in OPEN_PORTS:
            raise _closed(target.port)


def _own(host: str) -> tuple[str, int | None]:
    """Name and port of "host", "host:port" or a base address; no port means that the whole host is ours."""
    try:
        target = target_of(host if "://" in host else f"http://{host}", longest=len(host) + 100)
    except Refused:
        return host.lower(), None
    return target.host, None if target.port == DEFAULT_PORTS[target.scheme] else target.port


def _closed(port: int) -> Refused:
    return Refused("port", f"port {port} is not asked; only 80 and 443 are")
