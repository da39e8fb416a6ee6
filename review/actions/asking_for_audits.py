"""A person asks for an audit now. Workers find the run in our tables and share it; nobody waits for its end."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.audit import AuditEntry, AuditRun
from models.enums import LIVE
from models.integration import Integration
from models.people import Person
from review.actions.auditing import BY_THE_HOUR, begin_run, live_integrations
from review.actions.batching import JOINED_WITHIN
from review.actions.companies import IntegrationUnknown
from review.actions.refusing import refuse_programme
from review.guards import is_active

LONGEST_NAME = 48
"""Of the person, so that the place from which they asked fits behind it."""


class NotLive(IntegrationUnknown):
    """A slug that names nothing that is live."""

    def __init__(self, slug: str) -> None:
        LookupError.__init__(self, f"nothing live has the slug {slug!r}; the readiness report lists what is")


class AuditUnderWay(Exception):
    """What was asked for is being looked at already; `run_id` says where to see it."""

    def __init__(self, run: AuditRun, left: int) -> None:
        self.run_id = run.id
        super().__init__(
            f"audit {run.id}, which {run.asked_by} asked for, still has {left} of these integrations to look at; "
            "wait for its end"
        )


class NothingLive(Exception):
    """There is nothing to look at."""

    def __init__(self) -> None:
        super().__init__("nothing is live, so there is nothing to look at")


def ask_for_audit(
    session: Session, slugs: Collection[str] | None, *, by: Person, via: str, rulebook: Rulebook, at: datetime
) -> AuditRun:
    """A run over everything live, or over those named; its entries are still to do, and any worker takes them.

    `via` says from where they asked. MoveRefused for who may not; NotLive for a slug of nothing live; NothingLive;
    AuditUnderWay while a run that was asked for has some of these still to look at: they would only be asked twice.
    """
    subject = "everything live" if slugs is None else ", ".join(sorted(slugs))
    refuse_programme(subject, "audit", by=by, at=at, guards=(is_active,))
    wanted = live_integrations(session) if slugs is None else _live(session, slugs)
    if not wanted:
        raise NothingLive
    _refuse_twice(session, None if slugs is None else wanted, at)
    asked_by = f"{by.name[:LONGEST_NAME].strip()}, {via}"
    return begin_run(session, wanted, rulebook=rulebook, asked_by=asked_by, at=at)


def _live(session: Session, slugs: Collection[str]) -> list[int]:
    rows = session.execute(
        select(Integration.slug, Integration.id).where(
            Integration.slug.in_(slugs), Integration.stage.in_(LIVE), Integration.listing.is_not(None)
        )
    )
    found = dict(rows.tuples().all())
    if strange := sorted(set(slugs) - found.keys()):
        raise NotLive(strange[0])
    return sorted(found.values())


def _refuse_twice(session: Session, wanted: Sequence[int] | None, at: datetime) -> None:
    """The run of the day does not count: it has something left at any time, each in its hour. Nor does one so old that
    no worker takes of it any more.
    """
    left = (
        select(AuditRun, func.count())
        .join(AuditEntry, AuditEntry.audit_run_id == AuditRun.id)
        .join(AuditEntry.integration)
        .where(
            AuditRun.finished_at.is_(None),
            AuditRun.started_at > at - JOINED_WITHIN,
            AuditRun.asked_by != BY_THE_HOUR,
            AuditEntry.done_at.is_(None),
            Integration.stage.in_(LIVE),
            *(() if wanted is None else (AuditEntry.integration_id.in_(wanted),)),
        )
        .group_by(AuditRun.id)
        .order_by(AuditRun.id)
        .limit(1)
    )
    if (found := session.execute(left).tuples().first()) is not None:
        raise AuditUnderWay(*found)
