"""A picture that a result rests on: stored once with it, shown beside its evidence, served as nothing but a picture."""

import hashlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select

from checklist.browser import Bounds
from checklist.browser.canned import blank_picture
from checklist.outcome import CheckResult, Evidence, Picture
from desk.headers import CONTENT_SECURITY_POLICY
from models.database import Database
from models.enums import Outcome
from models.integration import Integration
from models.picture import MOST_PICTURE_BYTES
from models.picture import Picture as Row
from models.result import ItemResult
from models.submission import Submission
from review.actions import auditing
from review.actions.auditing import Judged
from review.actions.picturing import NoPicture, keep_pictures
from review.results import as_value
from tests.integration.desk_story import NOW, RULEBOOK, Story, before, check, desk_over, sample, send, story_in

PNG = blank_picture()
DIGEST = hashlib.sha256(PNG).hexdigest()
JPEG = b"\xff\xd8\xff\xe0" + bytes(20)
SEEN = Evidence(
    "page", "as a browser shows it", "https://a.example/docs", 200, before(hours=2), picture=Picture.of(PNG)
)
RESULT = CheckResult("docs.partner", Outcome.PASSED, "as a browser shows it, it is", evidence=(SEEN,))


@pytest.fixture
def story(sqlite_database: Database, sqlite_template: Path) -> Story:
    return story_in(sqlite_database, sqlite_template)


@pytest.fixture
async def desk(sqlite_database: Database, story: Story) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(desk_over(sqlite_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


def stored(database: Database) -> dict[str, bytes]:
    with database.read() as session:
        return {row.digest: row.data for row in session.scalars(select(Row))}


def test_what_a_check_saw_is_kept_with_its_result_and_read_back_by_its_digest(database: Database):
    with database.write.begin() as session:
        submission = send(session, sample("larkenfell-launch"), before(hours=3))
        check(session, submission, NOW, {"docs.partner": RESULT})
        [row] = session.scalars(select(ItemResult).where(ItemResult.item == "docs.partner"))
        assert row.evidence[0]["picture"] == DIGEST
        assert as_value(row).evidence == (replace(SEEN, picture=Picture(DIGEST)),)
    assert stored(database) == {DIGEST: PNG}


def test_an_audit_keeps_what_it_saw(sqlite_database: Database, story: Story):
    with sqlite_database.write.begin() as session:
        integration = session.scalars(select(Integration).where(Integration.listing.is_not(None))).first()
        assert integration is not None
        run = auditing.begin_run(session, [integration.id], rulebook=RULEBOOK, asked_by="rosa", at=NOW)
        auditing.take_judged(session, run, Judged(integration.id, [RESULT], {}), at=NOW)
    assert stored(sqlite_database) == {DIGEST: PNG}


def test_the_same_picture_is_kept_once(database: Database):
    with database.write.begin() as session:
        keep_pictures(session, [RESULT, RESULT], at=NOW)
        keep_pictures(session, [replace(RESULT, item="oauth.button")], at=NOW)
        assert session.scalar(select(func.count()).select_from(Row)) == 1


def test_a_picture_of_which_only_the_digest_is_at_hand_is_left_as_it_is(database: Database):
    with database.write.begin() as session:
        keep_pictures(session, [replace(RESULT, evidence=(replace(SEEN, picture=Picture(DIGEST)),))], at=NOW)
    assert stored(database) == {}


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", b"<html>", PNG + bytes(700_000)]
)
def test_what_no_browser_of_ours_makes_is_never_kept(database: Database, data: bytes):
    with database.write() as session, pytest.raises(NoPicture):
        keep_pictures(session, [replace(RESULT, evidence=(replace(SEEN, picture=Picture.of(data)),))], at=NOW)


def test_a_picture_under_anothers_digest_is_never_kept(database: Database):
    with database.write() as session, pytest.raises(NoPicture):
        keep_pictures(session, [replace(RESULT, evidence=(replace(SEEN, picture=Picture("0" * 64, PNG)),))], at=NOW)


def test_the_browser_takes_no_larger_picture_than_the_database_keeps():
    assert Bounds().picture_bytes == MOST_PICTURE_BYTES


async def test_a_submission_shows_it_with_a_text_for_those_who_do_not_see_it(sqlite_database, desk, story):
    with sqlite_database.write.begin() as session:
        submission = session.get_one(Submission, story.ids["hostile"])
        rows = select(ItemResult).where(ItemResult.submission_id == submission.id)
        row = session.scalars(rows).first()
        assert row is not None
        row.evidence = [SEEN.as_json()]
        keep_pictures(session, [RESULT], at=NOW)
    page = LexborHTMLParser((await desk.get(f"/submissions/{story.ids['hostile']}")).text)
    [image] = page.css("a.picture img")
    assert image.parent is not None
    assert image.parent.attributes["href"] == image.attributes["src"] == f"/pictures/{DIGEST}"
    assert image.attributes["alt"].startswith("The page https://a.example/docs as a browser showed it")
    answer = await desk.get(image.attributes["src"])
    assert (answer.status_code, answer.content) == (200, PNG)


async def test_it_is_served_as_a_picture_that_may_be_kept(sqlite_database, desk):
    jpeg = hashlib.sha256(JPEG).hexdigest()
    with sqlite_database.write.begin() as session:
        session.add_all(Row(digest=digest, data=data, taken_at=NOW) for digest, data in ((DIGEST, PNG), (jpeg, JPEG)))
    for digest, media_type in ((DIGEST, "image/png"), (jpeg, "image/jpeg")):
        answer = await desk.get(f"/pictures/{digest}")
        assert answer.headers["content-type"] == media_type
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"


async def test_what_is_no_picture_is_not_found(sqlite_database, desk):
    with sqlite_database.write.begin() as session:
        session.add(Row(digest="1" * 64, data=b"<script>", taken_at=NOW))
    for digest in ("0" * 64, "1" * 64, "0" * 63, DIGEST.upper(), "..%2F..%2Fetc%2Fpasswd", "x"):
        answer = await desk.get(f"/pictures/{digest}")
        assert (answer.status_code, "immutable" in answer.headers["cache-control"]) == (404, False)
