"""Nudges: what somebody saw goes out, to each partner at most once in two weeks; on the desk and on the terminal."""

import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.assembling import assemble
from desk.cli.main import run
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.viewing.nudging import Nudging, nudging
from flows.wiring import utc_now
from models.database import Database
from models.delivery import Delivery
from models.enums import ChosenCategory, EventName, How, Outcome, Role
from models.integration import Integration
from models.people import Person
from notifications.outbox import plan
from review.actions import launching, prompting
from review.actions import nudging as verbs
from review.actions.nudging import NudgeOutdated, nudge
from review.actions.preferring import prefer
from review.lifecycle import MoveRefused
from tests.building import V1, after, audited, events, live, person
from tests.fixtures.programme_rows import MAIL_ONLY
from tests.fixtures.signing import signed_in
from tests.integration.test_desk_pages import counting, words
from tests.integration.test_review_at_once import at_once, prepared

ZONE = ZoneInfo("America/Los_Angeles")
THAT_DAY = after(days=20)
BUTTON = {"oauth.button": Outcome.FAILED}
BOTH = BUTTON | {"customers.active": Outcome.FAILED}
PLACE = "/reports/graduation/nudge"


def manager(session: Session) -> Person:
    return person(session, "Mira", Role.MANAGER)


def lacks(session: Session, slug: str = "acme", said=BUTTON, *, at: datetime = THAT_DAY) -> Integration:
    integration = live(session, slug)
    audited(session, integration, said, at=at)
    return integration


def nudged(session: Session, *slugs: str, at: datetime = THAT_DAY, **more) -> list[verbs.Nudge]:
    return nudge(session, slugs, by=manager(session), rulebook=V1, zone=ZONE, at=at, **more)


def seen(session: Session, *slugs: str, at: datetime = THAT_DAY) -> Nudging:
    return nudging(session, slugs=slugs, rulebook=V1, programme=MAIL_ONLY, at=at)


# --- the verb


def test_a_nudge_is_the_monthly_message_by_a_person(session):
    integration = lacks(session)
    (one,) = nudged(session, "acme")
    (event,) = events(session, EventName.GRADUATION_MISSING)
    assert one.refused == ""
    assert (event.integration_id, event.person_id) == (integration.id, manager(session).id)
    assert event.data["nudged"] is True
    assert [item["item"] for item in event.data["items"]] == ["oauth.button"]
    assert event.data["items"][0]["since"] == after(days=20).isoformat()


def test_what_was_seen_is_what_each_person_of_the_partner_gets(session):
    integration = lacks(session, said=BOTH)
    person(session, "Second", Role.PARTNER, partner=integration.partner)
    (letter,) = seen(session, "acme").letters
    nudged(session, "acme", seen={"acme": letter.seen})
    plan(session, at=after(days=20), programme=MAIL_ONLY)
    mails = [one for one in session.scalars(select(Delivery)) if one.message["event"] == "graduation.missing"]
    assert [mail.message["title"] for mail in mails] == [letter.subject] * 2
    assert mails[0].message["text"] == letter.text
    assert [mail.recipient in to for mail, to in zip(mails, letter.to, strict=True)] == [True, True]


def test_nobody_is_nudged_twice_within_two_weeks(session):
    integration = lacks(session)
    assert nudged(session, "acme", at=after(days=20))[0].refused == ""
    audited(session, integration, BUTTON, at=after(days=33))
    (late,) = nudged(session, "acme", at=after(days=33))
    assert late.refused.endswith("was nudged about Acme on 2026-12-13; again from 2026-12-27")
    assert nudged(session, "acme", at=after(days=34))[0].refused == ""
    assert len(events(session, EventName.GRADUATION_MISSING)) == 2


def test_a_partner_with_two_integrations_hears_of_the_nearer_one(session):
    first, second = lacks(session), lacks(session, "other", BOTH)
    second.partner_id = first.partner_id
    session.flush()
    assert [(one.line.slug, one.refused[:21]) for one in nudged(session, "other", "acme")] == [
        ("acme", ""),
        ("other", "Acme Inc is nudged ab"),
    ]
    audited(session, second, BOTH, at=after(days=25))
    (again,) = nudged(session, "other", at=after(days=25))
    assert again.refused == "Acme Inc was nudged about Acme on 2026-12-13; again from 2026-12-27"


def test_a_nudge_begins_a_new_month(session):
    integration = lacks(session)
    nudged(session, "acme")
    said = {}
    for day in range(21, 60):
        at = after(days=day)
        audited(session, integration, BUTTON, at=at)
        today = at.astimezone(ZONE).date()
        said[day] = prompting.tell_what_lacks(session, integration.id, rulebook=V1, today=today, zone=ZONE, at=at)
    assert [day for day, word in said.items() if word is not None] == [51]
    assert events(session, EventName.GRADUATION_MISSING)[-1].data["is_last"] is True


