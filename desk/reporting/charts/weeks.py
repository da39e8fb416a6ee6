"""The share of looks that saw everything hold, week by week, as a line."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, dot, line, path, text
from desk.reporting.presented import Document, percent

TOP, BOTTOM, LEFT = 12.0, 112.0, 40.0
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
        height=BOTTOM + LINE + 6,
        shapes=[*_grid(), *_line(weeks)],
    )


def _told(week: Document) -> str:
    return f"{percent(week['holding_percent'])} in the week of {week['week']}"


def _grid() -> Iterator[Markup]:
    for share in (0, 50, 100):
        yield line(LEFT, _y(share), WIDTH, _y(share), "grid")
        yield text(LEFT - 4, _y(share) + 4, f"{share} %", anchor="end", kind="soft")


def _line(weeks: Sequence[Document]) -> Iterator[Markup]:
    step = (WIDTH - LEFT - 10) / max(len(weeks) - 1, 1)
    points = [(LEFT + 5 + step * number, _y(week["holding_percent"])) for number, week in enumerate(weeks)]
    yield path(points, "curve")
    yield from (dot(x, y) for x, y in points[-MOST_DOTS:])
    yield text(LEFT, BOTTOM + LINE, weeks[0]["week"], kind="soft")
    if len(weeks) > 1:
        yield text(WIDTH, BOTTOM + LINE, weeks[-1]["week"], anchor="end", kind="soft")


def _y(share: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * share / 100
