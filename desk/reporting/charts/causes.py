"""Why promises broke, most frequent first, each beside what it makes together with those above (Pareto's chart)."""

from collections.abc import Iterator, Sequence
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, dot, path, rect, shortened, text
from desk.reporting.presented import Document, percent
from desk.words import counted

MOST: Final = 8
"""So many causes have a row each, the rest shares one; the table has all."""

ROW: Final = 2 * LINE + 6
BAR: Final = 12


def causes_chart(causes: Sequence[Document]) -> Markup:
    return _pareto_chart(causes, "causes", "What stood open when promises broke", what="broken promise", one="cause")


def pareto_chart(items: Sequence[Document]) -> Markup:
    """The same of items that failed."""
    rows = [{**item, "cause": item["title"], "number": item["failed"]} for item in items]
    return _pareto_chart(rows, "pareto", "Which items fail", what="failure", one="item")


def _pareto_chart(causes: Sequence[Document], name: str, title: str, *, what: str, one: str) -> Markup:
    rows = _rows(causes, one)
    first = rows[0]
    whole = counted(sum(row["number"] for row in rows), what)
    return chart(
        name,
        title=title,
        says=f"{whole}; the most frequent {one}: {first['cause']} ({percent(first['percent'])}).",
        height=LINE + 6 + ROW * len(rows),
        # Words last: they have a rim, so that the line is read behind them.
        shapes=[*_bars(rows), *_line(rows), *_legend(), *_words(rows)],
    )


def _rows(causes: Sequence[Document], one: str) -> list[Document]:
    if len(causes) <= MOST:
        return list(causes)
    rest = causes[MOST - 1 :]
    number = sum(cause["number"] for cause in rest)
    share = 100 - causes[MOST - 2]["cumulative_percent"]
    others = {
        "cause": counted(len(rest), f"other {one}"),
        "number": number,
        "percent": share,
        "cumulative_percent": 100,
    }
    return [*causes[: MOST - 1], others]


def _legend() -> Iterator[Markup]:
    yield rect(0.5, 3, 18, 10)
    yield text(24, 12, "of all")
    yield path([(84, 8), (102, 8)], "sum")
    yield dot(93, 8)
    yield text(108, 12, "with those above; from 0 to 100 %")


def _bars(rows: Sequence[Document]) -> Iterator[Markup]:
    for index, row in enumerate(rows):
        yield rect(0.5, LINE + 6 + ROW * index + LINE + 2, _x(row["percent"]), BAR)


def _words(rows: Sequence[Document]) -> Iterator[Markup]:
    for index, row in enumerate(rows):
        top = LINE + 6 + ROW * index
        numbers = f"{row['number']:,} · {percent(row['percent'])} · {percent(row['cumulative_percent'])}"
        yield text(0, top + LINE - 3, shortened(row["cause"], WIDTH - 130))
        yield text(WIDTH, top + LINE - 3, numbers, anchor="end")


def _line(rows: Sequence[Document]) -> Iterator[Markup]:
    points = [
        (_x(row["cumulative_percent"]), LINE + 6 + ROW * index + LINE + 2 + BAR / 2) for index, row in enumerate(rows)
    ]
    yield path(points, "sum")
    for x, y in points:
        yield dot(x, y)


def _x(share: float) -> float:
    return (WIDTH - 8) * share / 100
