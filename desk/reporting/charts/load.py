"""What each reviewer carries: open submissions, and how many of them are past a target."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, fillings, rect, shortened, text
from desk.reporting.presented import Document
from desk.words import counted

NAME: Final = "load"

MOST: Final = 10
"""So many people have a row; the table has everybody."""

ROW: Final = 2 * LINE + 6
BAR: Final = 12


def load_chart(reviewers: Sequence[Document]) -> Markup:
    rows = reviewers[:MOST]
    is_open, past = (sum(row[name] for row in reviewers) for name in ("open", "past"))
    return chart(
        NAME,
        title="Open submissions by reviewer",
        says=f"{counted(is_open, 'open submission')} with {counted(len(reviewers), 'reviewer')}, {past} past a target.",
        height=LINE + 6 + ROW * len(rows),
        shapes=[fillings(NAME), *_legend(), *_rows(rows)],
    )


def _legend() -> Iterator[Markup]:
    yield rect(0.5, 2, 18, 12, filling=f"{NAME}-stripes")
    yield text(24, 12, "past a target")
    yield rect(120.5, 2, 18, 12)
    yield text(144, 12, "in time")


def _rows(rows: Sequence[Document]) -> Iterator[Markup]:
    most = max((row["open"] for row in rows), default=0) or 1
    for index, row in enumerate(rows):
        top = LINE + 6 + ROW * index
        past, in_time = ((WIDTH - 1) * number / most for number in (row["past"], row["open"] - row["past"]))
        yield text(0, top + LINE - 3, shortened(row["name"], WIDTH - 110))
        yield text(WIDTH, top + LINE - 3, f"{row['open']} open, {row['past']} past", anchor="end")
        if past:
            yield rect(0.5, top + LINE + 2, past, BAR, filling=f"{NAME}-stripes")
        if in_time:
            yield rect(0.5 + past, top + LINE + 2, in_time, BAR)
