"""`/reports`: what the tables say when they are counted, as pages and as files to take away."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from checklist.rulebook import RulebookUnknown
from desk.cli.errors import InputWrong
from desk.cli.moments import past_moment
from desk.headers import WITH_A_FORM
from desk.pages.reading import READ
from desk.rendering import Desk, desk_of, page
from desk.reporting.asking import REPORTS, Asked
from desk.reporting.files import sheet_of
from desk.reporting.narrowing import SORT_WORDS, choices
from desk.reporting.page import rendered, within_desk
from desk.reporting.periods import period_of
from desk.reporting.presented import Presented
from desk.reporting.supposing import supposed
from desk.signing.doors import Team
from review.past.live import LiveState

router = APIRouter(include_in_schema=False)


class ReportName(StrEnum):
    """The word in a report's address."""

    READINESS = "readiness"
    GRADUATION = "graduation"
    HEATMAP = "heatmap"
    PARETO = "pareto"
    DRIFT = "drift"
    DWELL = "dwell"
    SLA = "sla"
    FORECAST = "forecast"
    PAUSES = "pauses"
    HISTORY = "history"


TELLS: Final[Mapping[ReportName, tuple[str, str]]] = {
    ReportName.READINESS: (
        "Readiness",
        "What still holds of everything live, item by item, and which waivers are owed.",
    ),
    ReportName.GRADUATION: (
        "Graduation",
        "Who is stuck in Public Beta, what each of them lacks, and the shortest way out.",
    ),
    ReportName.HEATMAP: (
        "Heat map",
        "Every required item at everything live; integrations that look alike share a row.",
    ),
    ReportName.PARETO: ("What fails most", "Which few items make most of all failures."),
    ReportName.DRIFT: ("Drift", "What no longer holds and since when, and the share that held, week by week."),
    ReportName.DWELL: ("Dwell", "How long Public Beta lasts, by quarter, with those that still wait."),
    ReportName.SLA: ("SLA", "Promises kept and broken, how long answers take, where time goes, who carries what."),
    ReportName.FORECAST: ("Forecast", "What will probably be late, and whether one more reviewer would help."),
    ReportName.HISTORY: (
        "History",
        "How many stood in Public Beta and in Public, month by month, and when they moved.",
    ),
    ReportName.PAUSES: ("Pauses", "Pauses taken in the last tenth of a target, or without a word to the partner."),
}

OF_A_PERIOD: Final = frozenset({ReportName.SLA, ReportName.PAUSES})

QUICK: Final = (ReportName.READINESS, ReportName.GRADUATION)
"""Counted from the last audits; the others go through every clock there ever was."""


class Question(BaseModel):
    """What the form above a report asks; an empty field asks nothing."""

    since: str = Field("", max_length=20)
    until: str = Field("", max_length=20)
    what_if: str = Field("", max_length=200)
    as_of: str = Field("", max_length=40)
    lacking: str = Field("", max_length=80)
    sort: str = Field("", max_length=20)


Questions = Annotated[Question, Query()]
Named = Annotated[ReportName, Path(alias="report")]
Form = Literal["json", "csv", "html"]


@router.api_route("/reports", methods=READ)
def reports(request: Request) -> HTMLResponse:
    """Which there are, and what the quickly counted ones say in a line."""
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        asked = Asked(at=time.at, rulebook=desk.rulebook_at(time.at), live=LiveState(session))
        headlines = {name: time.retold(REPORTS[name](session, asked).headline) for name in QUICK}
    return page("reports.html", time=time, tells=TELLS, headlines=headlines)


def _as_json(found: Presented) -> Response:
    return JSONResponse(found.document)


def _as_sheet(found: Presented) -> Response:
    return Response(sheet_of(found), media_type="text/csv")


def _as_page(found: Presented) -> Response:
    return Response(rendered(found), media_type="text/html")


FORMS: Final[Mapping[Form, Callable[[Presented], Response]]] = {"json": _as_json, "csv": _as_sheet, "html": _as_page}


@router.api_route("/reports/{report}.{form}", methods=READ)
def taken_away(request: Request, name: Named, form: Literal["json", "csv", "html"], question: Questions) -> Response:
    """One report as a file; a page is sent around and carries its own styles, so it is never shown from here."""
    try:
        found = _counted(desk_of(request), name, question)
    except InputWrong as error:
        raise HTTPException(HTTPStatus.BAD_REQUEST, str(error)) from error
    answer = FORMS[form](found)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name.value}.{form}"'
    return answer


@router.api_route("/reports/{report}", methods=READ)
def report(request: Request, reader: Team, name: Named, question: Questions) -> HTMLResponse:
    """One report. What can't be asked is told beside the form, with the words as they were typed."""
    desk = desk_of(request)
    mistake = ""
    try:
        found = _counted(desk, name, question)
    except InputWrong as error:
        mistake = str(error)
        found = _counted(desk, name, Question())
    answer = page(
        "report.html",
        time=replace(desk.now(), at=desk.clock() if mistake else _instant(desk, question)),
        status=HTTPStatus.BAD_REQUEST if mistake else HTTPStatus.OK,
        name=name,
        tells=TELLS,
        report=found,
        body=within_desk(found, desk.now().retold, acts=reader.leads and not question.as_of),
        of_a_period=name in OF_A_PERIOD,
        choices=choices(found.document) if name is ReportName.GRADUATION else (),
        sorts=SORT_WORDS,
        question=question,
        mistake=mistake,
        as_of=question.as_of and not mistake,
        files={form: f"/reports/{name.value}.{form}{'' if mistake else _query(question)}" for form in FORMS},
    )
    answer.headers["Content-Security-Policy"] = WITH_A_FORM
    return answer


def _query(question: Question) -> str:
    asked = question.model_dump(exclude_defaults=True)
    return f"?{urlencode(asked)}" if asked else ""


def _instant(desk: Desk, question: Question) -> datetime:
    """The one that is looked at. InputWrong for what is no instant of the past."""
    now = desk.now()
    return past_moment("as of", question.as_of, now.zone, now.at) if question.as_of else now.at


def _counted(desk: Desk, name: ReportName, question: Question) -> Presented:
    """InputWrong."""
    at = _instant(desk, question)
    try:
        rulebook = desk.rulebook_at(at)
    except RulebookUnknown as error:
        raise InputWrong(f"as of {question.as_of}: {error}") from error
    what_if = question.what_if.split() if name is ReportName.SLA else []
    asked = Asked(
        at=at,
        rulebook=rulebook,
        past=bool(question.as_of),
        period=period_of(question.since or None, question.until or None),
        supposed=supposed(what_if, files=False) if what_if else None,
        what_if=what_if,
        lacking=question.lacking,
        sort=question.sort,
    )
    with desk.database.read() as session:
        return REPORTS[name](session, asked)
