"""A submission's page: what it shows, what can be done from it, and that two at once come to one decision."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from desk.acts import Act
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.viewing.submission import submission_view
from desk.viewing.team_time import TeamTime
from models.database import Database
from models.decision import Decision
from models.delivery import Delivery
from models.enums import ChannelName, DecisionKind, EventName, Role, SubmissionStage
from models.event import Event
from models.passage import Visit
from models.people import Person
from models.submission import Submission
from notifications.outbox import plan
from notifications.programme import ProgrammeSettings
from review.actions import assigning, conversing, deciding, noting, submitting, undoing
from review.actions.companies import add_person
from review.actions.reasoning import set_reason
from review.facts import of_submission
from review.lifecycle import refusals
from review.reasons_entry import ReasonEntry
from review.vault import Vault
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import (
    NOW,
    REVIEWER,
    RULEBOOK,
    SECRET,
    Story,
    check,
    failed,
    sample,
    story_in,
    tell,
)
from tests.integration.test_desk_pages import MOST_QUERIES, counting, words

LEAD = "idris@team.test"
PROGRAMME = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset({ChannelName.FILE}))
A_MINUTE = timedelta(seconds=60)


class Watch:
    """Time that a test moves on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def desk(sqlite_database: Database, watch: Watch) -> Any:
    return desk_over(sqlite_database, watch)


def desk_over(database: Database, clock: Any) -> Any:
    over = Desk(database, clock, programme=PROGRAMME, vault=Vault("x" * 32), undo_for=A_MINUTE)
    return assemble(over, names=LOOPBACK_NAMES)


@asynccontextmanager
async def visiting(desk: Any, database: Database, email: str = REVIEWER) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(desk)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield signed_in(client, database, email, at=NOW)


async def seen(client: httpx.AsyncClient, number: int) -> LexborHTMLParser:
    answer = await client.get(f"/submissions/{number}")
    assert answer.status_code == 200
    return LexborHTMLParser(answer.text)


def version_on(page: LexborHTMLParser) -> str:
    return page.css_first("form.decision input[name=version]").attributes["value"] or ""


async def post(client: httpx.AsyncClient, number: int, act: Act, **fields: str) -> httpx.Response:
    return await client.post(f"/submissions/{number}/act", data={"act": act.value, "send": "yes", **fields})


def stage(database: Database, number: int) -> SubmissionStage:
    with database.read() as session:
        return session.get_one(Submission, number).stage


def happened(database: Database, number: int, name: EventName) -> list[Event]:
    with database.read() as session:
        about = select(Event).where(Event.submission_id == number, Event.name == name.value)
        return list(session.scalars(about.order_by(Event.id)))


