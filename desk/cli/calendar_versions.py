"""`launch-review calendar list | show | history | change | recompute`: the programme's own, version by version."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from cyclopts import Parameter
from sqlalchemy.orm import Session

from checklist.document import read_document
from checklist.rulebook import Rulebook
from checklist.rulebook_diff import Change, between
from desk.cli.errors import InputWrong
from desk.cli.moments import past_moment
from desk.cli.previews import hand_out
from desk.cli.versioned import Because, DryRun, heading, print_history, tell_version
from desk.cli.versioned import history as history_of
from desk.cli.writing import AsJson, AsPerson, SeenVersion, instant, say, say_json, table
from desk.published.terms import calendar_line
from desk.viewing.team_time import TeamTime
from desk.wiring import open_ports, writing
from models.clock import CalendarVersion
from review import calendars, versions
from review.actions import recomputing, revising
from review.calendar_spec import WEEKDAYS, CalendarInvalid, CalendarSpec, Hours, wall_time
from review.calendars import CalendarUnknown
from review.finding_people import person_called

HOLIDAYS_SHOWN = 8
NEAR = 0.5
"""How alike a name must be to be offered for one that isn't there; 1 is the same."""
YEARS_AHEAD = 8
"""A yearly holiday on 29 February is looked for so far."""


def list_(*, json: AsJson = False) -> int:
    """Every calendar as it is in force, also those that a rulebook would write and nothing has needed yet."""
    ports = open_ports()
    rulebook = ports.rulebook(ports.now().date())
    with ports.database.read() as session:
        known = calendars.names(session, ports.now().date(), rulebook)
        rows = [calendar_line(session, _in_force(session, name, rulebook)) for name in known]
    if json:
        say_json(rows)
    else:
        head = ("name", "version", "region", "tz", "since", "running")
        say(*table(head, [tuple(row.values()) for row in rows]))
    return 0


def show(
    name: str,
    /,
    *,
    version: Annotated[int | None, Parameter(help="This version instead of the one in force.")] = None,
    as_of: Annotated[
        str | None,
        Parameter(help="The one in force then: an instant with its zone, or a day (its end, where the team is)."),
    ] = None,
    json: AsJson = False,
) -> int:
    """A calendar: zone, region, week, the next holidays, other hours. --json prints the document, ready to edit."""
    if version is not None and as_of is not None:
        raise InputWrong("calendar show: expected either --version or --as-of")
    ports = open_ports()
    now = ports.now()
    zone = TeamTime.of(ports.rulebook(now.date()), now).zone
    at = now if as_of is None else past_moment("--as-of", as_of, zone, now)
    with ports.database.read() as session:
        if version is not None:
            found = _numbered(session, name, version)
        elif as_of is not None:
            found = _believed(session, name, at)
        else:
            found = _in_force(session, name, ports.rulebook(at.date()))
        words = heading(session, found, "calendar")
    spec = CalendarSpec.parse(found.spec)
    if json:
        say_json(spec.as_document())
        tell_version(found, "calendar")
    else:
        say(words, *_in_words(spec, found.region, at))
    return 0


def history(name: str, /, *, json: AsJson = False) -> int:
    """Every version of a calendar: who wrote it, when and why, and how many clocks it holds."""
    ports = open_ports()
    with ports.database.read() as session:
        rows = history_of(session, CalendarVersion, name)
        words = (
            "" if rows else heading(session, _in_force(session, name, ports.rulebook(ports.now().date())), "calendar")
        )
    print_history(rows, words, json=json)
    return 0


