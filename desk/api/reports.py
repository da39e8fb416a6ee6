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
from desk.reporting import graduation as graduation_form
from desk.reporting import pauses as pauses_form
from desk.reporting import readiness as readiness_form
from desk.reporting import sla as sla_form
from desk.reporting.asking import REPORTS, Asked
from desk.reporting.presented import Presented
from review.reports.graduation import graduation as count_graduation
from review.reports.pauses import pauses as note_pauses
from review.reports.period import Period
from review.reports.promises import promises
from review.reports.readiness import readiness as count_readiness
from review.reports.sla import sla as count_sla

Since = Annotated[date | None, Query(description="Only what began on this day or later.")]
Until = Annotated[date | None, Query(description="Only what began on this day or earlier.")]
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


@router.get("/reports/heatmap", summary="Items across integrations", response_class=Response, responses=ANSWERS)
def heatmap(request: Request, bearer: TeamReader) -> Response:
    """Every required item at everything live, by the last audits."""
    del bearer
    return _asked(request, "heatmap")


@router.get("/reports/pareto", summary="What fails most", response_class=Response, responses=ANSWERS)
def pareto(request: Request, bearer: TeamReader) -> Response:
    """Items by failures, each with its share and what it makes with those above."""
    del bearer
    return _asked(request, "pareto")


@router.get("/reports/drift", summary="What no longer holds", response_class=Response, responses=ANSWERS)
def drift(request: Request, bearer: TeamReader) -> Response:
    """What does not hold and since when, and the share that held, week by week."""
    del bearer
    return _asked(request, "drift")


@router.get("/reports/dwell", summary="How long Public Beta lasts", response_class=Response, responses=ANSWERS)
def dwell(request: Request, bearer: TeamReader) -> Response:
    """By the quarter in which they came, with those that still wait."""
    del bearer
    return _asked(request, "dwell")


def _asked(request: Request, name: str) -> Response:
    book = desk_of(request).rulebook_at
    return _counted(request, lambda session, at: REPORTS[name](session, Asked(at=at, rulebook=book(at))))


def _counted(request: Request, count: Callable[[Session, datetime], Presented]) -> Response:
    desk = desk_of(request)
    with desk.database.read() as session:
        presented = count(session, desk.clock())
    return shown(presented.document)


def _period(since: date | None, until: date | None) -> Period:
    if since is not None and until is not None and until < since:
        raise Problem("wrong-parameter", f"until: saw {until}, expected a day at or after {since}")
    return Period(since=since, until=until)
