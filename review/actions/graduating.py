"""The engine's approval of a graduation, where the rulebook lets it: with its reason and its evidence, by nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.decision import Decision
from models.submission import Submission
from review.actions.deciding import approve_unasked as approve
from review.actions.refusing import lock, refuse
from review.autopilot import Known, knowns, streak, withheld
from review.lifecycle import MoveName, MoveRefused
from review.results import current_results


def approve_unasked(
    session: Session,
    submission: Submission,
    *,
    rulebook: Rulebook,
    at: datetime,
    undo_for: timedelta = timedelta(0),
) -> Decision | None:
    """Approve a graduation that held long enough; None when something speaks for a person. `rulebook` is the one in
    force: its policy decides.
    """
    lock(session, submission)
    known = knowns(session, [submission], rulebook=rulebook, at=at)[submission.id]
    if withheld(known):
        return None
    try:
        refuse(session, submission, MoveName.APPROVE_UNASKED, by=None, at=at)
    except MoveRefused:
        return None
    return approve(
        session,
        submission,
        at=at,
        reason=reason(known, rulebook),
        evidence=list(_evidence(session, submission, known)),
        undo_for=undo_for,
    )


def reason(known: Known, rulebook: Rulebook) -> str:
    """Why, as the partner reads it."""
    held = streak(known)
    items = "; ".join(item.title for item in known.asked)
    return (
        f"Everything that Public asks passed by check in the last {len(held)} audits in a row, from "
        f"{held[-1].at:%Y-%m-%d} to {held[0].at:%Y-%m-%d}, without any waiver: {items}. Rulebook {rulebook.version} "
        "lets such a graduation be approved without a person."
    )


def _evidence(session: Session, submission: Submission, known: Known) -> Iterator[dict[str, Any]]:
    said = {row.item: row.summary for row in current_results(session, submission)}
    for item in known.asked:
        yield {"item": item.id, "summary": said.get(item.id, "")}
