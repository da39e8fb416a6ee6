"""What the guards look at, from what a page has read already: the same facts as `review.facts`, without its queries."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from checklist.rulebook import Gate
from checklist.verdict import Verdict
from desk.viewing.submission_rows import DecisionRow
from models.clock import Clock
from models.decision import Assignment
from models.enums import DecisionKind
from models.event import Event
from models.submission import Submission
from review.facts import DECIDED_IN, in_words
from review.guards import Actor, Facts, Holder, Undoable
from review.lifecycle import LAUNCHES_FROM

SOME_REASON = "said in the form"
"""Stands for the words that the form asks for: whether they lack is told when it is sent."""


def facts_of(
    submission: Submission,
    actor: Actor,
    *,
    at: datetime,
    gate: Gate,
    said: Verdict,
    holder: Assignment | None,
    clocks: Iterable[Clock],
    submitters: Collection[int],
    decisions: Sequence[DecisionRow],
    newest: Event | None,
    undoable: Undoable | None,
    open_elsewhere: int | None,
) -> Facts:
    """`decisions` are of all revisions; `open_elsewhere` matters to undoing alone."""
    is_decided_in = submission.stage in DECIDED_IN
    running = [clock for clock in clocks if clock.stopped_at is None]
    return Facts(
        at=at,
        actor=actor,
        partner_id=submission.integration.partner_id,
        submitters=frozenset(submitters),
        revision=submission.revision,
        checked_revision=submission.checked_revision,
        reason=SOME_REASON,
        version=submission.version,
        seen_version=submission.version,
        changed_last=in_words(newest) if newest is not None and not is_decided_in else "",
        says=said.says if is_decided_in else None,
        failed=said.failed if is_decided_in else (),
        open_items=said.unknown if is_decided_in else (),
        open_items_need_attesting=gate.open_items == "attested",
        approved_by=_approvers(submission, decisions) if gate.second_approval else frozenset(),
        holder=None
        if holder is None
        else Holder(
            id=holder.person_id,
            name=holder.person.name,
            until=holder.leased_until,
            by_engine=holder.assigned_by_id is None,
        ),
        waiting_on_partner=any(pause.to_at is None for clock in running for pause in clock.pauses),
        gate_is_open_elsewhere=open_elsewhere,
        integration_stage=submission.integration.stage.value,
        undoable=undoable,
        launches_from=tuple(stage.value for stage in LAUNCHES_FROM[submission.kind]),
    )


def _approvers(submission: Submission, decisions: Iterable[DecisionRow]) -> frozenset[int]:
    return frozenset(
        row.made.decided_by_id
        for row in decisions
        if row.made.decided_by_id is not None
        and row.made.revision == submission.revision
        and row.made.decision is DecisionKind.APPROVE
        and (row.undo is None or row.undo.undone_at is None)
    )
