"""Content coding and charset: what the bytes of a body become."""

import gzip
import sys
import zlib
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.fetch.charset import is_binary, text_of
from checklist.fetch.coding import Body
from checklist.fetch.failure import Refused, Unknown
from checklist.fetch.limits import Limits
from checklist.fetch.refresh import refresh_goal

# Without the time of day in its header, so that a test made from it has the same name in every process.
GZIPPED = partial(gzip.compress, mtime=0)
LIMITS = Limits(wire_bytes=50_000, decoded_bytes=100_000, decoded_ratio=20, ratio_from_bytes=10_000)
CODED = {
    "": lambda data: data,
    "identity": lambda data: data,
    "gzip": GZIPPED,
    "x-gzip": GZIPPED,
    "GZIP": lambda data: GZIPPED(data[:7]) + GZIPPED(data[7:]) + bytes(8),
    "deflate": zlib.compress,
    "Deflate": lambda data: zlib.compress(data)[2:-4],  # the bare stream, as many servers send it
}


def read(coding, data, step=64_000, *, most=100_000, first_only=False):
    body = Body(coding, LIMITS, most=most, first_only=first_only)
    for at in range(0, len(data), step):
        body.feed(data[at : at + step])
    return body.whole()


@pytest.mark.parametrize("coding", CODED)
@given(data=st.binary(max_size=300), step=st.integers(1, 50))
def test_a_body_comes_out_as_it_was_put_in_however_it_is_cut(coding, data, step):
    assert read(coding, CODED[coding](data), step) == data


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "gzip, br", "compress", "gzip;q=1", "x" * 99])
def test_a_coding_that_was_not_offered_is_refused(coding):
    with pytest.raises(Refused) as refused:
        Body(coding, LIMITS, most=1)
    assert refused.value.kind == "coding"


@pytest.mark.parametrize(
    ("coding", "data", "kind"),
    [
        ("", bytes(50_001), "size"),
        ("gzip", gzip.compress(bytes(range(256)) * 1_000, 0, mtime=0)[:50_001], "size"),
        ("gzip", GZIPPED(bytes(99_000)), "ratio"),
        ("gzip", GZIPPED(b"") * 1_100, "coding"),
    ],
)
def test_a_body_past_a_bound_is_refused(coding, data, kind):
    with pytest.raises(Refused) as refused:
        read(coding, data, 20_000)
    assert refused.value.kind == kind


def test_a_body_past_the_decoded_bound_is_refused_however_small_its_ratio():
    data = GZIPPED(bytes(range(256)) * 100)
    with pytest.raises(Refused) as refused:
        read("gzip", data, most=20_000)
    assert refused.value.kind == "size"


def test_a_stream_whose_last_bytes_wait_inside_zlib_is_not_cut_off():
    data = bytes(600_000)
    body = Body("gzip", Limits(decoded_ratio=10_000), most=600_000)
    body.feed(GZIPPED(data))
    assert body.whole() == data


@pytest.mark.parametrize(
    ("coding", "data", "kind"),
    [
        ("gzip", b"no gzip at all", "decode"),
        ("gzip", GZIPPED(b"page")[:-3], "incomplete"),
        ("gzip", GZIPPED(b"page")[:-6] + b"\0" * 6, "decode"),
        ("deflate", b"\xff\xff\xff", "decode"),
    ],
)
def test_a_body_that_is_not_what_it_says_can_not_be_told(coding, data, kind):
    with pytest.raises(Unknown) as unknown:
        read(coding, data)
    assert unknown.value.kind == kind


@pytest.mark.parametrize("coding", ["", "gzip"])
def test_where_the_start_is_enough_the_rest_is_dropped(coding):
    assert read(coding, CODED[coding](b"abcdef"), most=3, first_only=True) == b"abc"


