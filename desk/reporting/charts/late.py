"""How many of what is open will be late: from few to many, with the reviewers there are and with one more."""

from collections.abc import Iterator
from typing import Final

from markupsafe import Markup

from desk.reporting.charts.svg import LINE, WIDTH, chart, dot, line, text
from desk.reporting.presented import Document
from desk.words import counted

NAME: Final = "late"

ROW: Final = 2 * LINE + 10


def late_chart(queue: Document) -> Markup:
    scenarios = [queue["as_it_is"], queue["with_one_more"]]
    says = "; ".join(_said(one) for one in scenarios)
    return chart(
        NAME,
        title="Late of what is open, by the number of reviewers",
        says=f"{says}.",
        height=ROW * len(scenarios) + LINE + 4,
        shapes=_rows(scenarios),
    )


def _said(scenario: Document) -> str:
    numbers = scenario["open_now"]
    reviewers = counted(scenario["reviewers"], "reviewer")
    return f"with {reviewers} {numbers['median']}, four times in five {numbers['low']} to {numbers['high']}"


def _rows(scenarios: list[Document]) -> Iterator[Markup]:
    most = max(scenario["open_now"]["high"] for scenario in scenarios) or 1
    across = (WIDTH - 8) / most
    for index, scenario in enumerate(scenarios):
        numbers, top = scenario["open_now"], ROW * index
        low, median, high = (4 + across * numbers[name] for name in ("low", "median", "high"))
        middle = top + LINE + 8
        yield text(0, top + LINE - 3, counted(scenario["reviewers"], "reviewer"))
        yield text(WIDTH, top + LINE - 3, f"{numbers['median']} ({numbers['low']} to {numbers['high']})", anchor="end")
        yield line(4, middle, WIDTH - 4, middle, "grid")
        yield line(low, middle, high, middle, "range")
        yield dot(median, middle)
    bottom = ROW * len(scenarios) + LINE - 2
    yield text(0, bottom, "0")
    yield text(WIDTH, bottom, most, anchor="end")
