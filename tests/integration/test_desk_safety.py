"""What the desk keeps from happening: nothing runs, nothing loads from elsewhere, nothing secret is shown."""

import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser, LexborNode
from sqlalchemy import text

from desk.assembling import assemble
from desk.bodies import LARGEST_FORM
from desk.headers import HEADERS, WITH_A_FORM, WITH_A_SCRIPT, WITH_FORMS_AND_SCRIPTS
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import PLAIN
from models.database import Database
from models.event import Event
from tests.integration.desk_story import (
    HOSTILE_ADDRESS,
    HOSTILE_NAME,
    NOW,
    SECRET,
    Story,
    desk_over,
    nobodys_desk,
    pages,
    story_in,
)

SOME_COOKIE = {PLAIN: "not a secret that opens anything"}


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
async def desk(sqlite_database: Database, story: Story) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(desk_over(sqlite_database), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def broken_desk(database: Database) -> httpx.AsyncClient:
    """A desk whose clock has stopped working."""

    def no_time() -> None:
        raise ZeroDivisionError("the battery of /srv/clock.py is empty")

    app = assemble(Desk(database, no_time), names=LOOPBACK_NAMES)  # type: ignore[arg-type] # that is the point
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=SOME_COOKIE)


async def test_every_answer_carries_the_security_headers(desk: httpx.AsyncClient, story: Story):
    for address in [*pages(story), "/?show=mine", "/livez", "/readyz", "/metrics", "/static/desk.css"]:
        answer = await desk.get(address)
        for name, value in HEADERS.items():
            policies = {value, WITH_A_FORM, WITH_A_SCRIPT, WITH_FORMS_AND_SCRIPTS}
            allowed = policies if name == "Content-Security-Policy" else {value}
            if name != "Cache-Control":
                (said,) = answer.headers.get_list(name)
                assert said in allowed, f"{address}: {name}"


async def test_the_policy_allows_no_code_at_all():
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|script-src|\*|https?:|data:", policy)


async def test_where_a_script_helps_it_is_a_file_of_ours():
    given = dict(part.split(" ", 1) for part in WITH_FORMS_AND_SCRIPTS.split("; "))
    assert {given[name] for name in ("script-src", "connect-src", "frame-src", "form-action")} == {"'self'"}
    assert not re.search(r"unsafe|\*|https?:|data:", WITH_FORMS_AND_SCRIPTS)


async def test_pages_are_not_kept_and_files_are(desk: httpx.AsyncClient):
    page = await desk.get("/")
    assert page.headers["Cache-Control"] == "no-store"
    sheet = re.search(r'href="(/static/desk\.css\?v=[0-9a-f]+)"', page.text)
    assert sheet is not None
    answer = await desk.get(sheet[1])
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]


def is_our_file(script: LexborNode) -> bool:
    """A file of the desk and nothing between its tags."""
    source = script.attributes.get("src") or ""
    return re.fullmatch(r"/static/[a-z]+\.js\?v=[0-9a-f]+", source) is not None and not script.text()


async def test_no_page_has_code_or_styles_of_its_own_or_loads_from_elsewhere(desk: httpx.AsyncClient, story: Story):
    for address in pages(story):
        page = LexborHTMLParser((await desk.get(address)).text)
        assert all(is_our_file(script) for script in page.css("script")), address
        assert not page.css("style, iframe, object, embed, base, img, meta[http-equiv]"), address
        assert all((form.attributes["action"] or "").startswith("/") for form in page.css("form")), address
        for node in page.css("*"):
            assert not [name for name in node.attributes if name == "style" or name.startswith("on")], address
        assert all((link.attributes["href"] or "").startswith("/static/") for link in page.css("link"))


async def test_what_partners_write_is_shown_as_text(desk: httpx.AsyncClient, story: Story):
    for address in pages(story):
        body = (await desk.get(address)).text
        assert not [node for node in LexborHTMLParser(body).css("script") if not is_our_file(node)], address
        assert "<img" not in body, address
    queue = LexborHTMLParser((await desk.get("/")).text)
    assert HOSTILE_NAME in [link.text(strip=True) for link in queue.css("tbody th a")]


async def test_only_web_addresses_of_partners_are_links_and_they_give_nothing_away(
    desk: httpx.AsyncClient, story: Story
):
    for address in pages(story):
        page = LexborHTMLParser((await desk.get(address)).text)
        for link in page.css("a"):
            leads_to = link.attributes["href"] or ""
            assert leads_to.startswith(("/", "#", "https://", "http://")), address
            if not leads_to.startswith(("/", "#")):
                assert link.attributes["rel"] == "noopener noreferrer nofollow"
    shown = LexborHTMLParser((await desk.get(f"/submissions/{story.ids['hostile']}")).text)
    assert HOSTILE_ADDRESS in shown.text()


async def test_long_evidence_is_cut(desk: httpx.AsyncClient, story: Story):
    body = (await desk.get(f"/submissions/{story.ids['hostile']}")).text
    assert "x" * 2_001 not in body
    assert "the first 2,000 of 9," in body


