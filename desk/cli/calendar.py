"""`launch-review calendar`: business time under a calendar file, for people who want to check a due date.

The commands over the programme's own calendars are beside it, and imported only when one of them is called.
"""

import json
import math
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from desk.cli.errors import InputWrong
from desk.cli.ledger import exact, ledger_document
from desk.cli.writing import AsJson, say, tell
from review.calendar import BeyondCalendar, Calendar, CalendarInvalid, CalendarSpec, PauseInvalid

app = App(name="calendar", help="The programme's calendars, version by version; business time under a calendar file.")

OF_THE_PROGRAMME = (
    ("list", "desk.cli.calendar_versions:list_", "Every calendar of the programme as it is in force."),
    ("show", "desk.cli.calendar_versions:show", "One calendar: zone, region, week, holidays, other hours."),
    ("history", "desk.cli.calendar_versions:history", "Every version of a calendar: who, when, why, how many clocks."),
    ("change", "desk.cli.calendar_versions:change", "Write the next version; running clocks move to it."),
    ("holidays", "desk.cli.holidays:holidays", "Import years of public holidays, the difference shown first."),
    ("drift", "desk.cli.drift:drift", "What new time zones or holidays would move; exit code 1 when something would."),
    ("recompute", "desk.cli.calendar_versions:recompute", "Compute running clocks anew, as after new time zone data."),
)
for name, where, purpose in OF_THE_PROGRAMME:
    app.command(where, name=name, help=purpose)

Start = Annotated[str, Parameter(help="An instant with its zone, such as 2026-11-23T09:00:00Z.")]
PausesGiven = Annotated[
    list[str] | None,
    Parameter(name="--pause", negative="", help="FROM/TO, a stretch that does not count."),
]
CalendarFile = Annotated[Path, Parameter(help="A calendar in JSON or TOML (tz, week, holidays, ...).")]

_CALENDAR_ERRORS = (CalendarInvalid, PauseInvalid, BeyondCalendar)


@app.command
def due(
    calendar: CalendarFile,
    *,
    start: Start,
    seconds: float | None = None,
    business_days: float | None = None,
    pause: PausesGiven = None,
    as_json: AsJson = False,
) -> None:
    """When so much business time has passed since a start, and the account of every stretch that counted.

    due_at is the first instant with the whole amount elapsed, breach_at the last one that does not exceed it.
    """
    if (seconds is None) == (business_days is None):
        raise InputWrong("calendar due: expected either --seconds or --business-days, and one of them only")
    start_at = _instant("--start", start)
    pauses = [_pause_given(text) for text in pause or ()]
    try:
        hours = Calendar.compile(calendar_file(calendar))
        amount = hours.business_days(_finite("--business-days", business_days)) if seconds is None else seconds
        due_at, breach_at = hours.add(start_at, _finite("--seconds", amount), pauses)
        ledger = hours.ledger(start_at, due_at, pauses)
    except _CALENDAR_ERRORS as error:
        raise InputWrong(f"{calendar}: {error}") from error
    rows = [ledger_document(row) for row in ledger]
    if as_json:
        say(json.dumps({"due_at": exact(due_at), "breach_at": exact(breach_at), "ledger": rows}))
        return
    say(f"due     {exact(due_at)}", f"breach  after {exact(breach_at)}")
    say(*(_row_in_words(row) for row in rows))


@app.command
def elapsed(
    calendar: CalendarFile,
    *,
    start: Start,
    end: Annotated[str, Parameter(help="An instant with its zone; before the start gives negative seconds.")],
    pause: PausesGiven = None,
    as_json: AsJson = False,
) -> None:
    """The business seconds between two instants."""
    start_at, end_at = _instant("--start", start), _instant("--end", end)
    pauses = [_pause_given(text) for text in pause or ()]
    try:
        seconds = Calendar.compile(calendar_file(calendar)).elapsed(start_at, end_at, pauses)
    except _CALENDAR_ERRORS as error:
        raise InputWrong(f"{calendar}: {error}") from error
    say(json.dumps({"seconds": seconds}) if as_json else f"{seconds} seconds")


