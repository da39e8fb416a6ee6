"""The watch when things go wrong: it dies, it was down, a clock can't be computed, a policy changed in between."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, func, select

from models.clock import CalendarVersion, Clock
from models.decision import Decision
from models.delivery import Delivery
from models.enums import ChannelName, DecisionKind, EventName, Role, TargetName
from models.event import Event
from notifications.outbox import plan
from review import clock as rules
from review.actions import assigning, clocks, watching
from review.calendars import compiled
from review.facts import active_assignment
from tests.building import NOW, after, clock_of, events, in_review, person, sent, sent_back
from tests.fixtures.policies import a_calendar, a_policy, step
from tests.fixtures.programme_rows import EVERYWHERE, MAIL_ONLY, TEAM_CHANNEL

TOLD = (EventName.CLOCK_WARNED, EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED)
SECOND = timedelta(seconds=1)

WEDNESDAY_OPENS = datetime(2026, 12, 2, 17, tzinfo=UTC)
FRIDAY = datetime(2026, 12, 4, 18, tzinfo=UTC)
"""Ten in the morning in Los Angeles."""
SUNDAY = datetime(2026, 12, 6, 18, tzinfo=UTC)
MONDAY_OPENS = datetime(2026, 12, 7, 17, tzinfo=UTC)

ALWAYS = {day: [("00:00", "24:00")] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def swept(session, at, limit=100) -> int:
    """What sweeps tell until nothing is due, as the flow does it."""
    fired = 0
    while (done := watching.sweep(session, at=at, limit=limit)).looked_at:
        fired += done.fired
    return fired


def told(session) -> list[tuple[str, list[float]]]:
    """Each rung the watch told, with the levels of those it stands for."""
    return [(one.data["rung"], one.data["missed"]) for one in events(session, *TOLD)]


def planned(session, programme=MAIL_ONLY) -> list[Delivery]:
    plan(session, at=NOW, programme=programme)
    return list(session.scalars(select(Delivery).where(Delivery.channel != ChannelName.CONSOLE).order_by(Delivery.id)))


def heard(session, programme=MAIL_ONLY) -> list[str]:
    return [f"{one.channel.value}:{one.recipient}" for one in planned(session, programme)]


# --- dying, and being down


class Died(BaseException):
    """The process is gone."""


def test_a_sweep_that_dies_before_its_end_has_told_nothing_and_the_next_tells_all(database):
    with database.write.begin() as session:
        for number in range(5):
            sent(session, f"partner-{number}")
    at = after(days=1, minutes=1)

    def dies():
        with database.write.begin() as session:
            assert watching.sweep(session, at=at, limit=100).fired == 5
            raise Died

    with pytest.raises(Died):
        dies()
    with database.write.begin() as session:
        assert told(session) == []
        assert swept(session, at) == 5
        assert swept(session, at) == 0


def test_a_watch_that_dies_between_two_transactions_tells_the_rest_and_nothing_twice(database):
    with database.write.begin() as session:
        ids = {sent(session, f"partner-{number}").id for number in range(12)}
    at = after(days=1, minutes=1)
    with database.write.begin() as session:
        assert watching.sweep(session, at=at, limit=5).fired == 5
    with database.write.begin() as session:  # another process, after the first one was killed
        assert swept(session, at, limit=5) == 7
        assert sorted(one.submission_id for one in events(session, *TOLD)) == sorted(ids)


def test_a_weekend_without_the_watch_is_one_message_a_subject_at_the_next_opening(session):
    person(session, "Idris", Role.LEAD)
    ids = [
        sent(session, f"partner-{number}", at=WEDNESDAY_OPENS + timedelta(minutes=24 * number)).id
        for number in range(40)
    ]
    swept(session, FRIDAY)
    before = session.scalar(select(func.max(Event.id)))
    back = MONDAY_OPENS + SECOND
    passed = {
        (clock.submission_id, clock.target.value): levels
        for clock in session.scalars(select(Clock))
        if (levels := levels_between(clock, FRIDAY, back))
    }
    assert swept(session, SUNDAY) == 0
    assert not watching.anything_due(session, at=MONDAY_OPENS)
    assert watching.anything_due(session, at=back)
    assert swept(session, back) == len(ids)
    new = [one for one in events(session, *TOLD) if one.id > before]
    assert sorted(one.submission_id for one in new) == ids
    said = {
        (one.submission_id, part["target"]): [*part["missed"], part["level"]]
        for one in new
        for part in (one.data, *one.data["also"])
    }
    assert said == passed
    assert max(map(len, said.values())) == 3
    assert swept(session, back) == 0
    plan(session, at=back, programme=EVERYWHERE)
    of_event = select(Delivery.event_id).where(Delivery.channel == ChannelName.SLACK, Delivery.event_id > before)
    assert sorted(session.scalars(of_event)) == [one.id for one in new]


def levels_between(clock, since, until) -> list[float]:
    """The levels of the clock's steps that are passed in a stretch of time."""
    fires = rules.fires(compiled(clock.calendar), clocks.state_of(clock), clocks.ladder_of(clock))
    return [fire.rung.level for fire in fires if since <= fire.at < until]


