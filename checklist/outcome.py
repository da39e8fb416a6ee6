"""What a check says: an outcome, why, what was expected, how to fix it, and the evidence."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from models.enums import Outcome


@dataclass(frozen=True, slots=True)
class Picture:
    """What a page looked like. `data` is empty where only the digest is at hand and the picture is stored elsewhere."""

    digest: str
    """SHA-256 of the file in hexadecimal."""
    data: bytes = field(default=b"", repr=False, compare=False)

    @classmethod
    def of(cls, data: bytes) -> "Picture | None":
        """The picture in these bytes of a file; None where there are none."""
        return cls(hashlib.sha256(data).hexdigest(), data) if data else None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that was looked at. `kind` is page, request, image, text, answer or source."""

    kind: str
    seen: str
    url: str | None = None
    status: int | None = None
    at: datetime | None = None
    digest: str | None = None
    """SHA-256 of the content in hexadecimal, so that an unchanged page is recognised."""
    picture: Picture | None = None
    """How a browser showed it."""

    def as_json(self) -> dict[str, Any]:
        values = {"kind": self.kind, "seen": self.seen, "url": self.url, "status": self.status}
        if self.at is not None:
            values["at"] = self.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.digest is not None:
            values["digest"] = self.digest
        if self.picture is not None:
            values["picture"] = self.picture.digest
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """An item's outcome. `summary` says what was seen; a failed one also says what was expected and the fix."""

    item: str
    outcome: Outcome
    summary: str
    expected: str = ""
    fix: str = ""
    evidence: tuple[Evidence, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Machine-readable signals the outcome rests on, JSON values only."""