@app.command
def batch(
    file: Annotated[Path, Parameter(help="One operation per line as JSON, or one document with all of them.")],
) -> int:
    """Many operations at once, each with its own calendar; one {"id", "result", "latest"} per line.

    An operation has id, op (add or between), calendar, start, amount_seconds (add) or end (between), and may
    have pauses. One that can't be answered is named on standard error, the others are answered, and the exit
    code is 2.
    """
    wrong = 0
    for where, operation in _operations(file):
        try:
            answer = _answer(_json(operation) if isinstance(operation, str) else operation)
        except (InputWrong, *_CALENDAR_ERRORS) as error:
            tell(f"{where}: {error}")
            wrong += 1
        else:
            say(json.dumps(answer))
    return InputWrong.exit_code if wrong else 0


def _operations(file: Path) -> Iterator[tuple[str, Any]]:
    text = _text(file, "one operation per line")
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict) and isinstance(document.get("vectors"), list):
        for index, operation in enumerate(document["vectors"]):
            yield f"{file} vectors[{index}]", operation
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{file} line {number}", line


def _answer(operation: Any) -> dict[str, Any]:
    if not isinstance(operation, dict):
        raise InputWrong(f"{_short(operation)}: expected an object with id, op, calendar and start")
    for key in ("id", "op", "calendar", "start"):
        if key not in operation:
            raise InputWrong(f"{key} is missing: expected id, op, calendar, start and amount_seconds or end")
    hours = Calendar.compile(CalendarSpec.parse(operation["calendar"]))
    start_at = _instant("start", operation["start"])
    pauses = _pauses(operation.get("pauses"))
    if operation["op"] == "add":
        due_at, latest = hours.add(start_at, _finite("amount_seconds", operation.get("amount_seconds")), pauses)
        return {"id": operation["id"], "result": exact(due_at), "latest": exact(latest)}
    if operation["op"] == "between":
        seconds = hours.elapsed(start_at, _instant("end", operation.get("end")), pauses)
        return {"id": operation["id"], "result": seconds, "latest": None}
    raise InputWrong(f"op {_short(operation['op'])}: expected 'add' or 'between'")


def calendar_file(path: Path) -> CalendarSpec:
    """What a calendar file declares. InputWrong when it can't be read, CalendarInvalid when it is no calendar."""
    text = _text(path, "a calendar in JSON or TOML")
    if path.suffix.lower() != ".toml":
        try:
            return CalendarSpec.parse(_json(text))
        except InputWrong as error:
            raise InputWrong(f"{path}: {error}") from error
    try:
        return CalendarSpec.parse(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputWrong(f"{path}: not TOML ({error}); expected a calendar with tz and week") from error


def _text(path: Path, expected: str) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputWrong(f"{path}: can't be read ({error.strerror}); expected a file with {expected}") from error
    except UnicodeDecodeError as error:
        raise InputWrong(f"{path}: not UTF-8 at byte {error.start}; expected {expected}") from error


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InputWrong(f"not JSON ({error.msg} at character {error.pos}); expected one object") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, brackets without end
        raise InputWrong(f"not usable JSON ({error}); expected one object") from error


def _instant(where: str, value: Any) -> datetime:
    expected = "expected an instant with its zone, such as 2026-11-23T09:00:00Z"
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise InputWrong(f"{where} {_short(value)} has no time zone: {expected}")
        return instant.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputWrong(f"{where} {_short(value)}: {expected}") from error


def _pause_given(text: str) -> tuple[datetime, datetime]:
    since, slash, until = text.partition("/")
    if not slash:
        raise InputWrong(f"--pause {_short(text)}: expected two instants as FROM/TO")
    return _pause("--pause", since, until)


def _pauses(value: Any) -> list[tuple[datetime, datetime]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(pair, list) and len(pair) == 2 for pair in value):
        raise InputWrong(f"pauses {_short(value)}: expected a list of [from, to] pairs")
    return [_pause("pauses", since, until) for since, until in value]


def _pause(where: str, since: Any, until: Any) -> tuple[datetime, datetime]:
    return _instant(f"{where} from", since), _instant(f"{where} to", until)


def _finite(where: str, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputWrong(f"{where} {_short(value)}: expected a number of open seconds")
    if isinstance(value, float) and not math.isfinite(value):
        raise InputWrong(f"{where} {value}: expected a finite number")
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _row_in_words(row: dict[str, Any]) -> str:
    why = f"{row['reason']} ({row['name']})" if row["name"] else row["reason"]
    counts = f"counts {row['seconds']} s" if row["counted"] else f"does not count: {why}"
    return f"{row['from']} to {row['to']}  total {row['total']} s  {counts}"
