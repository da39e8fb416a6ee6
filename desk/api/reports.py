"""`GET /api/reports/…`: what the tables say when they are counted, in the JSON of `launch-review report`."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api.answering import shown
from desk.api.bearer import TeamReader
from desk.api.description import told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS
from desk.api.problems import Problem
from desk.reporting import forecast as forecast_form
from desk.reporting import graduation as graduation_form
from desk.reporting import pauses as pauses_form
from desk.reporting import readiness as readiness_form
from desk.reporting import sla as sla_form
from desk.reporting.presented import Presented
from review.calendar import BeyondCalendar
from review.reports.forecast import BUSINESS_DAYS_AHEAD
from review.reports.forecast import forecast as count_forecast
from review.reports.graduation import graduation as count_graduation
from review.reports.pauses import pauses as note_pauses
from review.reports.period import Period
from review.reports.promises import promises
from review.reports.readiness import readiness as count_readiness
from review.reports.sla import sla as count_sla

Since = Annotated[date | None, Query(description="Only what began on this day or later.")]
Until = Annotated[date | None, Query(description="Only what began on this day or earlier.")]
MOST_DAYS: Final = 60
ANSWERS: Final = told(dict[str, Any], "team-only", says="Its keys are explained in docs/reports.md.")

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["reports"])


@router.get("/reports/sla", summary="Promises kept and broken", response_class=Response, responses=ANSWERS)
def sla(request: Request, bearer: TeamReader, since: Since = None, until: Until = None) -> Response:
    """Attainment by target and month, how long answers take, where time goes, who waits on whom, who carries what."""
    del bearer
    period = _period(since, until)
    return _counted(request, lambda session, at: sla_form.present(count_sla(session, at=at, period=period)))


@router.get("/reports/pauses", summary="Pauses to look at", response_class=Response, responses=ANSWERS)
def pauses(request: Request, bearer: TeamReader, since: Since = None, until: Until = None) -> Response:
    """Pauses taken in the last tenth of a target, or without a message to the partner."""
    del bearer
    period = _period(since, until)

    def count(session: Session, at: datetime) -> Presented:
        report = note_pauses(session, promises(session, at=at), at=at, period=period)
        return pauses_form.present(report, period=period, at=at)

    return _counted(request, count)


@router.get("/reports/readiness", summary="What still holds of all live", response_class=Response, responses=ANSWERS)
def readiness(request: Request, bearer: TeamReader) -> Response:
    """By the last audit of each: grades, items that fail most, waivers."""
    del bearer
    book = desk_of(request).rulebook_at
    return _counted(
        request, lambda session, at: readiness_form.present(count_readiness(session, rulebook=book(at), at=at))
    )


@router.get("/reports/graduation", summary="Who is in Public Beta", response_class=Response, responses=ANSWERS)
def graduation(request: Request, bearer: TeamReader) -> Response:
    """For how long, what each of them lacks, and the shortest way out."""
    del bearer
    book = desk_of(request).rulebook_at
    return _counted(
        request, lambda session, at: graduation_form.present(count_graduation(session, rulebook=book(at), at=at))
    )


@router.get("/reports/forecast", summary="What will be late", response_class=Response, responses=ANSWERS)
def forecast(
    request: Request,
    bearer: TeamReader,
    business_days: Annotated[float, Query(gt=0, le=MOST_DAYS, description="How far ahead.")] = BUSINESS_DAYS_AHEAD,
) -> Response:
    """How likely each running promise is to be broken, and what one more reviewer would change."""
    del bearer
    try:
        return _counted(
            request,
            lambda session, at: forecast_form.present(count_forecast(session, at=at, business_days=business_days)),
        )
    except BeyondCalendar as error:
        raise Problem("wrong-parameter", f"business_days: {error}") from None


def _counted(request: Request, count: Callable[[Session, datetime], Presented]) -> Response:
    desk = desk_of(request)
    with desk.database.read() as session:
        presented = count(session, desk.clock())
    return shown(presented.document)


def _period(since: date | None, until: date | None) -> Period:
    if since is not None and until is not None and until < since:
        raise Problem("wrong-parameter", f"until: saw {until}, expected a day at or after {since}")
    return Period(since=since, until=until)
