"""What a partner's people see of their own, and that nothing of the team's own is in it."""

import re
import struct
import zlib
from datetime import timedelta

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from checklist.outcome import CheckResult
from models.clock import Clock
from models.enums import DecisionKind, Outcome, SubmissionStage
from models.people import Person
from models.submission import Submission
from review.actions import asking, auditing, deciding, noting, undoing
from review.actions.auditing import Judged
from review.actions.requesting_changes import PersonsFinding
from review.actions.uploading import keep_upload
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import HOSTILE_NAME, HOSTILE_TEXT, NOW, RULEBOOK, nobodys_desk, story_in
from tests.integration.test_desk_pages import counting

MOSSBEACON, QUILLHARBOR, LARKENFELL, HOSTILE = (
    "tarek@mossbeacon.example",
    "oluwaseun@quillharbor.example",
    "ines@larkenfell.example",
    "mallory@hostile.test",
)
TEAMS_OWN = ["Rosa", "Idris", "Lindqvist", "Falkenrath", "team.test"]
MOST_QUERIES = 12


@pytest.fixture
def story(sqlite_database, sqlite_template):
    return story_in(sqlite_database, sqlite_template)


class Visit:
    """One person's browser."""

    def __init__(self, database, email, clock=lambda: NOW):
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(nobodys_desk(database, clock)), base_url="http://127.0.0.1"
        )
        if email:
            signed_in(self.client, database, email, at=clock())

    async def read(self, address, status=200):
        answer = await self.client.get(address)
        assert answer.status_code == status, answer.text
        return answer.text

    async def post(self, address, **form):
        return await self.client.post(address, data=form)


@pytest.fixture
def visit(sqlite_database, story):
    return lambda email, **more: Visit(sqlite_database, email, **more)


def text(html, chosen="main"):
    return " ".join(LexborHTMLParser(html).css_first(chosen).text(separator=" ").split())


async def test_the_first_page_shows_the_path_and_whose_turn_it_is(visit, story):
    page = LexborHTMLParser(await visit(MOSSBEACON).read("/partner"))
    steps = page.css(".path li")
    assert [step.css_first("strong").text() for step in steps] == ["Access", "Building", "Public Beta", "Public"]
    (now,) = page.css('.path [aria-current="step"]')
    assert now.css_first("strong").text() == "Building"
    assert "Your turn." in text(page.html)
    assert page.css_first(f'a[href="/partner/submissions/{story.ids["mossbeacon"]}"]') is not None


async def test_our_turn_names_until_when_in_the_readers_zone(visit, sqlite_database):
    with sqlite_database.write.begin() as session:
        session.query(Person).filter_by(email=QUILLHARBOR).one().time_zone = "Africa/Lagos"
    page = await visit(QUILLHARBOR).read("/partner")
    assert re.search(r"Our turn\. You hear from us by \w{3} \d+ Nov, \d\d:\d\d WAT", text(page))
    assert "your zone" in page


async def test_findings_come_first_with_their_fix_and_waivers_without_their_reason(visit, story):
    page = await visit(MOSSBEACON).read(f"/partner/submissions/{story.ids['mossbeacon']}")
    shown = text(page)
    assert shown.index("What to mend") < shown.index("Conversation") < shown.index("Everything that is asked")
    assert "Add Segment, with its logo from the brand kit, to the list." in shown
    assert "Nearly there: please list Segment" in shown
    assert "up to and including Sun 31 Jan 2027" in shown
    assert "A new mark is being drawn" not in page
    assert "A person of ours looks at this one." in shown
    counts = [chip.text() for chip in LexborHTMLParser(page).css("section > .tally li")]
    assert [count for count in counts if "failed" in count or "waived" in count] == ["1 failed", "1 waived"]


@pytest.mark.parametrize(
    ("stage", "heading"),
    [
        (SubmissionStage.CHANGES_REQUESTED, "What to mend"),
        (SubmissionStage.IN_REVIEW, "What was asked for, and is looked at again"),
        (SubmissionStage.REJECTED, "What was asked for"),
        (SubmissionStage.WITHDRAWN, "What was asked for"),
    ],
)
async def test_what_was_asked_for_is_to_be_mended_only_while_it_is_their_turn(
    visit, story, sqlite_database, stage, heading
):
    number = story.ids["mossbeacon"]
    with sqlite_database.write.begin() as session:
        session.get(Submission, number).stage = stage
        for clock in session.query(Clock).filter_by(submission_id=number):
            clock.stopped_at, clock.next_fire_at = NOW, None
    page = await visit(MOSSBEACON).read(f"/partner/submissions/{number}")
    assert text(page, "#findings") == heading


