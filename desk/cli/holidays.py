"""`launch-review calendar holidays`: years of public holidays, shown first, then imported into a calendar."""

import re
from collections.abc import Mapping
from contextlib import closing
from typing import Annotated, Any

from cyclopts import Parameter
from sqlalchemy.orm import Session

from desk.cli.errors import InputWrong, Refused
from desk.cli.previews import as_document, in_words
from desk.cli.versioned import Because, DryRun
from desk.cli.writing import AsJson, AsPerson, say, say_json, tell
from desk.wiring import open_ports, writing
from models.clock import CalendarVersion
from review import calendars
from review.actions.revising import change_calendar, preview_calendar, refuse_calendar
from review.calendars import CalendarUnknown
from review.finding_people import person_called
from review.holiday_difference import HolidayDifference, merged
from review.holiday_years import LIBRARY, holiday_years
from review.revision import Preview

Years = Annotated[int, Parameter(help="Such as 2029; several may be given.")]
Region = Annotated[
    str | None,
    Parameter(help="Whose holidays, such as US, US-CA or GB-ENG; the calendar keeps it. Default: the calendar's own."),
]
HalfDaysUntil = Annotated[
    str | None,
    Parameter(help="When half days end, such as 13:00. Default: as their name says, else half of the hours."),
]
Exact = Annotated[bool, Parameter(negative="", help="Take out what people wrote in these years and is not imported.")]


def holidays(
    name: Annotated[str, Parameter(help="The calendar, such as team.")],
    /,
    *years: Years,
    as_: AsPerson,
    because: Because,
    region: Region = None,
    half_days_until: HalfDaysUntil = None,
    exact: Exact = False,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> int:
    """Import a region's public holidays and half days of some years into a calendar.

    The difference is shown first, with the running due dates that move. Then it becomes the calendar's next version,
    and its running clocks move to it. What people wrote in those years stays, unless --exact is given.
    """
    if not years:
        raise InputWrong("calendar holidays: which years? Give at least one, such as 2029")
    until = second_of_day(half_days_until) if half_days_until is not None else None
    ports = open_ports()
    at = ports.now()
    with closing(ports.database), ports.database.read() if dry_run else writing(ports) as session:
        by = person_called(session, as_)
        stands = calendars.as_it_stands(session, name, at.date())
        if stands is None:
            raise CalendarUnknown(name)
        theirs = _region(region, stands)
        found = merged(stands.spec, holiday_years(theirs, years), half_days_until=until, exact=exact)
        if not json:
            _show(stands, theirs, found.difference)
        version, preview = stands.version, Preview()
        changes = bool(found.difference) or theirs != stands.region
        if changes:
            asked: dict[str, Any] = {"region": theirs, "by": by, "at": at, "because": because}
            version, preview = _change(session, stands, found.document, asked, dry_run=dry_run)
    if json:
        say_json(
            {
                "calendar": name,
                "version": version,
                "region": theirs,
                "holidays": LIBRARY,
                "changes": changes,
                "difference": difference_as_document(found.difference),
                **as_document(preview),
            }
        )
        return 0
    if changes:
        say("", *in_words(preview))
        tell("nothing is written" if dry_run else f"calendar {name} is at version {version}")
    return 0


def _change(
    session: Session, stands: CalendarVersion, document: Mapping[str, Any], asked: Mapping[str, Any], *, dry_run: bool
) -> tuple[int, Preview]:
    """The version that is in force afterwards, and what moves."""
    if dry_run:
        refuse_calendar(session, stands.name, document, **asked)
        return stands.version, preview_calendar(session, stands.name, document, at=asked["at"])
    written, preview = change_calendar(session, stands.name, document, **asked)
    if written.version != stands.version + 1:
        raise Refused(f"somebody else changed calendar {stands.name} at the same moment; look at the difference again")
    return written.version, preview


def _region(given: str | None, stands: CalendarVersion) -> str:
    region = stands.region if given is None else given.strip().upper()
    if not region:
        raise InputWrong(f"calendar {stands.name} keeps nobody's holidays yet; say whose with --region, such as US-CA")
    return region


def second_of_day(text: str) -> int:
    said = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)", text.strip())
    if said is None:
        raise InputWrong(f"--half-days-until: saw {text!r}, expected a time of day such as 13:00")
    return int(said[1]) * 3600 + int(said[2]) * 60


def _show(stands: CalendarVersion, region: str, difference: HolidayDifference) -> None:
    keeps = "" if region == stands.region else f", until now {stands.region or 'nobody'}"
    say(f"calendar {stands.name}, region {region}{keeps}: {difference.summary}", *difference.lines)
    tell(*(f"{LIBRARY} warns: {remark}" for remark in difference.remarks))


def difference_as_document(difference: HolidayDifference) -> dict[str, Any]:
    return {
        "summary": difference.summary,
        "added": [{"date": day.isoformat(), "name": name} for day, name in difference.added],
        "removed": [{"date": day.isoformat(), "what": what} for day, what in difference.removed],
        "renamed": [{"date": day.isoformat(), "was": was, "now": now} for day, was, now in difference.renamed],
        "half_days": [
            {"date": day.isoformat(), "name": name, "hours": hours, "was": was}
            for day, name, hours, was in difference.half_days
        ],
        "kept": [{"date": day.isoformat(), "what": what} for day, what in difference.kept],
        "remarks": list(difference.remarks),
    }
