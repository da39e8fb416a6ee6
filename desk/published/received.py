"""What became of a submission that was sent, in JSON."""

from pydantic import with_config
from typing_extensions import TypedDict

from desk.published.values import Instant, at_or_none
from models.enums import GateName, SubmissionStage
from review.actions.submitting import Received
from review.worklist import Row


@with_config(extra="forbid")
class SubmissionReceived(TypedDict):
    """`new` is false when this very document was known already, and nothing changed."""

    submission: int
    integration: str
    gate: GateName
    stage: SubmissionStage
    revision: int
    new: bool
    due_at: Instant | None


def received_as_json(received: Received, row: Row) -> SubmissionReceived:
    """`row` is the submission's line in the queue."""
    return {
        "submission": row.submission_id,
        "integration": row.slug,
        "gate": row.gate,
        "stage": row.stage,
        "revision": row.revision,
        "new": received.is_new,
        "due_at": at_or_none(row.due_at),
    }
