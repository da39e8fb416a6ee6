"""Audits: which integrations a run looks at, what it found of each, and what follows from it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from checklist.recall import Basis, Seen
from checklist.rulebook import Rulebook
from models.audit import AuditEntry, AuditRun
from models.enums import (
    LIVE,
    AuditGrade,
    EventName,
    GateName,
    IntegrationStage,
    Outcome,
    ResultSource,
    SubmissionStage,
)
from models.integration import Integration
from models.result import ItemResult, Waiver
from models.submission import Submission
from review.actions.attesting import end_waiver
from review.actions.falling import close_mended, items_told, open_falls
from review.actions.picturing import keep_pictures
from review.actions.record import record, wake
from review.actions.refusing import lock
from review.audit_drift import differences, drift, marks_of
from review.facts import is_under_way
from review.falling import Look, seen_twice
from review.remembering import remember
from review.results import active_waivers, as_value, current_audit_results, live_standing, ready_for_public
from review.slots import due_from, interval_start

SCHEDULE = "schedule"
"""Who asked for a run that nobody asked for."""

BY_THE_HOUR = "schedule, by the hour"
"""Who asked for a run that lasts a whole interval: each integration when its turn comes."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What an audit found of one integration: results of the live items, by gate they belong to."""

    integration_id: int
    results: Sequence[CheckResult]
    digests: Mapping[str, str]
    """What each item's check read, by item, so that a later run can tell that nothing changed."""
    judged_by: str = ""
    """Digest of the rules and the release that judged; empty where nothing new is to be remembered."""
    bases: Mapping[str, Basis] = field(default_factory=dict)
    """What results rest on that the next look may reuse, by item."""
    pages: Mapping[str, Seen] = field(default_factory=dict)
    """How the pages it asked for were seen, by key."""
    reused: frozenset[str] = frozenset()
    """Items that were not judged again, because nothing they rest on had changed."""


def begin_run(
    session: Session,
    integration_ids: Iterable[int],
    *,
    rulebook: Rulebook,
    asked_by: str,
    at: datetime,
    due: Mapping[int, datetime] | None = None,
) -> AuditRun:
    """A run with an entry per integration, each still to do; at once, or when it is `due`."""
    turns = due or {}
    run = AuditRun(started_at=at, rulebook=rulebook.version, asked_by=asked_by)
    session.add(run)
    session.flush()
    session.add_all(
        AuditEntry(audit_run_id=run.id, integration_id=integration_id, due_at=turns.get(integration_id))
        for integration_id in integration_ids
    )
    return run


def live_integrations(session: Session) -> list[int]:
    """Everything that has launched, longest unaudited first."""
    return list(
        session.scalars(
            select(Integration.id)
            .where(Integration.stage.in_(LIVE), Integration.listing.is_not(None))
            .order_by(Integration.last_audited_at.is_not(None), Integration.last_audited_at, Integration.id)
        )
    )


def begin_interval(session: Session, hosts: Mapping[int, str], *, rulebook: Rulebook, at: datetime) -> AuditRun:
    """The run of the interval that `at` lies in, begun if it isn't yet; one that an earlier interval left is closed.

    `hosts` are the live integrations with the host each is looked at by. See review.slots for when its turn comes.
    """
    interval = timedelta(hours=rulebook.audit.interval_hours)
    began = interval_start(at, interval)
    newest = session.scalar(
        select(AuditRun).where(AuditRun.asked_by == BY_THE_HOUR).order_by(AuditRun.id.desc()).limit(1)
    )
    if newest is not None and newest.started_at >= began:
        return newest
    if newest is not None and newest.finished_at is None:
        finish_run(session, newest, at=at)  # what it did not get to comes first in the new one
    rows = session.execute(select(Integration.id, Integration.last_audited_at).where(Integration.stage.in_(LIVE)))
    looked_at = dict(rows.tuples().all())
    due = {number: due_from(host, began, interval, looked_at.get(number)) for number, host in hosts.items()}
    return begin_run(session, hosts, rulebook=rulebook, asked_by=BY_THE_HOUR, at=at, due=due)


