"""The report of promises kept, over submissions that came and went through the engine's own verbs."""

from datetime import UTC, datetime, timedelta

import pytest

from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from models.enums import DecisionKind, Role, TargetName
from review.actions import asking, assigning, checking, deciding, submitting, watching
from review.actions.companies import add_person
from review.reports.sla import CAUSE_NOT_NOTED, sla
from review.vault import Vault

RULEBOOK = Rulebook.load("v1")
VAULT = Vault("a key for the tests")
MONDAY = datetime(2026, 11, 16, 17, tzinfo=UTC)
"""Nine o'clock where the team is: a business day of eight hours begins."""

HOUR = timedelta(hours=1)


@pytest.fixture
def rosa(session):
    return add_person(
        session, name="Rosa Lindqvist", email="rosa@desk.example", roles=frozenset({Role.REVIEWER}), at=MONDAY
    )


def submitted(session, number, *, at=MONDAY):
    """A launch that was checked and brought to the reviewers at once."""
    dossier = Dossier.parse(
        {
            "external_id": f"launch-{number}",
            "kind": "launch",
            "partner": {"name": f"Partner {number}", "contact_email": f"dev@partner-{number}.example"},
            "integration": {"slug": f"tool-{number}", "name": f"Tool {number}"},
            "components": [{"kind": "subscription", "methods": ["track"]}],
        }
    )
    submission = submitting.submit(session, dossier, by=None, at=at, rulebook=RULEBOOK, vault=VAULT).submission
    submitting.acknowledge(session, submission, at=at)
    checking.take_results(session, submission, [], revision=1, inputs={}, at=at)
    checking.open_review(session, submission, at=at)
    return submission


def first_response(session, at):
    return target(session, TargetName.FIRST_RESPONSE, at)


def target(session, name, at):
    return next(one for one in sla(session, at=at).targets if one.target is name)


def test_without_any_promise_nothing_is_claimed(session):
    report = sla(session, at=MONDAY)

    assert [one.target for one in report.targets] == list(TargetName)
    assert all(one.tally.number == 0 and one.tally.attainment is None for one in report.targets)
    assert all(one.median_seconds is None and one.cohorts == one.causes == () for one in report.targets)


def test_an_answer_in_time_is_met_after_the_open_time_it_took(session, rosa):
    submission = submitted(session, 1, at=MONDAY + 7 * HOUR)
    # One open hour on Monday, two on Tuesday; the night between counts for nothing.
    assigning.claim(session, submission, by=rosa, at=MONDAY + timedelta(days=1, hours=2), message="I am on it.")

    found = first_response(session, MONDAY + timedelta(days=30))

    assert (found.tally.number, found.tally.met, found.tally.breached, found.tally.open) == (1, 1, 0, 0)
    assert found.tally.attainment == 100
    assert found.median_seconds == found.p90_seconds == 3 * 3_600


def test_an_answer_after_the_target_is_a_breach(session, rosa):
    submission = submitted(session, 1)
    assigning.claim(session, submission, by=rosa, at=MONDAY + timedelta(days=3), message="Sorry, at last.")

    found = first_response(session, MONDAY + timedelta(days=4))

    assert (found.tally.met, found.tally.breached, found.tally.open, found.tally.attainment) == (0, 1, 0, 0)
    assert found.causes == (("nobody had taken it", 1),)


def test_what_is_open_past_its_target_is_a_breach_before_the_watch_has_seen_it(session):
    submitted(session, 1)

    before = first_response(session, MONDAY + timedelta(days=1))
    after = first_response(session, MONDAY + timedelta(days=3))

    assert (before.tally.open, before.tally.open_past, before.tally.breached) == (1, 0, 0)
    assert before.tally.attainment is None
    assert (after.tally.open, after.tally.open_past, after.tally.breached, after.tally.attainment) == (1, 1, 1, 0)
    assert after.causes == ((CAUSE_NOT_NOTED, 1),)


def test_a_breach_is_counted_under_what_stood_open_then(session, rosa):
    assigning.claim(session, submitted(session, 1), by=rosa, at=MONDAY)
    for number in (2, 3):
        submitted(session, number)
    watching.sweep(session, at=MONDAY + timedelta(days=3), limit=100)

    assert first_response(session, MONDAY + timedelta(days=3)).causes == (
        ("nobody had taken it", 2),
        ("with Rosa Lindqvist", 1),
    )


