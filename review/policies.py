"""SLA policies of the programme: the version in force for a rulebook's submissions, and what one says."""

from datetime import datetime
from functools import lru_cache

from sqlalchemy.orm import Session

from checklist.promises import SlaPolicy, Target
from checklist.rulebook import Rulebook
from models.clock import PolicyVersion
from models.enums import TargetName
from models.submission import Submission
from review import versions
from review.versions import Pinned


def in_force(session: Session, rulebook: Rulebook, *, at: datetime) -> PolicyVersion:
    """The policy for submissions under this rulebook: as people left it, at first as the rulebook writes it."""
    document = rulebook.sla.model_dump(mode="json")
    digest = versions.digest_of(document)
    return versions.in_force(
        session, PolicyVersion, rulebook.version, digest, document=document, created_at=at, because=""
    )


def policy_of(version: PolicyVersion) -> SlaPolicy:
    """What a version says; equal documents share one value."""
    return _policy(Pinned(version.digest, version.document))


def promise(version: PolicyVersion, submission: Submission, name: TargetName) -> Target:
    """The promise that a policy makes to a submission: of its gate, its kind and its partner's tier."""
    tier = submission.integration.partner.tier
    return policy_of(version).target(name, submission.gate, submission.kind, tier)


@lru_cache(maxsize=256)
def _policy(pinned: Pinned) -> SlaPolicy:
    return SlaPolicy.model_validate(pinned.document)