async def test_nothing_of_the_team_is_on_any_page(visit, story, sqlite_database):
    with sqlite_database.write.begin() as session:
        rosa = session.get(Person, story.rosa.id)
        one = session.get(Submission, story.ids["quillharbor"])
        noting.note(session, one, by=rosa, at=NOW, text="Smells of a reseller to me.")
    pages = {
        QUILLHARBOR: ["/partner", f"/partner/submissions/{story.ids['quillharbor']}"],
        MOSSBEACON: ["/partner", f"/partner/submissions/{story.ids['mossbeacon']}"],
        LARKENFELL: ["/partner/integrations/larkenfell", f"/partner/submissions/{story.ids['larkenfell-launch']}"],
    }
    for email, addresses in pages.items():
        for address in addresses:
            page = await visit(email).read(address)
            for name in [*TEAMS_OWN, "reseller", "Followed both documents"]:
                assert name not in page, f"{address} tells {name}"


async def test_what_a_partner_wrote_is_shown_as_text(visit, story):
    for address in ("/partner", "/partner/integrations/hostile", f"/partner/submissions/{story.ids['hostile']}"):
        page = await visit(HOSTILE).read(address)
        assert HOSTILE_NAME not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page
    assert HOSTILE_TEXT[:10] in LexborHTMLParser(page).css_first("main").text()


@pytest.mark.parametrize("email", [MOSSBEACON, HOSTILE])
async def test_another_companys_is_not_there(visit, story, email):
    number = story.ids["quillharbor"]
    await visit(email).read(f"/partner/submissions/{number}", 404)
    await visit(email).read("/partner/integrations/quillharbor", 404)
    for act in ("answer", "withdraw"):
        assert (await visit(email).post(f"/partner/submissions/{number}/{act}", text="mine")).status_code == 404


async def test_a_question_is_answered_once(visit, story, sqlite_database):
    number = story.ids["quillharbor"]
    with sqlite_database.write.begin() as session:
        asking.ask_partner(
            session,
            session.get(Submission, number),
            by=session.get(Person, story.rosa.id),
            at=NOW - timedelta(minutes=1),
            text="And which key?",
        )
    contact = visit(QUILLHARBOR)
    page = await contact.read(f"/partner/submissions/{number}")
    assert "Your turn." in text(page)
    assert "And which key?" in page
    empty = await contact.post(f"/partner/submissions/{number}/answer", text="  ")
    assert empty.status_code == 422
    done = await contact.post(f"/partner/submissions/{number}/answer", text="The one\r\nof the EU.")
    assert (done.status_code, done.headers["location"]) == (303, f"/partner/submissions/{number}")
    assert "The one\nof the EU." in await contact.read(f"/partner/submissions/{number}")
    again = await contact.post(f"/partner/submissions/{number}/answer", text="Twice <b>")
    assert again.status_code == 422
    assert "Twice &lt;b&gt;" in again.text, "what was typed is kept"
    assert not any(name in again.text for name in TEAMS_OWN)


async def test_a_submission_is_taken_back_and_a_stale_page_is_told(visit, story, sqlite_database):
    number, contact = story.ids["quillharbor"], visit(QUILLHARBOR)
    page = LexborHTMLParser(await contact.read(f"/partner/submissions/{number}"))
    version = page.css_first('input[name="version"]').attributes["value"]
    stale = await contact.post(f"/partner/submissions/{number}/withdraw", version=int(version) - 1)
    assert stale.status_code == 409
    assert "Something changed since you opened this page" in stale.text
    done = await contact.post(f"/partner/submissions/{number}/withdraw", version=version, text="We start over.")
    assert done.status_code == 303
    with sqlite_database.read() as session:
        assert session.get(Submission, number).stage is SubmissionStage.WITHDRAWN
    assert "You took it back." in text(await contact.read(f"/partner/submissions/{number}"))


@pytest.mark.parametrize("kind", [DecisionKind.REQUEST_CHANGES, DecisionKind.REJECT])
async def test_a_decision_that_can_be_undone_has_not_happened_for_the_partner(visit, story, sqlite_database, kind):
    number, contact = story.ids["quillharbor"], visit(QUILLHARBOR)
    places = ["/partner", "/partner/integrations/quillharbor", f"/partner/submissions/{number}"]
    before = [text(await contact.read(place)) for place in places]
    with sqlite_database.write.begin() as session:
        deciding.decide(
            session,
            session.get(Submission, number),
            kind,
            by=session.get(Person, story.rosa.id),
            at=NOW - timedelta(seconds=5),
            reason="Not like this, sadly.",
            findings=[PersonsFinding("docs.partner", "the page is of last year", "Renew it.")]
            if kind is DecisionKind.REQUEST_CHANGES
            else [],
            undo_for=timedelta(seconds=60),
        )
    assert [text(await contact.read(place)) for place in places] == before
    refused = await contact.post(f"/partner/submissions/{number}/withdraw", version=1)
    assert refused.status_code == 409
    assert "send it again in 55 seconds" in refused.text
    later = visit(QUILLHARBOR, clock=lambda: NOW + timedelta(seconds=60))
    assert "Not like this, sadly." in await later.read(places[2])
    with sqlite_database.write.begin() as session:
        undoing.undo(session, session.get(Submission, number), by=session.get(Person, story.rosa.id), at=NOW)
    assert [text(await contact.read(place)) for place in places] == before


