"""How a person wants to hear, changed by them or for them.

No event is written: nobody is told and no integration is concerned. What was planned before is asked again as it
goes out, so a choice holds at once.
"""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from models.enums import ChosenCategory, ChosenChannel, How
from models.people import Person
from models.preference import Preference, QuietHours
from notifications.rhythm import RHYTHM, Quiet, Side, side_hears
from review.actions.refusing import lock


class PreferenceRefused(ValueError):
    """Somebody of this side hears nothing of that kind, so there is nothing to choose."""

    def __init__(self, person: Person, category: ChosenCategory) -> None:
        side = side_of(person)
        theirs = ", ".join(side_hears(side))
        who = "somebody of the team" if side is Side.TEAM else "a partner's contact"
        super().__init__(f"{person.email} is {who} and gets no {category} messages; expected {theirs}")


def side_of(person: Person) -> Side:
    return Side.TEAM if person.partner_id is None else Side.PARTNER


def prefer(
    session: Session,
    person: Person,
    category: ChosenCategory,
    *,
    how: How | None = None,
    channel: ChosenChannel | None = None,
) -> Preference:
    """Let the person hear of the category so, or by that channel; what is None stays. Raises PreferenceRefused."""
    usual = RHYTHM.get((side_of(person), category))
    if usual is None:
        raise PreferenceRefused(person, category)
    lock(session, person)
    chosen = session.get(Preference, (person.id, category))
    if chosen is None:
        chosen = Preference(person_id=person.id, category=category, how=usual)
        session.add(chosen)
    chosen.how = how or chosen.how
    chosen.channel = channel or chosen.channel
    session.flush()
    return chosen


def be_quiet(session: Session, person: Person, quiet: Quiet | None) -> None:
    """Let the person have these quiet hours, and quiet weekends; None: no quiet time at all."""
    lock(session, person)
    hours = session.get(QuietHours, person.id)
    if hours is None:
        hours = QuietHours(person_id=person.id)
        session.add(hours)
    hours.begins = None if quiet is None else quiet.begins
    hours.ends = None if quiet is None else quiet.ends
    session.flush()


def stop(session: Session, person: Person, categories: Iterable[ChosenCategory]) -> None:
    """Switch these categories off; urgent messages still come. Doing it again changes nothing.

    A category that somebody of this side no longer hears of is passed over: there is nothing to stop.
    """
    for category in sorted(categories):
        if (side_of(person), category) in RHYTHM:
            prefer(session, person, category, how=How.OFF)
