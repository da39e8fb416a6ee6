"""Time in each stage, who waited on whom, and rounds, over a week that the engine's own verbs made."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook, also_from
from models.enums import DecisionKind, Role, SubmissionKind, SubmissionStage
from models.submission import Submission
from review.actions import asking, checking, launching, submitting
from review.reports.course import Turn
from review.reports.period import EVER, Period
from review.reports.sla import sla
from tests.building import V1, checked, contact, decided, in_review, live, person, results, rulebook_file, sent

MONDAY = datetime(2026, 11, 16, 17, tzinfo=UTC)
"""Nine o'clock where the team is: a business day of eight hours begins."""

HOUR = 3_600
DAY = 24
WEEK = MONDAY + timedelta(days=7)

IN_REVIEW, CHANGES_REQUESTED = SubmissionStage.IN_REVIEW, SubmissionStage.CHANGES_REQUESTED


@pytest.fixture
def two_approvals(tmp_path: Path) -> Iterator[Rulebook]:
    rulebook_file(tmp_path, "v902", second_approval="true")
    with also_from(tmp_path):
        yield Rulebook.load("v902")


def at(hours: float) -> datetime:
    """On the wall, after Monday at nine."""
    return MONDAY + timedelta(hours=hours)


def asked(session: Session, submission: Submission, *, since: float, until: float) -> None:
    asking.ask_partner(session, submission, by=person(session), at=at(since), text="Which key do I use?")
    asking.answer(session, submission, by=contact(session, submission), at=at(until), text="The blue one.")


def recheck(session: Session, submission: Submission, *, hours: float) -> None:
    found = results(submission)
    checking.take_results(session, submission, found, revision=submission.revision, inputs={}, at=at(hours))


def a_week(session: Session, slug: str = "acme") -> Submission:
    """One question and one round of changes: submitted on Monday at nine, approved on Wednesday at 12:15."""
    submission = sent(session, slug, at=at(0))
    checked(session, submission, at=at(0.5))
    asked(session, submission, since=2.5, until=6.5)
    decided(session, submission, DecisionKind.REQUEST_CHANGES, at=at(DAY + 1))
    sent(session, slug, at=at(2 * DAY + 1))
    recheck(session, submission, hours=2 * DAY + 1.25)
    return decided(session, submission, at=at(2 * DAY + 3.25))


def stage(session: Session, name: SubmissionStage, period: Period = EVER):
    return next(one for one in sla(session, at=WEEK, period=period).stages if one.stage is name)


def hours_of(shares) -> dict[str, float]:
    return {turn.value: seconds / HOUR for turn, seconds in shares.seconds.items()}


def test_each_stay_in_a_stage_counts_in_open_time_and_on_the_wall(session):
    a_week(session)

    submitted, reviewed, sent_back = sla(session, at=WEEK).stages

    assert (submitted.times.number, submitted.times.median_open_seconds) == (1, 0.5 * HOUR)
    # From 9:30 to Tuesday 10:00, and on Wednesday from 10:00 to 12:15; the night counts on the wall alone.
    assert (reviewed.times.number, reviewed.times.median_open_seconds) == (2, 2.25 * HOUR)
    assert (reviewed.times.p90_open_seconds, reviewed.times.p90_seconds) == (8.5 * HOUR, 24.5 * HOUR)
    assert (sent_back.times.median_open_seconds, sent_back.times.median_seconds) == (8 * HOUR, 24 * HOUR)


def test_who_is_still_in_a_stage_counts_as_staying_so_long_already(session):
    a_week(session)
    for slug in ("beta", "gamma", "delta"):
        in_review(session, slug, at=at(2 * DAY))

    times = stage(session, IN_REVIEW).times

    assert (times.number, times.still) == (5, 3)
    # Two of five have left, and the three that stay have stayed longer than both: nobody can know the median yet.
    assert times.median_open_seconds is None
    assert times.median_seconds is None


def test_a_stay_that_ends_with_a_withdrawal_has_ended(session):
    submission = in_review(session, at=at(0))
    submitting.withdraw(session, submission, by=contact(session, submission), at=at(3), reason="Not yet.")

    assert stage(session, IN_REVIEW).times.median_open_seconds == 3 * HOUR


def test_stages_are_told_of_each_kind_too(session):
    in_review(session, at=at(0))
    decided(session, in_review(session, "beta", SubmissionKind.ACCESS, at=at(0)), at=at(2))

    assert [(kind, times.number, times.still) for kind, times in stage(session, IN_REVIEW).kinds] == [
        (SubmissionKind.ACCESS, 1, 0),
        (SubmissionKind.LAUNCH, 1, 1),
    ]


def test_the_open_time_is_shared_out_by_whose_turn_it_was(session):
    a_week(session)

    report = sla(session, at=WEEK).turns

    # Engine: its checks, twice. Partner: the question, and a whole day of changes. The reviewer: all the rest.
    assert hours_of(report.shares) == {"reviewer": 6.5, "partner": 12, "engine": 0.75}
    assert sum(report.shares.percent(turn) or 0 for turn in Turn) == pytest.approx(100)
    assert report.shares.percent(Turn.PARTNER) == pytest.approx(100 * 12 / 19.25)


