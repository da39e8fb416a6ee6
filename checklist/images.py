"""Facts of images: what an SVG holds, and kind and size of pixel images from their first bytes. No image is decoded."""

import re
import struct
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
LARGEST_SVG = 2_000_000
_REFERENCES = ("href", "{http://www.w3.org/1999/xlink}href", "src")
_CODE = frozenset({"script", "foreignobject", "handler", "iframe", "object", "embed"})
_LENGTH = re.compile(r"\s*([\d.]+(?:e[+-]?\d+)?)\s*(px|pt|mm|cm|in|em|rem)?\s*$", re.IGNORECASE)
_EXTERNAL_STYLE = re.compile(r"@import|url\(\s*['\"]?\s*(?!#|['\"]?data:image/)[^)\s]", re.IGNORECASE)


class NoSvg(Exception):
    """The file is no SVG that may be shown; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class SvgFacts:
    """`aspect` is width over height, None where the file declares neither viewBox nor size."""

    aspect: float | None
    troubles: tuple[str, ...]
    """Scripts, handlers and things loaded from elsewhere."""
    texts: tuple[str, ...]
    """Title, description and text elements."""
    has_pixels: bool
    """Whether a pixel image is embedded."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Kind and size in pixels of a PNG, JPEG, GIF or WebP."""

    kind: str
    width: int
    height: int


def svg_facts(body: bytes) -> SvgFacts:
    """Facts of an SVG file; NoSvg for anything that is none, entities and external subsets included."""
    if len(body) > LARGEST_SVG:
        raise NoSvg(f"a file of {len(body):,} bytes, more than {LARGEST_SVG:,}")
    try:
        root = fromstring(body, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NoSvg(f"a file that is no safe XML ({type(error).__name__})") from error
    if root.tag not in {f"{{{SVG_NAMESPACE}}}svg", "svg"}:
        raise NoSvg(f"XML whose root is {str(root.tag).rpartition('}')[2][:40]!r}, not svg")
    troubles: list[str] = []
    texts: list[str] = []
    has_pixels = False
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        name = element.tag.rpartition("}")[2].lower()
        has_pixels = has_pixels or name == "image"
        if name in {"title", "desc", "text", "tspan"} and (words := " ".join("".join(element.itertext()).split())):
            texts.append(words[:200])
        troubles += _troubles(element, name)
    return SvgFacts(_aspect(root), tuple(dict.fromkeys(troubles)), tuple(texts), has_pixels)


def _troubles(element: Element, name: str) -> list[str]:
    found = [f"a {name} element"] if name in _CODE else []
    if name == "style" and _EXTERNAL_STYLE.search(element.text or ""):
        found.append("a style that loads something from elsewhere")
    for key, value in element.attrib.items():
        attribute = key.rpartition("}")[2].lower()
        if attribute.startswith("on"):
            found.append(f"an {attribute} handler")
        elif key in _REFERENCES and not value.strip().startswith(("#", "data:image/")) and name != "a":
            found.append(f"a reference to {value.strip()[:60]}")
        elif value.strip().lower().startswith("javascript:"):
            found.append("a javascript address")
        elif attribute == "style" and _EXTERNAL_STYLE.search(value):
            found.append("a style that loads something from elsewhere")
    return found


def _aspect(root: Element) -> float | None:
    box = re.split(r"[\s,]+", (root.get("viewBox") or "").strip())
    sides = box[2:4] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    lengths = [_LENGTH.match(side) for side in sides]
    if None in lengths:
        return None
    try:
        width, height = (float(length[1]) for length in lengths if length is not None)
    except ValueError:
        return None
    return width / height if width > 0 and height > 0 else None


def pixels_of(body: bytes) -> Pixels | None:
    """Kind and size from the first bytes; None where they are of no image of these kinds, or cut short."""
    try:
        if body.startswith(b"\x89PNG\r\n\x1a\n") and body[12:16] == b"IHDR":
            return Pixels("PNG", *struct.unpack(">II", body[16:24]))
        if body[:6] in {b"GIF87a", b"GIF89a"}:
            return Pixels("GIF", *struct.unpack("<HH", body[6:10]))
        if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
            return _webp(body)
        return _jpeg(body) if body.startswith(b"\xff\xd8\xff") else None
    except (struct.error, IndexError):
        return None


def _webp(body: bytes) -> Pixels | None:
    chunk = body[12:16]
    if chunk == b"VP8X":
        return Pixels("WebP", 1 + int.from_bytes(body[24:27], "little"), 1 + int.from_bytes(body[27:30], "little"))
    if chunk == b"VP8L":
        (bits,) = struct.unpack("<I", body[21:25])
        return Pixels("WebP", 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", body[26:30])
        return Pixels("WebP", width & 0x3FFF, height & 0x3FFF)
    return None


def _jpeg(body: bytes) -> Pixels | None:
    position = 2
    while position + 9 < len(body):
        if body[position] != 0xFF:
            return None
        marker = body[position + 1]
        if marker == 0xFF:
            position += 1
        elif 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", body[position + 5 : position + 9])
            return Pixels("JPEG", width, height)
        else:
            (length,) = struct.unpack(">H", body[position + 2 : position + 4])
            position += 2 + length
    return None