def change(
    name: str,
    file: Annotated[Path, Parameter(help="The calendar as it shall be, in JSON, TOML or YAML.")],
    /,
    *,
    as_: AsPerson,
    because: Because,
    region: Annotated[
        str | None, Parameter(help="Whose public holidays it keeps, such as US or US-CA; left out, it stays.")
    ] = None,
    version: SeenVersion = None,
    new: Annotated[bool, Parameter(negative="", help="Make a calendar of a name that isn't there yet.")] = False,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> int:
    """Write the next version of a calendar, or a first one, and move the running clocks to it."""
    if new and version is not None:
        raise InputWrong("calendar change: expected either --new or --version")
    document = _calendar(file)
    seen = 0 if new else version
    ports = open_ports()
    at = ports.now()
    if dry_run:
        with ports.database.read() as session:
            by = person_called(session, as_)
            stands = _stands(session, name, at, new=new)
            revising.refuse_calendar(
                session, name, document, region=region, seen_version=seen, by=by, at=at, because=because
            )
            preview = revising.preview_calendar(session, name, document, at=at)
            keeps = region if region is not None or stands is None else stands.region
            changes = _changes(stands, document, keeps or "")
        number, done = None, "nothing is written"
    else:
        with writing(ports) as session:
            by = person_called(session, as_)
            _stands(session, name, at, new=new)
            written, preview = revising.change_calendar(
                session, name, document, region=region, seen_version=seen, by=by, at=at, because=because
            )
            number = written.version
            before = versions.numbered(session, CalendarVersion, name, number - 1)
            changes = _changes(before, written.spec, written.region)
        done = f"calendar {name} is at version {number}"
    hand_out(preview, done, json=json, changes=changes, name=name, version=number)
    return 0


def recompute(*, as_: AsPerson, because: Because, dry_run: DryRun = False, json: AsJson = False) -> int:
    """Compute every running clock anew under its own versions, as after new time zone data."""
    ports = open_ports()
    at = ports.now()
    if dry_run:
        with ports.database.read() as session:
            recomputing.refuse_recompute(by=person_called(session, as_), at=at, because=because)
            preview = recomputing.preview_recompute(session, at=at)
    else:
        with writing(ports) as session:
            preview = recomputing.recompute(session, by=person_called(session, as_), at=at, because=because)
    if not preview.differing:
        done = "nothing comes out otherwise; nothing is written"
    else:
        done = "nothing is written" if dry_run else "what came out otherwise is written"
    hand_out(preview, done, json=json)
    return 0


def _stands(session: Session, name: str, at: datetime, *, new: bool) -> CalendarVersion | None:
    """What is in force of the calendar to change; InputWrong when it isn't there, or is and shall be `new`."""
    found = calendars.as_it_stands(session, name, at.date())
    if found is None and not new:
        near = ", ".join(get_close_matches(name, calendars.names(session, at.date()), cutoff=NEAR))
        meant = f"near it: {near}" if near else "`calendar list` names those that are there"
        raise InputWrong(f"there is no calendar {name!r}; {meant}; --new makes one")
    if found is not None and new:
        raise InputWrong(f"there is a calendar {name!r} already, at version {found.version}; --new is for another name")
    return found


def _changes(before: CalendarVersion | None, document: Mapping[str, Any], region: str) -> tuple[Change, ...]:
    """What the document says otherwise, its region included."""
    was = {} if before is None else {"region": before.region, **CalendarSpec.parse(before.spec).as_document()}
    return between(was, {"region": region, **CalendarSpec.parse(document).as_document()})


def _in_force(session: Session, name: str, rulebook: Rulebook) -> CalendarVersion:
    found = calendars.as_it_stands(session, name, rulebook.valid_from, rulebook)
    if found is None:
        raise CalendarUnknown(name)
    return found


def _numbered(session: Session, name: str, version: int) -> CalendarVersion:
    found = versions.numbered(session, CalendarVersion, name, version)
    if found is None:
        raise InputWrong(f"calendar {name} has no version {version}; `calendar history {name}` lists those it has")
    return found


def _believed(session: Session, name: str, at: datetime) -> CalendarVersion:
    found = calendars.as_believed(session, name, at)
    if found is None and name in calendars.names(session, at.date()):
        raise InputWrong(f"calendar {name} had no version at {instant(at)}; `calendar history {name}` says since when")
    if found is None:
        raise CalendarUnknown(name)
    return found


def _calendar(file: Path) -> Mapping[str, Any]:
    """The document, when it is a calendar; InputWrong names the file."""
    document = read_document(file)
    try:
        CalendarSpec.parse(document)
    except CalendarInvalid as error:
        raise InputWrong(f"{file.name}: {error}") from error
    return document


def _in_words(spec: CalendarSpec, region: str, at: datetime) -> Iterator[str]:
    today = at.astimezone(ZoneInfo(spec.tz)).date()
    yield f"zone        {spec.tz}"
    yield f"holidays    of {region}" if region else "holidays    of no region"
    for hours, days in groupby(zip(WEEKDAYS, spec.week, strict=True), key=lambda day: day[1]):
        names = [name for name, _ in days]
        span = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
        yield f"{span:<12}{_hours(hours)}"
    for day, name in _next_holidays(spec, today)[:HOLIDAYS_SHOWN]:
        yield f"{day}  free: {name or 'a holiday'}"
    for what, dated in (("other hours", spec.overrides), ("break", spec.breaks)):
        for day, hours in dated:
            if day >= today:
                yield f"{day}  {what}: {_hours(hours)}"


def _next_holidays(spec: CalendarSpec, today: date) -> list[tuple[date, str]]:
    """Those from today on, soonest first; each yearly one once."""
    dated = [(day, name) for day, name in spec.holidays if day >= today]
    yearly = [(day, name) for (month, of_month), name in spec.holidays_yearly if (day := _next(today, month, of_month))]
    return sorted([*dated, *yearly])


def _next(today: date, month: int, of_month: int) -> date | None:
    for year in range(today.year, today.year + YEARS_AHEAD + 1):
        with suppress(ValueError):  # 29 February
            if (day := date(year, month, of_month)) >= today:
                return day
    return None


def _hours(hours: Hours) -> str:
    return ", ".join(f"{wall_time(start)} to {wall_time(end)}" for start, end in hours) or "closed"
