"""What an answer says it can be recognised by, so that the next one need not be sent whole (RFC 9110, section 8.8)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

_ETAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,200}"')
_HTTP_DATE: Final = re.compile(r"[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT")


@dataclass(frozen=True, slots=True)
class Validators:
    """An entity tag and a date, as the server gave them; empty where it gave none that can be sent back."""

    etag: str = ""
    last_modified: str = ""

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> Self:
        """Read off an answer. What is malformed, or longer than any server needs, is no validator."""
        etag, changed = headers.get("etag", "").strip(), headers.get("last-modified", "").strip()
        return cls(
            etag if _ETAG.fullmatch(etag) else "",
            changed if _HTTP_DATE.fullmatch(changed) else "",
        )

    def __bool__(self) -> bool:
        return bool(self.etag or self.last_modified)

    def as_headers(self) -> dict[str, str]:
        """The condition of a request; the tag goes before the date, which tells seconds only."""
        if self.etag:
            return {"If-None-Match": self.etag}
        return {"If-Modified-Since": self.last_modified} if self.last_modified else {}
