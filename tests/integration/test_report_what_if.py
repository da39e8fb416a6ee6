"""What if another policy had been in force: the same starts, pauses and answers, another length or other hours."""

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook, also_from
from models.enums import SubmissionKind, TargetName
from models.submission import Submission
from review.actions import asking, assigning, submitting, watching
from review.calendar import Calendar, CalendarSpec
from review.reports.period import EVER, Period
from review.reports.sla import sla
from review.reports.what_if import Amount, Supposed, TargetChange, Unit, WhatIf
from tests.building import contact, in_review, person, rulebook_file

MONDAY = datetime(2026, 11, 16, 17, tzinfo=UTC)
"""Nine o'clock where the team is: a business day of eight hours begins. An answer is promised in two of them."""

DAY = 24
ONE_DAY = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(1, Unit.BUSINESS_DAY)})
AROUND_THE_CLOCK = CalendarSpec.parse(
    {
        "tz": "Etc/UTC",
        "week": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    }
)


def at(hours: float) -> datetime:
    """On the wall, after Monday at nine."""
    return MONDAY + timedelta(hours=hours)


def answered(session: Session, slug: str, hours: float, **more) -> Submission:
    submission = in_review(session, slug, at=at(0), **more)
    assigning.claim(session, submission, by=person(session), at=at(hours), message="I am on it.")
    return submission


def replayed(session: Session, supposed: Supposed, *, hours: float = 2 * DAY, period: Period = EVER) -> WhatIf:
    session.flush()
    found = sla(session, at=at(hours), period=period, supposed=supposed).what_if
    assert found is not None
    return found


def first_response(found: WhatIf) -> TargetChange:
    (change,) = found.targets
    assert change.target is TargetName.FIRST_RESPONSE
    return change


def test_who_answered_within_the_other_target_stays_met(session):
    answered(session, "acme", 8)

    change = first_response(replayed(session, ONE_DAY)).change

    assert (change.was.met, change.would_be.met, change.would_be.attainment) == (1, 1, 100)
    assert (change.met_to_missed, change.missed_to_met) == (0, 0)


def test_who_answered_in_between_would_have_missed_it(session):
    answered(session, "acme", 8)
    answered(session, "beta", DAY + 1 / 60)  # a minute of Tuesday more

    change = first_response(replayed(session, ONE_DAY)).change

    assert (change.was.attainment, change.would_be.attainment) == (100, 50)
    assert (change.met_to_missed, change.missed_to_met, change.would_be.breached) == (1, 0, 1)


def test_a_longer_target_would_have_been_met_by_some_that_were_late(session):
    answered(session, "acme", 2 * DAY + 4)  # twenty hours, of sixteen
    answered(session, "beta", 7 * DAY)  # forty

    three_days = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(3, Unit.BUSINESS_DAY)})
    change = first_response(replayed(session, three_days, hours=8 * DAY)).change

    assert (change.was.met, change.would_be.met, change.missed_to_met) == (0, 1, 1)


def test_what_is_open_and_would_be_past_is_counted_and_named(session):
    submission = in_review(session, "acme", at=at(0))
    in_review(session, "beta", at=at(DAY))

    found = replayed(session, ONE_DAY, hours=DAY + 3)

    change = first_response(found).change
    assert (change.was.open_past, change.would_be.open_past, change.would_be_past) == (0, 1, 1)
    (past,) = found.open_past
    assert (past.submission_id, past.slug, past.target) == (submission.id, "acme", TargetName.FIRST_RESPONSE)
    assert (past.used_seconds, past.target_seconds) == (11 * 3_600, 8 * 3_600)


def test_what_is_open_and_past_could_be_in_time(session):
    in_review(session, "acme", at=at(0))

    longer = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(24, Unit.HOUR)})
    found = replayed(session, longer, hours=2 * DAY + 2)

    assert first_response(found).change.would_be_in_time == 1
    assert found.open_past == ()


def test_a_breach_that_the_watch_has_marked_is_replayed_too(session):
    in_review(session, "acme", at=at(0))
    session.flush()
    watching.sweep(session, at=at(2 * DAY + 2), limit=10)

    longer = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(24, Unit.HOUR)})

    assert first_response(replayed(session, longer, hours=2 * DAY + 3)).change.would_be_in_time == 1


def test_the_same_target_changes_nothing(session):
    answered(session, "acme", 3)
    answered(session, "beta", 3 * DAY)
    in_review(session, "gamma", at=at(0))

    same = Supposed(targets={TargetName.FIRST_RESPONSE: Amount(2, Unit.BUSINESS_DAY)})
    found = replayed(session, same, hours=3 * DAY)

    assert first_response(found).change.was == first_response(found).change.would_be