async def test_no_secret_is_on_any_page(sqlite_database: Database, desk: httpx.AsyncClient, story: Story):
    with sqlite_database.read() as session:
        sealed = [row.decode() for (row,) in session.execute(text("SELECT ciphertext FROM secrets"))]
    assert sealed
    hidden = [SECRET, SECRET[-2:] + "</dd>", "qh_sample_5f2c9a7e", *sealed]
    for address in [*pages(story), "/metrics", "/readyz"]:
        body = (await desk.get(address)).text
        assert not [secret for secret in hidden if secret in body], address


async def test_an_event_of_a_newer_release_is_never_dumped(
    sqlite_database: Database, desk: httpx.AsyncClient, story: Story
):
    with sqlite_database.write.begin() as session:
        session.add(
            Event(
                at=NOW,
                name="submission.teleported",
                submission_id=story.ids["hostile"],
                data={"password": "sample-in-an-event"},
            )
        )
    body = (await desk.get(f"/submissions/{story.ids['hostile']}")).text
    assert "submission teleported" in body
    assert "sample-in-an-event" not in body


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8300", "", "a@127.0.0.1", "[::1", "127.0.0.1/x"]
)
async def test_a_request_in_another_sites_name_is_refused(desk: httpx.AsyncClient, host: str):
    answer = await desk.get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "LAUNCH_REVIEW_BASE_URL" in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8300", "localhost:8300", "LOCALHOST", "[::1]:8300"])
async def test_this_machines_own_names_are_answered(desk: httpx.AsyncClient, host: str):
    assert (await desk.get("/livez", headers={"Host": host})).status_code == 200


async def test_nothing_can_be_changed_from_a_page(desk: httpx.AsyncClient, story: Story):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = await desk.request(method, f"/submissions/{story.ids['ambervane']}")
        assert answer.status_code == 405
        assert "Only for reading" in answer.text


async def test_head_is_answered_like_get(desk: httpx.AsyncClient):
    for address in ("/", "/integrations", "/deliveries", "/livez", "/readyz"):
        answer = await desk.head(address)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("address", ["/sign-in/link", "/sign-in/demo", "/sign-in/link/x"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_form_that_is_too_long_is_not_read(desk: httpx.AsyncClient, address: str, *, announced: bool):
    text = b"email=" + b"x" * LARGEST_FORM
    taken = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield text

    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await desk.post(address, content=text if announced else pieces(), headers=kind)
    assert answer.status_code == 413
    assert "1,000,000 bytes" in answer.text
    assert announced or taken == 1


async def test_a_mistake_of_ours_is_a_page_with_a_reference_and_no_traceback(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
):
    with caplog.at_level(logging.ERROR):
        async with broken_desk(sqlite_database) as desk:
            answer = await desk.get("/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    assert not re.search(r"Traceback|ZeroDivision|battery|\.py", answer.text)
    reference = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
    assert reference is not None
    assert reference[1] in caplog.text
    assert answer.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


async def test_a_database_that_is_gone_is_told_without_its_address(tmp_path: Path):
    database = Database(f"sqlite:///{tmp_path / 'gone' / 'sample.sqlite'}")
    transport = httpx.ASGITransport(nobodys_desk(database), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=SOME_COOKIE) as desk:
        answer = await desk.get("/")
        ready = await desk.get("/readyz")
        alive = await desk.get("/livez")
    database.close()
    assert (answer.status_code, ready.status_code, alive.status_code) == (503, 503, 200)
    assert "The database does not answer" in answer.text
    assert "can't be reached" in ready.text
    assert "sample.sqlite" not in answer.text + ready.text


async def test_a_database_that_is_not_migrated_is_not_ready(blank_address: str):
    database = Database(blank_address)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(nobodys_desk(database)), base_url="http://127.0.0.1"
    ) as desk:
        answer = await desk.get("/readyz")
    database.close()
    assert answer.status_code == 503
    assert "launch-review db upgrade" in answer.text


async def test_a_database_of_another_release_is_not_ready(sqlite_database: Database):
    with sqlite_database.write.begin() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(nobodys_desk(sqlite_database)), base_url="http://127.0.0.1"
    ) as desk:
        answer = await desk.get("/readyz")
    assert answer.status_code == 503
    assert "revision 9999" in answer.text


async def test_figures_have_a_line_for_every_stage_also_at_zero(desk: httpx.AsyncClient):
    answer = await desk.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = answer.text.splitlines()
    for line in (
        'launch_review_submissions_open{stage="in_review"} 4',
        'launch_review_submissions_open{stage="draft"} 0',
        'launch_review_clocks_running{target="access"} 1',
        'launch_review_clocks_breached{target="first_response"} 1',
        'launch_review_deliveries{stage="dead"} 1',
        'launch_review_integrations{stage="delisted"} 0',
    ):
        assert line in lines
    assert any(re.fullmatch(r"launch_review_events_unplanned [1-9]\d*", line) for line in lines)
    kinds = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(kinds) == len(set(kinds)) == 16
