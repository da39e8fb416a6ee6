import json

import pytest

from checklist.fetch.door import Door, WrongPair, pair_of
from checklist.fetch.failure import Refused
from checklist.fetch.resolve import Names
from checklist.fetch.url import target_of

STUB = {
    "public.test": ["93.184.216.34"],
    "both.test": ["2606:2800:220:1::1", "93.184.216.34"],
    "private.test": ["10.0.0.1"],
    "own.test": ["93.184.216.34"],
}


def door(names=STUB, *, allow=(), hosts=None, own_hosts=()):
    async def resolve(name):
        return names[name]

    return Door(Names(resolve, slots=4, pinned_seconds=1), allow=allow, hosts=hosts or {}, own_hosts=own_hosts)


async def pin(url, opened=None):
    return await (opened or door()).pin(target_of(url, longest=8_000))


async def refusal(url, opened=None):
    with pytest.raises(Refused) as refused:
        await pin(url, opened)
    return refused.value.kind


async def test_every_address_of_the_shared_vectors_is_let_in_or_refused_as_expected(shared_data):
    vectors = json.loads((shared_data / "hostile_inputs.json").read_text())
    opened = door(vectors["dns_stub"])
    seen = {}
    for case in vectors["urls"]:
        try:
            await pin(case["url"], opened)
            seen[case["url"]] = "allow"
        except Refused:
            seen[case["url"]] = "refuse before any byte is sent"
    assert seen == {case["url"]: case["expect"] for case in vectors["urls"]}


async def test_every_hostile_name_of_the_shared_vectors_is_refused(shared_data):
    stub = json.loads((shared_data / "hostile_inputs.json").read_text())["dns_stub"]
    opened = door(stub)
    for name, addresses in stub.items():
        if addresses == ["93.184.216.34"]:
            assert (await pin(f"https://{name}/", opened)).addresses == ("93.184.216.34",)
        else:
            assert await refusal(f"https://{name}/", opened) == "address"


async def test_a_public_name_is_pinned_to_its_addresses_ipv4_first():
    pinned = await pin("https://both.test/")
    assert pinned.addresses == ("93.184.216.34", "2606:2800:220:1::1")
    assert pinned.port == 443


@pytest.mark.parametrize("url", ["http://public.test:8080/", "http://93.184.216.34:22/", "http://127.0.0.1:22/"])
async def test_only_the_ports_80_and_443_are_asked(url):
    assert await refusal(url) == "port"


async def test_an_allowed_pair_is_compared_with_the_address_and_port_that_are_dialled():
    opened = door(allow={"10.0.0.1:8080"})
    assert (await pin("http://10.0.0.1:8080/", opened)).port == 8080
    assert (await pin("http://private.test:8080/", opened)).addresses == ("10.0.0.1",)
    assert await refusal("http://private.test/", opened) == "address"
    assert await refusal("http://10.0.0.2:8080/", opened) == "address"
    assert await refusal("http://public.test:8080/", opened) == "port"


async def test_a_pair_may_be_a_tuple_or_name_the_host_of_the_url():
    assert await pin("http://private.test:81/", door(allow=[("Private.Test", 81)]))
    assert await pin("http://[::1]:81/", door(allow=[("::1", 81), "[::1]:82"]))


async def test_a_made_up_name_leads_to_its_server_at_the_default_ports_only():
    opened = door(hosts={"Docs.Partner.test": "127.0.0.1:8401"})
    for url in ("http://docs.partner.test/", "https://docs.partner.test/", "http://127.0.0.1:8401/"):
        pinned = await pin(url, opened)
        assert (pinned.addresses, pinned.port) == (("127.0.0.1",), 8401)
    assert await refusal("http://docs.partner.test:8080/", opened) == "port"


async def test_our_own_names_are_never_asked_even_when_allowed():
    opened = door(own_hosts=["https://Own.test/desk", "127.0.0.1:8300"], allow={"127.0.0.1:8300", "127.0.0.1:8401"})
    assert await refusal("https://own.test/oauth/callback", opened) == "self"
    assert await refusal("http://OWN.test./", opened) == "self"
    assert await refusal("http://127.0.0.1:8300/", opened) == "self"
    assert await pin("http://127.0.0.1:8401/", opened)


@pytest.mark.parametrize(
    ("own", "url"),
    [
        ("https://[2606:4700::1111]/", "https://[2606:4700:0::1111]/"),
        ("https://bücher.test", "http://xn--bcher-kva.test/"),
        ("https://own.test:443/desk", "http://own.test/"),
        ("http://Own.test.", "https://own.test/"),
        ("own.test", "http://own.test:80/"),
    ],
)
async def test_our_own_names_are_known_however_they_are_written(own, url):
    assert await refusal(url, door(own_hosts=[own])) == "self"


@pytest.mark.parametrize("own", ["", "http://", "no host at all"])
async def test_an_own_address_that_is_none_closes_no_door(own):
    assert await pin("http://public.test/", door(own_hosts=[own]))


@pytest.mark.parametrize("text", ["", "localhost", ":80", "a:0", "a:65536", "a:x", "a:-1", "a:８"])
def test_a_pair_that_is_none_is_refused_with_what_was_expected(text):
    with pytest.raises(WrongPair, match="expected something like"):
        pair_of(text)
