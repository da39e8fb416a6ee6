"""The first submission as a form: begun, saved, sent with files, refused beside its fields; each company's own alone."""

import asyncio
import hashlib

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import func, select

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from models.draft import FirstDraft
from models.enums import Role, SubmissionKind, SubmissionStage
from models.people import Partner
from models.submission import Submission
from models.upload import MOST_UPLOAD_BYTES, Upload
from review.actions import uploading
from review.actions.companies import add_person
from review.actions.uploading import KEPT, forget_uploads, keep_upload
from review.uploads import uploads_in
from review.vault import Vault
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import NOW, story_in
from tests.unit.test_sound_image import SVG, png

NORA, TAREK, ROSA = "nora@fernwick.example", "tarek@mossbeacon.example", "rosa@team.test"
FORM = "/partner/new/access"
LAUNCH = "/partner/new/launch/fern"


@pytest.fixture
def story(sqlite_database, sqlite_template):
    story = story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        company = Partner(name="Fernwick", website="https://fernwick.example", created_at=NOW)
        session.add(company)
        session.flush()
        add_person(session, name="Nora", email=NORA, roles=frozenset({Role.PARTNER}), at=NOW, partner=company)
    return story


@pytest.fixture
def browser(sqlite_database, story):
    app = assemble(Desk(sqlite_database, lambda: NOW, vault=Vault("x" * 32)), names=LOOPBACK_NAMES)

    def of(email):
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        return signed_in(client, sqlite_database, email, at=NOW)

    return of


def fields(html):
    page, found = LexborHTMLParser(html), {}
    for node in page.css("form.own input, form.own textarea, form.own select"):
        if node.attributes.get("type") == "file":
            continue
        if node.attributes.get("type") == "checkbox" and "checked" not in node.attributes:
            continue
        chosen = node.css_first("option[selected]") if node.tag == "select" else node
        text = node.text() if node.tag == "textarea" else chosen.attributes.get("value") or ""
        found[node.attributes["name"]] = text
    return found


async def opened(client, place=FORM):
    answer = await client.get(place)
    assert answer.status_code == 200, answer.text
    return fields(answer.text)


def company_id(database, name="Fernwick"):
    with database.read() as session:
        return session.scalar(select(Partner.id).where(Partner.name == name))


ANSWERS = {
    "integration.name": "Fern",
    "integration.slug": "fern",
    "components.0.used": "yes",
    "components.0.endpoint": "https://api.fernwick.example/in",
    "components.0.methods": "track\nidentify",
    "components.0.settings": "region = EU\nbatch = 10",
    "components.0.api_key": "key-of-the-test",
    "components.2.used": "yes",
    "components.2.samples": '[{"body": {"type": "track"}}]',
    "components.2.requests_per_second": "20",
    "access.survey.used_for": "Watching ferns.",
    "notes": "Ask for Nora.",
}


async def test_a_company_without_integrations_is_invited_to_begin(browser):
    page = LexborHTMLParser((await browser(NORA).get("/partner")).text)
    assert page.css_first("a.start").attributes["href"] == FORM


async def test_an_access_request_is_sent_from_the_form_with_every_component(sqlite_database, browser):
    nora = browser(NORA)
    answer = await nora.post(FORM, data=await opened(nora) | ANSWERS)
    assert answer.status_code == 303, answer.text
    with sqlite_database.read() as session:
        one = session.get_one(Submission, int(answer.headers["location"].rpartition("/")[2]))
        assert (one.kind, one.stage, one.integration.slug) == (
            SubmissionKind.ACCESS,
            SubmissionStage.SUBMITTED,
            "fern",
        )
        assert one.document["partner"]["name"] == "Fernwick"
        subscription, stream = one.document["components"]
        assert subscription["methods"] == ["track", "identify"]
        assert subscription["settings"] == {"region": "EU", "batch": 10}
        assert "api_key" not in subscription
        assert (stream["kind"], stream["samples"][0]["body"], stream["requests_per_second"]) == (
            "stream",
            {"type": "track"},
            20,
        )
        assert one.document["notes"] == "Ask for Nora."


async def test_the_same_form_sent_twice_is_one_submission(sqlite_database, browser):
    nora = browser(NORA)
    form = await opened(nora) | ANSWERS
    answers = [await nora.post(FORM, data=form) for _ in range(2)]
    assert len({answer.headers["location"] for answer in answers}) == 1


