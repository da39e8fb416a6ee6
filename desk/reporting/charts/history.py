"""The catalog over the years: how many stood in each stage, and how many moved to Public each month."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, line, path, rect, text
from desk.reporting.presented import Document

TOP, BOTTOM, LEFT = 20.0, 140.0, 34.0
LEGEND: Final = 2 * LINE
STEPS: Final = (1, 2, 5)
MARKED: Final = 2
"""So many columns have their number above them: the highest."""


def standing_chart(months: Sequence[Document]) -> Markup:
    """Two lines: those in Public, drawn through, and those in Public Beta, dashed."""
    first, last = months[0], months[-1]
    top = _round(max(max(month["public"], month["public_beta"]) for month in months))
    shapes = [*_grid(top), *_years(months)]
    for stage, kind in (("public", "curve"), ("public_beta", "sum")):
        points = [(_x(index, len(months)), _y(month[stage], top)) for index, month in enumerate(months)]
        shapes.append(path(points if len(points) > 1 else [*points, (WIDTH, points[0][1])], kind))
    shapes += [*_legend()]
    return chart(
        "standing",
        title="In Public and in Public Beta at the end of each month",
        says=f"Public: {first['public']} in {first['month']}, {last['public']} in {last['month']}. "
        f"Public Beta: {first['public_beta']} and {last['public_beta']}.",
        height=BOTTOM + LINE + LEGEND,
        shapes=shapes,
    )


def moves_chart(months: Sequence[Document]) -> Markup:
    """A column for each month; sweeps stand out by themselves."""
    top = _round(max(month["graduated"] for month in months))
    slot = (WIDTH - LEFT) / len(months)
    highest = sorted(range(len(months)), key=lambda index: (-months[index]["graduated"], index))[:MARKED]
    shapes = [*_grid(top), *_years(months)]
    for index, month in enumerate(months):
        if number := month["graduated"]:
            y = _y(number, top)
            shapes.append(rect(LEFT + slot * index, y, min(slot * 0.8, 24), BOTTOM - y))
    for index in highest:
        if number := months[index]["graduated"]:
            x = min(LEFT + slot * (index + 0.5), WIDTH - 24)
            shapes.append(text(x, _y(number, top) - 4, number, anchor="middle", kind="strong"))
    told = ", ".join(f"{months[index]['graduated']} in {months[index]['month']}" for index in highest)
    return chart(
        "moves",
        title="Moves from Public Beta to Public, month by month",
        says=f"The most: {told}.",
        height=BOTTOM + LINE + 4,
        shapes=shapes,
    )


def _grid(top: int) -> Iterator[Markup]:
    for number in (0, top // 2, top):
        y = _y(number, top)
        yield line(LEFT, y, WIDTH, y, "grid")
        yield text(LEFT - 4, y + 4, number, anchor="end", kind="soft")


def _years(months: Sequence[Document]) -> Iterator[Markup]:
    """The years below, as many as fit."""
    starts = [index for index, month in enumerate(months) if index == 0 or month["month"].endswith("-01")]
    free_from = 0.0
    for index in starts:
        x = LEFT + (WIDTH - LEFT) * index / len(months)
        if x >= free_from and x <= WIDTH - 24:
            yield text(x, BOTTOM + LINE, months[index]["month"][:4], kind="soft")
            free_from = x + 34


def _legend() -> Iterator[Markup]:
    y = BOTTOM + 2 * LINE + 4
    yield path([(LEFT, y), (LEFT + 18, y)], "curve")
    yield text(LEFT + 24, y + 4, "Public")
    yield path([(LEFT + 84, y), (LEFT + 102, y)], "sum")
    yield text(LEFT + 108, y + 4, "Public Beta")


def _round(number: int) -> int:
    """The least even 2, 4, 10, 20, 40, 100, … that is as large."""
    scale = 2
    while True:
        for step in STEPS:
            if step * scale >= number:
                return step * scale
        scale *= 10


def _x(index: int, number: int) -> float:
    return LEFT + (WIDTH - LEFT) * index / max(number - 1, 1)


def _y(number: float, top: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * number / top
