"""What the programme tells partners by itself about their way to Public: the enable button, and all that lacks."""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.audit import AuditEntry
from models.enums import AuditGrade, EventName, GateName, IntegrationStage, TargetName
from models.event import Event
from models.integration import Integration
from models.people import Person
from review import calendars, policies
from review.actions.record import record
from review.actions.refusing import lock
from review.facts import under_way
from review.lacking import Obstacle, digest_of, lacking, lacking_since
from review.next_word import TOLD_UNCHANGED, Known, NextWord, next_word, tells_unchanged

LOG = logging.getLogger(__name__)

BUTTON_CHECK: Final = "oauth.button"

SAYS_WHAT_LACKS: Final = frozenset(
    {EventName.LAUNCHED, EventName.REGRESSED, EventName.OAUTH_REQUESTED, EventName.GRADUATION_MISSING}
)
"""Messages after which a week passes before the next one that says what lacks."""

AUDIT_HOLDS_FOR: Final = timedelta(days=7)
"""An audit older than this may no longer be true: then nothing is told until the next one."""


def open_day(session: Session, rulebook: Rulebook, *, at: datetime) -> tuple[date, ZoneInfo] | None:
    """The team's date and its zone while the calendar is open in which decisions are promised; None while closed."""
    policy = policies.policy_of(policies.as_it_stands(session, rulebook))
    name = policy.target(TargetName.DECISION).calendar
    version = calendars.as_it_stands(session, name, at.date(), rulebook)
    if version is None:
        raise calendars.CalendarUnknown(name)
    calendar = calendars.compiled(version)
    zone = ZoneInfo(calendar.spec.tz)
    return (at.astimezone(zone).date(), zone) if calendar.is_open(at) else None


def in_beta(session: Session, *, after: int, limit: int) -> Sequence[int]:
    """Ids of what is in Public Beta and has a contact who can hear of it, beginning after an id."""
    hears = exists().where(Person.partner_id == Integration.partner_id, Person.active)
    return session.scalars(
        select(Integration.id)
        .where(Integration.stage == IntegrationStage.PUBLIC_BETA, Integration.id > after, hears)
        .order_by(Integration.id)
        .limit(limit)
    ).all()


def tell_each(
    session: Session, integration_ids: Iterable[int], *, rulebook: Rulebook, today: date, zone: ZoneInfo, at: datetime
) -> Counter[NextWord]:
    """Tell each what is due (`tell_what_lacks`), and count it. One that can't be judged keeps no other from it."""
    told: Counter[NextWord] = Counter()
    for number in integration_ids:
        try:
            with session.begin_nested():
                word = tell_what_lacks(session, number, rulebook=rulebook, today=today, zone=zone, at=at)
        except DBAPIError:
            raise
        except Exception:  # one bad row must not stop the others
            LOG.exception("what integration %s lacks can't be told; tried again the next day", number)
        else:
            told.update([word] if word is not None else [])
    return told


def tell_what_lacks(
    session: Session, integration_id: int, *, rulebook: Rulebook, today: date, zone: ZoneInfo, at: datetime
) -> NextWord | None:
    """Tell the partner what is due of the way to Public (`review.next_word`); what was told, or None.

    Nothing while its graduation is open, while a fall was seen only once, and when no audit has looked of late.
    """
    integration = session.get_one(Integration, integration_id)
    lock(session, integration)
    if not _may_be_told(session, integration, at):
        return None
    lacks = lacking(session, integration, rulebook=rulebook, at=at)
    known = _known(session, integration, lacks, rulebook, today, zone)
    due = next_word(known)
    if due is NextWord.MISSING:
        record(
            session,
            EventName.GRADUATION_MISSING,
            at=at,
            integration=integration,
            items=[_told(session, integration, one) for one in lacks],
            digest=known.lacks,
            is_last=tells_unchanged(known) + 1 >= TOLD_UNCHANGED,
        )
    elif due is NextWord.BUTTON:
        (button,) = [one for one in lacks if one.item in _buttons(rulebook)]
        record(
            session,
            EventName.OAUTH_REQUESTED,
            at=at,
            integration=integration,
            marketplace=rulebook.programme.marketplace,
            handbook=rulebook.programme.handbook,
            **_told(session, integration, button),
        )
    return due


def _may_be_told(session: Session, integration: Integration, at: datetime) -> bool:
    audited = integration.last_audited_at
    if integration.stage is not IntegrationStage.PUBLIC_BETA or audited is None:
        return False
    if audited < max(integration.stage_since, at - AUDIT_HOLDS_FOR):
        return False
    if under_way(session, integration.id, GateName.PUBLIC) is not None:
        return False
    suspected = select(AuditEntry.integration_id).where(
        AuditEntry.integration_id == integration.id,
        AuditEntry.done_at == audited,
        AuditEntry.grade == AuditGrade.SUSPECTED,
    )
    return session.scalar(suspected) is None


def _known(
    session: Session,
    integration: Integration,
    lacks: Sequence[Obstacle],
    rulebook: Rulebook,
    today: date,
    zone: ZoneInfo,
) -> Known:
    told = session.scalars(
        select(Event)
        .where(Event.integration_id == integration.id, Event.name.in_(sorted(SAYS_WHAT_LACKS)))
        .order_by(Event.id)
    ).all()
    days = [(event, event.at.astimezone(zone).date()) for event in told]
    return Known(
        today=today,
        in_beta_since=integration.stage_since.astimezone(zone).date(),
        told_on=days[-1][1] if days else None,
        months=tuple(
            (day, event.data["digest"])
            for event, day in days
            if event.name == EventName.GRADUATION_MISSING.value and event.at >= integration.stage_since
        ),
        lacks=digest_of(lacks),
        lacks_button=any(one.item in _buttons(rulebook) for one in lacks),
        asked_for_button=any(event.name == EventName.OAUTH_REQUESTED.value for event in told),
    )


def _told(session: Session, integration: Integration, one: Obstacle) -> dict[str, Any]:
    return {
        "item": one.item,
        "title": one.title,
        "what": one.seen,
        "fix": one.fix,
        "since": lacking_since(session, integration, one.item).isoformat(),
    }


def _buttons(rulebook: Rulebook) -> frozenset[str]:
    return frozenset(item.id for item in rulebook.items_of(GateName.PUBLIC) if item.check == BUTTON_CHECK)