def test_who_was_left_out_by_a_downtime_hears_in_the_same_message_what_they_missed(session):
    rosa = person(session, "Rosa")
    person(session, "Idris", Role.LEAD)
    person(session, "Mara", Role.MANAGER)
    submission = in_review(session)
    plan(session, at=NOW, programme=MAIL_ONLY)
    assigning.claim(session, submission, by=rosa, at=after(days=6, hours=20))
    plan(session, at=NOW, programme=MAIL_ONLY)
    before = len(planned(session))
    swept(session, after(days=7))
    new = planned(session)[before:]
    assert [one.recipient for one in new] == ["idris@example.test", "mara@example.test", "rosa@example.test"]
    unsaid = "No word went out at half, three quarters and nine tenths of the time and when it was used up."
    assert all(unsaid in one.message["text"] for one in new)
    assert "Could take it over" in new[0].message["text"]
    assert "It is with you. Your turn: please answer the partner" in new[2].message["text"]


# --- what can't be computed


def test_a_clock_that_can_not_be_computed_keeps_no_other_from_being_told(session, caplog):
    bad, good = sent(session, "bad"), sent(session, "good")
    broken = CalendarVersion(name="broken", version=1, digest="broken", spec={"tz": "Nowhere"}, created_at=NOW)
    clock_of(session, bad, TargetName.FIRST_RESPONSE).calendar = broken
    at = after(days=1, minutes=1)
    assert swept(session, at) == 1
    assert [one.submission_id for one in events(session, *TOLD)] == [good.id]
    assert f"the clocks of submission {bad.id} can't be computed" in caplog.text
    assert not watching.anything_due(session, at=at + watching.AGAIN_AFTER)
    assert watching.anything_due(session, at=at + watching.AGAIN_AFTER + SECOND)


def test_a_step_beyond_the_end_of_the_calendar_keeps_those_before_it_from_nothing(session):
    last = CalendarVersion(
        name="team",
        version=99,
        digest="last",
        spec={
            "tz": "Etc/UTC",
            "week": {day: [] for day in ALWAYS},
            "overrides": {"2026-11-23": [["00:00", "24:00"]], "2026-11-24": [["00:00", "12:00"]]},
        },
        created_at=NOW,
    )
    first = sent(session, "first")
    session.add(last)
    session.flush()
    clock = clock_of(session, first, TargetName.FIRST_RESPONSE)
    clock.calendar = last
    clocks.set_next_fire(clock)
    swept(session, after(hours=17))
    assert told(session) == [("breach", [0.5, 0.75, 0.9])]
    assert clock.next_fire_at is None


# --- ladders of one's own


OWN = [
    step("sixty", "channel", fraction=0.6),
    step("late", "channel", "partner", fraction=1.0),
    step("half_a_day", "partner", days=0.5),
    step("three_days", "channel", "partner", days=3),
]


def test_a_ladder_of_ones_own_fires_as_it_says(session):
    a_policy(session, {"first_response": OWN, "decision": []})
    submission = sent(session)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    instants = []
    while clock.next_fire_at is not None:
        instants.append(clock.next_fire_at)
        assert swept(session, clock.next_fire_at) == 0
        swept(session, clock.next_fire_at + SECOND)
    assert [rung for rung, _ in told(session)] == ["sixty", "late", "half_a_day", "three_days"]
    # 9.6 and 16 open hours after ten on Monday, then 4 and 24 more; Thursday is Thanksgiving.
    assert instants == [
        datetime(2026, 11, 24, 19, 36, tzinfo=UTC),
        datetime(2026, 11, 25, 18, tzinfo=UTC),
        datetime(2026, 11, 25, 22, tzinfo=UTC),
        datetime(2026, 12, 1, 18, tzinfo=UTC),
    ]


