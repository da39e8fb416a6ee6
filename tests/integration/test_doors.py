"""Who may come in where: every way into the application, for every role and for another company, from one table."""

from dataclasses import dataclass
from hashlib import sha256

import httpx
import pytest
from sqlalchemy import func, select

from checklist.fetch import Fetcher
from desk.api.assembling import create_api
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Turnstile
from desk.assembling import assemble
from desk.changes import Changes
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.slack.endpoint import router as slack_router
from models.enums import Role
from models.people import Partner
from models.picture import Picture
from models.schema import metadata
from models.submission import Submission
from models.upload import Upload
from review.actions.companies import add_person
from review.vault import Vault
from tests.fixtures.routes import ways_into
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import NOW, story_in

OPEN = "open"
"""For everybody: it shows nothing that is anybody's, or a secret in the address opens it."""
TEAM = "team"
"""For the team; an auditor reads and changes nothing."""
MANAGERS = "managers"
"""For the team's programme managers."""
OWN = "own"
EACH = "each company"
"""What names nothing that is there yet."""
BOTH = "the team and own"
"""For a partner's people, and only what is their company's."""
BEARER = "bearer"
"""For programs with a token of the API; a cookie opens nothing."""
SLACK = "slack"
"""For what Slack has signed."""

DOORS = {
    "GET /": TEAM,
    "GET /queue/list": TEAM,
    "GET /queue/past": TEAM,
    "GET /queue/version": TEAM,
    "GET /queue/changes": TEAM,
    "GET /queue/assign": TEAM,
    "POST /queue/assign": TEAM,
    "POST /queue/take": TEAM,
    "GET /submissions/{submission_id}": TEAM,
    "GET /submissions/{submission_id}/act": TEAM,
    "POST /submissions/{submission_id}/act": TEAM,
    "GET /submissions/{submission_id}/secret": TEAM,
    "POST /submissions/{submission_id}/secret": TEAM,
    "GET /submissions/{submission_id}/who": TEAM,
    "GET /submissions/{submission_id}/letters/{key}": TEAM,
    "GET /integrations": TEAM,
    "GET /integrations/{slug}": TEAM,
    "POST /integrations/{slug}/extend": TEAM,
    "POST /integrations/{slug}/dismiss": TEAM,
    "POST /integrations/{slug}/delist": TEAM,
    "POST /integrations/{slug}/waive": TEAM,
    "POST /integrations/{slug}/end-waiver": TEAM,
    "GET /reports": TEAM,
    "GET /reports/graduation/nudge": TEAM,
    "POST /reports/graduation/nudge": TEAM,
    "GET /reports/{report}": TEAM,
    "GET /reports/{report}.{form}": TEAM,
    "GET /waivers": TEAM,
    "GET /audits": TEAM,
    "GET /audits/{number}": TEAM,
    "GET /rulebooks": TEAM,
    "GET /rulebooks/simulate": MANAGERS,
    "POST /rulebooks/simulate": MANAGERS,
    "GET /rulebooks/{version}": TEAM,
    "GET /people": TEAM,
    "POST /people/add": TEAM,
    "GET /people/{number}": TEAM,
    "POST /people/{number}/change": TEAM,
    "POST /people/{number}/sign-out": TEAM,
    "POST /people/{number}/link": TEAM,
    "POST /people/{number}/tokens": TEAM,
    "POST /people/{number}/tokens/{token}/revoke": TEAM,
    "GET /calendars": TEAM,
    "GET /calendars/{calendar}": TEAM,
    "POST /calendars/{calendar}/change": TEAM,
    "POST /calendars/{calendar}/holidays": TEAM,
    "GET /policies": TEAM,
    "GET /policies/{version}": TEAM,
    "POST /policies/{version}/targets": TEAM,
    "POST /policies/{version}/change": TEAM,
    "GET /drift": TEAM,
    "POST /drift/recompute": TEAM,
    "GET /events": TEAM,
    "GET /events.ndjson": TEAM,
    "GET /deliveries": TEAM,
    "GET /deliveries/{number}": TEAM,
    "POST /deliveries/{number}/retry": TEAM,
    "POST /deliveries/retry": TEAM,
    "GET /pictures/{digest}": TEAM,
    "GET /partner": OWN,
    "GET /partner/integrations/{slug}": OWN,
    "GET /partner/submissions/{submission_id}": OWN,
    "GET /partner/submissions/{submission_id}/answer": OWN,
    "POST /partner/submissions/{submission_id}/answer": OWN,
    "GET /partner/submissions/{submission_id}/withdraw": OWN,
    "POST /partner/submissions/{submission_id}/withdraw": OWN,
    "GET /partner/submissions/{submission_id}/revise": OWN,
    "POST /partner/submissions/{submission_id}/revise": OWN,
    "GET /partner/new": OWN,
    "GET /partner/new/{kind}": EACH,
    "POST /partner/new/{kind}": EACH,
    "GET /partner/new/{kind}/{slug}": OWN,
    "POST /partner/new/{kind}/{slug}": OWN,
    "GET /uploads/{digest}": BOTH,
    "GET /badge/{slug}.svg": OPEN,
    "GET /sign-in": OPEN,
    "POST /sign-in/link": OPEN,
    "GET /sign-in/link/{secret}": OPEN,
    "POST /sign-in/link/{secret}": OPEN,
    "POST /sign-in/demo": OPEN,
    "GET /sign-in/provider": OPEN,
    "GET /sign-in/provider/back": OPEN,
    "POST /sign-out": OPEN,
    "GET /agenda/{secret}.ics": OPEN,
    "GET /unsubscribe/{secret}": OPEN,
    "POST /unsubscribe/{secret}": OPEN,
    "GET /livez": OPEN,
    "GET /readyz": OPEN,
    "GET /metrics": OPEN,
    "GET /static/{file}": OPEN,
    "GET /api/openapi.json": OPEN,
    "GET /api/schema/submission.json": OPEN,
    "GET /api/problems/{name}": OPEN,
    "POST /api/preflight": BEARER,
    "POST /slack/events": SLACK,
}
"""Every way in. One that is not here fails the test, so that whoever adds a route has to say who may use it."""

