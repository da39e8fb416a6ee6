"""Screenshots of tools that don't exist: real PNG files, drawn from rectangles."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PALETTE_DEPTH = 8
_PALETTE_COLOUR = 3

INK, PAPER, RAIL, ACCENT, SOFT, LINE = range(6)
"""Places in every palette: text, background, navigation, the partner's colour, a tint of it, rules."""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle in pixels; `colour` is a place in the palette."""

    left: int
    top: int
    width: int
    height: int
    colour: int


def png(width: int, height: int, palette: Sequence[tuple[int, int, int]], boxes: Sequence[Box]) -> bytes:
    """A PNG of the given size in pixels; later boxes cover earlier ones, and what sticks out is cut off."""
    rows = [bytearray([PAPER]) * width for _ in range(height)]
    for box in boxes:
        right = min(box.left + box.width, width)
        for row in rows[box.top : box.top + box.height]:
            row[box.left : right] = bytes([box.colour]) * max(right - box.left, 0)
    header = struct.pack(">IIBBBBB", width, height, _PALETTE_DEPTH, _PALETTE_COLOUR, 0, 0, 0)
    colours = bytes(part for colour in palette for part in colour)
    pixels = zlib.compress(b"".join(b"\x00" + bytes(row) for row in rows), 9)
    chunks = ((b"IHDR", header), (b"PLTE", colours), (b"IDAT", pixels), (b"IEND", b""))
    return PNG_SIGNATURE + b"".join(_chunk(kind, content) for kind, content in chunks)


def screenshot(accent: tuple[int, int, int], bars: Sequence[int]) -> bytes:
    """A tool's page of 1,280 by 800 pixels: navigation, a heading, a chart; `bars` are percent of its height."""
    tint = (240, 244, 248)
    soft = (225 + accent[0] // 10, 225 + accent[1] // 10, 225 + accent[2] // 10)
    palette = ((38, 44, 58), (255, 255, 255), tint, accent, soft, (214, 220, 228))
    boxes = [
        Box(0, 0, 240, 800, RAIL),
        Box(24, 24, 40, 40, ACCENT),
        *(Box(24, 110 + 44 * row, 150 - 12 * (row % 3), 14, INK) for row in range(6)),
        Box(288, 36, 330, 28, INK),
        Box(1080, 32, 152, 36, ACCENT),
        *(Box(288, 200 + 110 * line, 944, 1, LINE) for line in range(5)),
    ]
    step = 944 // max(len(bars), 1)
    for place, percent in enumerate(bars):
        high = 440 * min(max(percent, 0), 100) // 100
        boxes += [
            Box(288 + step * place + step // 5, 200, step * 3 // 5, 440, SOFT),
            Box(288 + step * place + step // 5, 640 - high, step * 3 // 5, high, ACCENT),
        ]
    boxes += [Box(288, 680 + 32 * row, 700 - 160 * row, 12, LINE) for row in range(3)]
    return png(1280, 800, palette, boxes)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
