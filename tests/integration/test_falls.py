"""After a fall was told: a day to mend it by, a reminder, a question to the team; and never anything by itself."""

from collections import Counter
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from checklist.rulebook import Rulebook
from desk.reporting.readiness import present
from flows.prompt_partners import _each
from models.delivery import Delivery
from models.enums import ChannelName, EventName, IntegrationStage, Outcome, Role
from models.fall import Fall, FallEnd
from models.result import Waiver
from notifications.outbox import plan
from notifications.outbox.truth import no_longer_true
from review.actions import falling, launching
from review.actions.falling import DismissalRefused, ExtensionRefused
from review.falling import NextStep
from review.overdue import overdue
from review.reports.readiness import readiness
from tests.building import NOW, after, audited, events, live, person
from tests.fixtures.programme_rows import EVERYWHERE, MAIL_ONLY

V1 = Rulebook.load("v1")
DOCS, LOGO = "docs.partner", "catalog.logo"
FAILED = {DOCS: Outcome.FAILED}
FIX_BY = date(2026, 12, 8)
"""Ten business days after Monday, 23 November: Thanksgiving is none."""


@pytest.fixture
def integration(session):
    return live(session, "acme", at=NOW - timedelta(days=30))


def fallen(session, integration, said=FAILED, *, at=NOW):
    audited(session, integration, said, at=at - timedelta(hours=2))
    audited(session, integration, said, at=at)


def falls(session):
    session.flush()
    return session.scalars(select(Fall).order_by(Fall.id)).all()


def steps(session, integration, today):
    if integration.id not in falling.due(session, today=today, after=0, limit=10):
        return Counter()
    at = NOW + (today - NOW.date())
    return falling.take_steps(session, integration.id, rulebook=V1, today=today, at=at)


def test_a_fall_that_is_told_has_a_day_by_the_teams_calendar(session, integration):
    fallen(session, integration)
    (fall,) = falls(session)
    assert (fall.item, fall.fix_by, fall.remind_on) == (DOCS, FIX_BY, date(2026, 12, 3))
    (told,) = events(session, EventName.REGRESSED)
    assert [(item["item"], item["fix_by"]) for item in told.data["items"]] == [(DOCS, "2026-12-08")]


def test_what_falls_besides_has_its_own_day_and_is_told_by_itself(session, integration):
    fallen(session, integration)
    fallen(session, integration, FAILED | {LOGO: Outcome.FAILED}, at=after(days=2))
    assert [(fall.item, fall.fix_by) for fall in falls(session)] == [(DOCS, FIX_BY), (LOGO, date(2026, 12, 10))]
    told = [[item["item"] for item in event.data["items"]] for event in events(session, EventName.REGRESSED)]
    assert told == [[DOCS], [LOGO]]


def test_what_fell_once_is_not_told_with_what_fell_twice(session, integration):
    audited(session, integration, FAILED, at=NOW)
    audited(session, integration, FAILED | {LOGO: Outcome.FAILED}, at=after(hours=2))
    assert [fall.item for fall in falls(session)] == [DOCS]


def test_the_partner_is_reminded_once_and_then_the_team_is_asked_once(session, integration):
    fallen(session, integration)
    days = [FIX_BY + timedelta(days=number) for number in range(-6, 4)]
    taken = {day: steps(session, integration, day) for day in days}
    assert {day: [*step] for day, step in taken.items() if step} == {
        date(2026, 12, 3): [NextStep.REMIND],
        date(2026, 12, 9): [NextStep.PROPOSE],
    }
    assert integration.stage is IntegrationStage.PUBLIC_BETA
    (asked,) = events(session, EventName.DELISTING_PROPOSED)
    assert asked.data["fix_by"] == FIX_BY.isoformat()
    assert asked.data["items"][0]["what"] == "docs.partner failed"


def test_a_sweep_that_was_down_over_the_reminder_asks_the_team_alone(session, integration):
    fallen(session, integration)
    assert steps(session, integration, date(2027, 1, 4)) == {NextStep.PROPOSE: 1}
    assert events(session, EventName.FIX_REMINDED) == []