@pytest.mark.parametrize(
    ("programme", "team"),
    [(EVERYWHERE, [f"slack:{TEAM_CHANNEL}"]), (MAIL_ONLY, ["mail:priya@example.test", "mail:rosa@example.test"])],
    ids=["slack", "mail only"],
)
def test_a_ladder_of_ones_own_tells_whom_it_says(session, programme, team):
    a_policy(session, {"first_response": OWN, "decision": []})
    person(session, "Rosa")
    person(session, "Priya")
    person(session, "Idris", Role.LEAD)
    submission = sent(session)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    partner = ["mail:contact@acme.example"]
    plan(session, at=NOW, programme=programme)
    seen = len(heard(session, programme))
    for expected in (team, partner + team, partner, partner + team):
        swept(session, clock.next_fire_at + SECOND)
        every = heard(session, programme)
        new = [one for one in every[seen:] if expected != partner or not one.startswith("slack:")]  # the card changes
        assert sorted(new) == sorted(expected)
        seen = len(every)
    titles = [one.message["title"] for one in planned(session, programme) if one.recipient == "contact@acme.example"]
    assert titles[-3:] == ["Acme: we are late, and sorry"] * 3


def test_a_clock_without_a_step_at_its_breach_is_marked_when_it_breaks_and_nobody_is_told(session):
    a_policy(session, {"first_response": [step("half", "assignee", fraction=0.5)], "decision": []})
    submission = in_review(session)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    swept(session, clock.next_fire_at + SECOND)
    assert clock.next_fire_at == clock.breach_at
    swept(session, clock.breach_at + SECOND)
    assert (clock.breached, clock.breach_cause, clock.next_fire_at) == (True, "nobody had taken it", None)
    assert told(session) == [("half", [])]
    assigning.claim(session, submission, by=person(session), at=after(days=9), message="Sorry.")
    assert clock.breach_cause == "nobody had taken it"


@pytest.mark.parametrize(
    ("ladder", "rungs"),
    [
        ([step("b", "lead", fraction=0.75), step("c", "lead", fraction=0.9)], ["a", "c"]),
        ([step("b", "lead", fraction=0.8), step("breach", "lead", fraction=1.0)], ["a", "breach"]),
        ([step("b", "lead", fraction=0.85), step("c", "lead", days=1)], ["a", "b", "c"]),
        ([step("b", "lead", fraction=0.5)], ["a"]),
        ([], ["a"]),
    ],
    ids=["told in between", "told already", "longer", "shorter", "none"],
)
def test_under_another_ladder_what_lies_above_the_level_told_is_told_and_nothing_below(session, ladder, rungs):
    a_policy(session, {"first_response": [step("a", "lead", fraction=0.8)], "decision": []})
    submission = sent(session)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    swept(session, clock.next_fire_at + SECOND)
    clock.policy = a_policy(session, {"first_response": ladder, "decision": []})
    clocks.set_next_fire(clock)
    while clock.next_fire_at is not None:
        swept(session, clock.next_fire_at + SECOND)
    assert [rung for rung, _ in told(session)] == rungs
    assert clock.breached


def test_clocks_on_different_calendars_are_each_told_in_their_own_hours(session):
    a_calendar(session, "round the clock", **ALWAYS)
    a_policy(session, {}, decision="round the clock")
    submission = sent(session)
    night = after(days=1, hours=9)  # past half of 16 team hours, and past half of 40 hours round the clock
    assert swept(session, night) == 1
    (one,) = events(session, *TOLD)
    assert (one.data["target"], one.data["also"]) == (TargetName.DECISION, [])
    assert clock_of(session, submission, TargetName.FIRST_RESPONSE).next_fire_at == after(days=1, hours=23)
    assert swept(session, after(days=1, hours=23) + SECOND) == 1
    (_, both) = events(session, *TOLD)
    assert (both.data["target"], both.data["rung"]) == (TargetName.DECISION, "breach")
    assert [(also["target"], also["rung"]) for also in both.data["also"]] == [(TargetName.FIRST_RESPONSE, "90")]


# --- the partner's answer


def test_a_ladder_that_tells_only_the_team_of_a_silent_partner_reminds_nobody(session):
    a_policy(
        session,
        {
            "partner_answer": [
                step("team", "manager", fraction=0.5),
                step("partner", "partner", fraction=1.0),
                step("both", "partner", "manager", days=1),
            ]
        },
    )
    person(session, "Mara", Role.MANAGER)
    submission = sent_back(session)
    clock = clock_of(session, submission, TargetName.PARTNER_ANSWER)
    plan(session, at=NOW, programme=MAIL_ONLY)
    before = len(planned(session))
    while clock.next_fire_at is not None:
        swept(session, clock.next_fire_at + SECOND)
    names = (EventName.PARTNER_SILENT, EventName.PARTNER_REMINDED)
    assert [(one.name, one.data["count"]) for one in events(session, *names)] == [
        ("partner.silent", 0),
        ("partner.reminded", 1),
        ("partner.reminded", 2),
    ]
    new = planned(session)[before:]
    assert [one.recipient for one in new] == [
        "mara@example.test",
        "contact@acme.example",
        "contact@acme.example",
        "mara@example.test",
    ]
    assert "no reminders were sent" in new[0].message["text"]
    assert "2 reminders were sent" in new[3].message["text"]


