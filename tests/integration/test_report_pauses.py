"""Pauses that want a second look: in the last tenth of a target, or without a message to the partner."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.delivery import Delivery
from models.enums import ChannelName, DecisionKind, DeliveryStage, SubmissionKind, TargetName
from models.event import UnplannedEvent
from models.submission import Submission
from notifications.outbox import plan
from notifications.programme import ProgrammeSettings
from review.actions import asking
from review.reports.pauses import NotedPause, PauseReport, pauses
from review.reports.period import EVER, Period
from review.reports.promises import promises
from tests.building import contact, decided, in_review, person

MONDAY = datetime(2026, 11, 16, 17, tzinfo=UTC)
"""Nine o'clock where the team is: a business day of eight hours begins. A decision is promised in five of them."""

MAILS = ProgrammeSettings(base_url="https://desk.example", channels=frozenset({ChannelName.FILE}))
CONSOLE_ALONE = ProgrammeSettings(base_url="https://desk.example", channels=frozenset({ChannelName.CONSOLE}))
FRIDAY = 4 * 24
"""Hours from Monday's opening to Friday's."""


def at(hours: float) -> datetime:
    """On the wall, after Monday at nine."""
    return MONDAY + timedelta(hours=hours)


def asked(session: Session, submission: Submission, hours: float, text: str = "Which key do I use?") -> None:
    asking.ask_partner(session, submission, by=person(session), at=at(hours), text=text)


def answered(session: Session, submission: Submission, hours: float) -> None:
    asking.answer(session, submission, by=contact(session, submission), at=at(hours), text="The blue one.")


def told(session: Session, programme: ProgrammeSettings = MAILS) -> None:
    """Whoever is to hear does."""
    session.flush()
    plan(session, at=at(0), programme=programme)


def report(session: Session, *, hours: float = 30 * 24, period: Period = EVER) -> PauseReport:
    session.flush()
    now = at(hours)
    return pauses(session, promises(session, at=now), at=now, period=period)


def noted(session: Session) -> list[NotedPause]:
    return list(report(session).noted)


def to_partner(session: Session, submission: Submission) -> list[Delivery]:
    recipient = contact(session, submission).email
    return list(session.scalars(select(Delivery).where(Delivery.recipient == recipient)))


@pytest.mark.parametrize(
    ("hours", "is_noted"),
    [
        (FRIDAY + 4 - 1 / 60, False),  # a minute before nine tenths of forty hours
        (FRIDAY + 4, True),
        (FRIDAY + 8, True),  # all forty are used and not one second more: it is not broken yet
        (FRIDAY + 40, True),  # Sunday; still not a second more
        (7 * 24 + 1 / 60, False),  # broken, so there was nothing to save
    ],
)
def test_a_pause_in_the_last_tenth_of_a_target_is_noted(session, hours, is_noted):
    submission = in_review(session, at=at(0))
    asked(session, submission, hours)
    told(session)

    assert [(pause.target, pause.late) for pause in noted(session)] == [(TargetName.DECISION, True)] * is_noted


def test_it_is_told_who_paused_what_when_how_much_was_used_and_in_which_words(session):
    submission = in_review(session, at=at(0))
    asked(session, submission, FRIDAY + 6)
    answered(session, submission, FRIDAY + 7)
    told(session)

    (pause,) = noted(session)

    assert (pause.submission_id, pause.slug, pause.by) == (submission.id, "acme", "Rosa")
    assert (pause.since, pause.until, pause.open_seconds) == (at(FRIDAY + 6), at(FRIDAY + 7), 3_600)
    assert (pause.used_percent, pause.began) == (95, "submission.question_asked")
    assert (pause.late, pause.untold, pause.reason) == (True, False, "Which key do I use?")


def test_earlier_pauses_do_not_count_as_used(session):
    submission = in_review(session, at=at(0))
    asked(session, submission, 1)
    answered(session, submission, 3 * 24 + 1)
    asked(session, submission, FRIDAY + 4)
    told(session)

    assert noted(session) == []