async def test_two_reviewers_make_one_decision_and_the_second_keeps_their_words(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["thistlewick"]
    async with visiting(desk, sqlite_database) as rosa, visiting(desk, sqlite_database, LEAD) as idris:
        version = version_on(await seen(rosa, number))
        first = await post(rosa, number, Act.APPROVE, text="Welcome.", version=version)
        second = await post(idris, number, Act.REJECT, text="Not a fit, I fear.", version=version)
    assert first.status_code == 303
    assert second.status_code == 409
    page = LexborHTMLParser(second.text)
    assert "Rosa Lindqvist, approved" in page.css_first("#refused").text()
    assert len(happened(sqlite_database, number, EventName.APPROVED)) == 1
    assert not happened(sqlite_database, number, EventName.REJECTED)


async def test_what_was_typed_is_in_the_form_again_with_the_version_of_now(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["ambervane"]
    async with visiting(desk, sqlite_database) as rosa, visiting(desk, sqlite_database, LEAD) as idris:
        version = version_on(await seen(rosa, number))
        waived = {"item": "docs.matches", "text": "It is on its way.", "until": "2027-01-31", "version": version}
        assert (await post(idris, number, Act.WAIVE, **waived)).status_code == 303
        answer = await post(rosa, number, Act.REQUEST_CHANGES, text="Mend <this>.\r\nAnd that.", version=version)
        assert answer.status_code == 409
        page = LexborHTMLParser(answer.text)
        assert "Idris Falkenrath, granted" in page.css_first("#refused").text()
        assert page.css_first("#text").text() == "Mend <this>.\nAnd that."
        again = await post(rosa, number, Act.REQUEST_CHANGES, text="Mend <this>.", version=version_on(page))
        assert again.status_code == 303


async def at_once(client: httpx.AsyncClient, number: int, act: Act, version: str) -> int:
    return (await post(client, number, act, text="So it shall be.", version=version)).status_code


async def test_many_forms_at_the_same_moment_come_to_one_decision(database: Database):
    with database.write.begin() as session:
        story = tell(session)
    desk, number = desk_over(database, lambda: NOW), story.ids["ambervane"]
    async with visiting(desk, database) as rosa, visiting(desk, database, LEAD) as idris:
        version = version_on(await seen(rosa, number))
        acts = [(rosa, Act.REJECT), (idris, Act.REQUEST_CHANGES)] * 4
        answers = await asyncio.gather(*(at_once(client, number, act, version) for client, act in acts))
    assert sorted(answers) == [303] + [409] * 7
    with database.read() as session:
        assert len(session.scalars(select(Decision).where(Decision.submission_id == number)).all()) == 1


@pytest.mark.parametrize("act", [Act.APPROVE, Act.REQUEST_CHANGES, Act.REJECT, Act.ASK, Act.MESSAGE])
@pytest.mark.parametrize("name", ["ambervane", "thistlewick"])
async def test_the_letter_shown_is_the_letter_sent(
    sqlite_database: Database, story: Story, desk: Any, watch: Watch, act: Act, name: str
):
    number = story.ids[name]
    async with visiting(desk, sqlite_database) as rosa:
        version = version_on(await seen(rosa, number))
        fields = {"text": "One line.\r\n\r\nAnother & <one>.", "version": version}
        before = happened_at_all(sqlite_database)
        preview = await rosa.post(f"/submissions/{number}/act", data={"act": act.value, **fields})
        assert preview.status_code == 200
        assert happened_at_all(sqlite_database) == before
        shown = [pre.text() for pre in LexborHTMLParser(preview.text).css(".letter pre")]
        assert (await post(rosa, number, act, **fields)).status_code == 303
    watch.now += A_MINUTE
    assert shown == await letters(sqlite_database, number, before, name, act)


def happened_at_all(database: Database) -> int:
    with database.read() as session:
        return max(session.scalars(select(Event.id)))


async def letters(database: Database, number: int, after: int, name: str, act: Act) -> list[str]:
    """What the outbox holds for the partner of what happened since."""
    if name == "thistlewick" and act in {Act.APPROVE, Act.REJECT}:
        # Of an access request they hear when it takes effect.
        from review.actions import launching

        with database.write.begin() as session:
            one = session.get_one(Submission, number)
            launching.grant_access(session, one, at=NOW + A_MINUTE)
            launching.decline_access(session, one, at=NOW + A_MINUTE, reason="One line.\n\nAnother & <one>.")
    with database.write.begin() as session:
        while plan(session, at=NOW, programme=PROGRAMME):
            pass
        told = (
            select(Delivery)
            .join(Person, Person.id == Delivery.person_id)
            .where(Delivery.event_id > after, Person.partner_id.is_not(None))
        )
        return [one.message["text"] for one in session.scalars(told.order_by(Delivery.id))]


async def test_before_an_approval_it_is_said_what_it_settles(sqlite_database: Database, story: Story, desk: Any):
    number = story.ids["quillharbor"]
    async with visiting(desk, sqlite_database) as rosa:
        page = await seen(rosa, number)
        opened = [node.text(strip=True) for node in page.css(".verdict li strong, section li strong")]
        for act, told in ((Act.APPROVE, True), (Act.REQUEST_CHANGES, False)):
            form = {"act": act.value, "text": "Works.", "version": version_on(page)}
            preview = LexborHTMLParser((await rosa.post(f"/submissions/{number}/act", data=form)).text)
            settles = [node.text(strip=True) for node in preview.css("section[aria-labelledby=settles] li")]
            assert bool(settles) is told
            assert set(settles) <= set(opened)


async def test_a_letter_is_kept_for_whoever_asked_and_can_do_nothing(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["ambervane"]
    async with visiting(desk, sqlite_database) as rosa, visiting(desk, sqlite_database, LEAD) as idris:
        preview = await rosa.post(f"/submissions/{number}/act", data={"act": "message", "text": "Hello."})
        address = LexborHTMLParser(preview.text).css_first("iframe").attributes["src"] or ""
        letter = await rosa.get(address)
        assert "Hello." in letter.text
        assert letter.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert (await idris.get(address)).status_code == 404


async def test_a_decision_waits_for_its_undo_and_is_taken_back_from_the_page(
    sqlite_database: Database, story: Story, desk: Any, watch: Watch
):
    number = story.ids["ambervane"]
    async with visiting(desk, sqlite_database) as rosa, visiting(desk, sqlite_database, LEAD) as idris:
        version = version_on(await seen(rosa, number))
        assert (await post(rosa, number, Act.REJECT, text="No.", version=version)).status_code == 303
        assert stage(sqlite_database, number) is SubmissionStage.REJECTED
        watch.now += timedelta(seconds=59)
        page = await seen(rosa, number)
        form = {node.attributes["name"]: node.attributes["value"] for node in page.css(".undo [name]")}
        assert (await rosa.post(f"/submissions/{number}/act", data=form)).status_code == 303
        assert stage(sqlite_database, number) is SubmissionStage.IN_REVIEW
        assert "took back the decision" in (await seen(idris, number)).css_first(".timeline").text()
        version = version_on(await seen(rosa, number))
        assert (await post(rosa, number, Act.REJECT, text="No.", version=version)).status_code == 303
        watch.now += A_MINUTE
        assert not (await seen(rosa, number)).css(".undo")
        late = await rosa.post(f"/submissions/{number}/act", data={"act": "undo"})
        assert late.status_code == 422
        assert "the time to undo it is over" in late.text


async def test_the_page_asks_few_queries_also_while_there_is_time_to_undo(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["ambervane"]
    async with visiting(desk, sqlite_database, LEAD) as idris:
        version = version_on(await seen(idris, number))
        await post(idris, number, Act.REQUEST_CHANGES, text="Mend it.", version=version)
        with counting(sqlite_database) as asked:
            await seen(idris, number)
        assert len(asked) <= MOST_QUERIES


@pytest.mark.parametrize("email", [REVIEWER, LEAD, "ada@team.test", "mara@team.test"])
async def test_each_button_says_what_the_verb_would_say(sqlite_database: Database, story: Story, email: str):
    """The page has its own way to the guards' facts, with fewer queries; it must lead to the same ones."""
    with sqlite_database.write.begin() as session:
        for name, role in (("ada", Role.AUDITOR), ("mara", Role.MANAGER)):
            add_person(session, name=name, email=f"{name}@team.test", roles=frozenset({role}), at=NOW)
        rejected = session.get_one(Submission, story.ids["thistlewick"])
        rosa = session.scalars(select(Person).where(Person.email == REVIEWER)).one()
        deciding.decide(session, rejected, DecisionKind.REJECT, by=rosa, at=NOW, reason="No.", undo_for=A_MINUTE)
    with sqlite_database.read() as session:
        by = session.scalars(select(Person).where(Person.email == email)).one()
        for number in story.ids.values():
            one = session.get_one(Submission, number)
            facts = of_submission(session, one, by=by, at=NOW, reason="said in the form", seen_version=one.version)
            assert facts.actor is not None
            time = TeamTime.of(RULEBOOK, NOW)
            view = submission_view(session, number, time, facts.actor)
            assert view is not None
            for act in Act:
                if act.move is not None:
                    said = [time.retold(reason) for reason in refusals(act.move, one.stage, facts)]
                    assert list(view.buttons[act].reasons) == said, (number, act)


async def test_a_grey_button_says_why_in_words(sqlite_database: Database, story: Story, desk: Any):
    async with visiting(desk, sqlite_database) as rosa:
        page = await seen(rosa, story.ids["hostile"])
    approve = page.css_first("button[value=approve]")
    assert "disabled" in approve.attributes
    told = page.css_first(f"#{approve.attributes['aria-describedby']}").text()
    assert "required items failed: docs.partner; request changes, or have each waived" in told


async def test_refusals_tell_the_time_in_the_readers_zone(sqlite_database: Database, story: Story, desk: Any):
    """On a grey button, and after something was refused."""
    number = story.ids["ambervane"]
    with sqlite_database.write.begin() as session:
        session.get_one(Person, story.rosa.id).time_zone = "Asia/Tokyo"
        idris, one = session.get_one(Person, story.idris.id), session.get_one(Submission, number)
        assigning.claim(session, one, by=idris, at=NOW)
    async with visiting(desk, sqlite_database) as rosa:
        page = await seen(rosa, number)
        refused = await post(rosa, number, Act.ATTEST, text="x", item="docs.matches", outcome="passed")
    for told in (page.css_first("#why-not").text(), LexborHTMLParser(refused.text).css_first("#refused").text()):
        assert "Idris Falkenrath has it until" in told
        assert "JST" in told
        assert "UTC" not in told


async def test_on_a_closed_submission_it_is_said_why_nothing_can_be_decided_and_what_can(
    sqlite_database: Database, story: Story, desk: Any
):
    """Also where somebody came to judge one item."""
    async with visiting(desk, sqlite_database) as rosa:
        answer = await rosa.get(f"/submissions/{story.ids['larkenfell-launch']}?item=docs.matches")
    (told,) = words(LexborHTMLParser(answer.text), "#judge .why-not")
    assert "Nothing can be decided, judged or waived here now: it is approved (" in told
    assert "the integration’s page" in told


async def test_the_secret_is_shown_once_asked_for_and_that_is_kept(sqlite_database: Database, story: Story, desk: Any):
    number = story.ids["quillharbor"]
    async with visiting(desk, sqlite_database) as rosa:
        assert SECRET not in (await rosa.get(f"/submissions/{number}")).text
        assert (await rosa.get(f"/submissions/{number}/secret")).status_code == 303
        assert not happened(sqlite_database, number, EventName.SECRET_REVEALED)
        answer = await rosa.post(f"/submissions/{number}/secret")
        assert LexborHTMLParser(answer.text).css_first("code").text() == SECRET
        assert answer.headers["Cache-Control"] == "no-store"
        (event,) = happened(sqlite_database, number, EventName.SECRET_REVEALED)
        assert (event.at, event.data) == (NOW, {"path": "test_account.secret"})
        assert SECRET not in (await rosa.get(f"/submissions/{number}")).text


async def test_who_may_only_read_changes_and_reveals_nothing(sqlite_database: Database, story: Story, desk: Any):
    number = story.ids["quillharbor"]
    with sqlite_database.write.begin() as session:
        add_person(session, name="Ada", email="ada@team.test", roles=frozenset({Role.AUDITOR}), at=NOW)
    async with visiting(desk, sqlite_database, "ada@team.test") as ada:
        page = await seen(ada, number)
        acts = page.css("button[name=act]")
        assert acts
        assert all("disabled" in node.attributes for node in acts)
        assert (await post(ada, number, Act.NOTE, text="Hm.")).status_code == 403
        assert (await ada.post(f"/submissions/{number}/secret")).status_code == 403


async def test_a_partners_person_finds_none_of_it(sqlite_database: Database, story: Story, desk: Any):
    number = story.ids["quillharbor"]
    with sqlite_database.read() as session:
        sender = session.get_one(Submission, number).submitted_by
        assert sender is not None
        email = sender.email
    async with visiting(desk, sqlite_database, email) as partner:
        for path in ("", "/who", "/letters/x", "/act", "/secret"):
            assert (await partner.get(f"/submissions/{number}{path}")).status_code == 404
        for path in ("/act", "/secret"):
            assert (await partner.post(f"/submissions/{number}{path}", data={"act": "undo"})).status_code == 404


async def test_who_else_looks_is_told_for_a_moment_at_every_desk(database: Database, watch: Watch):
    """Each has a desk of their own over the one database; who looks is noted again only after a while."""
    with database.write.begin() as session:
        number = tell(session).ids["ambervane"]
    here, there = desk_over(database, watch), desk_over(database, watch)
    async with visiting(here, database) as rosa, visiting(there, database, LEAD) as idris:
        assert words(await seen(rosa, number), ".others") == [""]
        assert words(await seen(idris, number), ".others") == ["Also looking: Rosa Lindqvist"]
        assert (await rosa.get(f"/submissions/{number}/who")).json() == {"others": ["Idris Falkenrath"]}
        with database.read() as session:
            assert session.scalars(select(Visit.seen_at)).all() == [NOW, NOW]
        watch.now += timedelta(seconds=20)
        assert (await rosa.get(f"/submissions/{number}/who")).json() == {"others": ["Idris Falkenrath"]}
        watch.now += timedelta(seconds=30)
        assert (await rosa.get(f"/submissions/{number}/who")).json() == {"others": []}
        assert words(await seen(idris, number), ".others") == ["Also looking: Rosa Lindqvist"]
        assert (await rosa.get("/submissions/999/who")).status_code == 404


async def test_the_conversation_is_what_both_sides_said_and_notes_stand_apart(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["quillharbor"]
    with sqlite_database.write.begin() as session:
        one = session.get_one(Submission, number)
        rosa = session.scalars(select(Person).where(Person.email == REVIEWER)).one()
        sender = one.submitted_by
        assert sender is not None
        conversing.send_message(session, one, by=rosa, at=NOW, text="We begin on Monday.")
        conversing.send_message(session, one, by=sender, at=NOW, text="<b>Good</b>.\nThank you.")
        noting.note(session, one, by=rosa, at=NOW, text="They are in a hurry.")
        deciding.decide(
            session, one, DecisionKind.REJECT, by=rosa, at=NOW, reason="Pressed the wrong one.", undo_for=A_MINUTE
        )
        undoing.undo(session, one, by=rosa, at=NOW)
    async with visiting(desk, sqlite_database) as client:
        page = await seen(client, number)
    said = [node.text() for node in page.css(".talk blockquote")]
    assert said == [
        "Which of the two regions should we test?",
        "Please take the EU region.",
        "We begin on Monday.",
        "<b>Good</b>.\nThank you.",
    ]
    assert [node.attributes["class"] for node in page.css(".talk li")] == ["of-team", "of-partner"] * 2
    assert "They are in a hurry." in page.css_first(".private").text()
    assert "They are in a hurry." not in page.css_first(".shared").text()


async def test_a_resubmission_shows_what_changed_and_which_outcomes_moved(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["mossbeacon"]
    with sqlite_database.write.begin() as session:
        one = session.get_one(Submission, number)
        document = sample("mossbeacon-launch", notes="Line one.\nLine two, new.")
        submitting.resubmit(session, one, document, by=one.submitted_by, at=NOW, vault=Vault("x" * 32))
        check(session, one, NOW, {"docs.partner": failed("docs.partner", "the page is gone")})
    async with visiting(desk, sqlite_database) as rosa:
        page = await seen(rosa, number)
    assert words(page, "#difference") == ["What changed since revision 1"]
    moved = words(page, ".moved li")
    assert "Your own site documents the integration: Warned → is now Failed" in moved
    assert any(line.endswith("Failed → is now Passed") for line in moved)
    assert "notes" in words(page, ".changes dt")
    assert "+Line two, new." in page.css_first(".compared").text()


async def test_the_neighbours_are_those_of_the_queue(sqlite_database: Database, story: Story, desk: Any):
    async with visiting(desk, sqlite_database) as rosa:
        queue = LexborHTMLParser((await rosa.get("/")).text)
        links = [node.attributes["href"] or "" for node in queue.css("tbody th a")]
        waiting = f"/submissions/{story.ids['mossbeacon']}"
        order = [int(link.rpartition("/")[2]) for link in links if link != waiting]
        walked = [order[0]]
        while link := (await seen(rosa, walked[-1])).css_first(".neighbours [rel=next]"):
            walked.append(int((link.attributes["href"] or "").rpartition("/")[2]))
        assert walked == order
        back = (await seen(rosa, order[1])).css_first(".neighbours [rel=prev]").attributes["href"]
        assert back == f"/submissions/{order[0]}"


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"act": "waive", "item": "docs.matches", "text": "Soon."}, "no last day was given"),
        ({"act": "waive", "item": "docs.matches", "text": "Soon.", "until": "tomorrow"}, "can't be read"),
        ({"act": "attest", "item": "docs.matches", "text": "Fine."}, "no outcome was chosen"),
        ({"act": "attest", "item": "docs.matches", "text": "Fine.", "outcome": "splendid"}, "unknown"),
        ({"act": "attest", "item": "no.such", "text": "Fine.", "outcome": "passed"}, "is no item of"),
        ({"act": "assign", "to": "nobody@team.test"}, "nobody is called 'nobody@team.test'"),
        ({"act": "assign", "to": "idris@team.test"}, "this needs admin or lead"),
        ({"act": "request_changes", "text": "So.", "because": "no-such-reason"}, "there is no reason"),
        ({"act": "message", "text": "  "}, "a reason is needed"),
        ({"act": "note", "text": " "}, "saw nothing"),
        ({"act": "message", "text": "x" * 20_001}, "the text has 20,001 characters; write at most 20,000"),
    ],
)
async def test_what_can_not_be_done_is_told_and_loses_nothing(
    sqlite_database: Database, story: Story, desk: Any, fields: dict[str, str], told: str
):
    number = story.ids["ambervane"]
    async with visiting(desk, sqlite_database) as client:
        answer = await client.post(f"/submissions/{number}/act", data={"send": "yes", **fields})
    assert answer.status_code == 422
    page = LexborHTMLParser(answer.text)
    said = re.sub(r"\s+", " ", page.css_first("#refused").text())
    assert told in said
    if fields.get("item") == "docs.matches":
        assert page.css_first("#item option[selected]").attributes["value"] == "docs.matches"


async def test_taking_handing_over_attesting_and_waiving_from_the_page(
    sqlite_database: Database, story: Story, desk: Any
):
    number = story.ids["ambervane"]
    async with visiting(desk, sqlite_database, LEAD) as idris:
        assert (await post(idris, number, Act.CLAIM)).status_code == 303
        assert (await post(idris, number, Act.ASSIGN, to=REVIEWER)).status_code == 303
        assert "Rosa Lindqvist" in (await seen(idris, number)).css_first(".strip").text()
        assert (await post(idris, number, Act.RELEASE)).status_code == 303
        item = {"item": "docs.matches", "text": "Followed it."}
        assert (await post(idris, number, Act.ATTEST, **item, outcome="passed")).status_code == 303
        assert (await post(idris, number, Act.WAIVE, **item, until="2026-12-31")).status_code == 303
        page = await seen(idris, number)
    assert "Idris Falkenrath" in page.css_first("[id='docs.matches']").text()
    assert "Waived" in page.css_first("[id='docs.matches']").text()


async def test_changes_are_requested_with_reasons_of_the_library(sqlite_database: Database, story: Story, desk: Any):
    number = story.ids["ambervane"]
    entry = ReasonEntry(key="list-segment", title="List Segment", text="Please list Segment among your integrations.")
    with sqlite_database.write.begin() as session:
        lead = session.scalars(select(Person).where(Person.email == LEAD)).one()
        set_reason(session, entry, by=lead, at=NOW)
    async with visiting(desk, sqlite_database) as rosa:
        page = await seen(rosa, number)
        assert [node.attributes["value"] for node in page.css("input[name=because]")] == ["list-segment"]
        fields = {"act": "request_changes", "because": "list-segment", "version": version_on(page)}
        preview = LexborHTMLParser((await rosa.post(f"/submissions/{number}/act", data=fields)).text)
        assert entry.text in preview.css_first(".letter pre").text()
        hidden = {node.attributes["name"]: node.attributes["value"] for node in preview.css(".confirm input")}
        answer = await rosa.post(f"/submissions/{number}/act", data={**hidden, "send": "yes"})
        assert answer.status_code == 303
    (event,) = happened(sqlite_database, number, EventName.CHANGES_REQUESTED)
    assert entry.text in event.data["reason"]


async def test_an_unknown_submission_is_not_found(sqlite_database: Database, story: Story, desk: Any):
    del story
    async with visiting(desk, sqlite_database) as rosa:
        for answer in (
            await rosa.get("/submissions/99"),
            await post(rosa, 99, Act.CLAIM),
            await rosa.post("/submissions/99/act", data={"act": "message", "text": "Hello."}),
            await rosa.post("/submissions/99/secret"),
        ):
            assert answer.status_code == 404
