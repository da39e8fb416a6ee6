"""Many at once: one wins, the others are told why, nothing is done twice, and nobody waits for ever."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.clock import Clock, ClockRevision
from models.database import Database
from models.decision import Assignment, Decision
from models.enums import (
    DecisionKind,
    EventName,
    IntegrationStage,
    Outcome,
    Role,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from models.event import Event
from models.integration import Integration
from models.people import Partner, Person
from models.result import Waiver
from models.submission import Submission
from review import clock as rules
from review.actions import (
    asking,
    assigning,
    attesting,
    auditing,
    checking,
    deciding,
    feeds,
    launching,
    revising,
    submitting,
    watching,
)
from review.actions.auditing import Judged
from review.actions.clocks import state_of
from review.agenda import reader_of
from review.calendars import compiled
from review.lifecycle import MoveRefused
from tests.building import (
    NOW,
    V1,
    VAULT,
    after,
    audited,
    decided,
    dossier,
    in_review,
    live,
    person,
    results,
    seen_live,
    sent,
)

TOGETHER = 16
"""Threads that start at the same instant; more callers than that follow as soon as one is done."""


def at_once(database: Database, callers: int, act: Callable[[Session, int], Any]) -> list[Any]:
    """What each caller got, in a transaction of its own: the verb's answer, or the reasons it was refused."""
    barrier = Barrier(min(callers, TOGETHER))

    def call(number: int) -> Any:
        if number < TOGETHER:
            barrier.wait()
        try:
            with database.write.begin() as session:
                return act(session, number)
        except MoveRefused as refused:
            return refused.reasons

    with ThreadPoolExecutor(min(callers, TOGETHER)) as threads:
        return list(threads.map(call, range(callers)))


def prepared(database: Database, build: Callable[[Session], Any]) -> Any:
    with database.write.begin() as session:
        return build(session)


def count(database: Database, name: EventName) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).where(Event.name == name.value))


def reviewers(session: Session, number: int) -> list[int]:
    return [person(session, f"Reviewer{index}").id for index in range(number)]


def test_of_fifty_decisions_at_once_one_counts_and_the_others_are_told_who_made_it(database):
    def build(session):
        return in_review(session).id, reviewers(session, 50)

    submission_id, people = prepared(database, build)
    kinds = list(DecisionKind)

    def act(session, number):
        submission, by = session.get_one(Submission, submission_id), session.get_one(Person, people[number])
        decision = kinds[number % len(kinds)]
        return deciding.decide(session, submission, decision, by=by, at=NOW, reason="So it shall be.").decided_by.name

    said = at_once(database, 50, act)
    (winner,) = [one for one in said if isinstance(one, str)]
    refused = [one for one in said if isinstance(one, tuple)]
    assert len(refused) == 49
    assert all(f"({winner}, " in reason for (reason,) in refused)
    with database.read() as session:
        assert len(session.scalars(select(Decision)).all()) == 1


def test_of_two_hundred_claims_at_once_one_counts_and_the_others_are_told_who_has_it(database):
    def build(session):
        return in_review(session).id, reviewers(session, 200)

    submission_id, people = prepared(database, build)

    def act(session, number):
        submission, by = session.get_one(Submission, submission_id), session.get_one(Person, people[number])
        return assigning.claim(session, submission, by=by, at=NOW).person.name

    said = at_once(database, 200, act)
    (winner,) = [one for one in said if isinstance(one, str)]
    assert Counter(one for one in said if isinstance(one, tuple)) == {
        (f"{winner} has it until 2026-11-23 22:00 UTC; ask them, or a lead to assign it",): 199
    }
    with database.read() as session:
        assert len(session.scalars(select(Assignment)).all()) == 1
    assert count(database, EventName.CLAIMED) == 1


@pytest.mark.parametrize("is_new", [True, False])
def test_the_same_document_from_many_at_once_is_one_submission(database, is_new):
    if not is_new:
        prepared(database, lambda session: decided(session, in_review(session), DecisionKind.REJECT).id)
    document = dossier(external_id="at-once")

    def act(session, number):
        received = submitting.submit(session, document, by=None, at=NOW, rulebook=V1, vault=VAULT)
        return received.submission.id, received.is_new

    said = at_once(database, 20, act)
    assert len({submission_id for submission_id, _ in said}) == 1
    assert [is_first for _, is_first in said].count(True) == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Partner)) == 1
        assert session.scalar(select(func.count()).select_from(Person)) == (1 if is_new else 2)
        assert session.scalar(select(func.count()).select_from(Integration)) == 1