def unfinished(session: Session, run: AuditRun, *, at: datetime | None = None) -> list[int]:
    """Live integrations the run has not looked at yet; with `at`, those whose turn has come by then. A run that died
    goes on with these.

    By turn, then as they were put in: those of one host stand together.
    """
    return list(
        session.scalars(
            select(AuditEntry.integration_id)
            .join(AuditEntry.integration)
            .where(
                AuditEntry.audit_run_id == run.id,
                AuditEntry.done_at.is_(None),
                *(() if at is None else (or_(AuditEntry.due_at.is_(None), AuditEntry.due_at <= at),)),
                Integration.stage.in_(LIVE),
            )
            .order_by(AuditEntry.due_at, AuditEntry.integration_id)
        )
    )


def is_over(session: Session, run: AuditRun) -> bool:
    """Whether nothing of the run is left to look at, now or when its turn comes."""
    left = (
        select(func.count())
        .select_from(AuditEntry)
        .join(AuditEntry.integration)
        .where(AuditEntry.audit_run_id == run.id, AuditEntry.done_at.is_(None), Integration.stage.in_(LIVE))
    )
    return session.scalar(left) == 0


def counted_grades(session: Session, run: AuditRun) -> dict[str, int]:
    """How many integrations have which grade so far."""
    counts = dict.fromkeys((grade.value for grade in AuditGrade), 0)
    counts["ready"] = 0
    for entry in session.scalars(select(AuditEntry).where(AuditEntry.audit_run_id == run.id)):
        if entry.grade is not None:
            counts[entry.grade.value] += 1
        counts["ready"] += bool(entry.ready_for_public)
    return counts


def abandoned_run(session: Session, *, before: datetime) -> AuditRun | None:
    """The newest scheduled run that began before an instant and never finished.

    One that a person asked for may be about a few integrations only; it can't stand for the nightly one.
    """
    return session.scalar(
        select(AuditRun)
        .where(AuditRun.finished_at.is_(None), AuditRun.started_at < before, AuditRun.asked_by == SCHEDULE)
        .order_by(AuditRun.id.desc())
        .limit(1)
    )


def take_judged(session: Session, run: AuditRun, judged: Judged, *, at: datetime) -> AuditEntry | None:
    """Store what was found of one integration, once per run. None when the run has it already, and when the
    integration was delisted meanwhile: then there is nothing left to fall.

    A fall is told only when a second look, so much later as the rulebook says, sees it again; a fall seen once
    waits. What cannot be told (unknown) is neither a fall nor a recovery.
    """
    integration = session.get_one(
        Integration, judged.integration_id, populate_existing=True, with_for_update={"key_share": True}
    )
    entry = session.get(AuditEntry, (run.id, integration.id), populate_existing=True)
    if entry is None or entry.done_at is not None or integration.stage not in LIVE:
        return None
    rulebook = Rulebook.load(run.rulebook)
    with session.no_autoflush:  # each row is written once, when all of it is known
        before = next(iter(_looks(session, integration.id, limit=1)), None)
        waivers = _without_needless(session, active_waivers(session, integration.id), judged.results, at)
        _keep(session, run, judged, at)
        said = {
            gate: live_standing(session, integration, gate, judged.results, rulebook=rulebook, waivers=waivers, at=at)
            for gate in (GateName.PUBLIC_BETA, GateName.PUBLIC)
        }
        passed = list(said.values()) if integration.stage is IntegrationStage.PUBLIC else [said[GateName.PUBLIC_BETA]]
        failed = [item for gate in passed for item in gate.failed]
        unknown = [item for gate in passed for item in gate.unknown]
        entry.grade = _grade(session, integration, failed, unknown, before, rulebook, at)
        if entry.grade is AuditGrade.HOLDS and (other := drift(_approved(session, integration), judged.results)):
            entry.grade, entry.drift = AuditGrade.DRIFTED, other
        in_shadow = {item for gate in said.values() for item in gate.shadow}
        entry.outcomes = _by_outcome(judged.results, in_shadow)
        entry.ready_for_public = ready_for_public(said[GateName.PUBLIC_BETA], said[GateName.PUBLIC])
        entry.done_at = at
        integration.last_audited_at = at
        if judged.judged_by:
            remember(session, integration.id, judged.judged_by, judged.bases)
    session.flush()
    waived = [item for gate in passed for item in gate.waived]
    asked = {item.id for item in rulebook.items if item.live}
    close_mended(
        session, integration, failed=failed, unknown=unknown, waived=waived, asked=asked, rulebook=rulebook, at=at
    )
    _tell(session, integration, rulebook, entry, before, failed, at)
    if entry.ready_for_public and integration.stage is IntegrationStage.PUBLIC_BETA:
        wake(session, integration, at)
    return entry


