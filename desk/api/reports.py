"""`GET /api/reports/…`: what the tables say when they are counted, in the JSON of `launch-review report`."""

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from checklist.rulebook import RulebookUnknown
from desk.api.answering import shown
from desk.api.as_of import AsOf, instant_of
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS
from desk.api.problems import Problem
from desk.reporting.asking import REPORTS, Asked
from review.calendar import BeyondCalendar
from review.reports.forecast import BUSINESS_DAYS_AHEAD
from review.reports.period import Period

Since = Annotated[date | None, Query(description="Only what began on this day or later.")]
Until = Annotated[date | None, Query(description="Only what began on this day or earlier.")]
MOST_DAYS: Final = 60
ANSWERS: Final = told(dict[str, Any], "team-only", says="Its keys are explained in docs/reports.md.")

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["reports"])


@router.get("/reports/sla", summary="Promises kept and broken", response_class=Response, responses=ANSWERS)
def sla(request: Request, bearer: TeamReader, since: Since = None, until: Until = None, as_of: AsOf = None) -> Response:
    """Attainment by target and month, how long answers take, where time goes, who waits on whom, who carries what."""
    del bearer
    return _counted(request, "sla", as_of, period=_period(since, until))


@router.get("/reports/pauses", summary="Pauses to look at", response_class=Response, responses=ANSWERS)
def pauses(
    request: Request, bearer: TeamReader, since: Since = None, until: Until = None, as_of: AsOf = None
) -> Response:
    """Pauses taken in the last tenth of a target, or without a message to the partner."""
    del bearer
    return _counted(request, "pauses", as_of, period=_period(since, until))


@router.get("/reports/readiness", summary="What still holds of all live", response_class=Response, responses=ANSWERS)
def readiness(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """By the last audit of each: grades, items that fail most, waivers."""
    del bearer
    return _counted(request, "readiness", as_of)


@router.get("/reports/graduation", summary="Who is in Public Beta", response_class=Response, responses=ANSWERS)
def graduation(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """For how long, what each of them lacks, and the shortest way out."""
    del bearer
    return _counted(request, "graduation", as_of)


@router.get("/reports/history", summary="The catalog over time", response_class=Response, responses=ANSWERS)
def history(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """How many stood in Public Beta and in Public, month by month, and when they moved."""
    del bearer
    return _counted(request, "history", as_of)


@router.get("/reports/heatmap", summary="Items across integrations", response_class=Response, responses=ANSWERS)
def heatmap(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """Every required item at everything live, by the last audits."""
    del bearer
    return _counted(request, "heatmap", as_of)


@router.get("/reports/pareto", summary="What fails most", response_class=Response, responses=ANSWERS)
def pareto(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """Items by failures, each with its share and what it makes with those above."""
    del bearer
    return _counted(request, "pareto", as_of)


@router.get("/reports/drift", summary="What no longer holds", response_class=Response, responses=ANSWERS)
def drift(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """What does not hold and since when, and the share that held, week by week."""
    del bearer
    return _counted(request, "drift", as_of)


@router.get("/reports/dwell", summary="How long Public Beta lasts", response_class=Response, responses=ANSWERS)
def dwell(request: Request, bearer: TeamReader, as_of: AsOf = None) -> Response:
    """By the quarter in which they came, with those that still wait."""
    del bearer
    return _counted(request, "dwell", as_of)


@router.get("/reports/forecast", summary="What will be late", response_class=Response, responses=ANSWERS)
def forecast(
    request: Request,
    bearer: TeamReader,
    business_days: Annotated[float, Query(gt=0, le=MOST_DAYS, description="How far ahead.")] = BUSINESS_DAYS_AHEAD,
    as_of: AsOf = None,
) -> Response:
    """How likely each running promise is to be broken, and what one more reviewer would change."""
    del bearer
    try:
        return _counted(request, "forecast", as_of, business_days=business_days)
    except BeyondCalendar as error:
        raise Problem("wrong-parameter", f"business_days: {error}") from None


def _counted(request: Request, name: str, as_of: str | None, **asked: Any) -> Response:
    desk = desk_of(request)
    at = instant_of(desk, as_of)
    try:
        rulebook = desk.rulebook_at(at)
    except RulebookUnknown as error:
        raise Problem("wrong-parameter", f"as_of: {error}") from error
    question = Asked(at=at, rulebook=rulebook, past=as_of is not None, **asked)
    with desk.database.read() as session:
        return shown(REPORTS[name](session, question).document)


def _period(since: date | None, until: date | None) -> Period:
    if since is not None and until is not None and until < since:
        raise Problem("wrong-parameter", f"until: saw {until}, expected a day at or after {since}")
    return Period(since=since, until=until)
