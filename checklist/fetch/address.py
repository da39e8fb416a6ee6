"""Which IP addresses are the open internet (pure). Partners name the addresses we ask, so everything that could
reach this machine, its network, its cloud's metadata or a translated form of them is refused.

Source: IANA's special-purpose address registries, and the metadata addresses of the clouds.
"""

import ipaddress
from functools import lru_cache
from typing import Final

_V4: Final = (
    ("0.0.0.0/8", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "carrier-grade NAT"),
    ("127.0.0.0/8", "loopback"),
    ("168.63.129.16/32", "cloud metadata"),
    ("169.254.0.0/16", "link-local, where clouds keep their metadata"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "protocol assignment, where some clouds keep their metadata"),
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "6to4 relay"),
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmark"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("255.255.255.255/32", "broadcast"),
    ("240.0.0.0/4", "reserved"),
)
_V6: Final = (
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("::ffff:0:0/96", "IPv4-mapped"),
    ("::ffff:0:0:0/96", "IPv4-translated"),
    ("::/96", "IPv4-compatible"),
    ("64:ff9b::/96", "NAT64 translation"),
    ("64:ff9b:1::/48", "NAT64 translation"),
    ("100::/64", "discard"),
    ("2001::/32", "Teredo tunnel"),
    ("2001::/23", "protocol assignment"),
    ("2001:db8::/32", "documentation"),
    ("2002::/16", "6to4 translation"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "private (unique local)"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_REFUSED_V4: Final = tuple((ipaddress.IPv4Network(net), word) for net, word in _V4)
_REFUSED_V6: Final = tuple((ipaddress.IPv6Network(net), word) for net, word in _V6)
_GLOBAL_V6: Final = ipaddress.IPv6Network("2000::/3")  # all that IANA hands out for global unicast


@lru_cache(maxsize=4096)
def trouble_with(address: str) -> str:
    """What kind of address this is when it is not the open internet ("loopback", …); empty when it is."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return "malformed"
    if isinstance(ip, ipaddress.IPv4Address):
        return next((word for net, word in _REFUSED_V4 if ip in net), "")
    if ip.scope_id is not None:
        return "zoned"
    return next((word for net, word in _REFUSED_V6 if ip in net), "" if ip in _GLOBAL_V6 else "reserved")
