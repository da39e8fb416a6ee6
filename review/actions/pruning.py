"""Taking out what was kept for a while (review.retention). Nothing here touches events, decisions, or what a decision
rested on; what goes is counted by name, and a dry run counts the same rows.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, cast, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from models.audit import AuditEntry, AuditRun
from models.base import Base
from models.decision import Decision
from models.delivery import Delivery
from models.draft import Draft
from models.enums import DeliveryStage
from models.host_turn import HostTurn
from models.kept_answer import KeptAnswer
from models.picture import Picture
from models.result import ItemResult
from models.sign_in import SignIn, SignInLink
from models.submission import Submission
from review.actions.keeping import KEPT_FOR
from review.actions.signing_in import old_sign_ins
from review.retention import Retention

AT_ONCE: Final = 500
"""Rows of one transaction: nobody waits for a sweep of years."""

HOSTS_KEPT: Final = timedelta(hours=1)
GONE_OUT: Final = (DeliveryStage.SENT, DeliveryStage.UNCERTAIN, DeliveryStage.SKIPPED)
"""Not what was given up: that may still be sent by hand, whatever its age."""

WORDLESS: Final[Mapping[str, object]] = {"text": "", "html": "", "card": []}
"""What is left of a message's words."""


@dataclass(frozen=True, slots=True)
class Prunable:
    """One kind of what goes: whose rows, which of them, and how they go."""

    name: str
    table: type[Base]
    keys: Sequence[InstrumentedAttribute[Any]]
    where: Callable[[Retention, datetime], ColumnElement[bool]]
    emptied: Callable[[Session, Sequence[Any]], None] | None = None
    """Empties rows of these keys that stay; None: the rows go."""
    spared: Callable[[Session], AbstractSet[Any]] | None = None
    """First keys that `where` names and that stay all the same."""

    def count(self, session: Session, kept: Retention, at: datetime) -> int:
        if self.spared is not None:
            return len(self.due(session, kept, at))
        return session.scalar(select(func.count()).select_from(self.table).where(self.where(kept, at))) or 0

    def due(self, session: Session, kept: Retention, at: datetime) -> Sequence[Any]:
        """Keys of what is past its time: the next few, or all where some are spared."""
        chosen = select(*self.keys).where(self.where(kept, at))
        if self.spared is None:
            return session.execute(chosen.limit(AT_ONCE)).all()
        past = session.execute(chosen).all()
        spared = self.spared(session) if past else frozenset()
        return [key for key in past if key[0] not in spared]

    def take(self, session: Session, kept: Retention, at: datetime, keys: Sequence[Any]) -> int:
        """Take these out, as far as it is still their time, and say how many there were."""
        chosen = tuple_(*self.keys).in_([tuple(key) for key in keys])
        if self.emptied is not None:
            self.emptied(session, [key[0] for key in keys])
            return len(keys)
        gone = delete(self.table).where(chosen, self.where(kept, at)).returning(*self.keys)
        return len(session.execute(gone.execution_options(synchronize_session=False)).all())


def _evidence(kept: Retention, at: datetime) -> ColumnElement[bool]:
    rested_on = exists().where(
        Decision.submission_id == ItemResult.submission_id,
        Decision.decided_at >= ItemResult.judged_at,
        Decision.decided_at <= ItemResult.superseded_at,
    )
    return and_(
        ItemResult.superseded_at < kept.before("evidence", at), cast(ItemResult.evidence, String) != "[]", ~rested_on
    )


def _without_evidence(session: Session, ids: Sequence[int]) -> None:
    session.execute(
        update(ItemResult)
        .where(ItemResult.id.in_(ids))
        .values(evidence=[])
        .execution_options(synchronize_session=False)
    )


def _pictures(kept: Retention, at: datetime) -> ColumnElement[bool]:
    # A result that names it again renews its date, so a picture that is needed again meanwhile is not taken out.
    return Picture.taken_at < kept.before("evidence", at)


def _named(session: Session) -> frozenset[str]:
    """Digests of all pictures that some result's evidence names."""
    named = select(ItemResult.evidence).where(cast(ItemResult.evidence, String).like('%"picture"%'))
    return frozenset(
        entry["picture"]
        for evidence in session.scalars(named.execution_options(yield_per=AT_ONCE))
        for entry in evidence
        if isinstance(entry.get("picture"), str)
    )


def _messages(kept: Retention, at: datetime) -> ColumnElement[bool]:
    return and_(
        Delivery.stage.in_(GONE_OUT),
        Delivery.settled_at < kept.before("messages", at),
        func.coalesce(Delivery.message["text"].as_string(), "") != "",
    )


def _without_words(session: Session, ids: Sequence[int]) -> None:
    for delivery in session.scalars(select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.id)):
        delivery.message = {**delivery.message, **WORDLESS}


def _audits(kept: Retention, at: datetime) -> ColumnElement[bool]:
    newer = aliased(AuditEntry)
    before = kept.before("audits", at)
    has_newer = exists().where(newer.integration_id == AuditEntry.integration_id, newer.done_at > AuditEntry.done_at)
    old_runs = select(AuditRun.id).where(AuditRun.started_at < before)
    never_done = and_(AuditEntry.done_at.is_(None), AuditEntry.audit_run_id.in_(old_runs))
    return or_(and_(AuditEntry.done_at < before, has_newer), never_done)


def _drafts(kept: Retention, at: datetime) -> ColumnElement[bool]:
    return Draft.submission_id.in_(select(Submission.id).where(Submission.closed_at < kept.before("drafts", at)))


PRUNABLE: Final = (
    Prunable("evidence of replaced results", ItemResult, (ItemResult.id,), _evidence, _without_evidence),
    Prunable("pictures", Picture, (Picture.digest,), _pictures, spared=_named),
    Prunable("texts of messages", Delivery, (Delivery.id,), _messages, _without_words),
    Prunable("looks of audits", AuditEntry, (AuditEntry.audit_run_id, AuditEntry.integration_id), _audits),
    Prunable("drafts of closed submissions", Draft, (Draft.person_id, Draft.submission_id), _drafts),
    Prunable("kept answers", KeptAnswer, (KeptAnswer.id,), lambda _, at: KeptAnswer.kept_at <= at - KEPT_FOR),
    Prunable("sign-in links", SignInLink, (SignInLink.id,), lambda _, at: old_sign_ins(at)[0]),
    Prunable("sign-ins", SignIn, (SignIn.id,), lambda _, at: old_sign_ins(at)[1]),
    Prunable("hosts asked lately", HostTurn, (HostTurn.host,), lambda _, at: HostTurn.until < at - HOSTS_KEPT),
)
"""Pictures come after the evidence that names them."""
