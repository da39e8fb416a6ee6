"""A person's word on an item: attest that it holds or does not, or waive it for a while."""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from checklist.rulebook import Item, Rulebook
from models.enums import EventName, FindingStage, ItemMode, Outcome, ResultSource
from models.integration import Integration
from models.people import Person
from models.result import ItemResult, Waiver
from models.submission import Submission
from review.actions.assigning import renew
from review.actions.checking import open_findings
from review.actions.falling import close_waived
from review.actions.record import record, touch
from review.actions.refusing import lock, refuse
from review.lifecycle import MoveName, MoveRefused
from review.results import current_results, dossier_of

WORDS = frozenset({Outcome.PASSED, Outcome.WARNED, Outcome.FAILED, Outcome.NOT_APPLICABLE})
"""What a person can say of an item; "unknown" is what they are asked to end."""

LONGEST_WAIVER = timedelta(days=366)
"""A waiver is for a while: what shall never hold is a change of the rulebook."""

REPLACED = "replaced by a newer waiver"
RAN_OUT = "its last day has passed"


class ItemUnknown(LookupError):
    """An item that the submission's gate does not ask."""

    def __init__(self, item: str, submission: Submission, asked: list[str]) -> None:
        super().__init__(
            f"{item!r} is no item of submission {submission.id} "
            f"({submission.gate.value}, rulebook {submission.rulebook}); it has {', '.join(asked)}"
        )


def attest(
    session: Session,
    submission: Submission,
    item_id: str,
    outcome: Outcome,
    *,
    by: Person,
    at: datetime,
    reason: str,
    seen_version: int | None = None,
) -> None:
    """Say of an item that it holds or does not. Runs out when the rulebook says so.

    What a check found failed stays failed whatever a person says: that takes a waiver, which is seen and ends.
    """
    refuse(session, submission, MoveName.ATTEST, by=by, at=at, reason=reason, seen_version=seen_version)
    item = item_of(submission, item_id)
    current = [row for row in current_results(session, submission) if row.item == item_id]
    checked = next((row for row in current if row.source is ResultSource.CHECK), None)
    if outcome not in WORDS:
        words = ", ".join(sorted(WORDS))
        raise _refused(MoveName.ATTEST, submission, f"{outcome.value} decides nothing; say one of {words}")
    if item.mode is ItemMode.AUTOMATIC and checked is not None and checked.outcome is Outcome.FAILED:
        reason = f"the check of {item_id} failed; have it fixed, or waive it until a date"
        raise _refused(MoveName.ATTEST, submission, reason)
    for row in current:
        if row.source is ResultSource.PERSON:
            row.superseded_at = at
    session.flush()
    session.add(
        ItemResult(
            integration_id=submission.integration_id,
            submission_id=submission.id,
            item=item_id,
            revision=submission.revision,
            source=ResultSource.PERSON,
            outcome=outcome,
            summary=reason,
            judged_at=at,
            judged_by_id=by.id,
            expires_at=at + timedelta(days=item.attestation_days) if item.attestation_days else None,
        )
    )
    if outcome is not Outcome.FAILED:
        for finding in open_findings(session, submission):
            if finding.item == item_id and finding.opened_by_id is not None:
                finding.stage, finding.closed_at, finding.closed_by_id = FindingStage.FIXED, at, by.id
    renew(session, submission, by=by, at=at)
    touch(submission)
    record(
        session,
        EventName.ITEM_ATTESTED,
        at=at,
        by=by,
        submission=submission,
        item=item_id,
        outcome=outcome.value,
        reason=reason,
    )


def waive(
    session: Session,
    submission: Submission,
    item_id: str,
    *,
    by: Person,
    at: datetime,
    reason: str,
    until: date,
    seen_version: int | None = None,
) -> Waiver:
    """Let an item not hold up to and including a day. Never by the submitter; shown at every decision."""
    refuse(session, submission, MoveName.WAIVE, by=by, at=at, reason=reason, seen_version=seen_version)
    item_of(submission, item_id)
    if said := last_day_refused(until, at.date()):
        raise _refused(MoveName.WAIVE, submission, said)
    waiver = grant(session, submission.integration_id, submission.id, item_id, by=by, at=at, reason=reason, until=until)
    for finding in open_findings(session, submission):
        if finding.item == item_id:
            finding.stage, finding.closed_at, finding.closed_by_id = FindingStage.WAIVED, at, by.id
    renew(session, submission, by=by, at=at)
    touch(submission)
    record(
        session,
        EventName.WAIVER_GRANTED,
        at=at,
        by=by,
        submission=submission,
        item=item_id,
        reason=reason,
        until=until.isoformat(),
        renewals=waiver.renewals,
    )
    return waiver


