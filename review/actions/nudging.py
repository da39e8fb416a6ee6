"""A person has a partner told what an integration lacks for Public, before the month is over: seen first, then sent."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import AuditGrade, ChosenCategory, EventName, How
from models.event import Event
from models.integration import Integration
from models.people import Partner, Person
from models.preference import Preference
from review import next_word
from review.actions.prompting import AUDIT_HOLDS_FOR, SAYS_WHAT_LACKS
from review.actions.record import record
from review.actions.refusing import lock, refuse_programme
from review.guards import is_active
from review.lacking import digest_of, lacking_since_each
from review.nudging import Known, after_another, refusal
from review.reports.graduation import InBeta, graduation

NUDGE: Final = "nudge"


class Hearer(NamedTuple):
    """One active person of a partner; `off`: they want no such messages."""

    name: str
    email: str
    time_zone: str
    off: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudge:
    """What would be told of one integration, and to whom; `refused` says why not, and is empty when it may be."""

    line: InBeta
    refused: str
    hearers: Sequence[Hearer]
    data: Mapping[str, Any]
    """Of the event, as its message reads it."""

    @property
    def seen(self) -> str:
        """The same for the same message: what somebody saw is what goes out."""
        content = json.dumps(self.data, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


class NudgeOutdated(Exception):
    """Something changed since somebody saw what would go out; nothing was sent."""


def nudges(session: Session, lines: Sequence[InBeta], *, zone: ZoneInfo, at: datetime) -> list[Nudge]:
    """What would be told of each, in their order; a fixed number of queries. Of two of one partner the first goes."""
    today = at.astimezone(zone).date()
    since = lacking_since_each(session, {one.number: [lack.item for lack in one.lacks] for one in lines})
    told, hearers = _told(session, {one.partner_id for one in lines}), _hearers(session, lines)
    nudged: dict[int, tuple[date, str]] = {
        event.partner_id: (event.at.astimezone(zone).date(), event.name) for event in told if event.is_nudge
    }
    found: list[Nudge] = []
    chosen: dict[int, str] = {}
    for line in lines:
        mine = [one for one in told if one.number == line.number]
        on, about = nudged.get(line.partner_id, (None, ""))
        known = Known(
            today=today,
            partner=line.partner,
            is_looked_at=line.audited_at is not None and line.audited_at >= max(line.since, at - AUDIT_HOLDS_FOR),
            seen_once=line.grade is AuditGrade.SUSPECTED,
            graduation=line.graduation[0] if line.graduation is not None else None,
            lacks=len(line.lacks),
            unknown=len(line.unknown),
            hearers=len(hearers[line.partner_id]),
            deaf=sum(one.off for one in hearers[line.partner_id]),
            told_on=mine[-1].at.astimezone(zone).date() if mine else None,
            nudged_on=on,
            nudged_about=about,
        )
        refused = refusal(known)
        if not refused and line.partner_id in chosen:
            refused = after_another(line.partner, chosen[line.partner_id], today)
        elif not refused:
            chosen[line.partner_id] = line.name
        items = [
            {
                "item": lack.item,
                "title": lack.title,
                "what": lack.seen,
                "fix": lack.fix,
                "since": since.get((line.number, lack.item), line.since).isoformat(),
            }
            for lack in line.lacks
        ]
        data = {"items": items, "digest": digest_of(line.lacks), "is_last": _is_last(line, mine, zone), "nudged": True}
        found.append(Nudge(line=line, refused=refused, hearers=hearers[line.partner_id], data=data))
    return found


def nudge(
    session: Session,
    slugs: Collection[str],
    *,
    by: Person,
    rulebook: Rulebook,
    zone: ZoneInfo,
    at: datetime,
    seen: Mapping[str, str] | None = None,
) -> list[Nudge]:
    """Tell the partners of these what is lacking, those that may be told; each with what was told or why not.

    `seen` is what somebody saw of each (`Nudge.seen`): then all of it goes out just so, or NudgeOutdated. Raises
    MoveRefused for who may not.
    """
    refuse_programme(", ".join(sorted(slugs)) or "partners", NUDGE, by=by, at=at, guards=(is_active,))
    rows = session.scalars(select(Integration).where(Integration.slug.in_(slugs)).order_by(Integration.id)).all()
    # In one order, and the partner first: of two people who nudge at once the second finds that the first did.
    for partner_id in sorted({row.partner_id for row in rows}):
        lock(session, session.get_one(Partner, partner_id))
    for row in rows:
        lock(session, row)
    report = graduation(session, rulebook=rulebook, at=at, only=[row.id for row in rows])
    found = nudges(session, report.lines, zone=zone, at=at)
    if seen is not None and {one.line.slug: one.seen for one in found if not one.refused} != dict(seen):
        raise NudgeOutdated
    by_id = {row.id: row for row in rows}
    for one in found:
        if not one.refused:
            record(session, EventName.GRADUATION_MISSING, at=at, by=by, integration=by_id[one.line.number], **one.data)
    return found


class _Told(NamedTuple):
    number: int
    partner_id: int
    name: str
    at: datetime
    is_nudge: bool
    digest: str | None
    """Of a monthly message."""


def _told(session: Session, partner_ids: Collection[int]) -> list[_Told]:
    """Every message of these partners' integrations that said what one lacks, oldest first."""
    rows = session.execute(
        select(
            Event.integration_id,
            Integration.partner_id,
            Integration.name,
            Event.at,
            Event.name,
            Event.person_id,
            Event.data,
        )
        .join(Integration, Integration.id == Event.integration_id)
        .where(Integration.partner_id.in_(partner_ids), Event.name.in_(sorted(SAYS_WHAT_LACKS)))
        .order_by(Event.id)
    )
    return [
        _Told(
            number,
            partner_id,
            called,
            at,
            name == EventName.GRADUATION_MISSING and person_id is not None,
            data["digest"] if name == EventName.GRADUATION_MISSING else None,
        )
        for number, partner_id, called, at, name, person_id, data in rows
    ]


def _is_last(line: InBeta, told: Sequence[_Told], zone: ZoneInfo) -> bool:
    """Whether it is the last message until something changes, as the monthly one counts."""
    known = next_word.Known(
        today=line.since.astimezone(zone).date(),
        in_beta_since=line.since.astimezone(zone).date(),
        told_on=None,
        months=tuple(
            (one.at.astimezone(zone).date(), one.digest)
            for one in told
            if one.digest is not None and one.at >= line.since
        ),
        lacks=digest_of(line.lacks),
    )
    return next_word.tells_unchanged(known) + 1 >= next_word.TOLD_UNCHANGED


def _hearers(session: Session, lines: Sequence[InBeta]) -> Mapping[int, list[Hearer]]:
    """Who is there to be told, by partner."""
    choice = (Preference.person_id == Person.id) & (Preference.category == ChosenCategory.REMINDER)
    rows = session.execute(
        select(Person.partner_id, Person.name, Person.email, Person.time_zone, Preference.how)
        .outerjoin(Preference, choice)
        .where(Person.partner_id.in_({line.partner_id for line in lines}), Person.active)
        .order_by(Person.id)
    )
    found: dict[int, list[Hearer]] = defaultdict(list)
    for partner_id, name, email, time_zone, how in rows:
        found[partner_id].append(Hearer(name, email, time_zone, how is How.OFF))
    return found
