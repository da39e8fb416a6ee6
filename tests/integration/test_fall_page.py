"""An integration's page shows what has fallen; a lead gives more time there or takes it out of the catalog."""

import json
from datetime import timedelta

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from checklist.rulebook import Rulebook
from desk.cli.main import run
from models.enums import IntegrationStage, Outcome, Role
from models.fall import Fall
from models.integration import Integration
from review.actions import companies, falling
from tests.building import NOW, audited, live, person
from tests.fixtures.signing import ActingAs
from tests.integration.desk_story import nobodys_desk

LATER = NOW + timedelta(days=20)


@pytest.fixture
def overdue(sqlite_database):
    """An integration whose documentation fell, and was not mended in time."""
    with sqlite_database.write.begin() as session:
        person(session, "Lena", Role.LEAD)
        person(session, "Rosa")
        integration = live(session, "acme", at=NOW - timedelta(days=30))
        for hours in (0, 2):
            audited(session, integration, {"docs.partner": Outcome.FAILED}, at=NOW + timedelta(hours=hours))
        today = LATER.date()
        falling.take_steps(session, integration.id, rulebook=Rulebook.load("v1"), today=today, at=LATER)
    return sqlite_database


def visiting(database, email):
    app = ActingAs(nobodys_desk(database, lambda: LATER), database, email, at=LATER)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


def email_of(database, name):
    from models.people import Person

    with database.read() as session:
        return session.scalars(select(Person.email).where(Person.name == name)).one()


async def test_the_page_says_what_fell_until_when_and_that_the_team_was_asked(overdue):
    async with visiting(overdue, email_of(overdue, "Lena")) as desk:
        page = LexborHTMLParser((await desk.get("/integrations/acme")).text)
    (fall,) = page.css(".falls li")
    said = " ".join(fall.text().split())
    assert "by Tue 8 Dec 2026" in said
    assert "Overdue" in said
    assert [form.attributes["action"] for form in page.css("form.of-falls")] == [
        "/integrations/acme/extend",
        "/integrations/acme/dismiss",
        "/integrations/acme/waive",
        "/integrations/acme/delist",
    ]


async def test_a_reviewer_reads_who_decides_and_is_refused(overdue):
    async with visiting(overdue, email_of(overdue, "Rosa")) as desk:
        page = LexborHTMLParser((await desk.get("/integrations/acme")).text)
        assert page.css("form.of-falls") == []
        answer = await desk.post("/integrations/acme/extend", data={"until": "2026-12-31", "reason": "Why not."})
        assert (answer.status_code, "may not" in answer.text) == (409, True)
        assert (await desk.post("/integrations/acme/delist", data={"reason": "Why not."})).status_code == 409
        assert (await desk.post("/integrations/none/delist", data={"reason": "Why not."})).status_code == 404


async def test_a_lead_gives_more_time_and_takes_it_out(overdue):
    async with visiting(overdue, email_of(overdue, "Lena")) as desk:
        refused = await desk.post("/integrations/acme/extend", data={"until": "2026-12-01", "reason": "They move."})
        assert (refused.status_code, "no day of the coming year" in refused.text) == (409, True)
        answer = await desk.post("/integrations/acme/extend", data={"until": "2026-12-31", "reason": "They move."})
        assert (answer.status_code, answer.headers["location"]) == (303, "/integrations/acme")
        page = LexborHTMLParser((await desk.get("/integrations/acme")).text)
        assert "More time: They move." in " ".join(page.css_first(".falls").text().split())
        answer = await desk.post("/integrations/acme/delist", data={"reason": "Gone."})
        assert answer.status_code == 303
    with overdue.read() as session:
        assert session.scalars(select(Integration.stage)).one() is IntegrationStage.DELISTED
        assert session.scalars(select(Fall.closed_at)).one() == LATER


async def test_a_lead_waives_what_fell_renews_it_and_ends_it(overdue):
    until = {"item": "docs.partner", "until": "2027-01-15", "reason": "They move."}
    async with visiting(overdue, email_of(overdue, "Rosa")) as desk:
        assert (await desk.post("/integrations/acme/waive", data=until)).status_code == 409
    async with visiting(overdue, email_of(overdue, "Lena")) as desk:
        for _ in range(2):
            answer = await desk.post("/integrations/acme/waive", data=until)
            assert (answer.status_code, answer.headers["location"]) == (303, "/integrations/acme")
        page = LexborHTMLParser((await desk.get("/integrations/acme")).text)
        assert page.css(".falls") == []
        assert "Renewed 1 time so far." in " ".join(page.body.text().split())
        assert [form.attributes["action"] for form in page.css("form.of-falls")] == [
            "/integrations/acme/waive",
            "/integrations/acme/end-waiver",
        ]
        ended = {"item": "docs.partner", "reason": "They are done."}
        assert (await desk.post("/integrations/acme/end-waiver", data=ended)).status_code == 303
        again = await desk.post("/integrations/acme/end-waiver", data=ended)
        assert (again.status_code, "nothing is waived" in again.text.lower()) == (409, True)


