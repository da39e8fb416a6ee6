"""Bytes to text as browsers do it: the byte order mark wins, then the header, then the page's own word (pure)."""

import codecs
import re
from typing import Final

_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_PRESCAN: Final = 1024  # bytes a page has for declaring its charset (HTML standard, 13.2.3.2)
_DECLARED: Final = (
    re.compile(rb"<meta[^>]{0,300}?charset\s{0,20}=\s{0,20}[\"']?\s{0,20}([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE),
    re.compile(rb"<\?xml[^>]{0,100}?encoding\s{0,20}=\s{0,20}[\"']([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE),
)
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


def _own_word(start: bytes) -> str:
    for pattern in _DECLARED:
        if found := pattern.search(start):
            codec = _codec(found[1].decode("ascii"))
            # A page whose ASCII letters could be read can't be UTF-16, whatever it says.
            return "utf-8" if codec.startswith("utf-16") else codec
    return ""


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label.strip().lower()).name
    except (LookupError, ValueError):
        return ""
    name = _MEANT.get(name, name)
    return name if name in _WEB else ""


def _decoded(body: bytes, codec: str) -> tuple[str, str, tuple[str, ...]]:
    text = body.decode(codec, "replace")
    notes = ("some characters could not be decoded",) if "\ufffd" in text else ()
    return text, codec, notes
