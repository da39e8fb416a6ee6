"""`POST /api/preflight` as partners' programs use it: answers, problems, bounds, and what is never told."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from checklist.document import LARGEST_FILE
from checklist.dossier import json_schema
from desk.api.problem_kinds import KINDS
from desk.api.turnstile import Bounds
from desk.app import create_app
from desk.cli.main import run
from desk.headers import HEADERS
from models.api_token import ApiToken
from models.database import Database
from models.people import Person
from tests.building import NOW
from tests.fixtures.desk_server import served
from tests.integration.api_story import JO, OTHER, ROSA, Story, graduation, story_over, written

TOML = """
external_id = "acme-1"
kind = "access"
[partner]
name = "Acme Inc"
website = "http://acme.test/"
contact_email = "jo@acme.test"
[integration]
slug = "acme"
name = "Acme"
"""
YAML = """
external_id: acme-1
kind: access
partner: {name: Acme Inc, website: "http://acme.test/", contact_email: jo@acme.test}
integration: {slug: acme, name: Acme}
"""


@pytest.fixture
def story(sqlite_database: Database, tmp_path) -> Iterator[Story]:
    with story_over(sqlite_database, tmp_path) as story:
        yield story


@pytest.fixture
def api(story: Story) -> Iterator[httpx.Client]:
    with served(story.desk()) as address, client(address) as opened:
        yield opened


def client(address: str, token: str | None = JO) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=f"{address}/api", headers=headers, timeout=60)


def asked(api: httpx.Client, document=None, **more) -> httpx.Response:
    return api.post("/preflight", json=written() if document is None else document, **more)


def problem(answer: httpx.Response, name: str) -> dict:
    """The problem, which is one of that name and looks as all do."""
    assert answer.headers["Content-Type"] == "application/problem+json", answer.text
    said = answer.json()
    kind = KINDS[name]
    assert (said["type"], said["title"]) == (f"/api/problems/{name}", kind.title)
    assert (said["status"], answer.status_code) == (kind.status, kind.status)
    assert said["detail"]
    for header, value in HEADERS.items():
        assert answer.headers[header] == value
    return said


def test_the_answer_is_the_json_of_the_command(api, story, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    hosts = ",".join(f"{name}={at}" for name, at in story.settings.fetch_hosts.items())
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_HOSTS", hosts)
    file = tmp_path / "acme.json"
    file.write_text(json.dumps(written()))
    assert run(["preflight", str(file), "--json"]) == 1
    by_command = json.loads(capsys.readouterr().out)
    answer = asked(api)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "no-store"
    by_api = answer.json()
    for found in (by_command, by_api):
        for item in found["items"]:
            for evidence in item["evidence"]:
                evidence.pop("at", None)
    assert by_api == by_command
    assert by_api["verdict"] == "fails"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("application/json", json.dumps(written())),
        ("application/toml", TOML),
        ("application/yaml", YAML),
        ("application/yaml; charset=UTF-8", f"\ufeff{YAML}"),
    ],
)
def test_a_submission_is_read_in_each_type(api, kind, content):
    answer = api.post(
        "/preflight",
        content=content.encode(),
        headers={"Content-Type": kind},
        params={"only": ["access.website", "access.email"]},
    )
    assert answer.status_code == 200, answer.text
    assert {item["id"]: item["outcome"] for item in answer.json()["items"]} == {
        "access.website": "passed",
        "access.email": "passed",
    }
    assert answer.json()["verdict"] == "holds"


def test_the_desk_as_it_is_started_serves_it_under_its_own_settings(story):
    address = story.database.engine.url.render_as_string()
    settings = story.settings.model_copy(update={"database_url": address, "secret_key": SecretStr("k" * 32)})
    document = written() | {"$schema": "https://desk.example/api/schema/submission.json"}
    with served(create_app(settings, clock=lambda: NOW)) as desk, client(desk) as api:
        answer = asked(api, document, params={"only": "access.website"})
        assert (answer.status_code, answer.json()["verdict"]) == (200, "holds")
        for _ in range(5):
            asked(api, params={"only": "access.email"})
        problem(asked(api), "too-many")


def test_the_words_come_as_text_and_as_markdown(api):
    text = asked(api, headers={"Accept": "text/plain"})
    assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.text.startswith("Access\n")
    assert "        fix: Read them, then set" in text.text
    assert text.text.endswith("Not yet: mend what is marked FAIL, then run it again.\n")
    page = asked(api, headers={"Accept": "text/markdown, */*;q=0.1"})
    assert page.headers["Content-Type"] == "text/markdown; charset=utf-8"
    assert page.text.startswith("# Preflight: not yet\n")
    assert "## To mend (2)" in page.text


def test_all_of_it_comes_in_parts(api):
    answer = asked(api, headers={"Accept": "multipart/mixed"})
    boundary = answer.headers["Content-Type"].removeprefix("multipart/mixed; boundary=")
    first, *parts, last = answer.text.split(f"--{boundary}")
    assert (first, last) == ("", "--\r\n")
    kinds = [part.partition("\r\n\r\n")[0].strip() for part in parts]
    assert kinds == [
        "Content-Type: application/json",
        "Content-Type: text/markdown; charset=utf-8",
        "Content-Type: text/plain; charset=utf-8",
    ]
    assert json.loads(parts[0].partition("\r\n\r\n")[2])["verdict"] == "fails"


def test_words_that_pages_chose_cannot_steer_who_reads_them(api, story):
    story.pages["/"] = "<title>\x1b[31m<img src=x> @everyone **x** [a](http://b)</title><p>domain for sale</p>"
    for accept in ("text/plain", "text/markdown"):
        said = asked(api, params={"only": "access.website"}, headers={"Accept": accept}).text
        assert "\x1b" not in said
        assert "\n@everyone" not in said
    assert "<img" not in said


# --- who may ---------------------------------------------------------------------------------------------------------


def test_without_a_token_nothing_is_asked(story):
    with served(story.desk()) as address, client(address, None) as api:
        said = asked(api)
        problem(said, "no-token")
        assert said.headers["WWW-Authenticate"] == 'Bearer realm="launch-review"'
        basic = asked(api, headers={"Authorization": "Basic am86am8="})
        problem(basic, "no-token")
        cookie = asked(api, headers={"Cookie": f"token={JO}"})
        problem(cookie, "no-token")


@pytest.mark.parametrize("why", ["mistyped", "long", "revoked", "expired", "left"])
def test_a_token_that_opens_nothing_is_answered_alike(story, why):
    with story.database.write.begin() as session:
        issued = session.query(ApiToken).join(Person).filter(Person.name == "Jo").one()
        if why == "revoked":
            issued.revoked_at = NOW
        if why == "expired":
            issued.expires_at = NOW + timedelta(seconds=1)
            story.now = NOW + timedelta(seconds=1)
        if why == "left":
            session.query(Person).filter(Person.name == "Jo").one().active = False
    token = {"mistyped": f"{JO[:-1]}y", "long": "x" * 4_000}.get(why, JO)
    with served(story.desk()) as address, client(address, token) as api:
        answer = asked(api)
        assert problem(answer, "token-opens-nothing")["detail"] == "the token is mistyped, expired or revoked"
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="launch-review", error="invalid_token"'


def test_a_token_for_something_else_may_not(story):
    with story.database.write.begin() as session:
        session.query(ApiToken).join(Person).filter(Person.name == "Jo").one().scopes = ["something"]
    with served(story.desk()) as address, client(address) as api:
        answer = asked(api)
        problem(answer, "token-may-not")
        assert answer.headers["WWW-Authenticate"].endswith('error="insufficient_scope", scope="preflight"')


def test_the_use_of_a_token_is_remembered_to_the_hour(story):
    def used():
        with story.database.read() as session:
            return session.query(ApiToken).join(Person).filter(Person.name == "Jo").one().last_used_at

    with served(story.desk()) as address, client(address) as api:
        for minutes, expected in ((0, 0), (30, 0), (61, 61)):
            story.now = NOW + timedelta(minutes=minutes)
            assert asked(api, params={"only": "access.email"}).status_code == 200
            assert used() == NOW + timedelta(minutes=expected)


# --- what belongs to whom --------------------------------------------------------------------------------------------


def counted(story: Story, token: str, slug: str) -> httpx.Response:
    with served(story.desk()) as address, client(address, token) as api:
        return asked(api, graduation(slug), params={"only": "customers.active"})


@pytest.mark.parametrize(("token", "slug"), [(JO, "acme"), (OTHER, "other"), (ROSA, "acme"), (ROSA, "unheard")])
def test_customers_are_counted_for_ones_own(story, token, slug):
    (item,) = counted(story, token, slug).json()["items"]
    assert item["outcome"] == "passed"


def test_customers_of_what_is_not_ones_own_yet_are_not_told(story):
    (item,) = counted(story, JO, "unheard").json()["items"]
    assert item["outcome"] == "unknown"
    assert item["evidence"] == []
    assert "the integrations of Acme Inc only, and unheard is none of them yet" in item["summary"]


def test_the_slug_of_another_partner_is_refused(story):
    said = problem(counted(story, JO, "other"), "slug-of-another")
    assert said["detail"] == "integration.slug: other belongs to another partner"


def test_the_load_test_is_not_run_from_here(api):
    said = problem(asked(api, params={"only": ["access.email", "test.volume"]}), "no-load-from-here")
    assert "from a machine of your own" in said["detail"]


# --- what is wrong with the request ----------------------------------------------------------------------------------


def test_each_mistake_is_told_with_its_place(api):
    document = written(components=[{"kind": "webhook", "settings": {"a/b~c": []}}], surprise=1)
    answer = asked(api, document)
    said = problem(answer, "invalid-submission")
    told = {error["pointer"]: error for error in said["errors"]}
    assert {"#/components/0/kind", "#/surprise"} < set(told)
    assert told["#/components/0/kind"]["seen"] == "'webhook'"
    assert told["#/components/0/kind"]["detail"].startswith("components.0.kind: saw 'webhook', expected ")
    assert any(pointer.startswith("#/components/0/settings/a~1b~0c") for pointer in told)


@pytest.mark.parametrize(
    ("kind", "content", "said"),
    [
        ("application/json", b"", "the submission: "),
        ("application/json", b"{", "the submission: "),
        ("application/json", b"[]", "the submission: saw a list, expected a table"),
        ("application/json", b"\xff", "the submission: byte 0 is no UTF-8"),
        ("application/toml", b"kind =", "the submission: "),
        ("application/yaml", b"a: *b", "an alias"),
        ("application/yaml", b"[" * 5_000, "nested without end"),
    ],
)
def test_what_is_no_document_is_told_where(api, kind, content, said):
    answer = api.post("/preflight", content=content, headers={"Content-Type": kind})
    assert said in problem(answer, "unreadable-document")["detail"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/xml"},
        {"Content-Type": ""},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_a_type_that_is_not_read_is_told_with_those_that_are(api, headers):
    answer = api.post("/preflight", content=b"{}", headers=headers)
    problem(answer, "unsupported-type")
    assert answer.headers["Accept"] == "application/json, application/toml, application/yaml"


def test_a_document_is_bounded_whether_it_says_its_length_or_not(api):
    large = b" " * (LARGEST_FILE + 1)
    headers = {"Content-Type": "application/json"}
    problem(api.post("/preflight", content=large, headers=headers), "too-large")
    pieces = (large[start : start + 100_000] for start in range(0, len(large), 100_000))
    problem(api.post("/preflight", content=pieces, headers=headers), "too-large")


def test_an_answer_that_nobody_takes_is_not_made(api):
    said = problem(asked(api, headers={"Accept": "application/pdf, text/html"}), "not-acceptable")
    assert "application/json" in said["detail"]


def test_a_parameter_and_an_item_that_do_not_exist_are_named(api):
    assert "'onyl'" in problem(asked(api, params={"onyl": "docs.segment"}), "unknown-parameter")["detail"]
    said = problem(asked(api, params={"only": "docs.nothing"}), "unknown-item")["detail"]
    assert said.startswith("docs.nothing: no such item at the gate access")


def test_other_addresses_and_methods_are_problems_too(api):
    problem(api.get("/nothing"), "not-found")
    answer = api.get("/preflight")
    problem(answer, "method-not-allowed")
    assert answer.headers["Allow"] == "POST"


def test_a_request_for_another_site_is_refused(story):
    with served(story.desk()) as address, client(address) as api:
        assert asked(api, headers={"Host": "evil.example"}).status_code == 421


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_a_company_has_so_many_a_minute_and_is_told_when_to_come_back(story):
    story.bounds = Bounds(a_minute=2, at_once=2, at_once_of_all=4)
    quick = {"params": {"only": "access.email"}}
    with served(story.desk()) as address, client(address) as api, client(address, OTHER) as other:
        assert asked(api, **quick).status_code == 200
        story.seconds = 20.0
        assert asked(api, **quick).status_code == 200
        story.seconds = 30.5
        refused = asked(api, **quick)
        problem(refused, "too-many")
        assert refused.headers["Retry-After"] == "30"
        unheard = written(integration={"slug": "unheard", "name": "Unheard"})
        assert asked(other, unheard, **quick).status_code == 200
        story.seconds = 60.5
        assert asked(api, **quick).status_code == 200
        assert asked(api, **quick).status_code == 429


def test_only_so_many_run_at_once(story):
    story.bounds = Bounds(a_minute=100, at_once=1, at_once_of_all=2)
    release, entered = threading.Event(), threading.Semaphore(0)

    @asynccontextmanager
    async def held(at):
        entered.release()
        await asyncio.to_thread(release.wait, 30)
        raise ZeroDivisionError("enough")
        yield

    unheard = written(integration={"slug": "unheard", "name": "Unheard"})
    with served(story.desk(surroundings=held)) as address, client(address) as api:
        with client(address, OTHER) as other, client(address, ROSA) as rosa:
            running = [threading.Thread(target=asked, args=(one, unheard)) for one in (api, other)]
            for thread in running:
                thread.start()
            assert entered.acquire(timeout=60)
            assert entered.acquire(timeout=60)
            mine, all_of = asked(api), asked(rosa)
            release.set()
            for thread in running:
                thread.join()
        for answer, told in ((mine, "1 preflights of yours are running"), (all_of, "2 preflights are running here")):
            assert told in problem(answer, "too-many")["detail"]
            assert answer.headers["Retry-After"] == "10"


def test_a_document_that_never_comes_to_its_end_is_given_up(story):
    story.body_seconds = 0.2
    waiting = threading.Event()

    def endless():
        yield b"{"
        waiting.wait(10)

    with served(story.desk()) as address, client(address) as api:
        answer = api.post("/preflight", content=endless(), headers={"Content-Type": "application/json"})
        waiting.set()
        problem(answer, "too-slow")


# --- trouble of our own ----------------------------------------------------------------------------------------------


def test_our_own_mistake_is_told_as_one_and_the_log_has_its_story(story, caplog):
    def broken(at):
        raise ZeroDivisionError

    with served(story.desk(surroundings=broken)) as address, client(address) as api:
        said = problem(asked(api), "our-mistake")
    assert f"POST /api/preflight failed, reference {said['reference']}" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_a_database_that_does_not_answer_is_told_as_one(story):
    def gone():
        raise OperationalError("select", {}, Exception("gone"))

    with served(story.desk(clock=gone)) as address, client(address) as api:
        problem(asked(api), "no-database")


def test_no_secret_is_logged_or_told(story, caplog):
    caplog.set_level(logging.DEBUG)
    secrets = {"test_account": {"username": "u", "secret": "s3cr3t-1"}}
    component = {"kind": "subscription", "endpoint": "http://acme.test/hook", "methods": ["track"]}
    document = written(kind="launch", components=[{**component, "api_key": "s3cr3t-2"}], **secrets)
    wrong = written(components=[{"api_key": "s3cr3t-3", "kind": 1}], test_account={"secret": ["s3cr3t-4"]})

    def broken(at):
        raise ZeroDivisionError

    with served(story.desk()) as address, client(address) as api:
        told = [asked(api, document).text, asked(api, wrong).text, asked(api, {"test_account": "s3cr3t-5"}).text]
    with served(story.desk(surroundings=broken)) as address, client(address) as api:
        told.append(asked(api, document).text)
    # What the client writes down is its own business.
    ours = [record for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))]
    written_down = "\n".join((*told, *(caplog.handler.format(record) for record in ours)))
    assert "s3cr3t" not in written_down
    assert JO not in written_down


def test_no_token_is_in_the_database(story):
    with story.database.engine.connect() as connection:
        dump = "\n".join(connection.connection.driver_connection.iterdump())
    assert "api_tokens" in dump
    assert JO not in dump


# --- what it tells of itself -----------------------------------------------------------------------------------------


def test_the_shape_of_a_submission_is_open_to_everybody(story):
    with served(story.desk()) as address, client(address, None) as api:
        answer = api.get("/schema/submission.json")
        assert answer.json() == json_schema()
        assert answer.headers["Content-Type"] == "application/schema+json"


def test_each_kind_of_problem_is_explained_at_its_address(story):
    with served(story.desk()) as address, client(address, None) as api:
        for name, kind in KINDS.items():
            answer = httpx.get(f"{address}{kind.type}")
            assert answer.text == f"{kind.title} ({kind.status.value}).\n{kind.todo}\n"
            assert name in kind.type
        problem(api.get("/problems/none"), "not-found")


def described(story: Story) -> dict:
    with served(story.desk()) as address, client(address, None) as api:
        return api.get("/openapi.json").json()


def test_openapi_tells_bodies_answers_problems_and_the_token(story):
    said = described(story)
    assert said["openapi"].startswith("3.1")
    assert said["servers"] == [{"url": "/api"}]
    route = said["paths"]["/preflight"]["post"]
    assert route["security"] == [{"token": []}]
    assert said["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert set(route["requestBody"]["content"]) == {"application/json", "application/toml", "application/yaml"}
    assert set(route["responses"]["200"]["content"]) == {
        "application/json",
        "text/markdown",
        "text/plain",
        "multipart/mixed",
    }
    assert set(route["responses"]) == {
        *("200", "400", "401", "403", "406", "408", "413", "415", "422", "429", "500", "503"),
    }
    assert "Retry-After" in route["responses"]["429"]["headers"]
    assert "Idempotency-Key" in route["description"]


def test_every_shape_that_openapi_speaks_of_is_there(story):
    said = described(story)
    references: set[str] = set()

    def look(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                references.add(value["$ref"])
            for inner in value.values():
                look(inner)
        if isinstance(value, list):
            for inner in value:
                look(inner)

    look(said)
    prefix = "#/components/schemas/"
    assert all(reference.startswith(prefix) for reference in references)
    assert {reference.removeprefix(prefix) for reference in references} <= set(said["components"]["schemas"])
    assert "#/components/schemas/Submission" in references


def test_an_answer_has_the_shape_that_openapi_tells(story, api):
    from jsonschema import Draft202012Validator

    said = described(story)
    schema = {"$ref": "#/components/schemas/PreflightDocument", "components": said["components"]}
    Draft202012Validator(schema).validate(asked(api).json())
    problem_schema = {"$ref": "#/components/schemas/Problem", "components": said["components"]}
    Draft202012Validator(problem_schema).validate(asked(api, {"kind": 1}).json())


def test_every_problem_of_the_route_is_declared(story):
    from desk.api.preflight import PROBLEMS

    declared = {int(status) for status in described(story)["paths"]["/preflight"]["post"]["responses"]} - {200}
    assert declared == {KINDS[name].status.value for name in PROBLEMS}
    assert set(PROBLEMS) <= set(KINDS)
