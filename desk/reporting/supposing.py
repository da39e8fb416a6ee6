"""Another policy as it is typed after `--what-if`: first_response=1bd, decision=12h, calendar.team=FILE."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from desk.cli.calendar import calendar_file
from desk.cli.errors import InputWrong
from models.enums import TargetName
from review.calendar import Calendar, CalendarInvalid
from review.reports.what_if import Amount, Supposed, Unit

OPTION: Final = "--what-if"

CALENDAR: Final = "calendar."
"""Before the name of a calendar that is to have other hours."""

_AMOUNT: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(bd|h)", re.ASCII)
_EXPECTED: Final = (
    f"expected TARGET=AMOUNT, a target among {', '.join(TargetName)}, an amount such as 1bd or 8h; "
    "or calendar.NAME=FILE"
)


def supposed(texts: Sequence[str], *, files: bool = True) -> Supposed:
    """The policy that the texts describe; InputWrong names the first one that can't be read.

    Without `files` no calendar may be named: whoever asks from elsewhere must not read this machine's.
    """
    targets: dict[TargetName, Amount] = {}
    calendars: dict[str, Calendar] = {}
    seen: set[str] = set()
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if name in seen:
            raise InputWrong(f"{OPTION} {text!r}: {name} is given twice; expected it once")
        seen.add(name)
        if files and name.startswith(CALENDAR) and value:
            calendars[name.removeprefix(CALENDAR)] = _calendar(text, value)
        else:
            targets[_target(text, name)] = _amount(text, value)
    return Supposed(targets=targets, calendars=calendars)


def require_known(policy: Supposed, calendars: Collection[str]) -> None:
    """InputWrong when hours are supposed for a calendar that no clock and no rulebook knows."""
    for name in policy.calendars:
        if name not in calendars:
            raise InputWrong(f"{OPTION} '{CALENDAR}{name}=…': expected a calendar among {', '.join(sorted(calendars))}")


def _target(text: str, name: str) -> TargetName:
    try:
        return TargetName(name)
    except ValueError:
        raise InputWrong(f"{OPTION} {text!r}: {_EXPECTED}") from None


def _amount(text: str, value: str) -> Amount:
    match = _AMOUNT.fullmatch(value)
    # A clock promises at least a second, whatever a business day is.
    if match is None or not float(match[1]) * 3_600 >= 1:
        raise InputWrong(f"{OPTION} {text!r}: {_EXPECTED}")
    return Amount(float(match[1]), Unit(match[2]))


def _calendar(text: str, file: str) -> Calendar:
    try:
        return Calendar.compile(calendar_file(Path(file)))
    except CalendarInvalid as error:
        raise InputWrong(f"{OPTION} {text!r}: {error}") from error