def test_more_time_takes_the_question_off_the_table_and_tells_the_partner(session, integration):
    fallen(session, integration)
    steps(session, integration, date(2026, 12, 9))
    lead = person(session, "Lena", Role.LEAD)
    until = date(2026, 12, 18)
    falling.extend(
        session,
        integration,
        until=until,
        by=lead,
        reason="They move their servers.",
        rulebook=V1,
        today=date(2026, 12, 9),
        at=after(days=16),
    )
    (fall,) = falls(session)
    assert (fall.fix_by, fall.proposed_at) == (until, None)
    (told,) = events(session, EventName.FIX_EXTENDED)
    assert (told.person_id, told.data["reason"]) == (lead.id, "They move their servers.")
    assert steps(session, integration, until) == {NextStep.REMIND: 1}
    assert steps(session, integration, until + timedelta(days=3)) == {NextStep.PROPOSE: 1}


@pytest.mark.parametrize(
    ("role", "until", "reason", "told"),
    [
        (Role.REVIEWER, date(2026, 12, 18), "Why not.", "may not"),
        (Role.LEAD, date(2026, 11, 23), "Why not.", "no day of the coming year"),
        (Role.LEAD, date(2028, 11, 23), "Why not.", "no day of the coming year"),
        (Role.LEAD, date(2026, 12, 18), " ", "say why"),
    ],
)
def test_more_time_that_makes_no_sense_is_refused_in_one_line(session, integration, role, until, reason, told):
    fallen(session, integration)
    who = person(session, "Lena", role)
    with pytest.raises(ExtensionRefused, match=told):
        falling.extend(session, integration, until=until, by=who, reason=reason, rulebook=V1, today=NOW.date(), at=NOW)


def test_where_nothing_has_fallen_there_is_no_day_to_move(session, integration):
    with pytest.raises(ExtensionRefused, match="nothing of acme has fallen"):
        falling.extend(
            session,
            integration,
            until=date(2026, 12, 18),
            by=person(session, "Lena", Role.LEAD),
            reason="Why not.",
            rulebook=V1,
            today=NOW.date(),
            at=NOW,
        )


def test_what_heals_is_closed_and_what_nobody_could_tell_is_not(session, integration):
    fallen(session, integration, FAILED | {LOGO: Outcome.FAILED})
    audited(session, integration, {DOCS: Outcome.UNKNOWN}, at=after(days=1))
    assert [(fall.item, fall.closed_because) for fall in falls(session)] == [(DOCS, None), (LOGO, FallEnd.HEALED)]
    audited(session, integration, at=after(days=2))
    assert falls(session)[0].closed_because is FallEnd.HEALED
    assert len(events(session, EventName.RECOVERED)) == 1
    assert steps(session, integration, date(2026, 12, 9)) == {}


def test_a_waiver_ends_a_fall_at_the_next_audit(session, integration):
    fallen(session, integration)
    lead = person(session, "Lena", Role.LEAD)
    session.add(
        Waiver(
            integration_id=integration.id,
            item=DOCS,
            reason="Agreed.",
            granted_by_id=lead.id,
            granted_at=NOW,
            until=date(2027, 1, 1),
        )
    )
    audited(session, integration, FAILED, at=after(days=1))
    assert falls(session)[0].closed_because is FallEnd.WAIVED
    assert events(session, EventName.RECOVERED)[0].integration_id == integration.id


def test_delisting_ends_every_fall(session, integration):
    fallen(session, integration)
    launching.delist(session, integration, by=person(session, "Max", Role.MANAGER), at=after(days=1), reason="Gone.")
    assert falls(session)[0].closed_because is FallEnd.DELISTED


def test_an_item_that_fell_again_has_a_new_day(session, integration):
    fallen(session, integration)
    audited(session, integration, at=after(days=1))
    fallen(session, integration, at=after(days=8))
    assert [fall.fix_by for fall in falls(session)] == [FIX_BY, date(2026, 12, 15)]


