"""Reads how people want to hear, each once in a batch."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.people import Person
from models.preference import Preference, QuietHours
from notifications.rhythm import Habit, Quiet, Side, usual_quiet


class Habits:
    """Habits for one batch of one transaction; nothing is kept beyond it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int, Habit] = {}

    def of(self, person_id: int) -> Habit:
        if person_id not in self._known:
            self._known[person_id] = habit_of(self._session, person_id)
        return self._known[person_id]


def habit_of(session: Session, person_id: int) -> Habit:
    """What the person chose, and the usual where they chose nothing; one question."""
    asked = (
        select(
            Person.partner_id,
            Person.time_zone,
            QuietHours.person_id,
            QuietHours.begins,
            QuietHours.ends,
            Preference.category,
            Preference.how,
            Preference.channel,
        )
        .outerjoin(QuietHours, QuietHours.person_id == Person.id)
        .outerjoin(Preference, Preference.person_id == Person.id)
        .where(Person.id == person_id)
    )
    rows = session.execute(asked).all()
    first = rows[0]
    quiet = usual_quiet(first.time_zone)
    if first.person_id is not None:
        quiet = None if first.begins is None else Quiet(first.begins, first.ends)
    return Habit(
        side=Side.TEAM if first.partner_id is None else Side.PARTNER,
        time_zone=first.time_zone,
        quiet=quiet,
        chosen={row.category: row.how for row in rows if row.category is not None},
        channels={row.category: row.channel for row in rows if row.channel is not None},
    )
