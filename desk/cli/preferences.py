"""`launch-review people preferences`: how a person hears, shown and changed."""

import re
from collections.abc import Iterable
from datetime import time
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from cyclopts import Parameter
from sqlalchemy.orm import Session

from desk.cli.errors import InputWrong, Refused
from desk.cli.writing import AsJson, say, say_json, table, tell
from desk.wiring import open_ports, writing
from models.enums import ChosenCategory, ChosenChannel, How
from models.people import Person
from notifications.habits import habit_of
from notifications.message import Category
from notifications.rhythm import Quiet, side_hears
from review.actions.preferring import be_quiet, prefer, side_of
from review.finding_people import person_called

URGENT = ("critical", "escalation", "breach", "decision", "regression")
"""Words for what is nobody's choice."""

CLOCK = r"((?:[01]?\d|2[0-3]):[0-5]\d)"
HOURS = re.compile(rf"{CLOCK}\s*[-–]\s*{CLOCK}", re.ASCII)

Word = TypeVar("Word", bound=StrEnum)


def preferences(
    person: Annotated[str, Parameter(help="Whose: an e-mail address or name that `people list` shows.")],
    /,
    *,
    set_: Annotated[
        tuple[str, ...],
        Parameter(name="--set", negative="", help="CATEGORY=at-once, CATEGORY=digest or CATEGORY=off; repeatable."),
    ] = (),
    channel: Annotated[
        tuple[str, ...],
        Parameter(negative="", help="CATEGORY=mail or CATEGORY=slack, where both reach them; repeatable."),
    ] = (),
    quiet: Annotated[
        str | None, Parameter(help="Hours without messages by their own clock, such as 20:00-07:00, or none.")
    ] = None,
    json: AsJson = False,
) -> int:
    """Show how a person hears, or change it. Urgent messages come at once, whatever is chosen."""
    ways = [_pair("--set", text, How, "status=digest") for text in set_]
    channels = [_pair("--channel", text, ChosenChannel, "work=mail") for text in channel]
    hours = None if quiet is None else _hours(quiet)
    ports = open_ports()
    if not (ways or channels or quiet is not None):
        with ports.database.read() as session:
            document = _as_json(session, person_called(session, person))
    else:
        with writing(ports) as session:
            whose = person_called(session, person)
            for category, how in ways:
                prefer(session, whose, category, how=how)
            for category, by in channels:
                prefer(session, whose, category, channel=by)
            if quiet is not None:
                be_quiet(session, whose, hours)
            document = _as_json(session, whose)
    if json:
        say_json(document)
    else:
        _show(document)
    return 0


def _pair(option: str, text: str, of: type[Word], example: str) -> tuple[ChosenCategory, Word]:
    name, equals, word = text.partition("=")
    if not equals:
        raise InputWrong(f"{option}: saw {text!r}, expected such as {example}")
    chosen = _word(option, word, of)
    if (said := name.strip().lower()) in URGENT and chosen is not How.AT_ONCE:
        raise Refused(
            f"{option}: {said} messages can't be put off or switched off: a decision, a breach, an escalation or "
            "something that has fallen is told at once"
        )
    return _word(option, name, ChosenCategory, also=URGENT), chosen


def _word(option: str, text: str, of: type[Word], also: Iterable[str] = ()) -> Word:
    said = text.strip().lower().replace("-", "_")
    for one in of:
        if one.value == said:
            return one
    if said in also:
        raise Refused(f"{option}: {said} messages come at once anyway, by the channel that is best; nothing to choose")
    known = [one.value.replace("_", "-") for one in of]
    near = get_close_matches(text.strip().lower(), known, 1)
    meant = f"; did you mean {near[0]}?" if near else ""
    raise InputWrong(f"{option}: saw {text.strip()!r}, expected {', '.join(known)}{meant}")


def _hours(text: str) -> Quiet | None:
    """Raises QuietInvalid too."""
    if text.strip().lower() == "none":
        return None
    hours = HOURS.fullmatch(text.strip())
    if hours is None:
        raise InputWrong(f"--quiet: saw {text!r}, expected such as 20:00-07:00, or none")
    begins, ends = (clock.rjust(5, "0") for clock in hours.groups())
    return Quiet(time.fromisoformat(begins), time.fromisoformat(ends))


def _as_json(session: Session, person: Person) -> dict[str, Any]:
    habit = habit_of(session, person.id)
    quiet = habit.quiet
    categories = {
        category.value: {
            "how": habit.how(Category(category.value)),
            "channel": habit.channel(Category(category.value)),
            "chosen": category in habit.chosen,
        }
        for category in side_hears(side_of(person))
    }
    return {
        "email": person.email,
        "time_zone": person.time_zone,
        "categories": categories,
        "quiet": None if quiet is None else {"from": f"{quiet.begins:%H:%M}", "to": f"{quiet.ends:%H:%M}"},
    }


def _show(document: dict[str, Any]) -> None:
    rows = [
        (name, one["how"].replace("_", "-"), one["channel"] or "the usual one", "" if one["chosen"] else "as usual")
        for name, one in document["categories"].items()
    ]
    say(*table(("category", "how", "channel", ""), rows))
    quiet = document["quiet"]
    hours = "none" if quiet is None else f"{quiet['from']}-{quiet['to']} and weekends, {document['time_zone']}"
    say(f"quiet hours: {hours}")
    tell("Decisions, breaches, escalations and what has fallen are told at once, whatever is chosen.")
