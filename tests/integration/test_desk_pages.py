"""What the desk's pages show, over a real database in which everything has happened once."""

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import event, select, update

from desk.app import create_app
from desk.pages.reading import LARGEST_ID
from models.clock import Clock
from models.database import Database
from models.delivery import ChannelBreaker
from models.enums import ChannelName, TargetName
from models.submission import Submission
from review.actions import assigning
from settings import Settings
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import NOW, REVIEWER, Story, desk_over, pages, sample, send, story_in, tell

MOST_QUERIES = 12


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
async def desk(sqlite_database: Database, story: Story) -> AsyncIterator[httpx.AsyncClient]:
    async with visiting(sqlite_database) as client:
        yield client


def visiting(database: Database) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(desk_over(database)), base_url="http://127.0.0.1")


async def read(desk: httpx.AsyncClient, address: str) -> LexborHTMLParser:
    answer = await desk.get(address)
    assert answer.status_code == 200, answer.text
    return LexborHTMLParser(answer.text)


def words(page: LexborHTMLParser, chosen: str) -> list[str]:
    """The text of each element that is chosen, with single spaces."""
    texts = (" ".join(node.text(separator=" ").split()) for node in page.css(chosen))
    return [re.sub(r" (?=[.,;:)])|(?<=[(“]) ", "", text) for text in texts]