def test_nothing_goes_out_when_one_of_them_is_not_as_it_was_seen(session):
    integration = lacks(session)
    lacks(session, "other")
    letters = seen(session, "acme", "other").letters
    audited(session, integration, BOTH, at=after(days=21))
    with pytest.raises(NudgeOutdated):
        nudged(session, "acme", "other", at=after(days=21), seen={one.slug: one.seen for one in letters})
    assert events(session, EventName.GRADUATION_MISSING) == []


def test_who_only_reviews_may_not(session):
    lacks(session)
    with pytest.raises(MoveRefused):
        nudge(session, ["acme"], by=person(session), rulebook=V1, zone=ZONE, at=after(days=20))


def test_what_is_ready_under_review_unaudited_or_unheard_is_left_alone(session):
    ready, open_one = lacks(session, "ready", {}), lacks(session, "open", {})
    launching.propose_graduation(session, open_one, [], rulebook=V1, at=after(days=20))
    live(session, "unseen")
    lacks(session, "stale", at=after(days=10))
    deaf = lacks(session, "deaf")
    for contact in session.scalars(select(Person).where(Person.partner_id == deaf.partner_id)):
        prefer(session, contact, ChosenCategory.REMINDER, how=How.OFF)
    suspected = lacks(session, "suspected", BUTTON | {"docs.partner": Outcome.FAILED})
    found = {
        one.slug: one.why for one in seen(session, "ready", "open", "unseen", "stale", "deaf", "suspected").refused
    }
    assert found["ready"] == "it lacks nothing"
    assert "is open" in found["open"]
    assert found["unseen"] == found["stale"] == "no audit has looked at it of late; audit it first"
    assert found["deaf"] == "everybody at Deaf Inc has switched such messages off"
    assert found["suspected"].startswith("something of it was seen falling once")
    assert {ready.slug, suspected.slug} <= set(found)
    assert nudged(session, *found)[0].refused
    assert events(session, EventName.GRADUATION_MISSING) == []


def test_what_left_public_beta_is_told_apart(session):
    integration = lacks(session)
    launching.delist(session, integration, by=person(session, "Ada", Role.ADMIN), at=after(days=20), reason="away")
    assert [(one.slug, one.why) for one in seen(session, "acme").refused] == [("acme", "it is not in Public Beta")]
    assert nudged(session, "acme") == []
    assert events(session, EventName.GRADUATION_MISSING) == []


def test_a_preview_asks_as_many_queries_for_many_as_for_few(session, database):
    lacks(session)
    session.commit()
    with counting(database) as few:
        seen(session, "acme")
    for number in range(5):
        lacks(session, f"partner-{number}")
    session.commit()
    with counting(database) as more:
        assert len(nudging(session, slugs=None, rulebook=V1, programme=MAIL_ONLY, at=after(days=20)).letters) == 6
    assert len(more) <= len(few) <= 11


def test_of_many_who_nudge_a_partner_at_once_one_does(database):
    def build(session):
        lacks(session)
        return manager(session).id

    manager_id = prepared(database, build)

    def act(session, _number):
        by = session.get_one(Person, manager_id)
        (one,) = nudge(session, ["acme"], by=by, rulebook=V1, zone=ZONE, at=THAT_DAY)
        return one.refused

    assert at_once(database, 8, act).count("") == 1
    with database.read() as session:
        assert len(events(session, EventName.GRADUATION_MISSING)) == 1


# --- the desk


def visiting(database: Database, who: str) -> httpx.AsyncClient:
    desk = Desk(database, lambda: after(days=20), programme=MAIL_ONLY)
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(assemble(desk, names=LOOPBACK_NAMES)), base_url="http://127.0.0.1"
    )
    return signed_in(client, database, who, at=after(days=20))


@pytest.fixture
def programme(sqlite_database: Database) -> Database:
    with sqlite_database.write.begin() as session:
        manager(session)
        person(session)
        lacks(session)
        lacks(session, "other")
        lacks(session, "more", BOTH)
        lacks(session, "ready", {})
    return sqlite_database


async def test_the_report_leads_to_the_messages_of_what_it_shows(programme):
    async with visiting(programme, "mira@example.test") as desk:
        report = LexborHTMLParser((await desk.get("/reports/graduation?lacking=only:oauth.button")).text)
        (link,) = [a for a in report.css("a") if "Nudge the partners" in a.text()]
        with counting(programme) as asked:
            page = LexborHTMLParser((await desk.get(link.attributes["href"])).text)
    assert words(page, "h1") == ["Nudge 2 partners?"]
    assert [one.split()[0] for one in words(page, ".nudges label")] == ["Acme", "Other"]
    assert words(page, ".nudges summary") == [
        "Acme: 1 thing is missing for Public",
        "Other: 1 thing is missing for Public",
    ]
    assert "To fix it: mend it" in words(page, ".nudges pre")[0]
    assert len(asked) <= 12, len(asked)


