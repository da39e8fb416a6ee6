"""Who waited on whom: a bar for each kind of submission, divided by whose turn it was."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, fillings, rect, text
from desk.reporting.presented import Document, percent
from desk.words import listed, said
from models.enums import SubmissionKind
from review.reports.course import Turn

NAME: Final = "turns"
SIDES: Final = (
    (Turn.REVIEWER.value, ""),
    (Turn.PARTNER.value, f"{NAME}-stripes"),
    (Turn.ENGINE.value, f"{NAME}-dots"),
)
"""From left to right, each with its filling."""

ROW: Final = 3 * LINE + 8
BAR: Final = 14


def shares_chart(turns: Document) -> Markup:
    rows = [("All", turns), *((said(SubmissionKind(one["kind"])), one) for one in turns["kinds"])]
    return chart(
        NAME,
        title="Whose turn it was",
        says=f"Of the open time, {_told(turns)}.",
        height=LINE + 8 + ROW * len(rows),
        shapes=[fillings(NAME), *_legend(), *_rows(rows)],
    )


def _legend() -> Iterator[Markup]:
    for index, (side, filling) in enumerate(SIDES):
        x = index * 100
        yield rect(x + 0.5, 2, 18, 12, filling=filling)
        yield text(x + 24, 12, side)


def _rows(rows: Sequence[tuple[str, Document]]) -> Iterator[Markup]:
    for index, (words, shares) in enumerate(rows):
        top = LINE + 8 + ROW * index
        yield text(0, top + LINE, words, kind="strong")
        x = 0.5
        for side, filling in SIDES:
            width = (WIDTH - 1) * (shares[f"{side}_percent"] or 0) / 100
            if width:
                yield rect(x, top + LINE + 5, width, BAR, filling=filling)
            x += width
        yield text(0, top + LINE + BAR + LINE + 1, _told(shares), kind="soft")


def _told(shares: Document) -> str:
    return listed(f"{side} {percent(shares[f'{side}_percent'])}" for side, _ in SIDES)
