"""Builders: rows and values with everything filled in, of which a test names only what it is about.

All instants are told from NOW, a Monday at ten in the team's calendar (v1: Monday to Friday, nine to five in
Los Angeles, which is 17:00 to 01:00 UTC).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from models.audit import AuditEntry
from models.clock import Clock
from models.enums import (
    DecisionKind,
    EventName,
    FindingStage,
    GateName,
    ItemMode,
    Outcome,
    Role,
    SubmissionKind,
    TargetName,
)
from models.event import Event
from models.integration import Integration
from models.people import Partner, Person
from models.result import Finding, Waiver
from models.submission import Submission
from review.actions import attesting, auditing, checking, deciding, launching, submitting
from review.actions.auditing import Judged
from review.actions.companies import add_person
from review.vault import Vault

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
V1 = Rulebook.load("v1")
VAULT = Vault("a key for the tests alone")

SAID = Mapping[str, Outcome | CheckResult]


def after(*, minutes: float = 0, hours: float = 0, days: float = 0) -> datetime:
    """An instant told from NOW."""
    return NOW + timedelta(minutes=minutes, hours=hours, days=days)


def person(
    session: Session, name: str = "Rosa", *roles: Role, partner: Partner | None = None, active: bool = True
) -> Person:
    """A reviewer, unless roles say otherwise; the same name twice is the same person."""
    found = add_person(
        session,
        name=name,
        email=f"{name.lower()}@example.test",
        roles=frozenset(roles or {Role.REVIEWER}),
        at=NOW,
        partner=partner,
    )
    found.active = active
    session.flush()
    return found


def contact(session: Session, submission: Submission) -> Person:
    """The partner's person who sent it."""
    return session.get_one(Person, submission.submitted_by_id)


def document(slug: str = "acme", kind: SubmissionKind = SubmissionKind.LAUNCH, **parts: Any) -> dict[str, Any]:
    """A submission as a partner writes it; parts replace those with the same name."""
    return {
        "external_id": f"{slug}-{kind.value}",
        "kind": kind.value,
        "partner": {
            "name": f"{slug.capitalize()} Inc",
            "website": f"https://{slug}.example",
            "contact_name": f"Contact of {slug}",
            "contact_email": f"contact@{slug}.example",
        },
        "integration": {"slug": slug, "name": slug.capitalize()},
        "components": [{"kind": "subscription", "endpoint": f"https://{slug}.example/hook", "methods": ["track"]}],
        **parts,
    }


def dossier(slug: str = "acme", kind: SubmissionKind = SubmissionKind.LAUNCH, **parts: Any) -> Dossier:
    return Dossier.parse(document(slug, kind, **parts))


def sent(
    session: Session,
    slug: str = "acme",
    kind: SubmissionKind = SubmissionKind.LAUNCH,
    *,
    at: datetime = NOW,
    by: Person | None = None,
    rulebook: Rulebook = V1,
    **parts: Any,
) -> Submission:
    """A submission that just came in."""
    return submitting.submit(
        session, dossier(slug, kind, **parts), by=by, at=at, rulebook=rulebook, vault=VAULT
    ).submission


def results(submission: Submission, said: SAID | None = None) -> list[CheckResult]:
    """What the checks say: everything passes that a machine can tell, unless `said` knows better."""
    rulebook = Rulebook.load(submission.rulebook)
    kinds = Dossier.parse(submission.document).kinds
    by_mode = {ItemMode.AUTOMATIC: Outcome.PASSED, ItemMode.ASSISTED: Outcome.UNKNOWN, ItemMode.MANUAL: Outcome.UNKNOWN}
    known = {item.id: by_mode[item.mode] for item in rulebook.items_of(submission.gate, kinds, submission.kind)}
    return [as_result(item, (said or {}).get(item, outcome)) for item, outcome in known.items()]


def as_result(item: str, said: Outcome | CheckResult) -> CheckResult:
    return said if isinstance(said, CheckResult) else CheckResult(item, said, f"{item} {said.value}", fix="mend it")


def checked(session: Session, submission: Submission, said: SAID | None = None, *, at: datetime = NOW) -> Submission:
    """What the engine does by itself: acknowledged, checked, brought to the reviewers."""
    submitting.acknowledge(session, submission, at=at)
    found = results(submission, said)
    checking.take_results(session, submission, found, revision=submission.revision, inputs={}, at=at)
    checking.open_review(session, submission, at=at)
    return submission


