"""One report in its forms. The document is the source of all of them, so that they never tell different things."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """`document` is JSON values (docs/reports.md); `sheet` rows share their keys; `page` names the template."""

    title: str
    document: Document
    headline: str
    lines: Sequence[str]
    """What the terminal shows below the headline."""
    sheet_columns: Sequence[str]
    sheet: Sequence[Mapping[str, object]]
    page: str


def hours(seconds: float | None) -> float | None:
    """Open hours to a hundredth; None stays None."""
    return None if seconds is None else round(seconds / 3_600, 2)


def rounded(share: float | None) -> float | None:
    """Percent to a tenth; None stays None."""
    return None if share is None else round(share, 1)


def day(of: date | None) -> str | None:
    return None if of is None else of.isoformat()


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1f} %"