async def test_the_ticked_ones_are_sent_and_come_back_refused(programme):
    async with visiting(programme, "mira@example.test") as desk:
        page = LexborHTMLParser((await desk.get(PLACE)).text)
        rows = [box.attributes["value"] for box in page.css("input[name=row]")]
        assert len(rows) == 3
        answer = await desk.post(PLACE, data={"row": rows[:2]})
        assert (answer.status_code, answer.headers["location"]) == (303, "/reports/graduation")
        again = LexborHTMLParser((await desk.get(PLACE)).text)
        late = await desk.post(PLACE, data={"row": rows})
    with programme.read() as session:
        assert len(events(session, EventName.GRADUATION_MISSING)) == 2
    assert words(again, "h1") == ["Nudge 1 partner?"]
    assert "Acme: Acme Inc was nudged about Acme on 2026-12-13; again from 2026-12-27" in words(again, "section li")
    assert late.status_code == 409
    assert "nothing was sent" in late.text


async def test_a_reviewer_sees_the_messages_and_can_not_send_them(programme):
    async with visiting(programme, "rosa@example.test") as desk:
        page = LexborHTMLParser((await desk.get(f"{PLACE}?slug=acme")).text)
        (row,) = [box.attributes["value"] for box in page.css("input[name=row]")]
        assert not page.css("main button")
        assert (await desk.post(PLACE, data={"row": row})).status_code == 409
        report = (await desk.get("/reports/graduation")).text
    assert "nudge" not in report.lower()
    with programme.read() as session:
        assert events(session, EventName.GRADUATION_MISSING) == []


@pytest.mark.parametrize(
    ("address", "status"),
    [(f"{PLACE}?slug=no-such", 200), (f"{PLACE}?lacking=nonsense", 400), (f"{PLACE}?slug=ready", 200)],
)
async def test_what_can_not_be_asked_is_said(programme, address, status):
    async with visiting(programme, "mira@example.test") as desk:
        assert (await desk.get(address)).status_code == status


async def test_a_form_that_names_nothing_sends_nothing(programme):
    async with visiting(programme, "mira@example.test") as desk:
        assert (await desk.post(PLACE, data={"row": "acme"})).status_code == 400
        assert (await desk.post(PLACE, data={"lacking": "ready"})).status_code == 303


# --- the terminal


@pytest.fixture
def terminal(sqlite_database: Database, monkeypatch, tmp_path) -> Database:
    """The programme as of today: the command reads the real clock."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    now = utc_now()
    with sqlite_database.write.begin() as session:
        manager(session)
        for slug, said in (("acme", BUTTON), ("ready", {})):
            audited(session, live(session, slug, at=now - timedelta(days=20)), said, at=now)
    return sqlite_database


def test_the_command_shows_the_message_first_and_sends_it_once(terminal, capsys):
    asks = ["nudge", "acme", "--as", "mira@example.test"]
    assert run([*asks, "--dry-run"]) == 0
    shown = capsys.readouterr()
    assert "Subject: Acme: 1 thing is missing for Public" in shown.out
    assert "To fix it: mend it" in shown.out
    assert shown.err == "1 message would go out\n"
    assert run(asks) == 0
    assert capsys.readouterr().out == "acme: to Contact of acme <contact@acme.example>\n"
    assert run(asks) == 1
    assert "acme: not nudged: Acme Inc was nudged about Acme on" in capsys.readouterr().err
    with terminal.read() as session:
        assert len(events(session, EventName.GRADUATION_MISSING)) == 1


def test_the_command_takes_the_filter_of_the_report_and_tells_programs_all_of_it(terminal, capsys):
    assert run(["nudge", "--lacking", "only:oauth.button", "--as", "mira@example.test", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["integration"], told["sent"], told["refused"]) == ("acme", True, None)
    assert told["to"] == ["Contact of acme <contact@acme.example>"]


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--as", "mira@example.test"], 2, "name integrations, or say which with --lacking"),
        (["acme", "--lacking", "ready", "--as", "mira@example.test"], 2, "one of the two was expected"),
        (["no-such", "--as", "mira@example.test"], 2, "no-such"),
        (["--lacking", "nonsense", "--as", "mira@example.test"], 2, "lacking 'nonsense'"),
        (["ready", "--as", "mira@example.test"], 1, "ready: not nudged: it lacks nothing"),
        (["acme", "--as", "contact@acme.example"], 1, "nudge is refused"),
    ],
)
def test_what_the_command_can_not_do_is_one_line(arguments, code, said, capsys):
    assert run(["nudge", *arguments]) == code
    assert said in capsys.readouterr().err
