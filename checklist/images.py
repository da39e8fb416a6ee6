"""Facts of images: what an SVG holds, and kind and size of pixel images from their first bytes. No image is decoded."""

import math
import re
import struct
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

LARGEST_SVG = 2_000_000
DEEPEST = 200
"""Elements inside one another; drawings of logos stay below 40."""
MOST_ELEMENTS = 50_000
MOST_ATTRIBUTES = 1_000
"""Of one element."""

_SVG: Final = "http://www.w3.org/2000/svg"
_XHTML: Final = "http://www.w3.org/1999/xhtml"
_HREFS: Final = frozenset({"href", "http://www.w3.org/1999/xlink href", "src"})
_BASE: Final = "http://www.w3.org/XML/1998/namespace base"
# Where an address may stand: what these elements and attributes say can end in one.
_GOALS: Final = _HREFS | {"action", "formaction", "to", "from", "by", "values"}
_CODE: Final = frozenset(
    {"script", "foreignobject", "handler", "listener", "iframe", "object", "embed", "audio", "video"}
)
_ANIMATIONS: Final = frozenset({"animate", "set", "animatetransform", "animatemotion", "animatecolor"})
# Encodings in which every program reads the same letters; in others a script could look like something else to us.
_ENCODINGS: Final = frozenset({"utf-8", "utf-16", "us-ascii", "iso-8859-1", "windows-1252"})
_LENGTH: Final = re.compile(r"\s*([0-9.]+(?:e[+-]?[0-9]+)?)\s*(px|pt|mm|cm|in|em|rem)?\s*$", re.IGNORECASE)
_INVISIBLE: Final = re.compile(r"[\x00-\x20]+")
_INSIDE: Final = re.compile(r"#|$|data:(image/(png|jpe?g|gif|webp|avif)|font/|application/(x-)?font)")
_LOADED: Final = re.compile(r"url\(\s*+[\"']?+\s*+([^)\"']*+)", re.IGNORECASE)
_LOADS: Final = re.compile(r"@import|image-set\(|\bsrc\(|-moz-binding|\bbehavior\s*+:|\bexpression\(", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.IGNORECASE | re.DOTALL)
_SEGMENTS: Final = 10_000  # parts of a JPEG before its size
_MOST_ESCAPES: Final = 1_000  # of one style
_TOLD: Final = 20  # troubles that are kept; one would do


class NoSvg(Exception):
    """The file is no SVG that may be shown; the message says what was seen."""


@dataclass(frozen=True, slots=True)
class SvgFacts:
    """`aspect` is width over height, None where the file declares neither viewBox nor size."""

    aspect: float | None
    troubles: tuple[str, ...]
    """Scripts, handlers and things loaded from elsewhere."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Kind and size in pixels of a PNG, JPEG, GIF or WebP."""

    kind: str
    width: int
    height: int


def svg_facts(body: bytes) -> SvgFacts:
    """Facts of an SVG file; NoSvg for anything that is none, entities, odd encodings and absurd sizes included.

    The file is read in one go, without a tree: a tree of two million bytes weighs a hundred.
    """
    if len(body) > LARGEST_SVG:
        raise NoSvg(f"a file of {len(body):,} bytes, more than {LARGEST_SVG:,}")
    reading = _Reading()
    try:
        reading.parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NoSvg(f"a file that is no XML ({error})") from error
    return SvgFacts(reading.aspect, tuple(reading.troubles))


