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
from review.clock import Rung
from review.versions import Pinned, Written


def in_force(session: Session, rulebook: Rulebook, *, at: datetime) -> PolicyVersion:
    """The policy for submissions under this rulebook: as people left it, at first as the rulebook writes it."""
    return _found(versions.in_force(session, PolicyVersion, rulebook.version, [_written(rulebook)], at=at))


def to_change(session: Session, rulebook: Rulebook, *, at: datetime) -> PolicyVersion:
    """The version that the next one follows, held (`versions.to_change`)."""
    return _found(versions.to_change(session, PolicyVersion, rulebook.version, [_written(rulebook)], at=at))


def as_it_stands(session: Session, rulebook: Rulebook) -> PolicyVersion:
    """The policy in force for submissions under this rulebook, only read (`versions.as_it_stands`)."""
    return _found(versions.as_it_stands(session, PolicyVersion, rulebook.version, [_written(rulebook)]))


def policy_of(version: PolicyVersion) -> SlaPolicy:
    """What a version says; equal documents share one value."""
    return _policy(Pinned(version.digest, version.document))


def promise(version: PolicyVersion, submission: Submission, name: TargetName) -> Target:
    """The promise that a policy makes to a submission: of its gate, its kind and its partner's tier."""
    tier = submission.integration.partner.tier
    return policy_of(version).target(name, submission.gate, submission.kind, tier)


def rungs(policy: SlaPolicy, ladder: str, business_day_seconds: int) -> tuple[Rung, ...]:
    """A ladder as the rules of clocks want it, lowest step first."""
    return tuple(
        Rung(
            step.rung,
            step.level,
            step.fraction if step.fraction is not None else 1.0,
            round((step.after_breach_business_days or 0) * business_day_seconds),
        )
        for step in policy.ladders[ladder]
    )


def _found(version: PolicyVersion | None) -> PolicyVersion:
    assert version is not None, "a rulebook always writes a policy"
    return version


@lru_cache(maxsize=256)
def _policy(pinned: Pinned) -> SlaPolicy:
    return SlaPolicy.model_validate(pinned.document)


def _written(rulebook: Rulebook) -> Written:
    document = rulebook.sla.model_dump(mode="json")
    return Written(versions.digest_of(document), {"document": document})