def test_one_that_can_not_be_dealt_with_keeps_no_other_from_it(session, integration, caplog):
    def act(number):
        if number == 2:
            raise LookupError("odd")
        return number

    assert list(_each(session, [1, 2, 3], act)) == [1, 3]
    assert "2 can't be dealt with" in caplog.text


# --- some of it is mended


BOTH_FELL = FAILED | {LOGO: Outcome.FAILED}


def test_while_something_is_left_the_partner_is_told_what_holds_again_and_what_does_not(session, integration):
    fallen(session, integration, BOTH_FELL)
    audited(session, integration, FAILED, at=after(days=1))
    (told,) = events(session, EventName.PARTLY_RECOVERED)
    assert told.data["mended"] == [{"item": LOGO, "title": V1.item(LOGO).title}]
    assert [(item["item"], item["what"], item["fix_by"]) for item in told.data["items"]] == [
        (DOCS, "docs.partner failed", FIX_BY.isoformat())
    ]
    audited(session, integration, FAILED, at=after(days=2))
    audited(session, integration, {DOCS: Outcome.UNKNOWN}, at=after(days=3))
    assert len(events(session, EventName.PARTLY_RECOVERED)) == 1, "nothing changed"
    audited(session, integration, at=after(days=4))
    assert len(events(session, EventName.PARTLY_RECOVERED)) == 1
    assert len(events(session, EventName.RECOVERED)) == 1, "what mends the rest is the other message"


def test_the_mail_names_both_and_goes_to_the_partner_alone(session, integration):
    fallen(session, integration, BOTH_FELL)
    audited(session, integration, FAILED, at=after(days=1))
    plan(session, at=after(days=1), programme=EVERYWHERE)
    (mail,) = [one for one in told_of(session, EventName.PARTLY_RECOVERED) if one.channel is ChannelName.MAIL]
    assert mail.recipient == "contact@acme.example"
    assert mail.message["title"] == "Acme: 1 in order again, 1 still to fix"
    assert f"This is still to fix:\n\n1. {V1.item(DOCS).title}" in mail.message["text"]
    assert "Please fix it by Tuesday 8 December 2026" in mail.message["text"]


def test_one_that_waited_is_not_sent_once_the_rest_is_mended(session, integration):
    fallen(session, integration, BOTH_FELL)
    audited(session, integration, FAILED, at=after(days=1))
    plan(session, at=after(days=1), programme=MAIL_ONLY)
    (mail,) = told_of(session, EventName.PARTLY_RECOVERED)
    assert no_longer_true(session, mail, at=after(days=1)) == ""
    audited(session, integration, at=after(days=2))
    assert "overtaken" in no_longer_true(session, mail, at=after(days=2))


def told_of(session, name):
    return [one for one in session.scalars(select(Delivery)) if one.message.get("event") == name]


# --- a proposal that is dismissed


ASKED_ON = date(2026, 12, 9)
AGAIN_AFTER = date(2027, 1, 15)


def dismiss(session, integration, *, by=None, until=AGAIN_AFTER, reason="Customers are served.", today=ASKED_ON):
    lead = by or person(session, "Lena", Role.LEAD)
    return falling.dismiss(
        session, integration, until=until, by=lead, reason=reason, rulebook=V1, today=today, at=after(days=16)
    )


def test_a_dismissed_proposal_comes_back_after_its_day_and_not_before(session, integration):
    fallen(session, integration)
    steps(session, integration, ASKED_ON)
    (fall,) = dismiss(session, integration)
    assert (fall.fix_by, fall.dismissed_until) == (FIX_BY, AGAIN_AFTER)
    (event,) = events(session, EventName.DELISTING_DISMISSED)
    assert (event.data["until"], event.data["reason"]) == ("2027-01-15", "Customers are served.")
    quiet = [steps(session, integration, day) for day in (ASKED_ON, date(2026, 12, 20), AGAIN_AFTER)]
    assert quiet == [{}, {}, {}]
    assert steps(session, integration, AGAIN_AFTER + timedelta(days=1)) == {NextStep.PROPOSE: 1}
    assert steps(session, integration, AGAIN_AFTER + timedelta(days=2)) == {}
    assert (fall.dismissed_until, len(events(session, EventName.DELISTING_PROPOSED))) == (None, 2)