def test_what_was_withdrawn_in_time_may_have_been_too_late_for_the_other_target(session):
    submission = in_review(session, "acme", at=at(0))
    submitting.withdraw(session, submission, by=contact(session, submission), at=at(DAY + 1), reason="Not yet.")

    change = first_response(replayed(session, ONE_DAY)).change

    assert (change.was.not_owed, change.would_be.not_owed, change.would_be.breached) == (1, 0, 1)
    assert change.met_to_missed == 0


def test_pauses_stay_as_they_were(session):
    submission = answered(session, "acme", 1)
    asking.ask_partner(session, submission, by=person(session), at=at(2), text="Which key?")
    asking.answer(session, submission, by=contact(session, submission), at=at(DAY + 2), text="The blue one.")

    # Two hours on Monday, two on Tuesday: the eight in between belong to the partner.
    four, less = (Supposed(targets={TargetName.DECISION: Amount(hours, Unit.HOUR)}) for hours in (4, 3.9))

    assert replayed(session, four, hours=DAY + 4).open_past == ()
    assert [one.used_seconds for one in replayed(session, less, hours=DAY + 4).open_past] == [4 * 3_600]


def test_each_month_is_told_by_itself_and_adds_up(session):
    answered(session, "acme", DAY + 4)
    december = datetime(2026, 12, 1, 17, tzinfo=UTC)
    late = in_review(session, "beta", at=december)
    assigning.claim(session, late, by=person(session), at=december + timedelta(hours=1), message="I am on it.")

    found = first_response(replayed(session, ONE_DAY, hours=20 * DAY))

    assert [(month, one.was.met, one.would_be.met, one.met_to_missed) for month, one in found.cohorts] == [
        ("2026-11", 1, 0, 1),
        ("2026-12", 1, 1, 0),
    ]
    assert sum(one.met_to_missed for _, one in found.cohorts) == found.change.met_to_missed


def test_a_period_keeps_the_promises_that_began_in_it(session):
    answered(session, "acme", DAY + 4)

    assert replayed(session, ONE_DAY, period=Period(since=date(2026, 11, 17))).targets == ()


def test_a_business_day_is_as_long_as_the_policy_of_the_clock_says(session, tmp_path):
    # Two business days of four hours instead of eight.
    rulebook_file(tmp_path, "v903", business_days="2\nbusiness_day_seconds = 14400")
    with also_from(tmp_path):
        answered(session, "acme", 3)
        answered(session, "beta", 3, rulebook=Rulebook.load("v903"))
        answered(session, "gamma", 5, rulebook=Rulebook.load("v903"))

        change = first_response(replayed(session, ONE_DAY)).change

    assert (change.was.met, change.would_be.met, change.met_to_missed) == (3, 2, 1)


def test_other_hours_are_replayed_for_every_target_of_that_calendar(session):
    # Answered within eight open hours and twenty-one around the clock; sixteen were promised.
    answered(session, "acme", 20 + 1)
    in_review(session, "beta", SubmissionKind.ACCESS, at=at(0))

    around = Supposed(calendars={"team": Calendar.compile(AROUND_THE_CLOCK)})
    found = replayed(session, around, hours=21)

    assert [(one.target, one.change.met_to_missed, one.change.would_be_past) for one in found.targets] == [
        (TargetName.ACCESS, 0, 1),
        (TargetName.FIRST_RESPONSE, 1, 0),
        (TargetName.DECISION, 0, 0),
    ]


def test_other_hours_and_another_target_go_together(session):
    answered(session, "acme", 20)

    both = Supposed(
        targets={TargetName.FIRST_RESPONSE: Amount(20, Unit.HOUR)},
        calendars={"team": Calendar.compile(AROUND_THE_CLOCK)},
    )
    found = replayed(session, both)

    assert {one.target: one.change.met_to_missed for one in found.targets}[TargetName.FIRST_RESPONSE] == 0


def test_a_target_that_was_never_promised_is_left_out(session):
    answered(session, "acme", 3)

    assert replayed(session, Supposed(targets={TargetName.RE_REVIEW: Amount(1, Unit.HOUR)})).targets == ()


def test_nothing_is_written(database):
    with database.write.begin() as session:
        answered(session, "acme", DAY + 4)
    with database.read() as session:  # the database refuses it any change
        change = first_response(replayed(session, ONE_DAY)).change
    with database.read() as session:
        report = sla(session, at=at(2 * DAY))

    assert change.met_to_missed == 1
    assert report.what_if is None
    assert [one.tally.met for one in report.targets if one.target is TargetName.FIRST_RESPONSE] == [1]