def test_requested_changes_pause_too_and_say_the_decisions_reason(session):
    decided(session, in_review(session, at=at(0)), DecisionKind.REQUEST_CHANGES, at=at(FRIDAY + 5), reason="Mend it.")
    told(session)

    (pause,) = noted(session)

    assert (pause.began, pause.reason, pause.until) == ("submission.changes_requested", "Mend it.", None)


def test_a_pause_whose_message_reaches_the_partner_is_not_noted(session):
    asked(session, in_review(session, at=at(0)), 1)
    told(session)

    found = report(session)

    assert (found.number, found.noted) == (1, ())


@pytest.mark.parametrize("stage", [DeliveryStage.PLANNED, DeliveryStage.SENT, DeliveryStage.UNCERTAIN])
def test_a_message_that_went_out_or_still_will_is_one(session, stage):
    submission = in_review(session, at=at(0))
    asked(session, submission, 1)
    told(session)
    for delivery in to_partner(session, submission):
        delivery.stage = stage

    assert noted(session) == []


@pytest.mark.parametrize("stage", [DeliveryStage.DEAD, DeliveryStage.SKIPPED])
def test_a_message_that_never_goes_out_is_none(session, stage):
    submission = in_review(session, at=at(0))
    asked(session, submission, 1)
    told(session)
    for delivery in to_partner(session, submission):
        delivery.stage = stage

    assert [(pause.untold, pause.late) for pause in noted(session)] == [(True, False)]


def test_what_the_console_narrates_is_no_message(session):
    asked(session, in_review(session, at=at(0)), 1)
    told(session, CONSOLE_ALONE)

    assert [pause.untold for pause in noted(session)] == [True]


def test_a_partner_without_any_contact_heard_nothing(session):
    partner = {"name": "Acme Inc", "website": "https://acme.example"}
    asked(session, in_review(session, at=at(0), partner=partner), 1)
    told(session)

    assert [pause.untold for pause in noted(session)] == [True]


def test_a_message_to_the_team_is_no_message_to_the_partner(session):
    submission = in_review(session, at=at(0))
    asked(session, submission, 1)
    told(session)
    for delivery in to_partner(session, submission):
        delivery.recipient = "rosa@example.test"

    assert [pause.untold for pause in noted(session)] == [True]


def test_an_event_that_waits_at_the_outbox_door_is_on_its_way(session):
    asked(session, in_review(session, at=at(0)), 1)
    session.flush()

    assert session.scalars(select(UnplannedEvent)).first() is not None
    assert noted(session) == []


def test_a_pause_without_any_length_is_noted_as_well(session):
    submission = in_review(session, at=at(0))
    asked(session, submission, FRIDAY + 5)
    answered(session, submission, FRIDAY + 5)
    told(session)

    assert [(pause.open_seconds, pause.since == pause.until) for pause in noted(session)] == [(0, True)]


def test_two_pauses_of_one_instant_each_have_their_own_words(session):
    submission = in_review(session, at=at(0))
    for text in ("The first?", "The second?"):
        asked(session, submission, FRIDAY + 5, text)
        answered(session, submission, FRIDAY + 5)
    told(session)

    assert {pause.reason for pause in noted(session)} == {"The first?", "The second?"}


def test_the_newest_comes_first_and_a_period_keeps_those_that_began_in_it(session):
    for slug, hours in (("one", FRIDAY + 5), ("two", FRIDAY + 6), ("three", FRIDAY + 4)):
        asked(session, in_review(session, slug, at=at(0)), hours)
    early = in_review(session, "four", SubmissionKind.ACCESS, at=at(0))
    asked(session, early, 7.5)
    told(session)

    assert [pause.slug for pause in noted(session)] == ["two", "one", "three", "four"]
    monday = report(session, period=Period(until=date(2026, 11, 16)))
    assert (monday.number, [pause.slug for pause in monday.noted]) == (1, ["four"])
    assert (monday.late, monday.untold) == (1, 0)


def test_an_access_request_is_paused_against_its_own_target(session):
    asked(session, in_review(session, "four", SubmissionKind.ACCESS, at=at(0)), 7.2)
    told(session)

    assert [(pause.target, pause.used_percent) for pause in noted(session)] == [(TargetName.ACCESS, 90)]