def last_day_refused(until: date, today: date) -> str:
    """Why a waiver can't last until that day; empty when it can."""
    latest = today + LONGEST_WAIVER
    in_range = today <= until <= latest
    return "" if in_range else f"until {until} is out of range; choose a day from {today} to {latest}"


def grant(
    session: Session,
    integration_id: int,
    submission_id: int | None,
    item_id: str,
    *,
    by: Person,
    at: datetime,
    reason: str,
    until: date,
) -> Waiver:
    """The row, in place of one that counts; it renews that one, or one that ran out. What fell of the item is off
    the list.
    """
    for old in active_for_update(session, integration_id, item_id):
        old.ended_at = at
        old.ended_because = REPLACED
    session.flush()
    before = _renewed(session, integration_id, item_id)
    waiver = Waiver(
        integration_id=integration_id,
        submission_id=submission_id,
        item=item_id,
        reason=reason,
        granted_by_id=by.id,
        granted_at=at,
        until=until,
        renews_id=before.id if before is not None else None,
        renewals=before.renewals + 1 if before is not None else 0,
    )
    session.add(waiver)
    session.flush()
    close_waived(session, integration_id, item_id, at=at)
    return waiver


def _renewed(session: Session, integration_id: int, item_id: str) -> Waiver | None:
    """The item's last waiver, unless it did its work or was ended by hand: what follows is then a new one."""
    last = session.scalar(
        select(Waiver)
        .where(Waiver.integration_id == integration_id, Waiver.item == item_id)
        .order_by(Waiver.id.desc())
        .limit(1)
    )
    return last if last is not None and last.ended_because in {REPLACED, RAN_OUT} else None


def end_expired_waivers(session: Session, *, at: datetime) -> int:
    """Close the waivers whose last day has passed; each is an event, because the item counts again."""
    # In one order, so that two sweeps never wait for each other.
    expired = list(session.scalars(select(Waiver).where(has_expired(at)).order_by(Waiver.id)))
    return sum(end_waiver(session, waiver, at=at, because=RAN_OUT) for waiver in expired)


def has_expired(at: datetime) -> ColumnElement[bool]:
    """Waivers that still count as given although their last day has passed."""
    return Waiver.ended_at.is_(None) & (Waiver.until < at.date())


def end_waiver(session: Session, waiver: Waiver, *, at: datetime, because: str, by: Person | None = None) -> bool:
    """End it, and let it be known. False when somebody else has."""
    lock(session, waiver)
    if waiver.ended_at is not None:
        return False
    waiver.ended_at = at
    waiver.ended_because = because
    record(
        session,
        EventName.WAIVER_ENDED,
        at=at,
        by=by,
        integration=session.get_one(Integration, waiver.integration_id),
        submission=session.get(Submission, waiver.submission_id) if waiver.submission_id else None,
        item=waiver.item,
        because=because,
    )
    return True


def item_of(submission: Submission, item_id: str) -> Item:
    """The item, if the submission's gate asks it; ItemUnknown with those it asks."""
    asked = {
        item.id: item
        for item in Rulebook.load(submission.rulebook).items_of(
            submission.gate, dossier_of(submission).kinds, submission.kind
        )
    }
    if item_id not in asked:
        raise ItemUnknown(item_id, submission, sorted(asked))
    return asked[item_id]


def active_for_update(session: Session, integration_id: int, item_id: str) -> list[Waiver]:
    """The waiver of an item that counts, if there is one, locked."""
    return list(
        session.scalars(
            select(Waiver)
            .where(Waiver.integration_id == integration_id, Waiver.item == item_id, Waiver.ended_at.is_(None))
            .with_for_update(key_share=True)
        )
    )


def _refused(move: MoveName, submission: Submission, reason: str) -> MoveRefused:
    return MoveRefused(move, f"submission {submission.id}", [reason])