COMPANY = "Larkenfell"
"""Whose everything is that the walk asks for."""


PICTURE = b"\x89PNG\r\n\x1a\n of some page"
DIGEST = sha256(PICTURE).hexdigest()


@dataclass(frozen=True)
class Someone:
    """Who asks. `company` is whose person it is; empty: nobody's, so the team's."""

    name: str
    roles: frozenset[Role] = frozenset()
    company: str = ""

    @property
    def email(self) -> str:
        return f"{self.name.replace(' ', '-')}@doors.test"


NOBODY = Someone("nobody")
TEAM_PEOPLE = [Someone(role.value, frozenset({role})) for role in Role if role is not Role.PARTNER]
AUDITOR = Someone("auditor", frozenset({Role.AUDITOR}))
OWN_COMPANY = Someone("own company", frozenset({Role.PARTNER}), COMPANY)
OTHER_COMPANY = Someone("other company", frozenset({Role.PARTNER}), "Nightjar")
DISGUISED = Someone("other company with a role of the team", frozenset(Role), "Nightjar")
"""Whatever else the rows say, a company's person stays one."""
ROLELESS = Someone("without a role")
PEOPLE = [NOBODY, *TEAM_PEOPLE, OWN_COMPANY, OTHER_COMPANY, DISGUISED, ROLELESS]

NO_LETTER = "This letter is no longer kept"
"""What the page of letters says to whom it lets in: each is kept for its own reader alone."""

PASSED, TO_SIGN_IN, NOT_FOUND, FORBIDDEN, UNAUTHORIZED = "passed", "sign in first", "not found", "forbidden", "who?"
OWN_PLACE = "to the own place"
REFUSED = {401: UNAUTHORIZED, 403: FORBIDDEN, 404: NOT_FOUND}


def expected(way: str, one: Someone) -> str:
    door, reads, names_something = DOORS[way], way.startswith("GET "), "{" in way
    if door in {BEARER, SLACK}:
        return UNAUTHORIZED
    if door == OPEN:
        return PASSED
    if one is NOBODY:
        return TO_SIGN_IN if reads else UNAUTHORIZED
    if door in {TEAM, MANAGERS, BOTH} and one in TEAM_PEOPLE:
        may = one.roles & {Role.MANAGER, Role.ADMIN} if door == MANAGERS else reads or one != AUDITOR
        return PASSED if may else FORBIDDEN
    if way == "GET /" and one.company:
        return OWN_PLACE
    # A page that names nothing shows to each company its own.
    own = door in {OWN, EACH, BOTH} and (one == OWN_COMPANY or (one.company and (door == EACH or not names_something)))
    return PASSED if own else NOT_FOUND


