"""What is kept for how long. What happened (events, decisions, revisions, clocks) is kept for ever; the bulk is not."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CursorResult, Delete, Text, cast, delete, exists, select
from sqlalchemy.orm import Session

from models.audit import AuditEntry, AuditRun
from models.delivery import Delivery
from models.draft import Draft, FirstDraft
from models.enums import OPEN_SUBMISSION, DeliveryStage
from models.host_turn import HostTurn
from models.integration import Integration
from models.passage import Passage, Visit
from models.picture import Picture
from models.result import ItemResult
from models.submission import Submission


@dataclass(frozen=True, slots=True)
class Retention:
    """Days for which each is kept after it stopped to count."""

    audits: int = 730
    """What audits found and has been superseded, and how each integration came out of each: two years of nights."""
    deliveries: int = 365
    """Messages that were sent, skipped or given up."""
    pictures: int = 30
    """Pictures that no result names any more."""
    drafts: int = 30
    """What somebody began to write for a submission that is closed."""
    first_drafts: int = 90
    """What somebody began to write and never sent, since they last saved it: an integration is built for months."""


KEEP: Final = Retention()
AT_ONCE: Final = 500

FINAL: Final = (DeliveryStage.SENT, DeliveryStage.SKIPPED, DeliveryStage.UNCERTAIN, DeliveryStage.DEAD)

Chosen = Callable[[Retention, datetime], Delete]


def _old_results(keep: Retention, at: datetime) -> Delete:
    return delete(ItemResult).where(
        ItemResult.audit_run_id.is_not(None), ItemResult.superseded_at < at - timedelta(days=keep.audits)
    )


def _old_entries(keep: Retention, at: datetime) -> Delete:
    """Not the last look at an integration, however long ago it was."""
    is_last = exists().where(
        Integration.id == AuditEntry.integration_id, Integration.last_audited_at == AuditEntry.done_at
    )
    return delete(AuditEntry).where(AuditEntry.done_at < at - timedelta(days=keep.audits), ~is_last)


def _empty_runs(keep: Retention, at: datetime) -> Delete:
    return delete(AuditRun).where(
        AuditRun.started_at < at - timedelta(days=keep.audits),
        ~exists().where(AuditEntry.audit_run_id == AuditRun.id),
        ~exists().where(ItemResult.audit_run_id == AuditRun.id),
    )


def _settled_deliveries(keep: Retention, at: datetime) -> Delete:
    return delete(Delivery).where(Delivery.stage.in_(FINAL), Delivery.settled_at < at - timedelta(days=keep.deliveries))


def _closed_drafts(keep: Retention, at: datetime) -> Delete:
    is_closed = exists().where(Submission.id == Draft.submission_id, Submission.stage.not_in(OPEN_SUBMISSION))
    return delete(Draft).where(Draft.saved_at < at - timedelta(days=keep.drafts), is_closed)


def _never_sent(keep: Retention, at: datetime) -> Delete:
    return delete(FirstDraft).where(FirstDraft.saved_at < at - timedelta(days=keep.first_drafts))


def _hosts_asked(keep: Retention, at: datetime) -> Delete:
    del keep  # a host that nobody has asked for an hour is nobody's
    return delete(HostTurn).where(HostTurn.until < at - timedelta(hours=1))


def _passed(keep: Retention, at: datetime) -> Delete:
    del keep
    return delete(Passage).where(Passage.until < at)


def _looked(keep: Retention, at: datetime) -> Delete:
    del keep
    return delete(Visit).where(Visit.seen_at < at - timedelta(hours=1))


PRUNED: Final[Mapping[str, Chosen]] = {
    "superseded results of audits": _old_results,
    "integrations in old audits": _old_entries,
    "old audits": _empty_runs,
    "settled deliveries": _settled_deliveries,
    "drafts of closed submissions": _closed_drafts,
    "drafts that were never sent": _never_sent,
    "hosts asked lately": _hosts_asked,
    "passages through bounded doors": _passed,
    "visits of submissions": _looked,
}
"""In this order: what is gone before decides what is empty after it."""

PICTURES: Final = "pictures that nothing names"


def prune(session: Session, *, at: datetime, keep: Retention = KEEP) -> dict[str, int]:
    """Take out what has been kept long enough; how many rows of each. Safe to repeat."""
    gone = {}
    for name, chosen in PRUNED.items():
        done: CursorResult[Any] = session.execute(  # type: ignore[assignment] # a delete counts its rows
            chosen(keep, at), execution_options={"synchronize_session": False}
        )
        gone[name] = done.rowcount
    gone[PICTURES] = _prune_pictures(session, at - timedelta(days=keep.pictures))
    return gone


def _prune_pictures(session: Session, before: datetime) -> int:
    """Results name their pictures inside their evidence, so that the names are read once and compared."""
    old = set(session.scalars(select(Picture.digest).where(Picture.taken_at < before)))
    if not old:
        return 0
    shows = cast(ItemResult.evidence, Text).contains('"picture"')
    for evidence in session.scalars(select(ItemResult.evidence).where(shows).execution_options(yield_per=AT_ONCE)):
        old -= {entry["picture"] for entry in evidence if "picture" in entry}
    for few in batched(sorted(old), AT_ONCE):
        session.execute(delete(Picture).where(Picture.digest.in_(few)))
    return len(old)


def batched(digests: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(digests), size):
        yield digests[start : start + size]