class _Reading:
    """What expat meets in one file."""

    def __init__(self) -> None:
        self.aspect: float | None = None
        self.troubles: dict[str, None] = {}
        self._depth = self._elements = 0
        self._style: list[str] = []
        self._style_depth = 0  # of the style element under way
        self.parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartElementHandler = self._starts
        parser.EndElementHandler = self._ends
        parser.CharacterDataHandler = self._says
        parser.XmlDeclHandler = self._declares
        parser.EntityDeclHandler = self._defines
        parser.ExternalEntityRefHandler = self._defines
        parser.ProcessingInstructionHandler = self._instructs

    def _starts(self, tag: str, given: list[str]) -> None:
        namespace, _, local = tag.rpartition(" ")
        name = local.lower()
        if not self._elements and (local != "svg" or namespace not in {_SVG, ""}):
            raise NoSvg(f"XML whose root is {local[:40]!r}, not svg")
        self._depth += 1
        self._elements += 1
        if self._depth > DEEPEST:
            raise NoSvg(f"a file of elements nested more than {DEEPEST} deep")
        if self._elements > MOST_ELEMENTS:
            raise NoSvg(f"a file of more than {MOST_ELEMENTS:,} elements")
        if len(given) > 2 * MOST_ATTRIBUTES:
            raise NoSvg(f"a file with more than {MOST_ATTRIBUTES:,} attributes on one element")
        attributes = dict(zip(given[::2], given[1::2], strict=True))
        if self._elements == 1:
            self.aspect = _aspect(attributes)
        if name == "style" and not self._style_depth:
            self._style_depth = self._depth
        if name in _CODE:
            self._tell(f"a {name} element")
        elif namespace == _XHTML:
            self._tell(f"HTML (a {name[:20]} element)")
        for key, value in attributes.items():
            self._look_at(name, key, value)

    def _ends(self, tag: str) -> None:
        del tag
        if self._depth == self._style_depth:
            if _loads_from_elsewhere("".join(self._style)):
                self._tell("a style that loads something from elsewhere")
            self._style, self._style_depth = [], 0
        self._depth -= 1

    def _says(self, text: str) -> None:
        if self._style_depth:
            self._style.append(text)

    def _declares(self, version: str, encoding: str | None, standalone: int) -> None:
        del version, standalone
        if encoding is not None and encoding.lower() not in _ENCODINGS:
            raise NoSvg(f"a file in the encoding {encoding[:40]}, not UTF-8")

    def _defines(self, *what: object) -> int:
        del what
        raise NoSvg("a file that defines entities, which are not read")

    def _instructs(self, target: str, data: str) -> None:
        del data
        if target == "xml-stylesheet":
            self._tell("a style that loads something from elsewhere")

    def _look_at(self, name: str, key: str, value: str) -> None:
        if key.startswith("on"):
            self._tell(f"an {key[:20]} handler")
        elif key == _BASE:
            self._tell("an xml:base, which moves its references elsewhere")
        elif key in _GOALS and _is_script(value):
            self._tell("a javascript address")
        elif key in _HREFS and not _is_inside(value) and not _is_link(name, value):
            self._tell(f"a reference to {' '.join(value.split())[:60]}")
        elif name in _ANIMATIONS and key == "attributeName" and _is_changed_address(value):
            self._tell(f"an animation of {value.strip()[:20]}")
        elif "(" in value and _loads_from_elsewhere(value):
            self._tell("a style that loads something from elsewhere")

    def _tell(self, trouble: str) -> None:
        if len(self.troubles) < _TOLD:
            self.troubles[trouble] = None


def _is_inside(address: str) -> bool:
    return _INSIDE.match(_as_browsers_read(address)) is not None


def _is_link(name: str, address: str) -> bool:
    """A link for people to follow loads nothing by itself."""
    return name == "a" and not _as_browsers_read(address).startswith(("data:", "vbscript:", "blob:"))


def _is_script(addresses: str) -> bool:
    return any(address.startswith("javascript:") for address in _as_browsers_read(addresses).split(";"))


def _as_browsers_read(address: str) -> str:
    # They drop spaces and control characters, also inside a scheme.
    return _INVISIBLE.sub("", address).lower()


def _is_changed_address(attribute: str) -> bool:
    local = attribute.strip().lower().rpartition(":")[2]
    return local == "href" or local.startswith("on")


def _loads_from_elsewhere(css: str) -> bool:
    if css.count("\\") > _MOST_ESCAPES:
        return True  # nobody writes so; reading on would only cost
    plain = _ESCAPE.sub(_unescaped, css) if "\\" in css else css
    return bool(_LOADS.search(plain)) or not all(_is_inside(goal[1]) for goal in _LOADED.finditer(plain))


def _unescaped(escape: re.Match[str]) -> str:
    return chr(min(int(escape[1], 16), 0x10FFFF)) if escape[1] else escape[2]


def _aspect(root: dict[str, str]) -> float | None:
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip()[:200])
    sides = box[2:4] if len(box) == 4 else [root.get("width", ""), root.get("height", "")]
    lengths = [length for side in sides if (length := _LENGTH.match(side))]
    # Lengths in two units are rare, and "em" has no size of its own.
    if len(lengths) < 2 or (lengths[0][2] or "px").lower() != (lengths[1][2] or "px").lower():
        return None
    try:
        width, height = (float(length[1]) for length in lengths)
        aspect = width / height
    except (ValueError, ArithmeticError):
        return None
    return aspect if width > 0 and math.isfinite(aspect) and aspect > 0 else None


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
    for _ in range(_SEGMENTS):
        if position + 9 >= len(body) or body[position] != 0xFF:
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