async def test_what_is_missing_for_public_is_told_with_its_fix(visit, story, sqlite_database):
    page = await visit(LARKENFELL).read("/partner/integrations/larkenfell")
    assert "What is missing for Public" in page
    with sqlite_database.write.begin() as session:
        number = session.get(Submission, story.ids["larkenfell"]).integration_id
        run = auditing.begin_run(session, [number], rulebook=RULEBOOK, asked_by="schedule", at=NOW)
        found = [
            CheckResult("oauth.button", Outcome.FAILED, "no button on the page", fix="Put it above the fold."),
            CheckResult("customers.active", Outcome.UNKNOWN, "the warehouse did not answer"),
        ]
        auditing.take_judged(session, run, Judged(number, found, {}), at=NOW)
    page = text(await visit(LARKENFELL).read("/partner/integrations/larkenfell"))
    assert "no button on the page" in page
    assert "Put it above the fold." in page
    assert "These we could not tell" in page
    assert "the warehouse" not in page


async def test_the_badge_is_a_drawing_that_does_nothing_and_says_the_stage(visit):
    answer = await visit("").client.get("/badge/larkenfell.svg")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/svg+xml"
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "<title>Segment: Public Beta, ready for Public</title>" in answer.text
    assert not re.search(r"<script|<style|href|on\w+=|larkenfell", answer.text, re.IGNORECASE)


@pytest.mark.parametrize("slug", ["no-such", "mossbeacon", "hostile", "quillharbor"])
async def test_what_the_catalog_does_not_show_has_no_badge(visit, slug):
    """Whether somebody builds something is theirs to tell."""
    answer = await visit("").client.get(f"/badge/{slug}.svg")
    assert answer.status_code == 404
    assert slug not in answer.text


async def test_the_integrations_page_gives_the_badge_to_copy(visit):
    page = LexborHTMLParser(await visit(LARKENFELL).read("/partner/integrations/larkenfell"))
    copied = page.css_first("#markdown").attributes["value"]
    assert copied == "![Segment: Public Beta, ready for Public](http://127.0.0.1/badge/larkenfell.svg)"
    assert LexborHTMLParser(await visit(MOSSBEACON).read("/partner/integrations/mossbeacon")).css("#badge") == []


def png(width=8, height=8):
    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"\0" * ((width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def test_a_page_asks_few_queries(visit, story, sqlite_database):
    """Every page of a partner's, for each of the story's companies."""
    of = {row: story.ids[row] for row in ("mossbeacon", "quillharbor", "larkenfell-launch")}
    places = {
        MOSSBEACON: [
            "/partner/integrations/mossbeacon",
            f"/partner/submissions/{of['mossbeacon']}",
            f"/partner/submissions/{of['mossbeacon']}/revise",
            "/partner/new/update/mossbeacon",
        ],
        QUILLHARBOR: ["/partner/integrations/quillharbor", f"/partner/submissions/{of['quillharbor']}"],
        LARKENFELL: [
            "/partner/integrations/larkenfell",
            f"/partner/submissions/{of['larkenfell-launch']}",
            "/partner/new/graduation/larkenfell",
        ],
    }
    with sqlite_database.write.begin() as session:
        mossbeacon = session.get_one(Submission, of["mossbeacon"]).integration.partner_id
        digest = keep_upload(session, mossbeacon, png(), drawing=False, at=NOW)
    places[MOSSBEACON].append(f"/uploads/{digest}")
    many = {}
    for email, own in places.items():
        for address in ("/partner", "/partner/new", "/partner/new/access", *own):
            contact = visit(email)
            with counting(sqlite_database) as asked:
                answer = await contact.client.get(address)
            assert answer.status_code in {200, 409}, address
            if len(asked) > MOST_QUERIES:
                many[address] = (
                    len(asked),
                    [" ".join(statement.split("FROM")[-1].split())[:110] for statement in asked],
                )
    assert many == {}
