"""Bytes to text as browsers do it: the byte order mark wins, then the header, then the page's own word (pure)."""

import codecs
import re
from encodings import normalize_encoding
from encodings.aliases import aliases
from typing import Final

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PRESCAN: Final = 1024  # bytes a page has for declaring its charset (HTML standard, 13.2.3.2)
_DECLARED: Final = (
    re.compile(rb"<meta[^>]{0,300}?charset\s{0,20}=\s{0,20}[\"']?\s{0,20}([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE),
    re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,20}=\s{0,20}[\"']([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE),
)
_LOOKED_AT: Final = 4_096  # bytes that tell whether a body is text
_CONTROLS: Final = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1b"))  # in packed bytes one of ten, in text next to none
_FILES: Final = (b"%PDF-", b"\x1f\x8b", b"PK\x03\x04")
# Encoding standard: pages that say Latin-1 or ASCII mean windows-1252, and the GB sets are one.
_MEANT: Final = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "utf-16": "utf-16-le",
}
# Codecs of the web. Python has others (punycode, idna, unicode_escape, utf-7) that a stranger must not choose.
_WEB: Final = frozenset(
    {"utf-8", "utf-16-le", "utf-16-be", "gb18030", "big5", "euc_jp", "iso2022_jp", "koi8-r"}
    | {"koi8-u", "mac-roman", "mac-cyrillic", "cp866", "cp874", "cp932", "cp949"}
    | {f"cp{page}" for page in range(1250, 1259)}
    | {f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)}
)
_MODULES: Final = frozenset(name.replace("-", "_") for name in _WEB | set(_MEANT)) | {"latin_1"}


def text_of(body: bytes, declared: str) -> tuple[str, str, tuple[str, ...]]:
    """The text, the codec it was read with, and notes. `declared` is the Content-Type's charset or empty."""
    for mark, codec in _MARKS:
        if body.startswith(mark):
            return _decoded(body[len(mark) :], codec)
    if declared:
        codec = _codec(declared)
        if codec:
            return _decoded(body, codec)
        text, codec, notes = _decoded(body, "utf-8")
        return text, codec, (f"the charset {declared[:40]} is not known; read as UTF-8", *notes)
    codec = _own_word(body[:_PRESCAN])
    if codec:
        return _decoded(body, codec)
    try:
        return body.decode("utf-8"), "utf-8", ()
    except UnicodeDecodeError:
        text, codec, notes = _decoded(body, "cp1252")
        return text, codec, ("no charset is given and it is not UTF-8; read as windows-1252", *notes)


def is_binary(body: bytes, declared: str) -> bool:
    """Whether a body that is said to be text is a file of another kind: packed, a picture, a program, a PDF.

    Judged by a page as if it were text, it would be a page on which everything is missing.
    """
    if body.startswith((b"\xff\xfe", b"\xfe\xff")) or _codec(declared).startswith("utf-16"):
        return False
    start = body[:_LOOKED_AT]
    controls = len(start) - len(start.translate(None, _CONTROLS))
    return body.startswith(_FILES) or controls > len(start) / 20


def _own_word(start: bytes) -> str:
    for pattern in _DECLARED:
        if found := pattern.search(start):
            codec = _codec(found[1].decode("ascii"))
            # A page whose ASCII letters could be read can't be UTF-16, whatever it says.
            return "utf-8" if codec.startswith("utf-16") else codec
    return ""


def _codec(label: str) -> str:
    # Not straight to codecs.lookup: it imports a module by the stranger's word and remembers every word for ever.
    word = normalize_encoding(label[:40].strip().lower())
    module = aliases.get(word, word)
    if module not in _MODULES:
        return ""
    name = codecs.lookup(module).name
    return _MEANT.get(name, name)


def _decoded(body: bytes, codec: str) -> tuple[str, str, tuple[str, ...]]:
    text = body.decode(codec, "replace")
    notes = ("some characters could not be decoded",) if "\ufffd" in text else ()
    return text, codec, notes