def finish_run(session: Session, run: AuditRun, *, at: datetime) -> dict[str, int]:
    """Close the run and say how many integrations have which grade. Closing it again changes nothing."""
    lock(session, run)
    counts = counted_grades(session, run)
    if run.finished_at is None:
        run.finished_at = at
        record(session, EventName.AUDIT_FINISHED, at=at, audit_run_id=run.id, counts=counts)
    return counts


def due_for_second_look(session: Session, *, rulebook: Rulebook, at: datetime, limit: int) -> list[str]:
    """Slugs of integrations whose fall was seen once, long enough ago to look again."""
    wait = timedelta(minutes=rulebook.audit.regression_seen_twice_after_minutes)
    return list(
        session.scalars(
            select(Integration.slug)
            .join(AuditEntry)
            .where(
                AuditEntry.grade == AuditGrade.SUSPECTED,
                AuditEntry.done_at <= at - wait,
                AuditEntry.done_at == Integration.last_audited_at,
                Integration.stage.in_(LIVE),
            )
            .order_by(AuditEntry.done_at)
            .limit(limit)
        )
    )


FARTHEST_LOOK_BACK = 50
"""Looks at one integration that are searched for an earlier sight of a fall: weeks of nightly audits."""


def _looks(session: Session, integration_id: int, limit: int = FARTHEST_LOOK_BACK) -> list[AuditEntry]:
    """The integration's latest looks, newest first."""
    return list(
        session.scalars(
            select(AuditEntry)
            .where(AuditEntry.integration_id == integration_id, AuditEntry.done_at.is_not(None))
            .order_by(AuditEntry.done_at.desc(), AuditEntry.audit_run_id.desc())
            .limit(limit)
        )
    )


def _keep(session: Session, run: AuditRun, judged: Judged, at: datetime) -> None:
    """A new row for each item that says something new; what says the same as before keeps its row and its date."""
    anew = [result for result in judged.results if result.item not in judged.reused]
    if not anew:
        return
    rows = current_audit_results(session, judged.integration_id, only=[result.item for result in anew])
    current = {row.item: row for row in rows}
    for result in anew:
        old = current.get(result.item)
        digest = judged.digests.get(result.item, "")
        same = (result.outcome, result.summary, digest)
        if old is not None and (old.outcome, old.summary, old.inputs) == same and not _is_other(old, result):
            continue
        if old is not None:
            old.superseded_at = at
            session.flush()
        keep_pictures(session, [result], at=at)
        session.add(
            ItemResult(
                integration_id=judged.integration_id,
                audit_run_id=run.id,
                item=result.item,
                source=ResultSource.CHECK,
                outcome=result.outcome,
                summary=result.summary,
                expected=result.expected,
                fix=result.fix,
                evidence=[evidence.as_json() for evidence in result.evidence],
                facts=dict(result.facts),
                inputs=digest,
                judged_at=at,
            )
        )


def _is_other(old: ItemResult, result: CheckResult) -> bool:
    """Whether the result says the same of something materially other, such as a button of another client."""
    return bool(differences(marks_of(as_value(old)), marks_of(result)))


