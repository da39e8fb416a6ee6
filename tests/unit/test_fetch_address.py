import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.fetch.address import trouble_with

V4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
V6 = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)
# Ways to write an IPv4 address into an IPv6 one; each would be a way around the table.
TRANSLATIONS = {
    "mapped": lambda v4: (0xFFFF << 32) | v4,
    "compatible": lambda v4: v4,
    "translated": lambda v4: (0xFFFF << 48) | v4,
    "nat64": lambda v4: (0x64FF9B << 96) | v4,
    "local nat64": lambda v4: (0x64FF9B0001 << 80) | v4,
    "6to4": lambda v4: (0x2002 << 112) | (v4 << 80) | 1,
    "teredo": lambda v4: (0x20010000 << 96) | (v4 ^ 0xFFFFFFFF),
}


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "1.1.1.1", "168.63.129.15", "2606:4700::1111", "2a00:1450::1"]
)
def test_the_open_internet_is_no_trouble(address):
    assert trouble_with(address) == ""


@pytest.mark.parametrize(
    ("address", "word"),
    [
        ("0.0.0.0", "unspecified"),
        ("10.0.0.1", "private"),
        ("100.100.100.200", "carrier-grade NAT"),
        ("127.8.9.1", "loopback"),
        ("168.63.129.16", "metadata"),
        ("169.254.169.254", "metadata"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "metadata"),
        ("192.168.0.1", "private"),
        ("198.19.255.255", "benchmark"),
        ("203.0.113.7", "documentation"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("fd00:ec2::254", "private"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "zoned"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("2001:db8::1", "documentation"),
        ("4000::1", "reserved"),
        ("5f00::1", "reserved"),
        ("no address", "malformed"),
        ("", "malformed"),
    ],
)
def test_everything_else_is_refused_with_its_word(address, word):
    assert word in trouble_with(address)


@pytest.mark.parametrize("translation", TRANSLATIONS)
@given(v4=V4)
def test_no_translation_of_any_ipv4_address_is_the_open_internet(translation, v4):
    assert trouble_with(str(ipaddress.IPv6Address(TRANSLATIONS[translation](int(v4)))))


@given(st.one_of(V4, V6))
def test_what_python_calls_private_or_special_is_never_the_open_internet(address):
    if address.is_private or address.is_multicast or address.is_reserved or address.is_link_local:
        assert trouble_with(str(address))
