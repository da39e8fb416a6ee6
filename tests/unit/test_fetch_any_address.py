"""Whatever an address looks like and whatever a name server says: nothing is dialled that is not the open internet."""

import asyncio
import ipaddress
from urllib.parse import urlsplit

import idna
from hypothesis import example, given
from hypothesis import strategies as st

from checklist.fetch.door import Door
from checklist.fetch.failure import Refused
from checklist.fetch.resolve import Names
from checklist.fetch.url import target_of

SCRAPS = st.sampled_from(
    [
        "http:", "https:", "HTTP:", "file:", "/", "//", "\\", "@", "#", "?", ":", ".", "。", "．", "｡", "%", "%2e", "%00", "\t", "\n", " ", "\u00ad",
        "127", "0", "1", "0x7f", "0177", "１", "①", "2130706433", "::1", "[", "]", "[::1]", "[::ffff:7f00:1]", "[fe80::1%25lo]", "[v1.a]", "169.254.169.254",
        "8.8.8.8", "10.0.0.1", "[2606:4700::1111]", "[64:ff9b:1::a00:1]", "localhost", "good.test", "evil.test", "EVIL.test", "ⅼocalhost", "ｌocalhost", "ß", "xn--", "xn--zca",
        "user", "pw", "80", "443", "22", "+80", "0080", "65616", "a", "path", "q=1", "&", ";", "ａ", "℀", "…",
    ]
)  # fmt: skip
ADDRESSES = st.one_of(
    st.builds(lambda front, rest: front + "".join(rest), st.sampled_from(["http://", "https://"]), st.lists(SCRAPS, max_size=8)),
    st.lists(SCRAPS, max_size=10).map("".join),
)  # fmt: skip
ANSWERS = st.lists(
    st.one_of(
        st.sampled_from(["8.8.8.8", "2606:4700::1111", "10.0.0.1", "127.0.0.1", "::1", "fd00:ec2::254", "168.63.129.16"]),
        st.ip_addresses().map(str),
        st.text(max_size=6),
    ),
    max_size=3,
)  # fmt: skip


def let_in(url, answers):
    """What would be dialled, or None where the address is refused."""

    async def resolve(name):
        return answers

    async def pin():
        door = Door(Names(resolve, slots=1, pinned_seconds=1), allow=(), hosts={}, own_hosts=["own.test"])
        return await door.pin(target_of(url, longest=8_000))

    try:
        return asyncio.run(pin())
    except Refused:
        return None


@given(ADDRESSES, ANSWERS)
@example("http://good.test/", ["8.8.8.8", "10.0.0.1"])
@example("http://[64:ff9b:1::a00:1]/", [])
@example("http://[2002:7f00:1::]/", [])
def test_nothing_private_is_ever_dialled(url, answers):
    pinned = let_in(url, answers)
    for address in pinned.addresses if pinned else ():
        assert ipaddress.ip_address(address).is_global
        assert not ipaddress.ip_address(address).is_multicast
    assert pinned is None or (pinned.port in {80, 443} and pinned.addresses)


@given(ADDRESSES)
def test_another_program_reads_the_same_host_in_what_is_let_in(url):
    """Who checks one host and asks another has checked nothing."""
    try:
        target = target_of(url, longest=8_000)
    except Refused:
        return
    other = urlsplit(url).hostname or ""
    if not other.isascii():
        other = idna.encode(other, uts46=True).decode()
    if target.is_literal:
        assert ipaddress.ip_address(other) == ipaddress.ip_address(target.host)
    else:
        assert other.lower().removesuffix(".") == target.host
    assert urlsplit(str(target)).hostname == target.host
