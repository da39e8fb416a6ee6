"""The share of looks that saw everything hold, week by week, as a line."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, dot, path, text
from desk.reporting.charts.upright import Upright
from desk.reporting.presented import Document, percent

AXIS: Final = Upright(top=12.0, bottom=112.0, left=40.0)
MOST_DOTS: Final = 26


def weeks_chart(weeks: Sequence[Document]) -> Markup:
    """Of weeks with a look at least; the caller has at least one."""
    first, last = weeks[0], weeks[-1]
    lowest = min(weeks, key=lambda week: week["holding_percent"])
    says = f"{_told(first)}, {_told(last)}; lowest {_told(lowest)}."
    return chart(
        "weeks",
        title="Share of looks that saw everything hold",
        says=says,
        height=AXIS.bottom + LINE + 6,
        shapes=[*AXIS.grid(), *_line(weeks)],
    )


def _told(week: Document) -> str:
    return f"{percent(week['holding_percent'])} in the week of {week['week']}"


def _line(weeks: Sequence[Document]) -> Iterator[Markup]:
    step = (WIDTH - AXIS.left - 10) / max(len(weeks) - 1, 1)
    points = [(AXIS.left + 5 + step * number, AXIS.y(week["holding_percent"])) for number, week in enumerate(weeks)]
    yield path(points, "curve")
    yield from (dot(x, y) for x, y in points[-MOST_DOTS:])
    yield text(AXIS.left, AXIS.bottom + LINE, weeks[0]["week"], kind="soft")
    if len(weeks) > 1:
        yield text(WIDTH, AXIS.bottom + LINE, weeks[-1]["week"], anchor="end", kind="soft")
