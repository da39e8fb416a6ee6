"""A report as a page on its own, or as a part of the desk's: nothing a partner wrote becomes markup."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from desk.reporting.charts.answers import answers_chart, within_hours
from desk.reporting.charts.causes import causes_chart, pareto_chart
from desk.reporting.charts.dwell import dwell_chart
from desk.reporting.charts.history import moves_chart, standing_chart
from desk.reporting.charts.late import late_chart
from desk.reporting.charts.load import load_chart
from desk.reporting.charts.months import months_chart
from desk.reporting.charts.shares import shares_chart
from desk.reporting.charts.weeks import weeks_chart
from desk.reporting.dwell import bucket_in_words
from desk.reporting.dwell import days as in_days
from desk.reporting.forecast import between, day_of, rests_on, trusted
from desk.reporting.graduation import distance_in_words, held_in_words, in_doubt
from desk.reporting.heatmap import CELL_WORDS, SYMBOLS
from desk.reporting.history import told as history_told
from desk.reporting.pauses import headline, why
from desk.reporting.presented import Document, Presented, percent
from desk.reporting.readiness import grade_in_words
from desk.reporting.simulation import effect_in_words, told_to
from desk.reporting.sla import kind_in_words, target_in_words
from desk.words import counted

MOST_ROWS: Final = 500
"""Rows of a simulation's table on a page; its other forms have all of them."""

SHEET: Final = Path(__file__).resolve().parents[1] / "static" / "report.css"


Retold = Callable[[str], str]


def rendered(report: Presented) -> str:
    """A file of its own: no script, no request to anywhere."""
    return _rendered(report, layout="layout.html", on_desk=False)


def within_desk(report: Presented, retold: Retold, *, acts: bool = False) -> Markup:
    """What stands below the heading of the desk's page; names lead to theirs. `retold` shows instants to its reader,
    `acts` leads to what can be done now.
    """
    html = _rendered(report, layout="within_desk.html", on_desk=True, retold=retold, acts=acts)
    return Markup(html)  # noqa: S704 - rendered with escaping


def _rendered(report: Presented, *, layout: str, on_desk: bool, retold: Retold = str, acts: bool = False) -> str:
    page = _templates().get_template(report.page)
    return page.render(
        title=report.title,
        headline=retold(report.headline),
        report=report.document,
        layout=layout,
        on_desk=on_desk,
        retold=retold,
        acts=acts,
    )


@pass_context
def _minute(context: Context, written: str | None) -> str:
    """Of a file in UTC, as its other forms say it."""
    return str(context["retold"](day_of(written)))


@pass_context
def _between(context: Context, clock: Document) -> str:
    return str(context["retold"](between(clock)))


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("desk", "templates/reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["most"] = MOST_ROWS
    templates.globals["report_css"] = Markup(SHEET.read_text("utf-8"))  # noqa: S704 - our own
    templates.filters |= {
        "percent": percent,
        "target": target_in_words,
        "grade": grade_in_words,
        "distance": distance_in_words,
        "effect": effect_in_words,
        "told_to": told_to,
        "in_doubt": in_doubt,
        "held": held_in_words,
        "stage": lambda value: value.replace("_", " ").title(),
        "counted": counted,
        "bucket": bucket_in_words,
        "in_days": in_days,
        "symbol": SYMBOLS.__getitem__,
        "cell": CELL_WORDS.__getitem__,
        "pareto_chart": pareto_chart,
        "weeks_chart": weeks_chart,
        "dwell_chart": dwell_chart,
        "kind": kind_in_words,
        "why": why,
        "paused": headline,
        "by_share": within_hours,
        "answers_chart": answers_chart,
        "causes_chart": causes_chart,
        "late_chart": late_chart,
        "load_chart": load_chart,
        "between": _between,
        "rests_on": rests_on,
        "trusted": trusted,
        "months_chart": months_chart,
        "history_told": history_told,
        "moves_chart": moves_chart,
        "standing_chart": standing_chart,
        "shares_chart": shares_chart,
        "minute": _minute,
        "day": lambda written: written.partition("T")[0] if written else "",
    }
    return templates
