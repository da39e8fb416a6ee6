import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.fetch.failure import Refused
from checklist.fetch.url import mixed_scripts, redirected, target_of


def target(url, longest=8_000):
    return target_of(url, longest=longest)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("http://example.com", "http://example.com/"),
        ("HTTPS://Example.COM:443/Docs?a=1#part", "https://example.com/Docs?a=1"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com./", "http://example.com/"),
        ("http://example.com?q", "http://example.com/?q"),
        ("http://a_b.example/", "http://a_b.example/"),
        ("https://bücher.example/grüße?q=ü", "https://xn--bcher-kva.example/gr%C3%BC%C3%9Fe?q=%C3%BC"),
        ("http://аpple.com/", "http://xn--pple-43d.com/"),
        ("http://93.184.216.34/", "http://93.184.216.34/"),
        ("http://[2606:2800:220:1:0::1]/", "http://[2606:2800:220:1::1]/"),
        ("http://example.com/a%20b%2Fc", "http://example.com/a%20b%2Fc"),
    ],
)
def test_an_ordinary_address_is_read_into_the_parts_that_are_dialled(url, read):
    assert str(target(url)) == read


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("", "url"),
        ("example.com", "url"),
        ("http:example.com", "url"),
        ("http:///example.com", "url"),
        ("http:/example.com", "url"),
        ("ftp://example.com/", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("http://example.com:0/", "port"),
        ("http://example.com:+80/", "port"),
        ("http://example.com:８０/", "port"),
        ("http://:80/", "url"),
        ("http://@example.com/", "url"),
        ("http://a..example/", "url"),
        ("http://-a.example/", "url"),
        ("http://exa$mple.com/", "url"),
        ("http://example.com\u00ad/", "url"),
        ("http://example.com/\u200b", "url"),
        ("http://example.com/\ud800", "url"),
        ("http://[::1/", "url"),
        ("http://[::1]x/", "url"),
        ("http://::1/", "port"),
        ("http://256.1.1.1/", "url"),
        ("http://8.8.8/", "url"),
        ("http://8.8.8.010/", "url"),
        ("http://８.8.8.8/", "url"),
        ("http://example.0x1/", "url"),
        ("http://" + "a" * 64 + ".example/", "url"),
        ("http://\u2100.example:\u2100/", "port"),
        ("http://xn--\u00fc.\u0080/", "url"),
    ],
)
def test_what_two_programs_could_read_differently_is_refused(url, kind):
    with pytest.raises(Refused) as refused:
        target(url)
    assert refused.value.kind == kind
    assert refused.value.reason


def test_an_address_longer_than_the_limit_is_refused():
    assert target("http://example.com/" + "a" * 81, longest=100)
    with pytest.raises(Refused):
        target("http://example.com/" + "a" * 82, longest=100)


def test_an_address_that_outgrows_the_limit_once_written_in_ascii_is_refused():
    assert target("http://example.com/" + "ü" * 13, longest=100)
    with pytest.raises(Refused):
        target("http://example.com/" + "ü" * 14, longest=100)


def test_a_host_may_have_253_characters_and_no_more():
    assert target("http://" + ".".join(["a" * 49] * 5) + ".abc/").host
    with pytest.raises(Refused):
        target("http://" + ".".join(["a" * 49] * 5) + ".abcd/")
    with pytest.raises(Refused):
        target("http://" + ".".join(["ü" * 48] * 5) + ".abc/")


@given(st.one_of(st.text(), st.from_regex(r"https?://[^/]{1,20}(/.*)?", fullmatch=True)))
def test_any_text_is_refused_or_read_the_same_way_twice(text):
    try:
        read = target(text)
    except Refused:
        return
    assert target(str(read)) == read
    assert str(read).isascii()
    assert read.scheme in {"http", "https"}
    assert not set(read.host) & set("@/\\%# ")


@pytest.mark.parametrize(
    ("location", "goal"),
    [
        ("/b", "https://example.com/b"),
        ("b?c", "https://example.com/docs/b?c"),
        ("//other.example/", "https://other.example/"),
        ("http://other.example/", "http://other.example/"),
        ("/my page", "https://example.com/my%20page"),
        ("file:///etc/passwd", "file:///etc/passwd"),
    ],
)
def test_a_location_is_joined_to_where_it_was_said(location, goal):
    assert redirected(target("https://example.com/docs/a"), location) == goal


def test_a_location_that_can_not_be_joined_is_a_value_error():
    with pytest.raises(ValueError, match="IPv6"):
        redirected(target("https://example.com/"), "http://[::1/")


def test_names_that_mix_alphabets_are_told():
    assert "Cyrillic, Latin" in mixed_scripts("xn--pple-43d.com")
    assert mixed_scripts("xn--e1awd7f.com") == mixed_scripts("xn--bcher-kva.example") == ""
    assert mixed_scripts("xn--\ud800.example") == mixed_scripts("example.com") == ""


def test_an_address_may_hold_no_character_that_shows_nothing():
    """Whether the address is ASCII or not, which are looked at in two ways."""
    for code in [*range(0x21), 0x7F]:
        for host in ("example.com", "bücher.example"):
            with pytest.raises(Refused, match=r"a space or a control character"):
                target(f"https://{host}/a{chr(code)}b")
    for code in range(0x21, 0x7F):
        if chr(code) != "\\":
            target(f"https://example.com/a{chr(code)}b")