def in_review(
    session: Session,
    slug: str = "acme",
    kind: SubmissionKind = SubmissionKind.LAUNCH,
    *,
    said: SAID | None = None,
    at: datetime = NOW,
    rulebook: Rulebook = V1,
    **parts: Any,
) -> Submission:
    """A submission before the reviewers."""
    return checked(session, sent(session, slug, kind, at=at, rulebook=rulebook, **parts), said, at=at)


def decided(
    session: Session,
    submission: Submission,
    decision: DecisionKind = DecisionKind.APPROVE,
    *,
    by: Person | None = None,
    at: datetime = NOW,
    **more: Any,
) -> Submission:
    reason = more.pop("reason", "So it shall be.")
    deciding.decide(session, submission, decision, by=by or person(session), at=at, reason=reason, **more)
    return submission


def attest(
    session: Session,
    submission: Submission,
    item: str,
    outcome: Outcome = Outcome.PASSED,
    *,
    by: Person | None = None,
    at: datetime = NOW,
    reason: str = "Tried it.",
) -> None:
    attesting.attest(session, submission, item, outcome, by=by or person(session), at=at, reason=reason)


def waive(
    session: Session,
    submission: Submission,
    item: str,
    *,
    by: Person | None = None,
    at: datetime = NOW,
    days: int = 30,
    reason: str = "It is on its way.",
) -> Waiver:
    until = (at + timedelta(days=days)).date()
    return attesting.waive(session, submission, item, by=by or person(session), at=at, reason=reason, until=until)


def findings(session: Session, stage: FindingStage = FindingStage.OPEN) -> list[Finding]:
    """Oldest first."""
    return list(session.scalars(select(Finding).where(Finding.stage == stage).order_by(Finding.id)))


def sent_back(session: Session, slug: str = "acme", *, said: SAID | None = None, at: datetime = NOW) -> Submission:
    """A launch whose changes were requested: the partner's turn."""
    return decided(session, in_review(session, slug, said=said, at=at), DecisionKind.REQUEST_CHANGES, at=at)


def live(session: Session, slug: str = "acme", *, at: datetime = NOW) -> Integration:
    """An integration in Public Beta."""
    submission = decided(session, in_review(session, slug, at=at), at=at)
    launching.take_effect(session, submission, at=at)
    return submission.integration


def audited(session: Session, integration: Integration, said: SAID | None = None, *, at: datetime = NOW) -> AuditEntry:
    """One audit run over this integration; everything that is looked at again holds, unless `said` knows better."""
    run = auditing.begin_run(session, [integration.id], rulebook=V1, asked_by=auditing.SCHEDULE, at=at)
    entry = auditing.take_judged(session, run, Judged(integration.id, seen_live(said), {}), at=at)
    auditing.finish_run(session, run, at=at)
    assert entry is not None
    return entry


def seen_live(said: SAID | None = None) -> list[CheckResult]:
    gates = {GateName.PUBLIC_BETA, GateName.PUBLIC}
    watched = [item.id for item in V1.items if item.live and item.gate in gates]
    return [as_result(item, (said or {}).get(item, Outcome.PASSED)) for item in watched]


def clock_of(session: Session, submission: Submission, target: TargetName) -> Clock:
    """The latest clock of that name."""
    return session.scalars(
        select(Clock)
        .where(Clock.submission_id == submission.id, Clock.target == target)
        .order_by(Clock.id.desc())
        .limit(1)
    ).one()


def events(session: Session, *names: EventName) -> list[Event]:
    """What happened, oldest first; of these names, if any are given."""
    session.flush()
    every = session.scalars(select(Event).order_by(Event.id)).all()
    return [event for event in every if not names or event.name in names]


def rulebook_file(folder: Path, version: str, **replaced: str) -> None:
    """A rulebook like v1 that is never in force by itself, with each `key = …` of that name said otherwise."""
    text = (files("checklist") / "rulebooks" / "v1.toml").read_text("utf-8")
    for key, value in {"version": f'"{version}"', "valid_from": "2999-01-01", **replaced}.items():
        text, count = re.subn(rf"^{key} = .*$", f"{key} = {value}", text, flags=re.MULTILINE)
        assert count, f"v1 says nothing about {key}"
    (folder / f"{version}.toml").write_text(text, "utf-8")
