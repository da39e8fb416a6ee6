"""The queue as one reader's page shows it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from desk.viewing.team_time import TeamTime
from models.people import Person, PersonRole
from models.submission import Revision
from review.guards import Actor, Facts, Holder
from review.lifecycle import DECIDERS, LEADS, MoveName, refusals
from review.worklist import Asked, Cursor, Row, View, counted, sliced
from review.worklist_rows import plainly

PAGE_SIZE: Final = 50
MOST_COUNTED: Final = 1_000
"""Counting goes no further: "more than 1,000" says enough, and costs the same in a queue of any length."""

TITLES: Final[Mapping[View, str]] = {
    View.ALL: "All open",
    View.MINE: "Mine",
    View.UNASSIGNED: "Unassigned",
    View.TODAY: "Due today",
    View.BREACHING: "Breaching",
    View.PARTNER: "Waiting on the partner",
    View.GRADUATION: "Graduations",
}

# Built once: building a statement costs as much as asking it.
MEMBERS: Final = (
    select(Person.id, Person.name, Person.time_zone, PersonRole.role)
    .join(PersonRole, PersonRole.person_id == Person.id)
    .where(Person.partner_id.is_(None), Person.active)
)
SENT: Final = select(Revision.submission_id).where(
    Revision.submission_id.in_(bindparam("ids", expanding=True)), Revision.submitted_by_id == bindparam("person")
)


@dataclass(frozen=True, slots=True)
class Team:
    """Everybody of the team who is active, by id, and the zone in which each reads instants."""

    members: Mapping[int, Actor]
    zones: Mapping[int, str]

    @property
    def deciders(self) -> list[Actor]:
        """Whom a submission can be given to, by name."""
        may = (member for member in self.members.values() if member.roles & DECIDERS)
        return sorted(may, key=lambda member: member.name.casefold())

    def zone(self, person_id: int | None, otherwise: ZoneInfo) -> ZoneInfo:
        try:
            return ZoneInfo(self.zones.get(person_id or 0, otherwise.key))
        except (ZoneInfoNotFoundError, ValueError):
            return otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One slice. `number` is how many there are, or MOST_COUNTED when `is_more`; `version` changes with any of them."""

    rows: Sequence[Row]
    number: int
    is_more: bool
    after: Cursor | None
    version: str
    team: Team
    time: TeamTime
    may_assign: bool
    grey: Mapping[int, str]
    """Why the reader can't take a submission now, for those that they can't."""


def team_of(session: Session) -> Team:
    rows = plainly(session).execute(MEMBERS).all()
    roles: dict[int, set[str]] = {}
    for row in rows:
        roles.setdefault(row.id, set()).add(row.role)
    return Team(
        {row.id: Actor(id=row.id, name=row.name, roles=frozenset(roles[row.id])) for row in rows},  # type: ignore[arg-type]
        {row.id: row.time_zone for row in rows},
    )


def queue_view(
    session: Session,
    asked: Asked,
    *,
    time: TeamTime,
    after: Cursor | None = None,
    page_size: int = PAGE_SIZE,
) -> QueueView:
    """What `asked.reader` sees of it, with instants in their zone. A fixed number of queries."""
    team = team_of(session)
    reader = team.members.get(asked.reader or 0)
    time = replace(time, zone=team.zone(asked.reader, time.zone))
    asked = replace(asked, until=end_of_day(time))
    part = sliced(session, asked, at=time.at, limit=page_size, after=after)
    number, version = counted(session, asked, at=time.at, most=MOST_COUNTED + 1)
    return QueueView(
        rows=part.rows,
        number=min(number, MOST_COUNTED),
        is_more=number > MOST_COUNTED,
        after=part.after,
        version=version,
        team=team,
        time=time,
        may_assign=reader is not None and bool(reader.roles & LEADS),
        grey=_greyed(session, part.rows, reader, time),
    )


def end_of_day(time: TeamTime) -> datetime:
    """The first instant of the reader's next day."""
    midnight = time.at.astimezone(time.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # On the wall: a day may have 23 or 25 hours.
    return (midnight.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=time.zone)


def address(asked: Asked, after: Cursor | None = None, *, path: str = "/", as_of: str = "", **changed: object) -> str:
    """The page that shows this, to be kept as a bookmark; `changed` are fields that are to be otherwise."""
    asked = replace(asked, **changed)  # type: ignore[arg-type]
    values = {
        "show": "" if asked.view is View.ALL else asked.view.value,
        "kind": asked.kind,
        "gate": asked.gate,
        "stage": asked.stage,
        "assignee": asked.assignee,
        "q": asked.search,
        "after": after,
        "as_of": as_of,
    }
    query = urlencode({name: str(value) for name, value in values.items() if value})
    return f"{path}?{query}" if query else path


def _greyed(session: Session, rows: Sequence[Row], reader: Actor | None, time: TeamTime) -> Mapping[int, str]:
    if reader is None:
        return {}
    sent = _sent_by(session, reader.id, [row.submission_id for row in rows])
    found = {row.submission_id: take_refusals(row, reader, time.at, sent=row.submission_id in sent) for row in rows}
    return {submission_id: time.retold("; ".join(reasons)) for submission_id, reasons in found.items() if reasons}


def take_refusals(row: Row, reader: Actor, at: datetime, *, sent: bool = False) -> list[str]:
    """What the verb would say, from what the row knows already."""
    holder = None
    if row.assignee is not None and row.assignee_id is not None and row.leased_until is not None:
        holder = Holder(id=row.assignee_id, name=row.assignee, until=row.leased_until, by_engine=row.by_engine)
    known = Facts(
        at=at,
        actor=reader,
        submitters=frozenset({reader.id} if sent else ()),
        version=row.version,
        holder=holder,
    )
    return refusals(MoveName.CLAIM, row.stage, known)


def _sent_by(session: Session, person_id: int, ids: Collection[int]) -> frozenset[int]:
    """Which of these submissions the person sent a revision of: four eyes decide."""
    if not ids:
        return frozenset()
    return frozenset(plainly(session).scalars(SENT, {"ids": list(ids), "person": person_id}))
