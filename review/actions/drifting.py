"""Noticing that a release of the time zones or of the holidays would move running due dates, and telling it once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import CalendarVersion, Clock, Pause
from models.enums import EventName
from models.event import Event
from models.integration import Integration
from models.submission import Submission
from review import calendars, versions
from review.actions.applying import TOLD_MOVES, as_data
from review.actions.record import record
from review.calendars import compiled
from review.drift import Drift, Running, of_holidays, of_zone
from review.zone_release import ZoneRelease, zone_release


class Looked(NamedTuple):
    """What was compared: how many running clocks, under which releases of the time zones; and what would move."""

    clocks: int
    releases: tuple[ZoneRelease, ...]
    drifts: tuple[Drift, ...]


def look(session: Session, *, at: datetime) -> Looked:
    """Every drift of the calendars that running clocks pin: of their zones, and of their holidays. Reads only."""
    clocks = _running(session)
    pinned = [version for version in versions.all_of(session, CalendarVersion) if version.id in clocks]
    releases = {version.id: zone_release(version.spec["tz"]) for version in pinned}
    drifts = [
        drift
        for name, of_name in groupby(pinned, key=lambda version: version.name)
        for drift in _of_calendar(session, name, list(of_name), clocks, releases, at)
    ]
    return Looked(sum(map(len, clocks.values())), tuple(sorted(set(releases.values()))), tuple(drifts))


def tell(session: Session, drift: Drift, *, at: datetime) -> bool:
    """Raise the alarm, unless all of it was told before: the same finding is told once, not every night."""
    # Two processes that look at the same moment take turns here.
    calendar = select(CalendarVersion.id).where(CalendarVersion.name == drift.calendar).order_by(CalendarVersion.id)
    session.execute(calendar.limit(1).with_for_update(key_share=True))
    if drift.digests <= _told(session, drift):
        return False
    record(
        session,
        EventName.CLOCKS_DRIFTED,
        at=at,
        source=drift.source,
        calendar=drift.calendar,
        summary=drift.summary,
        moves=[as_data(move) for move in drift.moves[:TOLD_MOVES]],
        more_moves=len(drift.moves[TOLD_MOVES:]),
        todo=drift.todo,
        digests=sorted(drift.digests),
    )
    return True


def _of_calendar(
    session: Session,
    name: str,
    pinned: Sequence[CalendarVersion],
    clocks: Mapping[int, Sequence[Running]],
    releases: Mapping[int, ZoneRelease],
    at: datetime,
) -> Iterator[Drift]:
    """The drifts of one calendar, over all of its versions that running clocks pin."""
    source = " and ".join(sorted({releases[version.id].name for version in pinned}))
    if zones := of_zone(source, name, [(compiled(version), clocks[version.id]) for version in pinned]):
        yield zones
    in_force = calendars.as_it_stands(session, name, at.date())
    if in_force is not None and in_force.region:
        running = [clock for version in pinned for clock in clocks[version.id]]
        if holidays := of_holidays(name, in_force.spec, in_force.region, running, at=at):
            yield holidays


def _running(session: Session) -> dict[int, list[Running]]:
    """The clocks that run and are not paused, by the calendar version that they pin."""
    pauses: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    paused = set()
    rows = select(Pause.clock_id, Pause.from_at, Pause.to_at).join(Pause.clock).where(Clock.stopped_at.is_(None))
    for clock_id, from_at, to_at in session.execute(rows):
        if to_at is None:
            paused.add(clock_id)
        else:
            pauses[clock_id].append((from_at, to_at))
    found: defaultdict[int, list[Running]] = defaultdict(list)
    running = (
        select(
            Clock.calendar_id,
            Clock.id,
            Clock.submission_id,
            Integration.name,
            Clock.target,
            Clock.started_at,
            Clock.target_seconds,
            Clock.due_at,
            Clock.breach_at,
        )
        .join(Submission, Submission.id == Clock.submission_id)
        .join(Submission.integration)
        .where(Clock.stopped_at.is_(None))
        .order_by(Clock.due_at, Clock.id)
    )
    for row in session.execute(running):
        if row.id not in paused:
            promised = Running(
                row.submission_id,
                row.name,
                row.target,
                row.started_at,
                row.target_seconds,
                row.due_at,
                row.breach_at,
                tuple(pauses.get(row.id, ())),
            )
            found[row.calendar_id].append(promised)
    return dict(found)


def _told(session: Session, drift: Drift) -> set[str]:
    """The digests of what was told of this source and calendar before."""
    # What concerns no integration is few, and an index finds it.
    told = select(Event.data).where(Event.integration_id.is_(None), Event.name == EventName.CLOCKS_DRIFTED.value)
    return {
        digest
        for data in session.scalars(told)
        if (data["source"], data["calendar"]) == (drift.source, drift.calendar)
        for digest in data["digests"]
    }