def _approved(session: Session, integration: Integration) -> dict[str, CheckResult]:
    """What checks had seen of each item when it was approved, the latest approval's word. Empty where nothing was."""
    rows = session.scalars(
        select(ItemResult)
        .join(Submission, Submission.id == ItemResult.submission_id)
        .where(
            Submission.integration_id == integration.id,
            Submission.stage == SubmissionStage.APPROVED,
            ItemResult.source == ResultSource.CHECK,
            ItemResult.superseded_at.is_(None),
        )
        .order_by(Submission.decided_at, Submission.id)
    )
    return {row.item: as_value(row) for row in rows}


def _without_needless(
    session: Session, waivers: Iterable[Waiver], results: Iterable[CheckResult], at: datetime
) -> list[Waiver]:
    """The waivers that are still needed, the others ended: one of an item that passes by itself has done its work.

    One given to a submission that is not live yet is about another document than the one looked at.
    """
    passed = {result.item for result in results if result.outcome is Outcome.PASSED}
    needed = []
    for waiver in waivers:
        given_to = session.get(Submission, waiver.submission_id) if waiver.submission_id is not None else None
        is_to_come = given_to is not None and is_under_way(given_to)
        if waiver.item in passed and not is_to_come:
            end_waiver(session, waiver, at=at, because="the item passes by itself")
        else:
            needed.append(waiver)
    return needed


def _grade(
    session: Session,
    integration: Integration,
    failed: Sequence[str],
    unknown: Sequence[str],
    before: AuditEntry | None,
    rulebook: Rulebook,
    at: datetime,
) -> AuditGrade:
    has_regressed = before is not None and before.grade is AuditGrade.REGRESSED
    if failed:
        seen = has_regressed or _seen_before(session, integration, failed, rulebook, at)
        return AuditGrade.REGRESSED if seen else AuditGrade.SUSPECTED
    if unknown:
        return AuditGrade.REGRESSED if has_regressed else AuditGrade.UNDECIDED
    return AuditGrade.HOLDS


def _seen_before(
    session: Session, integration: Integration, failed: Sequence[str], rulebook: Rulebook, at: datetime
) -> bool:
    """Whether an earlier look, long enough ago, saw one of these items fail too, and none since saw it hold.

    Looks in quick succession must not put off the second one for ever, so it is the whole fall that counts.
    """
    long_ago = at - timedelta(minutes=rulebook.audit.regression_seen_twice_after_minutes)
    falling = set(failed)
    for look in _looks(session, integration.id):
        failed_then = falling.intersection(look.outcomes.get(Outcome.FAILED.value, ()))
        if failed_then and look.done_at is not None and look.done_at <= long_ago:
            return True
        falling = failed_then.union(falling.intersection(look.outcomes.get(Outcome.UNKNOWN.value, ())))
        if not falling:
            return False
    return False


def _by_outcome(results: Iterable[CheckResult], in_shadow: Collection[str]) -> dict[str, list[str]]:
    """What does not hold and is not asked of it yet stands apart, for all who count what failed."""
    by: dict[str, list[str]] = {}
    for result in results:
        place = "shadow" if result.item in in_shadow else result.outcome.value
        by.setdefault(place, []).append(result.item)
    return by


def _tell(
    session: Session,
    integration: Integration,
    rulebook: Rulebook,
    entry: AuditEntry,
    before: AuditEntry | None,
    failed: Sequence[str],
    at: datetime,
) -> None:
    """A fall and a recovery are told once each, when they happen; so is what falls besides, later."""
    was_regressed = before is not None and before.grade is AuditGrade.REGRESSED
    if entry.grade is AuditGrade.REGRESSED:
        long_ago = at - timedelta(minutes=rulebook.audit.regression_seen_twice_after_minutes)
        looks = [Look(look.done_at, look.outcomes) for look in _looks(session, integration.id) if look.done_at]
        fallen = [item for item in failed if seen_twice(item, looks[1:], long_ago)]
        falls = open_falls(session, integration, fallen, rulebook=rulebook, at=at)
        if falls:
            items = items_told(session, integration, falls, rulebook)
            record(session, EventName.REGRESSED, at=at, integration=integration, items=items)
    elif was_regressed and entry.grade in {AuditGrade.HOLDS, AuditGrade.DRIFTED}:
        record(session, EventName.RECOVERED, at=at, integration=integration)