async def test_what_is_saved_comes_back_to_that_person_alone_and_without_secrets(sqlite_database, browser):
    nora = browser(NORA)
    answer = await nora.post(FORM, data=await opened(nora) | ANSWERS | {"save": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, FORM)
    again = await opened(nora)
    assert {key: again[key] for key in ANSWERS if "api_key" not in key} == {
        key: value for key, value in ANSWERS.items() if "api_key" not in key
    }
    assert "Watching ferns" not in (await browser(TAREK).get(FORM)).text
    with sqlite_database.read() as session:
        assert "key-of-the-test" not in str(session.scalars(select(FirstDraft.typed)).all())


async def test_mistakes_stand_beside_their_fields_with_a_way_there(browser):
    nora = browser(NORA)
    wrong = {
        "components.0.used": "",
        "components.2.requests_per_second": "many",
        "components.1.settings": "no equals sign, but not chosen",
        "integration.slug": "Not A Slug",
    }
    answer = await nora.post(FORM, data=await opened(nora) | ANSWERS | wrong)
    assert answer.status_code == 422
    page = LexborHTMLParser(answer.text)
    led = {link.attributes["href"] for link in page.css("#refused a")}
    assert led == {"#f-integration-slug", "#f-components-2-requests_per_second"}
    assert all(page.css_first(place).attributes["aria-invalid"] == "true" for place in led)
    assert fields(answer.text)["access.survey.used_for"] == "Watching ferns."


@pytest.mark.parametrize("text", ["{", '{"body": {}}', "[NaN]", "[" * 1_000])
async def test_samples_that_are_no_list_in_json_are_told_so(browser, text):
    nora = browser(NORA)
    answer = await nora.post(FORM, data=await opened(nora) | ANSWERS | {"components.2.samples": text})
    assert answer.status_code == 422
    assert "expected a list of requests" in answer.text


async def test_a_form_opened_when_it_can_not_be_sent_says_so_before_anybody_fills_it_in(sqlite_database, browser):
    """Why not, what can be done instead, and that a draft is not lost."""
    nora = browser(NORA)
    place = await beyond_access(sqlite_database, nora)
    await nora.post(place, data=await opened(nora, place) | {"notes": "Later", "save": "yes"})
    early = LexborHTMLParser((await nora.get("/partner/new/update/fern")).text)
    assert (
        "the integration is building; this needs it to be public beta or public"
        in early.css_first("[role=alert]").text()
    )
    assert [link.attributes["href"] for link in early.css("#instead ~ ul a")] == [place, "/partner/integrations/fern"]
    sent = await nora.post(place, data=await opened(nora, place) | {"notes": "Now"})
    number = sent.headers["location"].rpartition("/")[2]
    again = await nora.get(place)
    assert again.status_code == 409
    page = LexborHTMLParser(again.text)
    assert f"submission {number} for the same gate is not finished" in page.css_first("[role=alert]").text()
    assert page.css_first("#instead ~ ul a").attributes["href"] == f"/partner/submissions/{number}"
    assert not page.css("form.own")
    assert not LexborHTMLParser((await nora.get("/partner/new")).text).css(f"a[href='{place}']")


async def test_it_is_said_for_how_long_a_draft_is_kept(browser):
    page = LexborHTMLParser((await browser(NORA).get(FORM)).text)
    assert "kept for 90 days after you saved it last" in page.body.text()


async def test_another_companys_integration_is_not_there(browser, story):
    assert (await browser(NORA).get("/partner/new/update/mossbeacon")).status_code == 404
    assert (await browser(NORA).post("/partner/new/update/mossbeacon", data={})).status_code == 404
    assert (await browser(NORA).get("/partner/new/launch")).status_code == 404
    form = ANSWERS | {"integration.slug": "mossbeacon"}
    answer = await browser(NORA).post(FORM, data=form)
    assert answer.status_code == 409
    assert "belongs to another partner" in answer.text


async def test_a_file_is_kept_named_in_its_field_shown_and_read_by_the_company_and_the_team(sqlite_database, browser):
    nora = browser(NORA)
    place = await beyond_access(sqlite_database, nora)
    answer = await nora.post(
        place,
        data=await opened(nora, place) | {"save": "yes"},
        files=[
            ("catalog.logo:file", ("../../etc/passwd\0.html", SVG, "text/html")),
            ("catalog.screenshots:file", ("one.exe", png(20, 10), "application/x-msdownload")),
            ("catalog.screenshots:file", ("two.png", png(30, 10), "image/png")),
        ],
    )
    assert answer.status_code == 303, answer.text
    html = (await nora.get(place)).text
    form, digest = fields(html), hashlib.sha256(SVG).hexdigest()
    assert form["catalog.logo"] == f"upload:{digest}"
    assert len(form["catalog.screenshots"].split("\n")) == 2
    assert f'src="/uploads/{digest}"' in html
    assert "passwd" not in html
    for email, status in ((NORA, 200), (ROSA, 200), (TAREK, 404)):
        shown = await browser(email).get(f"/uploads/{digest}")
        assert shown.status_code == status
    shown = await browser(ROSA).get(f"/uploads/{digest}")
    assert (shown.content, shown.headers["content-type"]) == (SVG, "image/svg+xml")
    assert shown.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["content-disposition"] == f'attachment; filename="{digest[:12]}.svg"'
    sent = await nora.post(place, data=form)
    assert sent.status_code == 303, sent.text
    seen = await browser(ROSA).get(sent.headers["location"].replace("/partner", ""))
    assert f'<img class="sent-picture" src="/uploads/{digest}"' in seen.text
    read = uploads_in(sqlite_database)
    assert (await read("fern", digest)).data == SVG
    assert await read("mossbeacon", digest) is None


async def beyond_access(database, nora):
    """The form for the launch, once access was granted."""
    answer = await nora.post(FORM, data=await opened(nora) | ANSWERS)
    assert answer.status_code == 303
    with database.write.begin() as session:
        one = session.get_one(Submission, int(answer.headers["location"].rpartition("/")[2]))
        one.stage, one.closed_at = SubmissionStage.APPROVED, NOW
        one.decided_at = NOW
        one.integration.stage = "building"
    return LAUNCH


@pytest.mark.parametrize(
    ("field", "data", "told"),
    [
        ("catalog.logo", b"", "the file is empty"),
        ("catalog.logo", png(), "expected an SVG"),
        ("catalog.mark", SVG.replace(b"</svg>", b"<script>1</script></svg>"), "holds a script element"),
        ("catalog.screenshots", b"<html>", "expected a PNG, JPEG or WebP"),
        ("catalog.screenshots", png() + b"<html>", "has something else in it"),
        ("catalog.screenshots", b"x" * (MOST_UPLOAD_BYTES + 1), "expected at most"),
    ],
)
async def test_a_file_that_is_not_taken_is_told_beside_its_field_and_nothing_is_lost(
    sqlite_database, browser, field, data, told
):
    nora = browser(NORA)
    place = await beyond_access(sqlite_database, nora)
    answer = await nora.post(
        place,
        data=await opened(nora, place) | {"notes": "Kept words"},
        files=[(f"{field}:file", ("x.svg", data, "image/svg+xml"))],
    )
    assert answer.status_code == 422
    assert told in LexborHTMLParser(answer.text).css_first(f"#f-{field.replace('.', '-')}-wrong").text()
    assert fields(answer.text)["notes"] == "Kept words"
    with sqlite_database.read() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 0


async def test_a_file_of_another_company_can_not_be_named(sqlite_database, browser):
    nora = browser(NORA)
    place = await beyond_access(sqlite_database, nora)
    with sqlite_database.write.begin() as session:
        digest = keep_upload(session, company_id(sqlite_database, "Mossbeacon"), SVG, drawing=True, at=NOW)
    answer = await nora.post(place, data=await opened(nora, place) | {"catalog.logo": f"upload:{digest}"})
    assert answer.status_code == 422
    assert "not yours" in answer.text


async def test_more_than_a_form_may_have_is_refused_and_what_is_no_form_too(browser):
    nora, as_form = browser(NORA), {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await nora.post(FORM, content=b"x" * 12_000_001, headers=as_form)).status_code == 413
    broken = await nora.post(
        FORM, content=b"no form at all", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code == 400


def test_two_at_once_do_not_share_the_last_room(database):
    with database.write.begin() as session:
        company = Partner(name="Fernwick", website="", created_at=NOW)
        session.add(company)
        session.flush()
        number = company.id

    def keep(width):
        try:
            with database.write.begin() as session:
                keep_upload(session, number, png(width), drawing=False, at=NOW, most_files=3)
        except uploading.NotKept as refused:
            return str(refused)
        return ""

    async def all_at_once():
        return await asyncio.gather(*(asyncio.to_thread(keep, width) for width in range(1, 7)))

    told = asyncio.run(all_at_once())
    assert sorted(map(bool, told)) == [False] * 3 + [True] * 3
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 3


async def test_what_nothing_names_is_taken_out_after_its_time(sqlite_database, browser):
    nora = browser(NORA)
    place = await beyond_access(sqlite_database, nora)
    await nora.post(
        place, data=await opened(nora, place) | {"save": "yes"}, files=[("catalog.logo:file", ("a", SVG, "x/y"))]
    )
    with sqlite_database.write.begin() as session:
        unnamed = keep_upload(session, company_id(sqlite_database), png(), drawing=False, at=NOW)
        assert forget_uploads(session, at=NOW + KEPT / 2) == 0
        assert forget_uploads(session, at=NOW + KEPT * 2) == 1
        assert set(session.scalars(select(Upload.digest))) == {hashlib.sha256(SVG).hexdigest()}
        assert unnamed != hashlib.sha256(SVG).hexdigest()
