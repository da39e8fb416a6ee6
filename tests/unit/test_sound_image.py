"""What is taken as an image that somebody sent: by its content alone, whole, and nothing beside."""

import struct
import zlib

import pytest

from checklist.sound_image import Unsound, sound_image

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 1"><path d="M0 0h4v1z"/></svg>'


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png(width=8, height=8, *, said=None, more=b""):
    header = struct.pack(">IIBBBBB", *(said or (width, height)), 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * ((width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0" + b"\0" * 9 + b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00\xff\xd9"
WEBP = b"RIFF" + struct.pack("<I", 4 + 8 + 10) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + b"\x0f\0\0\x0f\0\0"


def test_a_drawing_and_each_kind_of_picture_is_taken():
    assert sound_image(SVG, drawing=True).media_type == "image/svg+xml"
    kinds = {data: sound_image(data, drawing=False) for data in (png(), JPEG, WEBP)}
    assert [one.media_type for one in kinds.values()] == ["image/png", "image/jpeg", "image/webp"]
    assert {(one.pixels.width, one.pixels.height) for one in kinds.values()} == {(8, 8), (16, 16)}


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        "<foreignObject><p xmlns='http://www.w3.org/1999/xhtml'>x</p></foreignObject>",
        "<image xmlns:xlink='http://www.w3.org/1999/xlink' xlink:href='https://elsewhere.test/x.png'/>",
        "<use href='https://elsewhere.test/x.svg#y'/>",
        "<rect onload='alert(1)'/>",
        "<a href='javascript:alert(1)'><path/></a>",
        "<style>@import url(https://elsewhere.test/x.css)</style>",
    ],
)
def test_a_drawing_that_does_or_loads_something_is_refused(inside):
    with pytest.raises(Unsound, match="the SVG holds"):
        sound_image(SVG.replace(b"</svg>", inside.encode() + b"</svg>"), drawing=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><script>alert(1)</script></html>",
        b'<!DOCTYPE svg [<!ENTITY a "b">]><svg xmlns="http://www.w3.org/2000/svg">&a;</svg>',
        SVG + b"<script/>",
        b"%PDF-1.7",
        png(),
        JPEG,
        SVG.replace(b"</svg>", b" " * 500_001 + b"</svg>"),
    ],
    ids=["nothing", "HTML", "entities", "two roots", "PDF", "PNG", "JPEG", "too long"],
)
def test_what_is_no_drawing_is_refused_where_one_is_asked_for(data):
    with pytest.raises(Unsound, match=r"expected|empty"):
        sound_image(data, drawing=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SVG,
        b"GIF89a\x10\x00\x10\x00",
        b"<html>",
        png()[:-5],
        png() + b"<script>alert(1)</script>",
        png(said=(8, 80)),
        png(800, 800, said=(2, 2)),
        png(said=(0, 8)),
        png(said=(60_000, 60_000)),
        png(said=(8_000, 7_999)),
        png(more=chunk(b"IHDR", b"\0" * 13)),
        png().replace(b"IDAT", b"IDAX"),
        JPEG + b"PK\x03\x04 and an archive",
        JPEG[:-2],
        WEBP + b"<html>",
    ],
    ids=[
        "nothing",
        "a drawing",
        "GIF",
        "HTML",
        "cut short",
        "a script behind it",
        "fewer pixels than it says",
        "more pixels than it says",
        "no width",
        "huge",
        "too many pixels",
        "two headers",
        "a wrong checksum",
        "an archive behind it",
        "JPEG cut short",
        "a page behind it",
    ],
)
def test_what_is_no_whole_picture_is_refused_where_one_is_asked_for(data):
    with pytest.raises(Unsound, match=r"expected|empty|export it again"):
        sound_image(data, drawing=False)


def test_pixels_are_not_unpacked_beyond_what_the_header_says():
    bomb = zlib.compress(b"\0" * 50_000_000)
    header = struct.pack(">IIBBBBB", 10, 10, 8, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", bomb) + chunk(b"IEND", b"")
    with pytest.raises(Unsound, match="broken"):
        sound_image(data, drawing=False)
