"""A report as a page on its own: no script, no request to anywhere, and nothing a partner wrote becomes markup."""

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.reporting.graduation import distance_in_words
from desk.reporting.presented import Presented, percent
from desk.reporting.readiness import grade_in_words
from desk.reporting.sla import target_in_words
from desk.words import counted


def rendered(report: Presented) -> str:
    page = _templates().get_template(report.page)
    return page.render(title=report.title, headline=report.headline, report=report.document)


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("desk", "templates/reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {
        "percent": percent,
        "target": target_in_words,
        "grade": grade_in_words,
        "distance": distance_in_words,
        "stage": lambda value: value.replace("_", " ").title(),
        "counted": counted,
        "day": lambda written: written.partition("T")[0] if written else "",
    }
    return templates