def test_open_ones_make_the_median_longer_not_shorter(session, rosa):
    for number, hours in ((1, 1), (2, 2)):
        answered = submitted(session, number)
        assigning.claim(session, answered, by=rosa, at=MONDAY + hours * HOUR, message="I am on it.")
    for number in (3, 4, 5):
        submitted(session, number)

    found = first_response(session, MONDAY + 3 * HOUR)

    assert found.median_seconds is None
    assert found.p90_seconds is None


def test_what_is_withdrawn_in_time_is_neither_met_nor_broken(session):
    submission = submitted(session, 1)
    submitting.withdraw(session, submission, by=submission.submitted_by, at=MONDAY + HOUR, reason="Not yet.")

    tally = first_response(session, MONDAY + timedelta(days=5)).tally

    assert (tally.number, tally.met, tally.breached, tally.open, tally.not_owed) == (1, 0, 0, 0, 1)
    assert tally.attainment is None


def test_what_is_withdrawn_too_late_stays_broken(session):
    submission = submitted(session, 1)
    late = MONDAY + timedelta(days=4)
    submitting.withdraw(session, submission, by=submission.submitted_by, at=late, reason="Nobody answered.")

    tally = first_response(session, late).tally

    assert (tally.breached, tally.not_owed, tally.attainment) == (1, 0, 0)


def test_while_the_partner_is_waited_for_no_time_passes(session, rosa):
    submission = submitted(session, 1)
    asking.ask_partner(session, submission, by=rosa, at=MONDAY + HOUR, text="Which key do I use?")

    found = target(session, TargetName.DECISION, MONDAY + timedelta(days=60))

    assert (found.tally.open, found.tally.paused, found.tally.open_past) == (1, 1, 0)


def test_cohorts_are_months_where_the_team_is(session):
    # The first of December in UTC, and still the last of November in San Francisco.
    submitted(session, 1, at=datetime(2026, 12, 1, 1, tzinfo=UTC))
    submitted(session, 2, at=datetime(2026, 12, 1, 18, tzinfo=UTC))

    cohorts = first_response(session, datetime(2026, 12, 1, 19, tzinfo=UTC)).cohorts

    assert [(month, tally.number) for month, tally in cohorts] == [("2026-11", 1), ("2026-12", 1)]


def test_every_promise_is_counted_once(session, rosa):
    assigning.claim(session, submitted(session, 1), by=rosa, at=MONDAY + HOUR, message="I am on it.")
    withdrawn = submitted(session, 2)
    submitting.withdraw(session, withdrawn, by=withdrawn.submitted_by, at=MONDAY + HOUR, reason="")
    submitted(session, 3)
    late = MONDAY + timedelta(days=8)
    submitted(session, 4, at=late)

    for one in sla(session, at=late).targets:
        tally = one.tally
        assert tally.met + tally.breached + (tally.open - tally.open_past) + tally.not_owed == tally.number
        assert sum(counted.number for _, counted in one.cohorts) == tally.number


def test_load_tells_what_each_reviewer_holds_what_of_it_is_late_and_what_they_decided(session, rosa):
    idris = add_person(
        session, name="Idris Falkenrath", email="idris@desk.example", roles=frozenset({Role.LEAD}), at=MONDAY
    )
    now = MONDAY + timedelta(days=20)
    assigning.claim(session, submitted(session, 1), by=rosa, at=MONDAY)
    assigning.claim(session, submitted(session, 2, at=now), by=rosa, at=now)
    rejected = submitted(session, 3)
    deciding.decide(session, rejected, DecisionKind.REJECT, by=idris, at=MONDAY + HOUR, reason="Not a fit.")
    submitted(session, 4, at=now)

    report = sla(session, at=now)
    long_after = sla(session, at=now + timedelta(days=60))

    assert [(load.name, load.open, load.past, load.decided_lately) for load in report.reviewers] == [
        ("Rosa Lindqvist", 2, 1, 0),
        ("Idris Falkenrath", 0, 0, 1),
    ]
    assert report.unassigned == 1
    assert [load.decided_lately for load in long_after.reviewers] == [0, 0]
