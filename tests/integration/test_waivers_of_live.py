"""Waivers of what is live: granted, renewed, told before they run out, ended; and seen as debt."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from checklist.rulebook import Rulebook
from desk.viewing.gauges import gauges
from models.enums import EventName, Outcome, Role
from models.fall import Fall, FallEnd
from models.result import Waiver
from review.actions import attesting, falling, waiving
from review.lifecycle import MoveRefused
from review.reports.readiness import readiness
from tests.building import NOW, after, audited, events, live, person

V1 = Rulebook.load("v1")
DOCS, LOGO = "docs.partner", "catalog.logo"
UNTIL = date(2026, 12, 11)
"""A Friday; five business days before it is Friday, 4 December."""


@pytest.fixture
def integration(session):
    return live(session, "acme", at=NOW - timedelta(days=30))


@pytest.fixture
def lead(session):
    return person(session, "Lena", Role.LEAD)


def waive(session, integration, by, *, until=UNTIL, at=NOW, item=DOCS, reason="Their site moves."):
    return waiving.waive_live(session, integration, item, by=by, at=at, reason=reason, until=until, rulebook=V1)


def tell(session, integration, at):
    if integration.id not in waiving.running_out(session, rulebook=V1, at=at, after=0, limit=10):
        return 0
    return waiving.tell_running_out(session, integration.id, rulebook=V1, at=at)


def fall_overdue(session, integration, said):
    for hours in (0, 2):
        audited(session, integration, said, at=after(hours=hours))
    today = date(2026, 12, 9)
    falling.take_steps(session, integration.id, rulebook=V1, today=today, at=after(days=16))


def test_waiving_what_fell_takes_it_off_the_list_at_once_and_leaves_the_rest(session, integration, lead):
    fall_overdue(session, integration, {DOCS: Outcome.FAILED, LOGO: Outcome.FAILED})
    waive(session, integration, lead, at=after(days=17))
    ends = dict(session.execute(select(Fall.item, Fall.closed_because)).tuples().all())
    assert ends == {DOCS: FallEnd.WAIVED, LOGO: None}


def test_partner_and_team_are_told_once_five_business_days_before(session, integration, lead):
    waiver = waive(session, integration, lead)
    told = {day: tell(session, integration, after(days=day)) for day in range(25)}
    assert {day: number for day, number in told.items() if number} == {11: 1}
    (event,) = events(session, EventName.WAIVER_RUNS_OUT)
    assert (event.data["until"], event.data["waivers"]) == (UNTIL.isoformat(), [waiver.id])
    assert [(item["item"], item["fix_by"]) for item in event.data["items"]] == [(DOCS, UNTIL.isoformat())]


def test_two_that_end_together_are_one_message_with_the_sooner_day_first(session, integration, lead):
    waive(session, integration, lead, until=UNTIL + timedelta(days=3), item=LOGO)
    waive(session, integration, lead)
    assert tell(session, integration, after(days=16)) == 2
    (event,) = events(session, EventName.WAIVER_RUNS_OUT)
    assert [item["item"] for item in event.data["items"]] == [DOCS, LOGO]
    assert event.data["until"] == UNTIL.isoformat()


def test_what_was_waived_falls_anew_with_a_day_of_its_own_once_it_ran_out(session, integration, lead):
    waive(session, integration, lead)
    for day in (1, 2):
        audited(session, integration, {DOCS: Outcome.FAILED}, at=after(days=day))
    assert session.scalars(select(Fall)).all() == []
    ended = after(days=19)
    assert attesting.end_expired_waivers(session, at=ended) == 1
    assert attesting.end_expired_waivers(session, at=ended) == 0
    audited(session, integration, {DOCS: Outcome.FAILED}, at=after(days=20))
    (fall,) = session.scalars(select(Fall)).all()
    assert fall.item == DOCS
    assert fall.fix_by > UNTIL


def test_an_audit_that_sees_the_item_pass_ends_the_waiver(session, integration, lead):
    waiver = waive(session, integration, lead)
    audited(session, integration, {DOCS: Outcome.FAILED}, at=after(days=1))
    assert waiver.ended_at is None
    audited(session, integration, at=after(days=2))
    assert waiver.ended_because == "the item passes by itself"
    assert tell(session, integration, after(days=12)) == 0


def test_a_renewal_is_linked_counted_and_told_anew(session, integration, lead):
    first = waive(session, integration, lead)
    assert tell(session, integration, after(days=11)) == 1
    second = waive(session, integration, lead, at=after(days=12), until=date(2027, 1, 15))
    assert (second.renews_id, second.renewals, second.told_at) == (first.id, 1, None)
    assert first.ended_because == attesting.REPLACED
    attesting.end_expired_waivers(session, at=after(days=60))
    third = waive(session, integration, lead, at=after(days=61), until=date(2027, 2, 15))
    assert (third.renews_id, third.renewals) == (second.id, 2)
    assert [event.data["renewals"] for event in events(session, EventName.WAIVER_GRANTED)] == [0, 1, 2]


def test_what_was_ended_by_hand_is_not_renewed_but_granted_anew(session, integration, lead):
    waive(session, integration, lead)
    waiving.end_early(session, integration, DOCS, by=lead, at=after(days=1), reason="They are done.")
    assert waive(session, integration, lead, at=after(days=2)).renewals == 0


def test_a_person_ends_a_waiver_early_and_says_why(session, integration, lead):
    waiver = waive(session, integration, lead)
    waiving.end_early(session, integration, DOCS, by=lead, at=after(days=1), reason=" They are done. ")
    assert (waiver.ended_at, waiver.ended_because) == (after(days=1), "They are done.")
    (event,) = events(session, EventName.WAIVER_ENDED)
    assert (event.person_id, event.data["because"]) == (lead.id, "They are done.")
    with pytest.raises(MoveRefused, match="nothing is waived under"):
        waiving.end_early(session, integration, DOCS, by=lead, at=after(days=1), reason="Again.")


@pytest.mark.parametrize(
    ("role", "changed", "told"),
    [
        (Role.REVIEWER, {}, "lead"),
        (Role.LEAD, {"reason": " "}, "a reason is needed"),
        (Role.LEAD, {"until": date(2026, 11, 22)}, "out of range"),
        (Role.LEAD, {"until": date(2028, 11, 22)}, "out of range"),
        (Role.LEAD, {"item": "no.such"}, "audits don't look at 'no.such'"),
    ],
)
def test_a_waiver_that_makes_no_sense_is_refused_in_one_line(session, integration, role, changed, told):
    with pytest.raises(MoveRefused, match=told) as refused:
        waive(session, integration, person(session, "Rosa", role), **changed)
    assert "\n" not in str(refused.value)
    assert session.scalars(select(Waiver)).all() == []


def test_readiness_says_how_old_a_debt_is_how_often_renewed_and_what_was_seen(session, integration, lead):
    waive(session, integration, lead)
    audited(session, integration, {DOCS: Outcome.FAILED}, at=after(days=1))
    waive(session, integration, lead, at=after(days=10), until=date(2027, 1, 15))
    waive(session, integration, lead, at=after(days=10), item=LOGO)
    debts = {debt.item: debt for debt in readiness(session, rulebook=V1, at=after(days=12)).debts}
    docs = debts[DOCS]
    assert (docs.days_old, docs.renewals, docs.seen, docs.audited_at) == (12, 1, Outcome.FAILED, after(days=1))
    assert docs.seen_what == "docs.partner failed"
    assert (debts[LOGO].days_old, debts[LOGO].renewals, debts[LOGO].seen) == (2, 0, Outcome.PASSED)


def test_gauges_count_what_fell_and_what_is_waived(session, integration, lead):
    fall_overdue(session, integration, {DOCS: Outcome.FAILED})
    waive(session, integration, lead, item=LOGO)
    waive(session, integration, lead, item=LOGO, at=after(days=1))
    found = {gauge.name: gauge.values for gauge in gauges(session, at=after(days=17))}
    assert found["launch_review_falls_open"] == {"in_time": 0, "overdue": 1}
    assert found["launch_review_waivers"] == {"first": 0, "renewed": 1}