def seen(answer: httpx.Response, door: str) -> str:
    """Which of the words above an answer is; other statuses are a page's own, so its door was passed."""
    led = answer.headers.get("location", "")
    if NO_LETTER in answer.text:
        return PASSED
    if answer.status_code in REFUSED:
        # A secret that opens nothing is not found, by anybody.
        return PASSED if door == OPEN and answer.status_code == 404 else REFUSED[answer.status_code]
    if answer.status_code == 303 and door != OPEN:
        return TO_SIGN_IN if led.startswith("/sign-in") else OWN_PLACE if led == "/partner" else PASSED
    return TO_SIGN_IN if led.startswith("/sign-in?") else PASSED


@pytest.fixture
def database(sqlite_database, sqlite_template):
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        companies = {company.name: company for company in session.query(Partner)}
        companies["Nightjar"] = Partner(name="Nightjar", website="", created_at=NOW)
        session.add(companies["Nightjar"])
        session.flush()
        for one in PEOPLE[1:]:
            company = companies.get(one.company)
            add_person(session, name=one.name, email=one.email, roles=one.roles, at=NOW, partner=company)
        session.add(Picture(digest=DIGEST, data=PICTURE, taken_at=NOW))
        whose = companies[COMPANY].id
        session.add(Upload(partner_id=whose, digest=DIGEST, media_type="image/png", data=PICTURE, uploaded_at=NOW))
    return sqlite_database


@pytest.fixture
def app(database):
    desk = Desk(database, lambda: NOW, links_key=b"k" * 32, vault=Vault("x" * 32))
    app = assemble(
        desk,
        names=LOOPBACK_NAMES,
        api=create_api(desk, Preflights(no_preflight, Turnstile()), Means(Vault("x" * 32), Fetcher)),
        more=[slack_router(None, "a signing secret")],
    )
    app.state.changes = Changes(lambda: "1", for_seconds=0)  # a stream that ends at once
    return app


def no_preflight():
    raise AssertionError("nobody came in far enough to start one")


@pytest.fixture
def places(database):
    """Something that is there, and the company's, for each parameter of a path."""
    with database.read() as session:
        submission = next(row for row in session.query(Submission) if row.integration.partner.name == COMPANY)
        return {
            "submission_id": submission.id,
            "slug": submission.integration.slug,
            "number": 1,
            "token": 1,
            "calendar": "team",
            "digest": DIGEST,
            "kind": "access",
            "secret": "opens-nothing",
            "file": "desk.css",
            "name": "too-many",
            "form": "json",
            "key": "approve.0",
            "report": "sla",
            "version": "v1",
        }


def test_every_way_in_says_who_may_use_it(app):
    # What needs a token of the API has its own walk (test_api_companies.py).
    ways = [way for way in ways_into(app.routes) if " /api/" not in way]
    assert sorted(ways) == sorted(way for way in DOORS if " /api/" not in way)


def test_every_role_walks():
    assert {role for one in PEOPLE for role in one.roles} == set(Role)


@pytest.mark.parametrize("one", PEOPLE, ids=lambda one: one.name)
async def test_each_door_lets_in_whom_it_should_and_nobody_else(app, database, places, one):
    wrong = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for way, door in DOORS.items():
            client.cookies.clear()
            if one is not NOBODY:
                signed_in(client, database, one.email, at=NOW)
            answer = await asked(client, way, places)
            assert answer.status_code < 500, f"{way} answered {answer.status_code}"
            if (got := seen(answer, door)) != (wanted := expected(way, one)):
                wrong[way] = f"{answer.status_code}, so {got!r}; expected {wanted!r}"
            if door in {TEAM, OWN, EACH, BOTH} and one not in {*TEAM_PEOPLE, OWN_COMPANY}:
                assert COMPANY.lower() not in answer.text.lower(), f"{way} tells of {COMPANY}"
    assert wrong == {}


async def asked(client, way, places):
    method, _, path = way.partition(" ")
    form = {"email": "x@y.test"} if method == "POST" and not path.startswith("/api/") else None
    return await client.request(method, path.format(**places), data=form)


@pytest.mark.parametrize("cookie", ["", "x" * 43, "x" * 5_000])
async def test_a_secret_that_opens_nothing_is_nobodys(app, places, cookie):
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1", cookies={"launch-review": cookie}
    ) as client:
        for way, door in DOORS.items():
            if door in {TEAM, OWN, EACH, BOTH}:
                assert seen(await asked(client, way, places), door) == expected(way, NOBODY), way


