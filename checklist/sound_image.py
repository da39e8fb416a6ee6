"""Whether a file that somebody sent is the image it seems, whole and nothing beside: by its content alone."""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from checklist.images import NoSvg, Pixels, pixels_of, svg_facts

MOST_SIDE: Final = 8_000
MOST_PIXELS: Final = 40_000_000
MOST_SVG_BYTES: Final = 500_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_SAMPLES: Final = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Values of each pixel, by the PNG's colour type."""
_PIECE: Final = 1 << 16
_MOST_CHUNKS: Final = 10_000


class Unsound(ValueError):
    """A file that is not taken; the message says what was seen and what was expected."""


@dataclass(frozen=True, slots=True)
class Sound:
    """`pixels` is None for a drawing, which has no size of its own."""

    media_type: str
    pixels: Pixels | None


def sound_image(data: bytes, *, drawing: bool) -> Sound:
    """The kind of the file. `drawing`: an SVG is asked for, otherwise PNG, JPEG or WebP. Raises Unsound."""
    if not data:
        raise Unsound("the file is empty; choose it again")
    return _drawing(data) if drawing else _pixels(data)


def _drawing(data: bytes) -> Sound:
    if (found := pixels_of(data)) is not None:
        raise Unsound(f"saw a {found.kind}, expected an SVG; export it from your drawing program as SVG")
    if len(data) > MOST_SVG_BYTES:
        raise Unsound(f"saw {len(data):,} bytes, expected an SVG of at most {MOST_SVG_BYTES:,}")
    try:
        facts = svg_facts(data)
    except NoSvg as no:
        raise Unsound(f"saw {no}, expected an SVG") from None
    if facts.troubles:
        told = ", ".join(facts.troubles[:3])
        raise Unsound(f"the SVG holds {told}; export it without scripts, with everything inside the file")
    return Sound("image/svg+xml", None)


def _pixels(data: bytes) -> Sound:
    found = pixels_of(data)
    if found is None or found.kind not in {"PNG", "JPEG", "WebP"}:
        seen = f"a {found.kind}" if found is not None else "a file of another kind"
        raise Unsound(f"saw {seen}, expected a PNG, JPEG or WebP")
    # Before anything is unpacked: what a viewer would have to make room for.
    if not (0 < found.width <= MOST_SIDE and 0 < found.height <= MOST_SIDE) or found.width * found.height > MOST_PIXELS:
        told = f"saw {found.width:,} × {found.height:,} pixels, expected at most {MOST_SIDE:,} a side"
        raise Unsound(f"{told} and {MOST_PIXELS:,} in all")
    whole = {"PNG": _is_whole_png, "JPEG": _is_whole_jpeg, "WebP": _is_whole_webp}[found.kind]
    if not whole(data):
        raise Unsound(f"the {found.kind} is cut short, broken, or has something else in it; export it again")
    return Sound(f"image/{found.kind.lower()}", found)


def _is_whole_png(data: bytes) -> bool:
    """Chunks that add up to the file's end, and exactly the bytes of pixels that the header speaks of."""
    at, packed, header = len(_PNG), bytearray(), b""
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            return False
        length, name = struct.unpack(">I4s", data[at : at + 8])
        end = at + 12 + length
        if end > len(data):
            return False
        body = data[at + 8 : end - 4]
        if zlib.crc32(name + body) != int.from_bytes(data[end - 4 : end], "big"):
            return False
        if name == b"IHDR":
            if header or length != 13:
                return False
            header = body
        elif name == b"IDAT":
            packed += body
        elif name == b"IEND":
            return end == len(data) and length == 0 and _unpacks_to(bytes(packed), header)
        at = end
    return False


def _unpacks_to(packed: bytes, header: bytes) -> bool:
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if colour not in _SAMPLES or depth not in {1, 2, 4, 8, 16}:
        return False
    bits = _SAMPLES[colour] * depth
    most = height * (1 + (width * bits + 7) // 8)
    if interlaced:  # seven passes, each with its own rows: never more than this much on top
        most += 2 * (height + 8) + height * 2
    unpacking, came, waiting = zlib.decompressobj(), 0, packed
    try:
        while not unpacking.eof:
            piece = unpacking.decompress(waiting, _PIECE)
            came += len(piece)
            waiting = unpacking.unconsumed_tail
            if came > most or (not piece and not waiting):
                return False
    except zlib.error:
        return False
    return not unpacking.unused_data and (bool(interlaced) or came == most)


def _is_whole_jpeg(data: bytes) -> bool:
    return data.endswith(b"\xff\xd9")


def _is_whole_webp(data: bytes) -> bool:
    return len(data) == int.from_bytes(data[4:8], "little") + 8
