"""How many percent have left Public Beta for Public after so many days, as a stair."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, line, path, text
from desk.reporting.charts.upright import Upright
from desk.reporting.presented import Document

AXIS: Final = Upright(top=12.0, bottom=132.0, left=40.0)
YEAR: Final = 365


def dwell_chart(report: Document) -> Markup:
    """The curve up to the longest stay; the caller has at least one."""
    curve, half = report["curve"], report["median_days"]
    longest = max(curve[-1]["days"], 1)
    through = f"{curve[-1]['percent']:.0f} % after {longest:.0f} days"
    says = f"{through}; half after {half:.0f} days." if half is not None else f"{through}; fewer than half so far."
    return chart(
        "dwell",
        title="Moved to Public, by days in Public Beta",
        says=says,
        height=AXIS.bottom + LINE + 6,
        shapes=[*_grid(longest), *_stair(curve, longest), *_half(half, longest)],
    )


def _grid(longest: float) -> Iterator[Markup]:
    yield from AXIS.grid()
    for year in range(1, int(longest // YEAR) + 1):
        yield text(_x(year * YEAR, longest), AXIS.bottom + LINE, f"{year} y", anchor="middle", kind="soft")
    yield text(AXIS.left, AXIS.bottom + LINE, "0", anchor="middle", kind="soft")


def _stair(curve: Sequence[Document], longest: float) -> Iterator[Markup]:
    steps = [(0.0, 0.0), *((point["days"], point["percent"]) for point in curve)]
    points = [(AXIS.left, AXIS.y(0))]
    for (_, before), (days, now) in pairwise(steps):
        points += [(_x(days, longest), AXIS.y(before)), (_x(days, longest), AXIS.y(now))]
    yield path(points, "curve")


def _half(half: float | None, longest: float) -> Iterator[Markup]:
    if half is not None:
        x = _x(half, longest)
        yield line(x, AXIS.top, x, AXIS.bottom, "target")
        yield text(x, AXIS.top - 2, f"half: {half:.0f} d", anchor="end" if x > WIDTH / 2 else "start", kind="strong")


def _x(days: float, longest: float) -> float:
    return AXIS.left + (WIDTH - AXIS.left - 8) * days / longest
