"""How many percent of a promise were kept, month by month, as columns."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, rect, text
from desk.reporting.charts.upright import Upright
from desk.reporting.presented import Document, percent
from desk.words import said
from models.enums import TargetName

MOST: Final = 12
"""So many months fit with their numbers legible; the table has all of them."""

NAMES: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

AXIS: Final = Upright(top=20.0, bottom=120.0, left=38.0)


def months_chart(target: Document) -> Markup:
    """The newest twelve months of one target, up to the last in which anything was promised."""
    months = _newest(target["cohorts"])
    words = said(TargetName(target["target"]))
    return chart(
        f"months-{target['target']}",
        title=f"{words}: kept by month",
        says=_gist(months),
        height=AXIS.bottom + 2 * LINE + 4,
        shapes=[*AXIS.grid(), *_columns(months)],
    )


def _newest(cohorts: Sequence[Document]) -> list[tuple[str, float | None]]:
    """Month and percent kept; a month without anything settled has None."""
    kept = {cohort["month"]: cohort["attainment_percent"] for cohort in cohorts}
    first, last = (_number(month) for month in (min(kept), max(kept)))
    numbers = range(max(first, last - MOST + 1), last + 1)
    months = [f"{number // 12:04}-{number % 12 + 1:02}" for number in numbers]
    return [(month, kept.get(month)) for month in months]


def _gist(months: Sequence[tuple[str, float | None]]) -> str:
    told = [(month, share) for month, share in months if share is not None]
    if not told:
        return "Nothing is settled yet."
    (first, began), (last, ends), (worst, low) = told[0], told[-1], min(told, key=lambda pair: pair[1])
    return f"{percent(began)} in {first}, {percent(ends)} in {last}; lowest {percent(low)} in {worst}."


def _columns(months: Sequence[tuple[str, float | None]]) -> Iterator[Markup]:
    slot = (WIDTH - AXIS.left) / len(months)
    width = min(slot * 0.62, 32)
    for index, (month, share) in enumerate(months):
        middle = AXIS.left + slot * (index + 0.5)
        if share is not None:
            yield rect(middle - width / 2, AXIS.y(share), width, AXIS.bottom - AXIS.y(share))
        # Rounded down: 99.6 is not all of them.
        told = "–" if share is None else int(share)
        yield text(middle, AXIS.y(share or 0) - 4, told, anchor="middle")
        yield text(middle, AXIS.bottom + LINE, NAMES[_number(month) % 12], anchor="middle")
    for year, of_year in groupby(range(len(months)), key=lambda index: months[index][0][:4]):
        first, *others = of_year
        last = others[-1] if others else first
        middle = AXIS.left + slot * ((first + last) / 2 + 0.5)
        yield text(middle, AXIS.bottom + 2 * LINE, year, anchor="middle", kind="soft")


def _number(month: str) -> int:
    """Months since the year 0, from a text as in 2026-11."""
    year, _, of_year = month.partition("-")
    return int(year) * 12 + int(of_year) - 1
