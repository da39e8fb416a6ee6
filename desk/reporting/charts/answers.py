"""By when answers came, as Kaplan and Meier's stair, with what was promised marked."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, line, path, text
from desk.reporting.charts.upright import Upright
from desk.reporting.presented import Document
from desk.words import listed, said
from models.enums import TargetName

STEPS: Final = (0.25, 0.5, 1, 2, 4, 8, 16, 24, 40, 80, 160, 400, 800, 1_600, 4_000, 8_000)
"""Hours between two marks of the axis; the smallest that gives six marks at most."""

MARKED: Final = 2
"""So many lengths of one promise are marked, those that were promised most; the table has all."""

NEARLY_ALL: Final = 95.0
"""The axis ends where so many percent were answered: a few that took for ever would press the others together."""

AXIS: Final = Upright(top=2 * LINE + 4.0, bottom=150.0, left=38.0)


def within_hours(points: Sequence[Document], share: float) -> float | str:
    """The open hours within which so many percent were answered; empty when nobody can tell yet."""
    return next((float(point["hours"]) for point in points if point["percent"] >= share), "")


def answers_chart(target: Document) -> Markup:
    points, promised = target["answered"], [one["hours"] for one in target["promised"][:MARKED]]
    until = _until(points, promised)
    x = _Scale(until)
    words = said(TargetName(target["target"]))
    return chart(
        f"answers-{target['target']}",
        title=f"{words}: how long until the answer",
        says=_gist(target),
        height=AXIS.bottom + 3 * LINE,
        shapes=[*_grid(x), *_marks(promised, x), path(_stair(points, x), "curve"), *_quantiles(target)],
    )


class _Scale:
    """Open hours on the axis across."""

    def __init__(self, until: float) -> None:
        self.until = until
        self.step = next((step for step in STEPS if until / step <= 6), until)

    def __call__(self, hours: float) -> float:
        return AXIS.left + (WIDTH - AXIS.left - 16) * min(hours, self.until) / self.until


def _until(points: Sequence[Document], promised: Sequence[float]) -> float:
    ends = next((point["hours"] for point in points if point["percent"] >= NEARLY_ALL), points[-1]["hours"])
    return float(max(1.25 * max(promised), ends, STEPS[0]))


def _stair(points: Sequence[Document], x: _Scale) -> Iterator[tuple[float, float]]:
    before = 0.0
    yield x(0), AXIS.y(0)
    for point in points:
        yield x(point["hours"]), AXIS.y(before)
        if point["hours"] > x.until:
            return
        before = point["percent"]
        yield x(point["hours"]), AXIS.y(before)


def _grid(x: _Scale) -> Iterator[Markup]:
    yield from AXIS.grid()
    for mark in range(int(x.until / x.step) + 1):
        hours = mark * x.step
        yield text(x(hours), AXIS.bottom + LINE, f"{hours:g} h" if mark else "0", anchor="middle", kind="soft")


def _marks(promised: Sequence[float], x: _Scale) -> Iterator[Markup]:
    for row, hours in enumerate(promised):
        words = f"target {hours:g} h"
        at_left = x(hours) > WIDTH / 2
        yield line(x(hours), AXIS.top - LINE * (len(promised) - row) + 4, x(hours), AXIS.bottom, "target")
        baseline = AXIS.top - LINE * (len(promised) - row) + LINE - 4
        yield text(x(hours) + (-4 if at_left else 4), baseline, words, anchor="end" if at_left else "start")


def _quantiles(target: Document) -> Iterator[Markup]:
    yield text(AXIS.left, AXIS.bottom + 2.5 * LINE, listed(_told(target)), kind="strong")


def _told(target: Document) -> Iterator[str]:
    for words, name in (("half", "median_hours"), ("9 in 10", "p90_hours")):
        hours = target[name]
        yield f"{words} {'not reached' if hours is None else f'within {hours:g} h'}"


def _gist(target: Document) -> str:
    promised = listed(f"{one['hours']:g} h" for one in target["promised"])
    longest = target["answered"][-1]["hours"]
    told = listed(_told(target)).capitalize()
    return f"{told}; the longest wait so far is {longest:g} h. Promised in {promised}, all in open hours."