@contextmanager
def counting(database: Database) -> Iterator[list[str]]:
    """The queries asked meanwhile."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


async def test_every_page_can_be_read_on_each_database_with_few_queries(database: Database):
    with database.write.begin() as session:
        story = tell(session)
    async with visiting(database) as desk:
        # What past clocks tell is read by the first page that wants it, once in ten minutes.
        await desk.get(f"/submissions/{story.ids['quillharbor']}")
        for address in pages(story):
            await desk.get(address)  # who looks at it is written down after a page was sent, and not each time
            with counting(database) as asked:
                answer = await desk.get(address)
            assert answer.status_code == (404 if address == "/no-such-page" else 200), address
            assert len(asked) <= MOST_QUERIES, f"{address} asked {len(asked)}"


async def test_a_page_asks_no_more_when_there_is_more_to_show(sqlite_database: Database, desk: httpx.AsyncClient):
    with counting(sqlite_database) as few:
        await desk.get("/")
    with sqlite_database.write.begin() as session:
        for number in range(5):
            slug = f"another-{number}"
            send(
                session,
                sample("ambervane-launch", external_id=slug, integration={"slug": slug, "name": slug}),
                NOW - timedelta(hours=number),
            )
    with counting(sqlite_database) as more:
        page = await read(desk, "/")
    assert len(page.css("tbody tr")) == 11
    assert len(more) == len(few)


async def test_the_queue_shows_what_is_due_soonest_first(desk: httpx.AsyncClient):
    page = await read(desk, "/")
    assert words(page, "tbody th a")[0] == "Ambervane"
    first = words(page, "tbody tr:first-child td")
    assert "4 business days late" in first[0]
    assert "Breached" in first[0]
    assert "First response, due Tue 17 Nov, 18:00 UTC" in first[0], "in the reader's zone"
    assert first[1:] == ["In review", "Ours nobody has taken it", "Nobody Take", "2 unknown", "10 days ago revision 1"]


async def test_a_paused_clock_says_so_and_what_is_left(desk: httpx.AsyncClient):
    page = await read(desk, "/?show=partner")
    (left,) = words(page, "tbody td:first-child")
    assert left == "3 business days left Paused Decision"
    assert words(page, "tbody td:nth-child(4)") == ["The partner’s waiting on the partner"]


@pytest.mark.parametrize(
    ("sieve", "kept"),
    [
        ("unassigned", {"Ambervane", "Mossbeacon", "Thistlewick Surveys"}),
        ("partner", {"Mossbeacon"}),
        ("graduation", {"Larkenfell Desk"}),
    ],
)
async def test_the_queue_is_narrowed_by_plain_links(desk: httpx.AsyncClient, sieve: str, kept: set[str]):
    everything = await read(desk, "/")
    assert f"/?show={sieve}" in {link.attributes["href"] for link in everything.css(".sieves a")}
    page = await read(desk, f"/?show={sieve}")
    names = {name for name in words(page, "tbody th a") if "script" not in name}
    assert names == kept
    assert len(page.css(".sieves a[aria-current]")) == 1


async def test_a_claim_that_ran_out_leaves_the_submission_unassigned(sqlite_database: Database, story: Story):
    later = desk_over(sqlite_database, lambda: NOW + timedelta(days=1))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(later), base_url="http://127.0.0.1") as desk:
        page = await read(desk, "/?show=unassigned")
    assert "Quillharbor" in words(page, "tbody th a")
    assert "Nobody; Rosa Lindqvist had it Take" in words(page, "tbody td:nth-child(5)")


async def test_what_breaches_is_asked_of_the_worklist(desk: httpx.AsyncClient):
    assert "Ambervane" in words(await read(desk, "/?show=breaching"), "tbody th a")


async def test_an_empty_queue_says_that_nothing_waits(sqlite_database: Database):
    async with visiting(sqlite_database) as desk:
        assert words(await read(desk, "/"), ".empty") == ["Nothing waits. New submissions appear here by themselves."]
        assert "told to anybody yet" in words(await read(desk, "/deliveries"), ".empty")[0]
        assert words(await read(desk, "/integrations"), ".empty") == ["None."]


async def test_a_submission_shows_the_verdict_with_its_reasons(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['mossbeacon']}")
    assert words(page, "#verdict") == ["Required items failed"]
    assert words(page, ".reasons li")[0] == (
        "Failed Your integrations page lists Segment: the page speaks of segments of customers, never of Segment"
    )
    (verdict,) = words(page, ".verdict")
    assert "Waived: The mark is a square SVG." in verdict
    assert "Worth a look: Your own site documents the integration." in verdict


async def test_a_closed_submission_says_how_it_ended_rather_than_what_is_left(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['larkenfell-launch']}")
    assert words(page, "#verdict") == ["Approved"]
    assert "some items were left to a person" in words(page, "section[aria-labelledby=decisions] li")[0]
    assert words(page, ".strip dt")[0] == "Stage", "no clock runs"


async def test_an_item_shows_what_was_seen_expected_and_to_fix_with_its_evidence(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['mossbeacon']}")
    (item,) = page.css("details[id='marketing.integrations_page']")
    assert "open" in item.attributes
    (said,) = words(page, "details[id='marketing.integrations_page']")
    assert "Expected Segment among the listed integrations" in said
    assert "Fix Add Segment, with its logo from the brand kit, to the list." in said
    assert "Build segments. Reach the right segment at the right time." in said
    assert "Page · status 200 · fetched Tue 10 Nov, 18:00 UTC" in said
    link = item.css_first(".evidence a")
    assert link is not None
    assert link.attributes["href"] == "https://www.mossbeacon.example/integrations"
    assert link.attributes["rel"] == "noopener noreferrer nofollow"


async def test_findings_waivers_and_decisions_name_who_and_why(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['mossbeacon']}")
    (findings,) = words(page, "section[aria-labelledby=findings] li")
    assert findings.startswith("Open Your integrations page lists Segment")
    (waiver,) = words(page, "section[aria-labelledby=waivers] li")
    assert "By Idris Falkenrath, Fri 13 Nov, 18:00 UTC; up to and including Sun 31 Jan 2027." in waiver
    (decision,) = words(page, "section[aria-labelledby=decisions] li")
    assert decision == (
        "Changes requested by Rosa Lindqvist Nearly there: please list Segment on your integrations page. "
        "Revision 1, Fri 13 Nov, 18:00 UTC; required items had failed"
    )


async def test_a_clock_shows_its_terms_its_pauses_and_its_account(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['mossbeacon']}")
    running, theirs, stopped = words(page, "section[aria-labelledby=clocks] .clock")
    assert running.startswith("Decision Paused 3 business days left")
    assert "Paused Fri 13 Nov, 10:00 PST, still (changes requested)" in running
    assert "Wed 11 Nov, 09:00–17:00 holiday: Veterans Day, not counted" in running
    assert "waiting on the partner, not counted" in running
    assert theirs.startswith("Partner’s answer Running")
    assert stopped.startswith("First response Met")
    rows = words(page, "section[aria-labelledby=clocks] h2 + .clock tbody tr")
    assert rows[0] == "Tue 10 Nov, 10:00–17:00 open, 7 h 7 h"
    assert len([row for row in rows if "waiting on the partner" in row]) == 1, "a pause of many days is one line"


async def test_the_history_is_told_in_words(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['quillharbor']}")
    told = words(page, ".timeline li > div > p")
    assert told == [
        "Rosa Lindqvist judged “The integration works end to end”: passed.",
        "Oluwaseun Brandt answered.",
        "Rosa Lindqvist asked the partner.",
        "Rosa Lindqvist took it, until Fri 20 Nov, 21:00 UTC.",
        "Launch Review brought it to the reviewers: a person has to look.",
        "Launch Review checked revision 1: 23 passed and 3 unknown.",
        "Launch Review told the partner that it came in; promised: first response by Mon 23 Nov, 18:00 UTC.",
        "Oluwaseun Brandt sent it in: launch into Public Beta.",
    ]


async def test_a_persons_word_stands_beside_the_checks(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['quillharbor']}")
    (item,) = words(page, "details[id='test.end_to_end']")
    assert "Passed, says Rosa Lindqvist: Followed both documents with the test account" in item


async def test_the_test_account_is_shown_masked(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['quillharbor']}")
    (account,) = words(page, "section[aria-labelledby=account] dl")
    assert account.startswith("Username reviewer@quillharbor.example Password •••••• (kept encrypted)")


async def test_an_access_request_shows_the_answers(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/submissions/{story.ids['thistlewick']}")
    assert "Access request" in words(page, ".part h3")
    (part,) = [node for node in words(page, ".part") if node.startswith("Access request")]
    assert "Partner agreement agreed" in part


async def test_a_released_submission_tells_who_had_it(sqlite_database: Database, story: Story):
    with sqlite_database.write.begin() as session:
        submission = session.get_one(Submission, story.ids["ambervane"])
        assigning.assign(session, submission, to=session.merge(story.rosa), by=session.merge(story.idris), at=NOW)
        assigning.release(session, submission, by=session.merge(story.rosa), at=NOW)
    async with visiting(sqlite_database) as desk:
        told = words(await read(desk, f"/submissions/{story.ids['ambervane']}"), ".timeline li > div > p")
    assert told[:2] == [
        "Rosa Lindqvist let it go; Rosa Lindqvist had it.",
        "Idris Falkenrath gave it to Rosa Lindqvist.",
    ]


async def test_integrations_are_listed_by_stage_with_counts_and_ages(desk: httpx.AsyncClient):
    page = await read(desk, "/integrations?stage=public_beta")
    assert words(page, ".heading p") == ["1 integration in Public Beta: median 199 days there, the longest 199 days"]
    assert words(page, ".sieves a")[:4] == ["All 6", "Access requested 1", "Building 4", "Public Beta 1"]
    assert words(page, "tbody td") == ["Public Beta", "199 days", "Holds 9 h ago", "Ready", "Submission 2"]


async def test_an_integration_shows_its_submissions_and_its_last_audit(desk: httpx.AsyncClient, story: Story):
    page = await read(desk, f"/integrations/{story.slugs['larkenfell']}")
    assert words(page, "tbody th") == ["Graduation to Public, submission 2", "Launch into Public Beta, submission 1"]
    (audit,) = words(page, "section[aria-labelledby=audit] > p")
    assert audit == "Holds Mon 23 Nov, 09:00 UTC, by rulebook v1. The gate to Public holds."
    assert page.css("details[id='customers.active']")


async def test_deliveries_show_what_was_told_to_whom_by_stage(desk: httpx.AsyncClient):
    page = await read(desk, "/deliveries")
    assert words(page, ".sieves:first-of-type a") == [
        "All 6",
        "Planned 1",
        "Sending 1",
        "Sent 1",
        "Uncertain 1",
        "Skipped 1",
        "Dead 1",
    ]
    dead = await read(desk, "/deliveries?stage=dead")
    assert words(dead, "tbody td")[1:3] == ["partner5@example.test by mail", "Dead 550 no such mailbox 5 tries"]
    assert "Could not be written" in words(page, "tbody th")[-1]


async def test_deliveries_are_narrowed_by_channel_and_by_what_they_are_about(desk: httpx.AsyncClient):
    by_mail = await read(desk, "/deliveries?channel=mail&stage=sent")
    assert len(by_mail.css("tbody tr")) == 1
    assert len(by_mail.css(".sieves a[aria-current]")) == 2
    assert words(await read(desk, "/deliveries?channel=slack"), ".empty") == ["Nothing of that kind is there."]
    (about,) = {link.attributes["href"] for link in (await read(desk, "/deliveries/6")).css("dd a + a")}
    assert len((await read(desk, str(about))).css("tbody tr")) == 1


async def test_a_delivery_shows_what_became_of_it_and_what_it_says(desk: httpx.AsyncClient):
    dead = await read(desk, "/deliveries/6")
    facts = dict(zip(words(dead, "dt"), words(dead, "dd"), strict=True))
    assert facts["How far"] == "Dead"
    assert facts["Why not"] == "550 no such mailbox"
    assert facts["Tries"] == "5 tries"
    assert words(dead, "code") == ["launch-review deliveries retry 6"]
    assert words(dead, "pre")
    uncertain = await read(desk, "/deliveries/4")
    assert "May have come twice" in words(uncertain, "dt")
    planned = await read(desk, "/deliveries/1")
    assert {"Waits", "Not before"} <= set(words(planned, "dt"))
    assert "could not be written" in words(planned, "section .quiet")[-1]


async def test_a_channel_that_rests_is_told_where_its_messages_are(
    sqlite_database: Database, desk: httpx.AsyncClient, story: Story
):
    with sqlite_database.write.begin() as session:
        session.add(
            ChannelBreaker(
                channel=ChannelName.MAIL,
                since=NOW - timedelta(hours=1),
                faults=9,
                reason="connection refused <b>",
                rests=3,
                rests_until=NOW + timedelta(minutes=2),
            )
        )
    (notice,) = words(await read(desk, "/deliveries"), ".notice")
    assert notice.startswith("Mail is resting until Mon 23 Nov")
    assert "connection refused <b>" in notice
    assert "its channel rests" in " ".join(words(await read(desk, "/deliveries/1"), "dd"))
    figures = (await desk.get("/metrics")).text
    assert 'launch_review_channel_resting{channel="mail"} 1' in figures
    assert 'launch_review_channel_faults{channel="mail"} 9' in figures
    assert 'launch_review_channel_resting{channel="slack"} 0' in figures


async def test_a_dead_delivery_is_sent_again_from_its_page_and_another_is_not(desk: httpx.AsyncClient):
    assert len((await read(desk, "/deliveries/6")).css("form[action$=retry]")) == 1
    assert not (await read(desk, "/deliveries/3")).css("form[action$=retry]")
    answer = await desk.post("/deliveries/6/retry")
    assert (answer.status_code, answer.headers["location"]) == (303, "/deliveries/6")
    facts = await read(desk, "/deliveries/6")
    assert "Planned" in words(facts, "dd")[0]
    assert (await desk.post("/deliveries/6/retry")).status_code == 409
    assert (await desk.post("/deliveries/999/retry")).status_code == 404


async def test_all_dead_ones_of_a_channel_are_sent_again_at_once(desk: httpx.AsyncClient):
    assert len((await read(desk, "/deliveries?stage=dead")).css("form[action$=retry]")) == 1
    await desk.post("/deliveries/retry", data={"channel": "slack", "subject": ""})
    assert len((await read(desk, "/deliveries?stage=dead")).css("tbody tr")) == 1
    answer = await desk.post("/deliveries/retry", data={"channel": "mail", "subject": ""})
    assert answer.headers["location"] == "/deliveries?stage=planned&channel=mail"
    assert not (await read(desk, "/deliveries?stage=dead")).css("tbody tr")


async def test_the_figures_of_deliveries_are_told_by_channel(desk: httpx.AsyncClient):
    figures = (await desk.get("/metrics")).text
    for name, number in {"waiting": 2, "gone_out": 2, "dead": 1, "tried_again": 0 + 0 + 1 + 2 + 3 + 4}.items():
        assert f'launch_review_deliveries_{name}{{channel="mail"}} {number}\n' in figures
    assert 'launch_review_deliveries_oldest_waiting_seconds{channel="slack"} 0' in figures
    assert re.search(r'oldest_waiting_seconds{channel="mail"} [1-9]', figures)


@pytest.mark.parametrize(
    "address",
    [
        "/submissions/999",
        f"/submissions/{LARGEST_ID}",
        f"/submissions/{LARGEST_ID + 1}",
        "/submissions/-1",
        "/submissions/one",
        "/integrations/none-such",
        "/integrations/..%2F..%2Fetc",
        "/deliveries/7",
    ],
)
async def test_what_is_not_there_is_not_found_in_the_same_look(desk: httpx.AsyncClient, address: str):
    answer = await desk.get(address)
    assert answer.status_code == 404
    page = LexborHTMLParser(answer.text)
    assert words(page, "h1") == ["Not found"]
    assert page.css("header nav a")


@pytest.mark.parametrize(
    "address",
    ["/?show=everything", "/?after=x", "/integrations?stage=gone", "/deliveries?stage=lost", "/deliveries?subject=x"],
)
async def test_a_parameter_that_means_nothing_is_told(desk: httpx.AsyncClient, address: str):
    answer = await desk.get(address)
    assert answer.status_code == 400
    assert "not understood" in words(LexborHTMLParser(answer.text), "h1")[0]


async def test_a_paused_clock_past_its_last_due_date_is_no_breach_in_the_figures(
    sqlite_database: Database, desk: httpx.AsyncClient, story: Story
):
    with sqlite_database.read() as session:
        paused = session.scalars(
            select(Clock).where(
                Clock.submission_id == story.ids["mossbeacon"],
                Clock.target == TargetName.DECISION,
                Clock.stopped_at.is_(None),
            )
        ).one()
        assert paused.breach_at < NOW
    figures = (await desk.get("/metrics")).text
    assert f'launch_review_clocks_paused{{target="{TargetName.DECISION}"}} 1' in figures
    with sqlite_database.write.begin() as session:
        session.execute(update(Clock).where(Clock.submission_id != story.ids["mossbeacon"]).values(breached=False))
        session.execute(
            update(Clock)
            .where(Clock.submission_id != story.ids["mossbeacon"])
            .values(breach_at=NOW + timedelta(days=1))
        )
    assert 'launch_review_clocks_breached{target="decision"} 0' in (await desk.get("/metrics")).text


async def test_the_application_opens_the_settings_database_and_closes_it(sqlite_database: Database, tmp_path: Path):
    address = str(sqlite_database.engine.url)
    app = create_app(Settings(database_url=address, data=tmp_path, secret_key="k" * 32), clock=lambda: NOW)
    async with app.router.lifespan_context(app):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8300") as client:
            signed_in(client, sqlite_database, REVIEWER, at=NOW)
            assert (await client.get("/")).status_code == 200
        assert app.state.desk.database.engine.pool.checkedin() == 1
    assert app.state.desk.database.engine.pool.checkedin() == 0
