"""What is known of a submission's items: the rows as values, and the verdict they add up to."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.outcome import CheckResult, Evidence, Picture
from checklist.rulebook import Rulebook
from checklist.verdict import Verdict, verdict
from checklist.verdict import Waiver as WaiverValue
from models.enums import ComponentKind, GateName, GateSays, ResultSource
from models.integration import Integration
from models.result import ItemResult, Waiver
from models.submission import Submission
from review.grandfathering import PASSED_GATES, asked_of


def dossier_of(submission: Submission) -> Dossier:
    """The current revision as a value, without its secrets."""
    return Dossier.parse(submission.document, f"submission {submission.id}")


def current_results(session: Session, submission: Submission) -> list[ItemResult]:
    """The latest result of each item and source."""
    return list(
        session.scalars(
            select(ItemResult).where(ItemResult.submission_id == submission.id, ItemResult.superseded_at.is_(None))
        )
    )


def current_audit_results(
    session: Session, integration_id: int, *, only: Collection[str] | None = None
) -> list[ItemResult]:
    """The latest result of each item that an audit judged; with `only`, of those items alone."""
    return list(
        session.scalars(
            select(ItemResult).where(
                ItemResult.integration_id == integration_id,
                ItemResult.audit_run_id.is_not(None),
                ItemResult.superseded_at.is_(None),
                *(() if only is None else (ItemResult.item.in_(sorted(only)),)),
            )
        )
    )


def active_waivers(session: Session, integration_id: int) -> list[Waiver]:
    return list(
        session.scalars(select(Waiver).where(Waiver.integration_id == integration_id, Waiver.ended_at.is_(None)))
    )


def as_value(row: ItemResult) -> CheckResult:
    return CheckResult(
        item=row.item,
        outcome=row.outcome,
        summary=row.summary,
        expected=row.expected,
        fix=row.fix,
        evidence=tuple(_evidence(entry) for entry in row.evidence),
        facts=row.facts,
    )


def words_of_people(rows: Iterable[ItemResult], at: datetime) -> list[CheckResult]:
    """Attestations that still hold: a person's word may run out."""
    return [
        as_value(row)
        for row in rows
        if row.source is ResultSource.PERSON and (row.expires_at is None or row.expires_at > at)
    ]


def waiver_values(rows: Iterable[Waiver]) -> list[WaiverValue]:
    return [WaiverValue(item=row.item, until=row.until, reason=row.reason) for row in rows]


def standing(session: Session, submission: Submission, *, at: datetime) -> Verdict:
    """What the gate says of a submission at an instant, under the submission's own rulebook."""
    waivers = active_waivers(session, submission.integration_id)
    return standing_by(submission, current_results(session, submission), waivers, at=at)


def standing_by(
    submission: Submission, rows: Collection[ItemResult], waivers: Iterable[Waiver], *, at: datetime
) -> Verdict:
    """The same for who has read its current results and its integration's active waivers already."""
    return verdict(
        Rulebook.load(submission.rulebook),
        submission.gate,
        dossier_of(submission).kinds,
        [as_value(row) for row in rows if row.source is ResultSource.CHECK],
        waiver_values(waivers),
        words_of_people(rows, at),
        on=at.date(),
        submission=submission.kind,
    )


def live_standing(
    session: Session,
    integration: Integration,
    gate: GateName,
    results: Iterable[CheckResult],
    *,
    rulebook: Rulebook,
    waivers: Iterable[Waiver] | None = None,
    at: datetime,
) -> Verdict:
    """What a gate says of a live integration, given what was found of it; see `watched_verdict`.

    `waivers` are its active ones, for who has read them already.
    """
    kinds = frozenset(component.kind for component in integration.components)
    granted = waiver_values(active_waivers(session, integration.id) if waivers is None else waivers)
    passed = gate in PASSED_GATES.get(integration.stage, ())
    # The gate ahead is asked as it is in force: nothing of it was passed under anything older.
    asked = asked_of(session, integration, rulebook, on=at.date()) if passed else rulebook
    return watched_verdict(asked, gate, kinds, results, granted, on=at.date())


def watched_verdict(
    rulebook: Rulebook,
    gate: GateName,
    kinds: Collection[ComponentKind],
    results: Iterable[CheckResult],
    waivers: Iterable[WaiverValue],
    *,
    on: date,
) -> Verdict:
    """A gate's verdict in which only items count that audits look at again.

    What was settled by a person's approval and is never looked at again can neither fall nor be open.
    """
    said = verdict(rulebook, gate, kinds, results, waivers, on=on)
    watched = {item.id for item in rulebook.items if item.live}
    failed = tuple(item for item in said.failed if item in watched)
    unknown = tuple(item for item in said.unknown if item in watched)
    says = GateSays.FAILS if failed else GateSays.OPEN if unknown else GateSays.HOLDS
    reasons = tuple(reason for reason in said.reasons if reason.partition(" ")[0] in watched)
    return replace(said, says=says, reasons=reasons, failed=failed, unknown=unknown)


def ready_for_public(launch: Verdict, public: Verdict) -> bool | None:
    """Whether a graduation may be proposed: what Public asks holds, and nothing has fallen since the launch."""
    if launch.says is GateSays.FAILS:
        return False
    return {GateSays.HOLDS: True, GateSays.FAILS: False, GateSays.OPEN: None}[public.says]


def launch_standing(session: Session, integration: Integration, *, rulebook: Rulebook, at: datetime) -> Verdict | None:
    """How the gate to Public Beta stands by the latest audit; None when none has looked yet."""
    if integration.last_audited_at is None:
        return None
    found = [as_value(row) for row in current_audit_results(session, integration.id)]
    return live_standing(session, integration, GateName.PUBLIC_BETA, found, rulebook=rulebook, at=at)


def verdict_as_json(said: Verdict) -> dict[str, object]:
    return {
        "says": said.says.value,
        "failed": list(said.failed),
        "open": list(said.unknown),
        "waived": list(said.waived),
        "warned": list(said.warned),
        "shadow": list(said.shadow),
    }


def _evidence(entry: dict[str, object]) -> Evidence:
    at, picture = entry.get("at"), entry.get("picture")
    values = {name: entry.get(name) for name in ("url", "status", "digest")}
    return Evidence(
        kind=str(entry["kind"]),
        seen=str(entry["seen"]),
        at=datetime.fromisoformat(at) if isinstance(at, str) else None,
        picture=Picture(picture) if isinstance(picture, str) else None,
        **values,  # type: ignore[arg-type] # JSON written by Evidence.as_json
    )
