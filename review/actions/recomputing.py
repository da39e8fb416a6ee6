"""Running clocks computed anew under the versions they are pinned to, as after new time zone data."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.people import Person
from review.actions.applying import Deed, apply, hold_submissions
from review.actions.refusing import refuse_programme
from review.affected import RUNS, affected
from review.revision import Preview, as_pinned, differs, outcomes

RECOMPUTE = "recompute"


def preview_recompute(session: Session, *, at: datetime) -> Preview:
    """What `recompute` would do. Only reads."""
    return Preview.of(outcomes(affected(session, RUNS).clocks, as_pinned, at, before=as_pinned))


def refuse_recompute(*, by: Person, at: datetime, because: str) -> None:
    """Raise what `recompute` would raise: MoveRefused for who may not, and without a reason."""
    refuse_programme("running clocks", RECOMPUTE, by=by, at=at, reason=because)


def recompute(session: Session, *, by: Person, at: datetime, because: str) -> Preview:
    """Compute the running clocks anew. Those whose figures come out the same are left alone.

    Raises MoveRefused for who may not, and without a reason.
    """
    refuse_recompute(by=by, at=at, because=because)
    hold_submissions(session, RUNS)
    anew = outcomes(affected(session, RUNS).clocks, as_pinned, at, before=as_pinned)
    deed = Deed(by=by, at=at, because=because.strip(), source="a recomputation of running clocks")
    apply(
        session,
        [one for one in anew if differs(one)],
        deed,
        pins=lambda promised: (promised.calendar_id, promised.policy_id),
    )
    return Preview.of(anew)