def test_first_submissions_of_many_partners_at_once_all_come_in(database):
    def act(session, number):
        return sent(session, f"partner-{number}").id

    assert len(set(at_once(database, 20, act))) == 20


def test_of_two_documents_for_the_same_gate_one_comes_in(database):
    prepared(database, lambda session: decided(session, in_review(session), DecisionKind.REJECT).id)
    said = at_once(database, 10, lambda session, number: sent(session, external_id=f"other-{number}").id)
    assert len([one for one in said if isinstance(one, int)]) == 1
    assert all("for the same gate is not finished" in one[0] for one in said if isinstance(one, tuple))


def test_what_the_engine_does_at_once_it_does_once(database):
    submission_id = prepared(database, lambda session: sent(session).id)

    def of(session):
        return session.get_one(Submission, submission_id)

    def check(session, number):
        submission = of(session)
        found = results(submission)
        return checking.take_results(session, submission, found, revision=1, inputs={}, at=NOW)

    steps = (
        lambda session, number: submitting.acknowledge(session, of(session), at=NOW),
        check,
        lambda session, number: checking.open_review(session, of(session), at=NOW),
    )
    for step in steps:
        assert at_once(database, 8, step).count(True) == 1
    prepared(database, lambda session: decided(session, of(session)).id)
    assert at_once(database, 8, lambda session, _: launching.take_effect(session, of(session), at=NOW)).count(True) == 1
    assert count(database, EventName.LAUNCHED) == 1


def test_a_graduation_is_proposed_by_one_of_many_at_once(database):
    integration_id = prepared(database, lambda session: live(session).id)

    def act(session, number):
        integration = session.get_one(Integration, integration_id)
        return launching.propose_graduation(session, integration, [], rulebook=V1, at=NOW) is not None

    assert at_once(database, 8, act).count(True) == 1


def test_an_audit_judges_and_closes_once_however_many_do_it(database):
    def build(session):
        integration = live(session)
        run = auditing.begin_run(session, [integration.id], rulebook=V1, asked_by=auditing.SCHEDULE, at=NOW)
        return integration.id, run.id

    integration_id, run_id = prepared(database, build)

    def act(session, number):
        run = session.get_one(auditing.AuditRun, run_id)
        judged = Judged(integration_id, seen_live(), {})
        return auditing.take_judged(session, run, judged, at=NOW) is not None

    assert at_once(database, 8, act).count(True) == 1
    at_once(
        database,
        8,
        lambda session, _: auditing.finish_run(session, session.get_one(auditing.AuditRun, run_id), at=NOW),
    )
    assert count(database, EventName.AUDIT_FINISHED) == 1


def test_many_sweeps_at_once_tell_each_thing_once(database):
    def build(session):
        for slug in ("one", "two", "three"):
            submission = in_review(session, slug)
            until = NOW.date()
            attesting.waive(
                session, submission, "docs.partner", by=person(session), at=NOW, reason="Soon.", until=until
            )

    prepared(database, build)
    at = after(days=1, minutes=1)
    swept = at_once(database, 8, lambda session, _: watching.sweep(session, at=at, limit=100))
    assert sum(one.fired for one in swept) == 3
    assert sum(one.waivers_ended for one in swept) == 3
    assert count(database, EventName.WAIVER_ENDED) == 3


def test_of_many_watches_at_once_each_subject_is_told_of_once_and_none_is_left_out(database):
    """Each sweeps in small batches until it finds nothing more to do, as the flow does."""
    ids = prepared(database, lambda session: [sent(session, f"partner-{number}").id for number in range(30)])
    at = after(days=1, minutes=1)

    def watches(_):
        fired = 0
        while True:
            with database.write.begin() as session:
                swept = watching.sweep(session, at=at, limit=7)
            fired += swept.fired
            if not swept.looked_at:
                return fired

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(watches, range(6))) == len(ids)
    with database.read() as session:
        told = session.scalars(select(Event.submission_id).where(Event.name == EventName.CLOCK_WARNED.value))
        assert sorted(told) == ids
        assert not watching.anything_due(session, at=at)