def test_reminders_that_a_downtime_kept_back_are_not_counted_as_sent(session):
    submission = sent_back(session)
    clock = clock_of(session, submission, TargetName.PARTNER_ANSWER)
    assert swept(session, after(days=91)) == 1
    (one,) = events(session, EventName.PARTNER_REMINDED)
    assert (one.data["rung"], one.data["missed"], one.data["count"]) == ("reminder_3", [1.0, 11.0], 1)
    assert one.data["tells"] == ["manager", "partner"]
    assert clock.next_fire_at is None


# --- who hears, once


def at_three_quarters(session):
    """A submission that Rosa, a reviewer, took; her lease has run out when three quarters of its time are used."""
    rosa = person(session, "Rosa")
    person(session, "Priya")
    submission = in_review(session)
    assigning.claim(session, submission, by=rosa, at=NOW)
    plan(session, at=NOW, programme=MAIL_ONLY)
    return submission, after(days=1, hours=4, minutes=1)


def test_what_somebody_let_lie_is_told_to_all_and_says_so(session):
    _, at = at_three_quarters(session)
    before = len(planned(session))
    swept(session, at)
    plan(session, at=at, programme=MAIL_ONLY)
    new = planned(session)[before:]
    assert [one.recipient for one in new] == ["rosa@example.test", "priya@example.test"]
    assert "Rosa took it and has let it lie, so anybody can take it over." in new[1].message["text"]


def test_an_assignee_who_is_a_reviewer_hears_it_once(session):
    submission, at = at_three_quarters(session)
    active_assignment(session, submission).leased_until = at + timedelta(hours=1)
    before = len(planned(session))
    swept(session, at)
    new = planned(session)[before:]
    assert [one.recipient for one in new] == ["rosa@example.test", "priya@example.test"]
    assert "It is with you." in new[0].message["text"]
    assert "It is with Rosa." in new[1].message["text"]


def test_an_assignee_who_is_told_in_slack_gets_no_mail_as_a_reviewer_as_well(session):
    submission, at = at_three_quarters(session)
    active_assignment(session, submission).leased_until = at + timedelta(hours=1)
    active_assignment(session, submission).person.slack_id = "U0ROSA"
    no_channel = type(EVERYWHERE)(base_url="https://desk.example", channels=EVERYWHERE.channels)
    before = len(planned(session, no_channel))
    swept(session, at)
    assert heard(session, no_channel)[before:] == ["slack:U0ROSA", "mail:priya@example.test"]


def test_a_lead_who_has_it_is_asked_as_a_lead(session):
    idris = person(session, "Idris", Role.LEAD)
    submission = in_review(session)
    assigning.claim(session, submission, by=idris, at=after(days=1))
    before = len(planned(session))
    swept(session, datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    (one,) = [one for one in planned(session)[before:] if one.recipient == "idris@example.test"]
    assert "Your turn: please see that somebody answers the partner." in one.message["text"]


# --- who could take it


def test_whoever_approved_first_is_not_offered_as_the_second(session):
    submission = in_review(session)
    rosa, priya = person(session, "Rosa"), person(session, "Priya")
    session.add(
        Decision(
            submission_id=submission.id,
            revision=1,
            decision=DecisionKind.APPROVE,
            reason="Works.",
            verdict={},
            decided_by=rosa,
            decided_at=NOW,
        )
    )
    swept(session, datetime(2026, 11, 25, 18, 1, tzinfo=UTC))
    (one,) = events(session, EventName.CLOCK_BREACHED)
    assert [offer["email"] for offer in one.data["offers"]] == [priya.email]


def test_who_has_how_much_to_do_is_read_once_for_all_that_is_late(session):
    person(session, "Priya")
    for number in range(6):
        assigning.claim(session, in_review(session, f"partner-{number}"), by=person(session), at=NOW)
    asked = []

    def note(_connection, _cursor, statement, *_):
        asked.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    assert swept(session, datetime(2026, 11, 25, 18, 1, tzinfo=UTC)) == 6
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert len([one for one in asked if "FROM assignments" in one and "submission_id =" not in one]) == 1
    offered = [one.data["offers"] for one in events(session, EventName.CLOCK_BREACHED)]
    assert offered == [[{"name": "Priya", "email": "priya@example.test", "open": 0}]] * 6
