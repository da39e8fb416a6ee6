import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from sample.content import SCREENSHOTS, picture
from sample.pictures import ACCENT, PAPER, PNG_SIGNATURE, Box, png

PALETTE = [(number, number, number) for number in range(6)]


def chunks(image):
    assert image.startswith(PNG_SIGNATURE)
    rest = image[len(PNG_SIGNATURE) :]
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        kind, content, crc = rest[4:8], rest[8 : 8 + length], rest[8 + length : 12 + length]
        assert struct.unpack(">I", crc) == (zlib.crc32(kind + content),)
        yield kind, content
        rest = rest[12 + length :]


def pixels(image):
    parts = dict(chunks(image))
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    rows = zlib.decompress(parts[b"IDAT"])
    assert len(rows) == height * (width + 1)
    return [rows[row * (width + 1) + 1 : (row + 1) * (width + 1)] for row in range(height)]


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    box=st.builds(Box, *(st.integers(0, 50) for _ in range(4)), colour=st.just(ACCENT)),
)
def test_a_box_is_cut_off_at_the_edges(width, height, box):
    drawn = pixels(png(width, height, PALETTE, [box]))

    for y, row in enumerate(drawn):
        for x, colour in enumerate(row):
            inside = box.left <= x < box.left + box.width and box.top <= y < box.top + box.height
            assert colour == (ACCENT if inside else PAPER)


def test_every_screenshot_is_a_small_real_picture():
    pictures = {place: picture(place) for place in SCREENSHOTS}

    assert len(set(pictures.values())) == len(pictures)
    for image in pictures.values():
        assert len(pixels(image)) == 800
        assert len(image) < 20_000
