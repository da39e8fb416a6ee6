"""Links are told apart without taking each apart, and the quick answer is the slow one."""

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from checklist.mentions import is_within, may_name

DOMAINS = ("segment.com", "segment.io")
SCHEMES = ("https://", "http://", "//", "ftp://")
HOSTS = ("segment.com", "SEGMENT.com", "segment.io", "seg\tment.com", "segment.com.evil.example", "ſegment.com", "é")
AROUND = ("app.", "not", "/", "?", "#", "@", ":443", ".", "\n", " ", "[", "]", "path")
pieces = st.sampled_from((*SCHEMES, *HOSTS, *AROUND))
addresses = st.lists(pieces, max_size=7).map("".join)


def host(address: str) -> str:
    try:
        parts = urlsplit(address.strip())
        return (parts.hostname or "").rstrip(".") if parts.scheme in {"http", "https", ""} else ""
    except ValueError:
        return ""


@given(addresses)
def test_a_link_belongs_to_a_domain_exactly_when_its_host_does(address):
    there = any(host(address) == domain or host(address).endswith(f".{domain}") for domain in DOMAINS)
    assert is_within(address, DOMAINS) is there
    assert is_within(address, ("elsewhere.example",)) is False


@given(addresses, st.sampled_from(["segment", "path", "evil"]))
def test_what_is_said_not_to_be_named_stands_in_no_part_of_the_address(address, word):
    try:
        parts = urlsplit(address)
    except ValueError:
        return
    if not may_name(address, (word,)):
        assert word not in (parts.hostname or "")
        assert word not in parts.path.lower()


def test_a_long_address_is_read_as_a_short_one_is():
    assert is_within(f"https://segment.com/{'a' * 400}", DOMAINS)
    assert not is_within(f"https://segment.example/{'a' * 400}", DOMAINS)
