"""What the programme asks of partners by itself: about replays, for the button, and monthly what Public lacks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.outcome import CheckResult
from flows.beats import OnceADay, beats
from flows.prompt_partners import prompt_partners, sweep
from flows.wiring import Ports, using, wire
from models.delivery import Delivery
from models.enums import ChannelName, DecisionKind, EventName, Outcome, Role
from models.integration import Integration
from models.kept_answer import KeptAnswer
from models.people import Person
from notifications.outbox import plan
from notifications.outbox.truth import no_longer_true
from review.actions import attesting, launching, prompting, requesting
from review.next_word import NextWord
from settings import Settings
from tests.building import (
    NOW,
    V1,
    after,
    audited,
    decided,
    events,
    in_review,
    live,
    person,
    sent_back,
)
from tests.fixtures.programme_rows import MAIL_ONLY

LOS_ANGELES = ZoneInfo("America/Los_Angeles")
ASKED = (EventName.REPLAY_REQUESTED, EventName.OAUTH_REQUESTED, EventName.GRADUATION_MISSING)
NO_WORD = CheckResult(
    "replay.info",
    Outcome.FAILED,
    "not told yet: rate limits",
    fix="Add `replay.rate_limits`.",
    facts={"missing": ["rate_limits"]},
)
REPLAYS = {"replay.info": NO_WORD}
BUTTON = {"oauth.button": Outcome.FAILED}
BOTH = BUTTON | {"customers.active": Outcome.FAILED}


def names(session) -> list[str]:
    return [event.name for event in events(session, *ASKED)]


# --- replays


def asked_at(session, at=NOW) -> int:
    return requesting.ask_for_replays(session, at=at, limit=100)


def test_a_reviewed_submission_that_tells_nothing_of_replays_is_asked_once(session):
    in_review(session, said=REPLAYS)
    assert [asked_at(session), asked_at(session), asked_at(session, after(days=40))] == [1, 0, 0]
    (event,) = events(session, EventName.REPLAY_REQUESTED)
    assert (event.data["item"], event.data["missing"], event.data["is_live"]) == ("replay.info", ["rate_limits"], False)


def test_the_mail_asks_for_what_is_missing_and_for_nothing_else(session):
    in_review(session, said=REPLAYS)
    asked_at(session)
    plan(session, at=NOW, programme=MAIL_ONLY)
    mails = session.scalars(select(Delivery).where(Delivery.channel == ChannelName.MAIL)).all()
    (text,) = [mail.message["text"] for mail in mails if mail.message["event"] == "replay.requested"]
    assert "1. replay.rate_limits: Which rate limits apply?" in text
    assert "accepts_replays" not in text


def test_who_tells_of_replays_is_not_asked(session):
    in_review(session)
    assert asked_at(session) == 0


@pytest.mark.parametrize("decision", [DecisionKind.APPROVE, DecisionKind.REJECT])
def test_what_is_decided_and_not_live_is_not_asked(session, decision):
    decided(session, in_review(session, said=REPLAYS), decision)
    assert asked_at(session) == 0


def test_one_that_was_sent_back_is_asked_so_that_it_fits_into_the_next_revision(session):
    sent_back(session, said=REPLAYS)
    assert asked_at(session) == 1


def test_what_went_live_without_being_asked_is_asked_as_live(session):
    launching.take_effect(session, decided(session, in_review(session, said=REPLAYS)), at=NOW)
    assert asked_at(session) == 1
    (event,) = events(session, EventName.REPLAY_REQUESTED)
    assert event.data["is_live"] is True


def test_a_waived_item_is_not_asked_for(session):
    submission = in_review(session, said=REPLAYS)
    until = after(days=30).date()
    attesting.waive(session, submission, "replay.info", by=person(session), at=NOW, reason="By mail.", until=until)
    assert asked_at(session) == 0


def test_nobody_is_asked_where_nobody_would_hear(session):
    submission = in_review(session, said=REPLAYS)
    for contact in session.scalars(select(Person).where(Person.partner_id == submission.integration.partner_id)):
        contact.active = False
    session.flush()
    assert asked_at(session) == 0


def test_so_many_at_a_time_oldest_first(session):
    for number in range(3):
        in_review(session, f"partner-{number}", said=REPLAYS)
    assert requesting.ask_for_replays(session, at=NOW, limit=2) == 2
    assert requesting.ask_for_replays(session, at=NOW, limit=2) == 1
    told = [event.submission_id for event in events(session, EventName.REPLAY_REQUESTED)]
    assert told == sorted(told)
    assert len(set(told)) == 3


# --- the way to Public


@pytest.fixture
def integration(session: Session) -> Integration:
    return live(session)


def told(session, integration, days, said=BOTH) -> NextWord | None:
    """What is told so many days after the launch, when the audit of that day says this."""
    at = after(days=days)
    audited(session, integration, said, at=at)
    return asks(session, integration, at)


def asks(session, integration, at) -> NextWord | None:
    today = at.astimezone(LOS_ANGELES).date()
    return prompting.tell_what_lacks(session, integration.id, rulebook=V1, today=today, zone=LOS_ANGELES, at=at)


def test_a_half_year_in_public_beta_is_four_messages(session, integration):
    said = {day: told(session, integration, day, BOTH if day < 100 else BUTTON) for day in range(1, 190)}
    assert {day: word for day, word in said.items() if word is not None} == {
        7: NextWord.BUTTON,
        30: NextWord.MISSING,
        61: NextWord.MISSING,
        100: NextWord.MISSING,
        131: NextWord.MISSING,
    }
    monthly = events(session, EventName.GRADUATION_MISSING)
    assert [event.data["is_last"] for event in monthly] == [False, True, False, True]


def test_the_message_says_each_missing_item_with_its_fix_and_since_when_and_nothing_else(session, integration):
    audited(session, integration, BUTTON, at=after(days=1))
    audited(session, integration, {"oauth.button": Outcome.UNKNOWN}, at=after(days=2))
    other = CheckResult("oauth.button", Outcome.FAILED, "another page has none", fix="mend it")
    assert told(session, integration, 31, {"oauth.button": other}) is NextWord.MISSING
    (event,) = events(session, EventName.GRADUATION_MISSING)
    assert event.data["items"] == [
        {
            "item": "oauth.button",
            "title": V1.item("oauth.button").title,
            "what": "another page has none",
            "fix": "mend it",
            "since": after(days=1).isoformat(),
        }
    ]


def test_what_held_in_between_is_missing_since_it_fell(session, integration):
    audited(session, integration, BUTTON, at=after(days=1))
    audited(session, integration, at=after(days=10))
    audited(session, integration, BUTTON, at=after(days=20))
    assert told(session, integration, 31, BUTTON) is NextWord.MISSING
    (event,) = events(session, EventName.GRADUATION_MISSING)
    assert event.data["items"][0]["since"] == after(days=20).isoformat()


def test_what_could_not_be_told_is_never_asked_for(session, integration):
    assert told(session, integration, 40, {"oauth.button": Outcome.UNKNOWN}) is None


def test_the_request_for_the_button_says_whose_it_is_and_how(session, integration):
    assert told(session, integration, 8) is NextWord.BUTTON
    (event,) = events(session, EventName.OAUTH_REQUESTED)
    assert (event.data["marketplace"], event.data["item"], event.data["fix"]) == ("Segment", "oauth.button", "mend it")


def test_nothing_is_told_when_no_audit_has_looked_of_late(session, integration):
    assert asks(session, integration, after(days=40)) is None
    audited(session, integration, BOTH, at=after(days=40))
    assert asks(session, integration, after(days=48)) is None
    assert asks(session, integration, after(days=47)) is NextWord.MISSING


def test_nothing_is_told_of_a_fall_seen_once(session, integration):
    assert told(session, integration, 40, BOTH | {"docs.partner": Outcome.FAILED}) is None


def test_nothing_is_told_within_a_week_of_the_message_about_a_fall(session, integration):
    fallen = BOTH | {"docs.partner": Outcome.FAILED}
    audited(session, integration, fallen, at=after(days=39))
    assert told(session, integration, 40, fallen) is None
    assert [event.name for event in events(session, EventName.REGRESSED)] == [EventName.REGRESSED]
    assert told(session, integration, 47, fallen) is NextWord.MISSING


def test_nothing_is_told_while_its_graduation_is_open(session, integration):
    audited(session, integration, at=after(days=39))
    launching.propose_graduation(session, integration, [], rulebook=V1, at=after(days=39))
    assert told(session, integration, 40) is None


def test_what_left_public_beta_hears_nothing(session, integration):
    admin = person(session, "Ada", Role.ADMIN)
    audited(session, integration, BOTH, at=after(days=40))
    launching.delist(session, integration, by=admin, at=after(days=40), reason="away")
    assert asks(session, integration, after(days=40)) is None


def test_only_what_has_a_contact_is_asked(session, integration):
    assert prompting.in_beta(session, after=0, limit=10) == [integration.id]
    assert prompting.in_beta(session, after=integration.id, limit=10) == []
    for contact in session.scalars(select(Person).where(Person.partner_id == integration.partner_id)):
        contact.active = False
    session.flush()
    assert prompting.in_beta(session, after=0, limit=10) == []


def test_one_that_can_not_be_judged_keeps_no_other_from_being_told(session, integration, caplog):
    at = after(days=40)
    audited(session, integration, BOTH, at=at)
    said = prompting.tell_each(session, [999, integration.id], rulebook=V1, today=at.date(), zone=LOS_ANGELES, at=at)
    assert said == {NextWord.MISSING: 1}
    assert "what integration 999 lacks can't be told" in caplog.text


def test_a_message_that_waited_is_not_sent_once_the_graduation_is_proposed(session, integration):
    assert told(session, integration, 40) is NextWord.MISSING
    plan(session, at=after(days=40), programme=MAIL_ONLY)
    (mail,) = [one for one in session.scalars(select(Delivery)) if one.message["event"] == EventName.GRADUATION_MISSING]
    assert no_longer_true(session, mail, at=after(days=40)) == ""
    launching.propose_graduation(session, integration, [], rulebook=V1, at=after(days=41))
    assert "overtaken" in no_longer_true(session, mail, at=after(days=41))


# --- the flow


@pytest.fixture
def here(sqlite_database, tmp_path, monkeypatch) -> Ports:
    monkeypatch.chdir(tmp_path)
    return replace(wire(Settings(data=tmp_path)), database=sqlite_database, now=lambda: after(days=42))


def at_night(here: Ports) -> Ports:
    return replace(here, now=lambda: after(days=42, hours=9))


@pytest.fixture
def waiting(here: Ports) -> Ports:
    with here.database.write.begin() as session:
        in_review(session, "reviewed", said=REPLAYS, at=after(days=41))
        audited(session, live(session), BOTH, at=after(days=41))
    return here


async def test_a_sweep_tells_what_is_due_and_the_next_finds_nothing(waiting):
    with using(waiting):
        first, second = [await prompt_partners.fn() for _ in range(2)]
    assert (first.name, first.message) == ("Told", "1 asked about replays, 0 for the button, 1 told what Public lacks")
    assert second.name == "Quiet"


async def test_nothing_is_told_at_night_nor_on_a_holiday(waiting):
    with using(at_night(waiting)):
        assert (await prompt_partners.fn()).name == "Closed"
    new_year = datetime(2027, 1, 1, 19, tzinfo=UTC)
    with using(replace(waiting, now=lambda: new_year)):
        assert (await prompt_partners.fn()).name == "Closed"


def test_many_are_told_in_batches_and_each_once(here):
    with here.database.write.begin() as session:
        for number in range(7):
            audited(session, live(session, f"partner-{number}"), BOTH, at=after(days=41))
    assert sweep(here, batch=3).message.endswith("7 told what Public lacks")
    assert sweep(here, batch=3).name == "Quiet"


async def test_a_process_sweeps_once_on_each_open_day(waiting):
    (beat,) = [beat for beat in beats(waiting) if beat.name == "prompt_partners"]
    with using(waiting):
        assert beat.due() == ({},)
        await beat.flow.fn()
        assert beat.due() == ()
    (beat,) = [beat for beat in beats(at_night(waiting)) if beat.name == "prompt_partners"]
    assert beat.due() == ()


async def test_a_sweep_that_fails_is_due_again_and_the_next_day_is_a_new_one():
    day = NOW.date()
    runs = []

    class Sweep:
        async def fn(self):
            runs.append(day)
            if len(runs) == 1:
                raise ConnectionError("the database is away")

        __call__ = fn

    once = OnceADay(Sweep(), lambda: day)
    with pytest.raises(ConnectionError):
        await once()
    assert once.due() == ({},)
    await once.fn()
    assert once.due() == ()
    day += timedelta(days=1)
    assert once.due() == ({},)


# --- what else is due once a day


def test_answers_that_were_kept_for_a_day_are_forgotten(here):
    with here.database.write.begin() as session:
        rosa = person(session)
        for key, kept_at in (("old", after(days=-1)), ("new", after(hours=-23))):
            session.add(
                KeptAnswer(
                    person_id=rosa.id,
                    key=key,
                    fingerprint="0" * 64,
                    status=200,
                    headers=[],
                    ciphertext=b"sealed",
                    kept_at=kept_at,
                )
            )
    sweep(replace(here, now=lambda: NOW))
    with here.database.read() as session:
        assert list(session.scalars(select(KeptAnswer.key))) == ["new"]