def test_each_kind_has_its_own_shares(session):
    decided(session, in_review(session, "beta", SubmissionKind.ACCESS, at=at(0)), at=at(2))
    a_week(session)

    kinds = {kind: hours_of(shares) for kind, shares in sla(session, at=WEEK).turns.kinds}

    assert kinds[SubmissionKind.ACCESS] == {"reviewer": 2, "partner": 0, "engine": 0}
    assert list(kinds) == [SubmissionKind.ACCESS, SubmissionKind.LAUNCH]


def test_the_longest_waits_of_each_side_are_named(session):
    a_week(session)
    silent = in_review(session, "beta", at=at(0))
    asking.ask_partner(session, silent, by=person(session), at=at(1), text="Which key do I use?")

    longest = sla(session, at=WEEK).turns.longest

    # Since ten on Monday: seven hours, four whole days; the next Monday has not opened yet.
    assert [(wait.slug, wait.open_seconds / HOUR, wait.until) for wait in longest[Turn.PARTNER]] == [
        ("beta", 39, None),
        ("acme", 8, at(2 * DAY + 1)),
        ("acme", 4, at(6.5)),
    ]
    assert [wait.open_seconds / HOUR for wait in longest[Turn.ENGINE]] == [0.5, 0.25]
    assert longest[Turn.REVIEWER][0].submission_id == longest[Turn.PARTNER][1].submission_id


def test_a_period_keeps_what_began_in_it_and_of_turns_the_time_within_it(session):
    a_week(session)
    tuesday = Period(since=date(2026, 11, 17), until=date(2026, 11, 17))

    report = sla(session, at=WEEK, period=tuesday)

    assert all(target.tally.number == 0 for target in report.targets if target.is_ours)
    assert [one.times.number for one in report.stages] == [0, 0, 1]
    # On Tuesday the reviewer had it until ten, the partner until five.
    assert hours_of(report.turns.shares) == {"reviewer": 1, "partner": 7, "engine": 0}
    assert report.rounds.overall.number == 0


def test_without_any_submission_nothing_is_claimed(session):
    report = sla(session, at=WEEK)

    assert [one.times.number for one in report.stages] == [0, 0, 0]
    assert report.turns.shares.percent(Turn.REVIEWER) is None
    assert report.turns.kinds == report.rounds.kinds == report.rounds.overall.distribution == ()
    assert report.rounds.overall.first_pass is None


def test_a_graduation_that_the_engine_opened_has_its_course(session):
    integration = live(session, at=at(0))
    graduation = launching.propose_graduation(session, integration, (), rulebook=V1, at=at(1))
    assert graduation is not None
    checked(session, graduation, at=at(2))
    decided(session, graduation, at=at(5))

    kinds = {kind: hours_of(shares) for kind, shares in sla(session, at=WEEK).turns.kinds}

    assert kinds[SubmissionKind.GRADUATION] == {"reviewer": 3, "partner": 0, "engine": 1}


def sent_again(session: Session, submission: Submission, *, rounds: int) -> Submission:
    """Changes requested and made so many times, an hour each."""
    for number in range(rounds):
        decided(session, submission, DecisionKind.REQUEST_CHANGES, at=at(1 + 2 * number))
        sent(session, submission.integration.slug, submission.kind, at=at(2 + 2 * number))
        recheck(session, submission, hours=2 + 2 * number)
    return submission


def test_rounds_are_counted_by_what_became_of_the_submission(session):
    decided(session, in_review(session, "one", at=at(0)), at=at(9))
    decided(session, sent_again(session, in_review(session, "two", at=at(0)), rounds=2), at=at(9))
    decided(session, in_review(session, "three", at=at(0)), DecisionKind.REJECT, at=at(9))
    withdrawn = in_review(session, "four", at=at(0))
    submitting.withdraw(session, withdrawn, by=contact(session, withdrawn), at=at(1), reason="")
    decided(session, in_review(session, "five", at=at(0)), DecisionKind.REQUEST_CHANGES, at=at(1))

    rounds = sla(session, at=WEEK).rounds.overall

    assert [
        (taken.rounds, taken.number, taken.approved, taken.rejected, taken.withdrawn, taken.open)
        for taken in rounds.distribution
    ] == [(0, 3, 1, 1, 1, 0), (1, 1, 0, 0, 0, 1), (2, 1, 1, 0, 0, 0)]
    # Withdrawn before anybody decided: nobody looked. The one sent back is still out, and did not pass at once.
    assert (rounds.number, rounds.looked_at, rounds.approved_at_once, rounds.first_pass) == (5, 4, 1, 25)


def test_each_kind_has_its_own_first_pass(session):
    decided(session, in_review(session, "one", SubmissionKind.ACCESS, at=at(0)), at=at(1))
    decided(session, in_review(session, "two", at=at(0)), DecisionKind.REQUEST_CHANGES, at=at(1))

    kinds = sla(session, at=WEEK).rounds.kinds

    assert [(kind, rounds.first_pass) for kind, rounds in kinds] == [
        (SubmissionKind.ACCESS, 100),
        (SubmissionKind.LAUNCH, 0),
    ]


def test_the_first_of_two_approvals_is_no_decision_yet(session, two_approvals):
    submission = in_review(session, at=at(0), rulebook=two_approvals)
    decided(session, submission, at=at(1))
    before = sla(session, at=WEEK).rounds.overall
    decided(session, submission, by=person(session, "Idris", Role.LEAD), at=at(2))

    after = sla(session, at=WEEK).rounds.overall

    assert (before.looked_at, before.first_pass) == (0, None)
    assert (after.looked_at, after.first_pass) == (1, 100)
