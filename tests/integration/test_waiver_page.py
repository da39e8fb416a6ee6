"""`/waivers` and `waivers list`: the debt, narrowed to what somebody has to come back to."""

import json
from datetime import timedelta

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from desk.cli.main import run
from flows.wiring import utc_now
from models.database import Database
from models.enums import Outcome, Role
from review.actions import waiving
from tests.building import V1, audited, live, person
from tests.fixtures.signing import ActingAs
from tests.integration.desk_story import nobodys_desk
from tests.integration.test_desk_pages import counting, words

DOCS, LOGO = "docs.partner", "catalog.logo"


@pytest.fixture
def programme(sqlite_database: Database) -> Database:
    """Acme's documentation is waived for 10 days, renewed once, and still fails; Brook's logo for 200 days."""
    now = utc_now()
    with sqlite_database.write.begin() as session:
        lead = person(session, "Lena", Role.LEAD)
        there = {slug: live(session, slug, at=now - timedelta(days=30)) for slug in ("acme", "brook")}
        for slug, item, days in (("acme", DOCS, 5), ("acme", DOCS, 10), ("brook", LOGO, 200)):
            waiving.waive_live(
                session,
                there[slug],
                item,
                by=lead,
                at=now - timedelta(days=1),
                reason="Their site moves.",
                until=now.date() + timedelta(days=days),
                rulebook=V1,
            )
        audited(session, there["acme"], {DOCS: Outcome.FAILED}, at=now - timedelta(hours=1))
    return sqlite_database


def visiting(database: Database) -> httpx.AsyncClient:
    app = ActingAs(nobodys_desk(database, utc_now), database, "rosa@example.test", at=utc_now())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def test_the_page_counts_the_debt_and_says_of_each_what_was_seen(programme):
    async with visiting(programme) as desk:
        with counting(programme) as asked:
            page = LexborHTMLParser((await desk.get("/waivers")).text)
    assert words(page, ".heading p") == ["2 waivers to come back to: 1 of them within 30 days, 1 renewed before"]
    first = words(page, "tbody tr:first-child td")
    assert words(page, "tbody th a") == ["Acme", "Brook"]
    assert "10 days left" in first[1]
    assert first[2] == "1 day renewed 1 time"
    assert first[3] == "Failed docs.partner failed"
    assert len(asked) <= 12


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("partner=acm", ["Acme"]),
        (f"item={LOGO}", ["Brook"]),
        ("ends_within=30", ["Acme"]),
        ("renewed=1", ["Acme"]),
        ("slug=brook", ["Brook"]),
        ("partner=&item=&ends_within=&renewed=", ["Acme", "Brook"]),
        ("partner=brook&renewed=1", []),
    ],
)
async def test_it_is_narrowed_by_a_plain_form(programme, query, kept):
    async with visiting(programme) as desk:
        page = LexborHTMLParser((await desk.get(f"/waivers?{query}")).text)
    assert words(page, "tbody th a") == kept
    assert bool(page.css(".empty")) is (kept == [])


async def test_what_can_not_be_asked_is_one_page_and_no_fault(programme):
    async with visiting(programme) as desk:
        assert (await desk.get("/waivers?ends_within=soon")).status_code == 400


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ([], ["acme", "brook"]),
        (["--partner", "BROOK"], ["brook"]),
        (["--ends-within", "30"], ["acme"]),
        (["--ends-within", "30", "--item", LOGO], []),
        (["--slug", "acme", "--renewed", "1"], ["acme"]),
    ],
)
def test_the_command_narrows_it_alike(programme, options, kept, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", programme.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    assert run(["waivers", "list", *options, "--json"]) == 0
    assert [row["integration"] for row in json.loads(capsys.readouterr().out)] == kept
    assert run(["waivers", "list", *options]) == 0
    assert f"{len(kept)} of 2 waivers" in capsys.readouterr().err