@pytest.mark.parametrize("act", ["claim", "decide"])
def test_a_promise_kept_at_the_moment_of_the_sweep_is_told_of_before_it_or_not_at_all(database, act):
    """Whichever comes first: no promise is told of after it was kept, none fires again."""

    def build(session):
        return [in_review(session, f"partner-{number}").id for number in range(12)], person(session).id

    ids, rosa = prepared(database, build)
    at = after(days=1, minutes=1)

    def both(session, number):
        if number % 3:
            return watching.sweep(session, at=at, limit=5).fired
        submission, by = session.get_one(Submission, ids[number // 3]), session.get_one(Person, rosa)
        if act == "claim":
            assigning.claim(session, submission, by=by, at=at, message="Having a look.")
        else:
            deciding.decide(session, submission, DecisionKind.APPROVE, by=by, at=at, reason="Well done.")
        return 0

    fired = sum(at_once(database, 3 * len(ids), both))
    with database.read() as session:
        told = select(Event.id, Event.submission_id).where(Event.name == EventName.CLOCK_WARNED.value)
        warned = {submission_id: number for number, submission_id in session.execute(told)}
        by_person = select(Event.id, Event.submission_id).where(Event.person_id == rosa)
        kept = {submission_id: number for number, submission_id in session.execute(by_person)}
        assert len(warned) == fired
        assert sorted(kept) == ids
        assert all(number < kept[submission_id] for submission_id, number in warned.items())
        first = session.scalars(select(Clock).where(Clock.target == TargetName.FIRST_RESPONSE)).all()
        assert {(clock.stopped_at, clock.next_fire_at, clock.breached) for clock in first} == {(at, None, False)}
        assert not watching.anything_due(session, at=at)


def test_the_watch_an_audit_and_reviewers_never_wait_for_each_other_in_a_circle(database):
    """Each of them writes events about submissions whose rows the others hold."""

    def build(session):
        rosa, mara = person(session), person(session, "Mara", Role.MANAGER)
        ids = []
        for index in range(12):
            launch = in_review(session, f"partner-{index}", said={"docs.partner": Outcome.FAILED})
            until = after(days=9).date()
            attesting.waive(session, launch, "docs.partner", by=rosa, at=NOW, reason="Soon.", until=until)
            launching.take_effect(session, decided(session, launch), at=NOW)
            update = in_review(session, f"partner-{index}", SubmissionKind.UPDATE)
            ids.append((update.id, update.integration_id))
        return ids, rosa.id, mara.id

    ids, rosa, mara = prepared(database, build)
    at = after(days=1, minutes=1)

    def act(session, number):
        submission_id, integration_id = ids[number // 4]
        submission = session.get_one(Submission, submission_id)
        if number % 4 == 0:
            by = session.get_one(Person, rosa)
            return deciding.decide(session, submission, DecisionKind.APPROVE, by=by, at=at, reason="Well done.").id
        if number % 4 == 1:
            return watching.sweep(session, at=at, limit=100).total
        if number % 4 == 2:
            return audited(session, session.get_one(Integration, integration_id), at=at).grade
        by = session.get_one(Person, mara)
        until = after(days=30).date()
        return attesting.waive(session, submission, "docs.partner", by=by, at=at, reason="Later.", until=until).id

    said = at_once(database, 4 * len(ids), act)
    refused = [one for one in said if isinstance(one, tuple)]
    assert all("it is approved" in reason for one in refused for reason in one)
    with database.read() as session:
        stages = session.scalars(select(Submission.stage).where(Submission.kind == SubmissionKind.UPDATE)).all()
        assert set(stages) == {SubmissionStage.APPROVED}
        first = select(Waiver.ended_because).where(Waiver.granted_by_id == rosa)
        assert set(session.scalars(first)) <= {"the item passes by itself", "replaced by a newer waiver"}
        assert set(session.scalars(select(Integration.stage))) == {IntegrationStage.PUBLIC_BETA}


def test_of_twenty_calendar_addresses_renewed_at_once_one_works(database):
    person_id = prepared(database, lambda session: person(session).id)

    def act(session, number):
        feeds.renew_feed(
            session, session.get_one(Person, person_id), secret=f"secret {number}", at=after(minutes=number)
        )
        return number

    assert at_once(database, 20, act) == list(range(20))
    with database.read() as session:
        opened = [number for number in range(20) if reader_of(session, f"secret {number}") is not None]
    assert len(opened) == 1


# --- a revision, and everything else at the same moment


def free_on(day: int) -> dict[str, Any]:
    spec = V1.calendars["team"].as_spec()
    return {**spec, "holidays": spec["holidays"] | {f"2026-12-{day:02}": "Free"}}


def test_decisions_questions_and_submissions_lose_nothing_to_a_change_of_the_calendar(database):
    def build(session):
        ids = [in_review(session, f"partner-{index}").id for index in range(24)]
        return ids, person(session).id, person(session, "Lena", Role.LEAD).id

    ids, rosa_id, lena_id = prepared(database, build)
    at = after(days=1)

    def act(session, number):
        rosa = session.get_one(Person, rosa_id)
        if number % 4 == 0:
            lena = session.get_one(Person, lena_id)
            document = free_on(1 + number // 4)
            change = revising.change_calendar(session, "team", document, by=lena, at=at, because="Free.")
            return change[0].version
        if number % 4 == 1:
            return sent(session, f"late-{number}", at=at).id
        submission = session.get_one(Submission, ids[number // 4 + 12 * (number % 4 == 3)])
        if number % 4 == 2:
            return asking.ask_partner(session, submission, by=rosa, at=at, text="Which region?")
        return deciding.decide(session, submission, DecisionKind.REJECT, by=rosa, at=at, reason="No.").decision

    said = at_once(database, 48, act)
    assert not [one for one in said if isinstance(one, tuple)]
    assert sorted(said[::4]) == list(range(2, 14))
    with database.read() as session:
        clocks = session.scalars(select(Clock).order_by(Clock.id)).all()
        for clock in clocks:
            kept = session.scalars(
                select(ClockRevision).where(ClockRevision.clock_id == clock.id).order_by(ClockRevision.revision)
            ).all()
            assert [row.revision for row in kept] == list(range(1, clock.revision + 1))
            assert kept[-1].calendar_id == clock.calendar_id
            if clock.stopped_at is None:
                assert clock.calendar.version == 13
                assert rules.due_at(compiled(clock.calendar), state_of(clock)) in {None, clock.due_at}
        closed = {clock.submission_id for clock in clocks if clock.stopped_because == EventName.REJECTED.value}
        waiting = {clock.submission_id for clock in clocks if any(pause.to_at is None for pause in clock.pauses)}
        assert (waiting, closed) == (set(ids[:12]), set(ids[12:]))


@pytest.mark.parametrize("first", ["submission", "change"])
def test_a_clock_that_starts_while_the_calendar_changes_is_on_the_new_version(database, first):
    """Whichever comes first, the other one waits for its end."""
    lena_id = prepared(database, lambda session: (in_review(session), person(session, "Lena", Role.LEAD))[1].id)
    acts = {
        "submission": lambda session: sent(session, "late", at=NOW),
        "change": lambda session: revising.change_calendar(
            session, "team", free_on(1), by=session.get_one(Person, lena_id), at=NOW, because="Free."
        ),
    }
    (second,) = acts.keys() - {first}
    with ThreadPoolExecutor(1) as another:
        with database.write.begin() as session:
            acts[first](session)
            waiting = another.submit(prepared, database, acts[second])
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result(timeout=60)
    with database.read() as session:
        assert {clock.calendar.version for clock in session.scalars(select(Clock))} == {2}


def test_of_two_equal_changes_at_once_one_is_made(database):
    lena_id = prepared(database, lambda session: (in_review(session), person(session, "Lena", Role.LEAD))[1].id)

    def act(session, number):
        lena = session.get_one(Person, lena_id)
        change = revising.change_calendar(session, "team", free_on(1), by=lena, at=NOW, because="Free.")
        return change[0].version

    said = at_once(database, 6, act)
    assert said.count(2) == 1
    assert {one for one in said if one != 2} == {("version 2 says the same; nothing changes",)}
    assert count(database, EventName.CALENDAR_CHANGED) == 1