@pytest.mark.parametrize(
    ("body", "declared", "text", "codec"),
    [
        (b"plain", "", "plain", "utf-8"),
        ("grüß".encode(), "", "grüß", "utf-8"),
        ("grüß".encode("utf-8-sig"), "iso-8859-1", "grüß", "utf-8"),
        ("\ufeffgrüß".encode("utf-16-le"), "utf-8", "grüß", "utf-16-le"),
        ("\ufeffgrüß".encode("utf-16-be"), "", "grüß", "utf-16-be"),
        (b"\x93quoted\x94", "iso-8859-1", "“quoted”", "cp1252"),
        ("日本".encode("cp932"), "Shift_JIS", "日本", "cp932"),
        (b"<meta charset='koi8-r'>\xd4", "", "<meta charset='koi8-r'>т", "koi8-r"),
        (b"<?xml version='1.0' encoding='iso-8859-2'?>\xb1", "", "ą", "iso8859-2"),
        (b"<meta charset=utf-16>ok", "", "ok", "utf-8"),
    ],
)
def test_the_mark_wins_then_the_header_then_the_pages_own_word(body, declared, text, codec):
    read_text, read_codec, notes = text_of(body, declared)
    assert read_text.endswith(text)
    assert (read_codec, notes) == (codec, ())


@pytest.mark.parametrize("label", ["utf-99", "punycode", "unicode_escape", "idna", "utf-7", "base64", "a\0b", "ü"])
def test_a_charset_that_is_none_of_the_web_is_noted_and_read_as_utf_8(label):
    text, codec, notes = text_of(b"caf\xe9", label)
    assert (text, codec) == ("caf\ufffd", "utf-8")
    assert len(notes) == 2


def test_undeclared_bytes_that_are_not_utf_8_are_read_as_browsers_do():
    text, codec, notes = text_of(b"caf\xe9", "")
    assert (text, codec) == ("café", "cp1252")
    assert "windows-1252" in notes[0]


def test_a_strangers_word_for_a_charset_imports_nothing():
    before = set(sys.modules)
    for label in ("hex", "bz2", "uu", "quopri", "undefined", "mbcs", "a" * 60_000):
        text_of(b"", label)
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("body", "declared", "expected"),
    [
        (b"", "", False),
        (b"<p>page</p>", "", False),
        ("grüße\t\r\n".encode(), "", False),
        ("日本".encode("iso2022_jp") * 99, "iso-2022-jp", False),
        ("\ufeffpage".encode("utf-16-le"), "", False),
        ("page".encode("utf-16-le"), "utf-16", False),
        (b"one \0 in a page of a hundred characters" + b"a" * 99, "", False),
        ("page".encode("utf-16-le"), "", True),
        (GZIPPED(b"page"), "", True),
        (b"%PDF-1.7 all readable", "", True),
        (b"\x7fELF\2\1\1" + bytes(9), "", True),
        (bytes(range(256)) * 4, "utf-8", True),
    ],
)
def test_a_file_of_another_kind_is_told_from_text(body, declared, expected):
    assert is_binary(body, declared) is expected


@given(st.binary(max_size=200), st.text(max_size=12))
def test_any_bytes_with_any_charset_become_text(body, declared):
    text, codec, _ = text_of(body, declared)
    assert isinstance(text, str)
    assert codec


@pytest.mark.parametrize(
    ("header", "body", "goal"),
    [
        ("", b"<p>nothing</p>", ""),
        ("", b"<META HTTP-EQUIV=refresh CONTENT=\"0;URL='/next'\">", "/next"),
        ("", b'<meta content="5; url=https://a.example/" http-equiv="Refresh">', "https://a.example/"),
        ("0; url=/by-header", b"", "/by-header"),
        ("5", b"<meta http-equiv=refresh content=5>", ""),
        ("", b"<meta name=x content='url=/no'>", ""),
        ("", b"<meta http-equiv=refresh content='0;url=/a\x01\x9b'>", "/a\ufffd\ufffd"),
        ("", b" " * 20_000 + b"<meta http-equiv=refresh content='0;url=/late'>", ""),
    ],
)
def test_where_a_page_sends_browsers_on_is_read(header, body, goal):
    assert refresh_goal(header, body) == goal