APART = "/unsubscribe/"
"""Mail programs send it in nobody's name; the address is all that it needs."""
ELSEWHERE = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "null"},
    {"Origin": "http://evil.test"},
    {"Origin": "http://127.0.0.1.evil.test"},
    {"Origin": "http://evil.test/127.0.0.1"},
    {"Origin": ""},
)


async def test_no_page_of_another_site_changes_anything_in_anybodys_name(app, database, places):
    """Whatever way in, whoever is signed in: the answer is 403 before anything is read."""
    ways = [way for way, door in DOORS.items() if not way.startswith("GET ") and door not in {BEARER, SLACK}]
    let_in = []
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for one in (Someone("admin", frozenset({Role.ADMIN})), OWN_COMPANY):
            signed_in(client, database, one.email, at=NOW)
            before = rows(database)
            for way in ways:
                _, _, path = way.partition(" ")
                for headers in () if path.startswith(APART) else ELSEWHERE:
                    answer = await client.post(path.format(**places), data={"act": "note"}, headers=headers)
                    if answer.status_code != 403 or "another site" not in answer.text:
                        let_in.append((way, headers, answer.status_code))
            assert rows(database) == before
    assert let_in == []


def rows(database):
    with database.read() as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) for table in metadata.sorted_tables}


async def test_what_is_somebodys_own_stays_in_no_shared_cache(app, database, places):
    """Pages are kept nowhere; files only where their reader's own browser keeps them."""
    wrong = {}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for way, door in DOORS.items():
            if not way.startswith("GET ") or door in {OPEN, BEARER, SLACK}:
                continue
            one = OWN_COMPANY if door in {OWN, EACH} else Someone("admin")
            signed_in(client, database, one.email, at=NOW)
            said = (await asked(client, way, places)).headers["cache-control"]
            is_file = way.startswith(("GET /pictures/", "GET /uploads/"))
            is_stream = way == "GET /queue/changes"  # of a number
            if "private" not in said if is_file else said != ("no-cache" if is_stream else "no-store"):
                wrong[way] = said
    assert wrong == {}


STEERING = {
    "X-Forwarded-Host": "evil.test",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": "/evil.test",
    "X-Host": "evil.test",
    "Forwarded": "host=evil.test",
    "X-Original-URL": "/people",
    "X-Rewrite-URL": "/people",
    "X-HTTP-Method-Override": "POST",
    "Referer": "https://evil.test/",
}


async def test_no_header_of_the_asker_steers_what_a_page_says_or_where_it_leads(app, database, places):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        for way, door in DOORS.items():
            if not way.startswith("GET ") or door in {BEARER, SLACK}:
                continue
            one = OWN_COMPANY if door in {OWN, EACH} else Someone("admin")
            signed_in(client, database, one.email, at=NOW)
            path = way.partition(" ")[2].format(**places)
            plain, steered = await client.get(path), await client.get(path, headers=STEERING)
            assert "evil.test" not in steered.text + str(steered.headers), way
            assert steered.status_code == plain.status_code, way
            assert steered.headers.get("location") == plain.headers.get("location"), way


async def test_a_character_that_no_database_keeps_is_refused_in_words_at_every_way_in(app, database, places):
    """In the path, after the question mark, and in a form, also where it comes in parts."""

    async def in_parts():
        for part in (b"act=note&text=a%", b"0", b"0b"):
            yield part

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        signed_in(client, database, Someone("admin").email, at=NOW)
        for way, door in DOORS.items():
            if door in {BEARER, SLACK} or " /api/" in way:
                continue
            method, _, path = way.partition(" ")
            address = path.format(**places)
            named = path.format(**dict.fromkeys(places, "a%00b"))
            for wrong in {f"{address}?q=a%00b", named} - {address}:
                answer = await client.request(method, wrong)
                assert (answer.status_code, "(NUL)" in answer.text) == (400, True), wrong
            if method == "POST":
                for content in (b"act=note&text=a%00b&because=a%00b&reason=a%00b", b"text=a\0b", in_parts()):
                    answer = await client.post(address, content=content, headers=form)
                    # Some take nothing but their address, and read no form.
                    assert answer.status_code < 500, way
        note = await client.post(f"/submissions/{places['submission_id']}/act", content=in_parts(), headers=form)
    assert (note.status_code, "can’t be kept (NUL)" in note.text) == (400, True)