def test_nobody_is_told_of_a_dismissal_and_the_question_that_waited_is_not_sent(session, integration):
    person(session, "Mira", Role.MANAGER)
    fallen(session, integration)
    steps(session, integration, ASKED_ON)
    plan(session, at=after(days=16), programme=MAIL_ONLY)
    (question,) = told_of(session, EventName.DELISTING_PROPOSED)
    dismiss(session, integration)
    plan(session, at=after(days=16), programme=MAIL_ONLY)
    assert told_of(session, EventName.DELISTING_DISMISSED) == []
    assert "overtaken" in no_longer_true(session, question, at=after(days=16))


def test_what_falls_besides_is_proposed_by_itself(session, integration):
    fallen(session, integration)
    steps(session, integration, ASKED_ON)
    dismiss(session, integration)
    fallen(session, integration, BOTH_FELL, at=after(days=17))
    (_, logo) = falls(session)
    assert steps(session, integration, logo.fix_by + timedelta(days=1)) == {NextStep.PROPOSE: 1}
    assert [item["item"] for item in events(session, EventName.DELISTING_PROPOSED)[-1].data["items"]] == [LOGO]


def test_more_time_ends_a_dismissal(session, integration):
    fallen(session, integration)
    steps(session, integration, ASKED_ON)
    dismiss(session, integration)
    falling.extend(
        session,
        integration,
        until=date(2026, 12, 18),
        by=person(session, "Lena", Role.LEAD),
        reason="They move.",
        rulebook=V1,
        today=ASKED_ON,
        at=after(days=16),
    )
    assert [fall.dismissed_until for fall in falls(session)] == [None]


@pytest.mark.parametrize(
    ("role", "until", "reason", "told"),
    [
        (Role.REVIEWER, AGAIN_AFTER, "Why not.", "may not"),
        (Role.LEAD, ASKED_ON, "Why not.", "no day of the coming year"),
        (Role.LEAD, AGAIN_AFTER, " ", "say why"),
    ],
)
def test_a_dismissal_that_makes_no_sense_is_refused_in_one_line(session, integration, role, until, reason, told):
    fallen(session, integration)
    steps(session, integration, ASKED_ON)
    with pytest.raises(DismissalRefused, match=told):
        dismiss(session, integration, by=person(session, "Nils", role), until=until, reason=reason)


def test_what_nobody_proposed_can_not_be_dismissed(session, integration):
    fallen(session, integration)
    with pytest.raises(DismissalRefused, match="nobody proposed to delist acme"):
        dismiss(session, integration)


# --- what is overdue


def test_what_is_overdue_waits_for_a_decision_unless_it_was_dismissed(session, integration):
    fallen(session, integration, BOTH_FELL)
    assert overdue(session, today=FIX_BY) == []
    late = overdue(session, today=ASKED_ON)
    assert [(one.item, one.days, one.proposed_at, one.waits) for one in late] == [
        (LOGO, 1, None, True),
        (DOCS, 1, None, True),
    ]
    steps(session, integration, ASKED_ON)
    dismiss(session, integration)
    assert [one.waits for one in overdue(session, today=AGAIN_AFTER)] == [False, False]
    assert [one.waits for one in overdue(session, today=AGAIN_AFTER + timedelta(days=1))] == [True, True]


def test_readiness_tells_what_is_overdue_and_a_past_one_does_not(session, integration):
    fallen(session, integration)
    report = readiness(session, rulebook=V1, at=after(days=20))
    assert [(one.slug, one.item, one.days) for one in report.overdue] == [("acme", DOCS, 5)]
    shown = present(report)
    assert shown.headline.endswith("1 not mended in time, to be decided")
    assert shown.document["overdue"][0]["days_over"] == 5
    assert any(line.startswith("acme") and "2026-12-08" in line for line in shown.lines)
    assert readiness(session, rulebook=V1, at=after(days=20), past=True).overdue == ()