def test_the_command_waives_lists_and_ends(overdue, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", overdue.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    lena = email_of(overdue, "Lena")
    until = (NOW.date() + timedelta(days=200)).isoformat()
    grant = ["waivers", "grant", "acme", "docs.partner", "--as", lena, "--reason", "They move.", "--until"]
    assert run([*grant, "soon"]) == 2
    assert run([*grant, until]) == 0
    assert run([*grant, until]) == 0
    capsys.readouterr()
    assert run(["waivers", "list", "--renewed", "1", "--json"]) == 0
    (debt,) = json.loads(capsys.readouterr().out)
    assert (debt["item"], debt["renewals"], debt["seen"]) == ("docs.partner", 1, "failed")
    assert run(["waivers", "list", "--renewed", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []
    end = ["waivers", "end", "acme", "docs.partner", "--as", lena, "--reason", "They are done."]
    assert run(end) == 0
    assert run(end) == 1
    assert "nothing is waived under 'docs.partner'" in capsys.readouterr().err


def test_the_command_gives_more_time_or_says_why_not(overdue, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", overdue.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    lena, rosa = email_of(overdue, "Lena"), email_of(overdue, "Rosa")
    until = (NOW.date() + timedelta(days=200)).isoformat()
    assert run(["extend", "acme", "--until", "soon", "--as", lena, "--reason", "They move."]) == 2
    assert run(["extend", "acme", "--until", until, "--as", rosa, "--reason", "They move."]) == 1
    assert "Rosa may not" in capsys.readouterr().err
    assert run(["extend", "acme", "--until", until, "--as", lena, "--reason", "They move."]) == 0
    assert capsys.readouterr().out == f"acme: docs.partner to be fixed by {until}\n"


async def test_who_may_decide_sees_it_on_top_of_the_queue_and_leaves_it_listed(overdue):
    async with visiting(overdue, email_of(overdue, "Lena")) as desk:
        for place in ("/", "/integrations"):
            page = LexborHTMLParser((await desk.get(place)).text)
            (line,) = page.css(".to-decide li")
            assert " ".join(line.text().split()).startswith("Acme Acme Inc: ")
            assert "5 days over" in line.text()
        data = {"until": "2027-01-15", "reason": "Customers are served."}
        answer = await desk.post("/integrations/acme/dismiss", data=data)
        assert (answer.status_code, answer.headers["location"]) == (303, "/integrations/acme")
        page = LexborHTMLParser((await desk.get("/integrations/acme")).text)
        assert "nobody is asked again before Fri 15 Jan 2027 is over" in " ".join(
            page.css_first(".falls li").text().split()
        )
        assert "Customers are served." in page.text()
        assert LexborHTMLParser((await desk.get("/")).text).css(".to-decide") == []
        report = LexborHTMLParser((await desk.get("/reports/readiness")).text)
        assert "stays listed; asked again after 2027-01-15" in report.text()
        assert (await desk.post("/integrations/acme/dismiss", data={**data, "until": "2026-01-01"})).status_code == 409


async def test_a_reviewer_decides_nothing_of_it_and_is_not_bothered(overdue):
    async with visiting(overdue, email_of(overdue, "Rosa")) as desk:
        assert LexborHTMLParser((await desk.get("/")).text).css(".to-decide") == []
        data = {"until": "2027-01-15", "reason": "Why not."}
        assert (await desk.post("/integrations/acme/dismiss", data=data)).status_code == 409


def test_the_queue_command_says_what_is_to_be_decided_and_dismiss_ends_it(overdue, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", overdue.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    with overdue.write.begin() as session:
        # The command reads the real clock.
        fall = session.scalars(select(Fall)).one()
        fall.fix_by = fall.fell_at.date() - timedelta(days=400)
    assert run(["queue"]) == 0
    said = "1 integration not mended in time, to be decided: see `report readiness`\n"
    assert said in capsys.readouterr().err
    lena, rosa = email_of(overdue, "Lena"), email_of(overdue, "Rosa")
    until = (NOW.date() + timedelta(days=200)).isoformat()
    dismiss = ["dismiss", "acme", "--reason", "Customers are served.", "--as"]
    assert run([*dismiss, lena, "--until", "soon"]) == 2
    assert run([*dismiss, rosa, "--until", until]) == 1
    assert "Rosa may not" in capsys.readouterr().err
    assert run([*dismiss, lena, "--until", until]) == 0
    assert capsys.readouterr().out == f"acme: docs.partner left listed until {until}\n"
    assert run(["queue"]) == 0
    assert said not in capsys.readouterr().err


async def test_the_partner_reads_what_to_mend_how_and_until_when(overdue):
    with overdue.write.begin() as session:
        acme = session.scalars(select(Integration).where(Integration.slug == "acme")).one()
        partner = frozenset({Role.PARTNER})
        companies.add_person(session, name="Ada", email="ada@acme.test", roles=partner, partner=acme.partner, at=NOW)
    async with visiting(overdue, "ada@acme.test") as desk:
        home = LexborHTMLParser((await desk.get("/partner")).text)
        page = LexborHTMLParser((await desk.get("/partner/integrations/acme")).text)
    assert (
        "Your turn. 1 thing no longer holds: the last day was Tue 8 Dec 2026. Please mend it, or tell us how long you need."
        in " ".join(home.css_first(".turn.is-yours").text().split())
    )
    assert home.css_first(".turn a.button").attributes["href"] == "/partner/integrations/acme#mend"
    (fall,) = page.css(".mend li")
    said = " ".join(fall.text().split())
    assert "How to mend it:" in said
    assert "The last day was Tue 8 Dec 2026" in said
