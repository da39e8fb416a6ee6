"""`/calendars`: opening hours and holidays month by month, their versions, and changes with the due dates they move."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path, Query, Request
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from checklist.rulebook_diff import between
from desk.cli.differences import change_in_words
from desk.pages.confirming import Because, Confirm, confirming
from desk.pages.reading import READ
from desk.published.terms import calendar_line
from desk.rendering import desk_of, page
from desk.signing.doors import Team
from desk.viewing.calendar_lines import as_fields, read_fields
from desk.viewing.confirming import Confirming
from desk.viewing.month import month_of
from desk.viewing.versioned import changed_since, version_lines
from models.clock import CalendarVersion
from models.people import Person
from review import calendars
from review.actions.revising import change_calendar, preview_calendar, refuse_calendar
from review.calendar_spec import WEEKDAYS, CalendarInvalid, CalendarSpec
from review.holiday_difference import merged
from review.holiday_years import LIBRARY, RegionUnknown, YearUnknown, holiday_years
from review.lifecycle import MoveRefused
from review.revision import NeverDue, Preview

HERE: Final = "calendars"
LINES_SHOWN: Final = 60
LONGEST: Final = 60_000
MOST_YEARS: Final = 10

Name = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
Text = Annotated[str, Form(max_length=LONGEST)]
Region = Annotated[str, Form(max_length=9)]
Seen = Annotated[int, Form(ge=0, le=2**31 - 1)]

router = APIRouter(include_in_schema=False)


class Asked(NamedTuple):
    """A calendar as somebody wants it."""

    document: Mapping[str, Any]
    region: str
    because: str
    seen: int


@router.api_route("/calendars", methods=READ)
def listed(request: Request, _reader: Team) -> Response:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        found = [
            calendars.as_it_stands(session, name, time.at.date()) for name in calendars.names(session, time.at.date())
        ]
        lines = [calendar_line(session, one) for one in found if one is not None]
    return page("calendars.html", time=time, lines=lines)


@router.api_route("/calendars/{calendar}", methods=READ)
def one(
    request: Request,
    _reader: Team,
    calendar: Name,
    month: Annotated[str, Query(pattern=r"^(20|21)\d\d-(0[1-9]|1[0-2])$|^$")] = "",
) -> Response:
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        stands = _stands(session, calendar, time.at)
        spec = CalendarSpec.parse(stands.spec)
        lines = version_lines(session, CalendarVersion, calendar)
    today = time.at.astimezone(ZoneInfo(spec.tz)).date()
    shown = month_of(spec, date.fromisoformat(f"{month}-01") if month else today)
    return page(
        "calendar.html",
        time=time,
        stands=stands,
        spec=spec,
        month=shown,
        today=today,
        versions=lines,
        fields=as_fields(spec),
        weekdays=WEEKDAYS,
        years=(today.year, today.year + 1),
        library=LIBRARY,
    )


@router.post("/calendars/{calendar}/change")
def change(
    request: Request,
    reader: Team,
    calendar: Name,
    seen: Seen,
    because: Because = "",
    region: Region = "",
    confirm: Confirm = "",
    tz: Text = "",
    mon: Text = "",
    tue: Text = "",
    wed: Text = "",
    thu: Text = "",
    fri: Text = "",
    sat: Text = "",
    sun: Text = "",
    holidays: Text = "",
    holidays_yearly: Text = "",
    overrides: Text = "",
    breaks: Text = "",
    business_day_seconds: Text = "",
) -> Response:
    """Other hours or holidays: shown with the due dates that move, then written as the next version."""
    week = dict(zip(WEEKDAYS, (mon, tue, wed, thu, fri, sat, sun), strict=True))
    dated = {"holidays": holidays, "holidays_yearly": holidays_yearly, "overrides": overrides, "breaks": breaks}
    fields = {"tz": tz, **week, **dated, "business_day_seconds": business_day_seconds}
    try:
        document = read_fields(fields)
    except CalendarInvalid as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}. Go back, and correct it.") from None
    asked = Asked(document, region.strip().upper(), because, seen)
    return _answer(request, reader.person_id, calendar, asked, confirm=bool(confirm))


@router.post("/calendars/{calendar}/holidays")
def import_holidays(
    request: Request,
    reader: Team,
    calendar: Name,
    seen: Seen,
    years: Annotated[str, Form(max_length=80)],
    because: Because = "",
    region: Region = "",
    exact: Annotated[str, Form(max_length=8)] = "",
) -> Response:
    """What an import of holidays would write, shown as any other change; it is made from there."""
    said = years.replace(",", " ").split()
    if (
        not said
        or len(said) > MOST_YEARS
        or not all(year.isascii() and year.isdigit() and len(year) == 4 for year in said)
    ):
        told = f"Years: expected one to {MOST_YEARS} of them, such as 2027 2028. Go back, and correct it."
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, told)
    desk = desk_of(request)
    with desk.database.read() as session:
        stands = _stands(session, calendar, desk.clock())
    whose = region.strip().upper() or stands.region
    if not whose:
        told = "This calendar keeps nobody’s holidays yet: say whose, such as US-CA. Go back, and fill it in."
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, told)
    try:
        found = merged(stands.spec, holiday_years(whose, [int(year) for year in said]), exact=bool(exact))
    except (RegionUnknown, YearUnknown) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}. Go back, and correct it.") from None
    notes = [found.difference.summary, *found.difference.remarks]
    return _answer(request, reader.person_id, calendar, Asked(found.document, whose, because, seen), notes=notes)


def _answer(
    request: Request, person_id: int, name: str, asked: Asked, *, confirm: bool = False, notes: Any = ()
) -> Response:
    desk = desk_of(request)
    at = desk.clock()
    terms: dict[str, Any] = {"region": asked.region, "at": at, "because": asked.because}
    if confirm:
        try:
            with desk.database.write.begin() as session:
                by = session.get_one(Person, person_id)
                _stands(session, name, at)
                change_calendar(session, name, asked.document, seen_version=asked.seen, by=by, **terms)
            return RedirectResponse(f"/calendars/{name}", HTTPStatus.SEE_OTHER)
        except (MoveRefused, CalendarInvalid, NeverDue):
            pass  # what stands against it now is told below
    with desk.database.read() as session:
        by, stands = session.get_one(Person, person_id), _stands(session, name, at)
        was = {"region": stands.region, **CalendarSpec.parse(stands.spec).as_document()}
        changes = [change_in_words(one) for one in between(was, {"region": asked.region, **asked.document})]
        against = refusals_of(lambda: refuse_calendar(session, name, asked.document, by=by, **terms))
        preview, never = previewed(lambda: preview_calendar(session, name, asked.document, at=at))
        shown = Confirming(
            here=HERE,
            title=f"Change the calendar {name}?",
            says=[*notes, *changes[:LINES_SHOWN], *more_than(changes, LINES_SHOWN)],
            stale=changed_since(session, stands, asked.seen),
            against=[*against, *never],
            preview=preview,
            action=f"/calendars/{name}/change",
            button=f"Write version {stands.version + 1}",
            fields=[
                ("seen", str(stands.version)),
                ("because", asked.because),
                ("region", asked.region),
                *as_fields(CalendarSpec.parse(asked.document)).items(),
            ],
            back=f"/calendars/{name}",
            back_to=f"Calendar {name}",
        )
    return confirming(shown, desk.now())


def refusals_of(ask: Callable[[], object]) -> list[str]:
    """Every reason against it, in words; empty when there is none."""
    try:
        ask()
    except MoveRefused as refused:
        return list(refused.reasons)
    except CalendarInvalid as error:
        return [str(error)]
    return []


def previewed(ask: Callable[[], Preview]) -> tuple[Preview | None, list[str]]:
    """What moves, or why a running clock would never be due."""
    try:
        return ask(), []
    except NeverDue as error:
        return None, [str(error)]


def more_than(lines: list[str], shown: int) -> list[str]:
    return [f"And {len(lines) - shown} more."] if len(lines) > shown else []


def _stands(session: Session, name: str, at: datetime) -> CalendarVersion:
    found = calendars.as_it_stands(session, name, at.date())
    if found is None:
        raise HTTPException(HTTPStatus.NOT_FOUND, f"There is no calendar {name}.")
    return found
