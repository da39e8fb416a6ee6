"""Asking for what the rulebook asks for by message: how the integration takes replays of past data."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from checklist.rulebook import Rulebook, versions
from models.enums import LIVE, OPEN_SUBMISSION, EventName, Outcome, SubmissionKind, SubmissionStage
from models.event import Event
from models.integration import Integration
from models.people import Person
from models.result import ItemResult, Waiver
from models.submission import Submission
from review.actions.record import record
from review.actions.refusing import lock

REPLAY_CHECK: Final = "replay.info"

LISTED_BY: Final = (SubmissionKind.LAUNCH, SubmissionKind.UPDATE)
"""Kinds of submissions whose document an integration is listed with."""

ASKED_IN: Final = (SubmissionStage.IN_REVIEW, SubmissionStage.CHANGES_REQUESTED)
"""Stages of a submission that is reviewed: what came in is checked, and nobody has decided."""


def ask_for_replays(session: Session, *, at: datetime, limit: int) -> int:
    """Ask, once per submission, for what is not told about replays: while it is reviewed, and of what is live.

    At most `limit` of them, oldest first; how many. Safe to run twice at once.
    """
    asked = 0
    for submission_id, _ in session.execute(_unasked().order_by(Submission.id).limit(limit)).all():
        submission = session.get_one(Submission, submission_id)
        lock(session, submission)
        # Whoever else asked it had the row until now.
        still = session.execute(_unasked().where(Submission.id == submission_id)).first()
        if still is None:
            continue
        result = session.get_one(ItemResult, still[1])
        record(
            session,
            EventName.REPLAY_REQUESTED,
            at=at,
            submission=submission,
            item=result.item,
            missing=list(result.facts.get("missing", ())),
            is_live=submission.applied_at is not None,
        )
        asked += 1
    return asked


def _items_of_check(name: str) -> Collection[str]:
    """Ids that any rulebook gives the check's item: the check is ours, its item is the rulebook's."""
    return sorted({item.id for version in versions() for item in Rulebook.load(version).items if item.check == name})


def _unasked() -> Select[tuple[int, int]]:
    """Submissions that are reviewed, or whose document is live, that fail it and were not asked: id and result."""
    later = aliased(Submission)
    return (
        select(Submission.id, ItemResult.id)
        .join(Submission.integration)
        .join(ItemResult, ItemResult.submission_id == Submission.id)
        .where(
            ItemResult.item.in_(_items_of_check(REPLAY_CHECK)),
            ItemResult.outcome == Outcome.FAILED,
            ItemResult.superseded_at.is_(None),
            or_(
                Submission.stage.in_(ASKED_IN),
                and_(Submission.applied_at.is_not(None), Integration.stage.in_(LIVE)),
            ),
            ~exists().where(Event.submission_id == Submission.id, Event.name == EventName.REPLAY_REQUESTED.value),
            # What comes after it speaks for the integration: there it is asked, or told.
            ~exists().where(
                later.integration_id == Submission.integration_id,
                later.id > Submission.id,
                later.kind.in_(LISTED_BY),
                or_(later.stage.in_(sorted(OPEN_SUBMISSION)), later.applied_at.is_not(None)),
            ),
            ~exists().where(
                Waiver.integration_id == Submission.integration_id,
                Waiver.item == ItemResult.item,
                Waiver.ended_at.is_(None),
            ),
            exists().where(Person.partner_id == Integration.partner_id, Person.active),
        )
    )
