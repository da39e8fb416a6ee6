"""Lists over the API: pages that nothing shifts, filters, the queue, and the log of events."""

import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import select

from desk.api.assembling import create_api
from desk.cli.main import run
from models.event import Event
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, detail, programme_in
from tests.integration.desk_story import before, sample, send


@pytest.fixture
def programme(database, tmp_path) -> Programme:
    return programme_in(database, tmp_path)


@pytest.fixture
def api(programme: Programme) -> Iterator[httpx.Client]:
    with served(programme.app()) as address, client(address, "otis") as opened:
        yield opened


def walked(api: httpx.Client, path: str, **asked) -> list[dict]:
    """Every entry, page by page."""
    found, cursor = [], None
    while True:
        said = api.get(path, params=asked | ({"cursor": cursor} if cursor else {})).json()
        found += said["items"]
        cursor = said["next"]
        if cursor is None:
            return found


LISTS = {
    "/queue": "submission",
    "/submissions": "submission",
    "/integrations": "integration",
    "/people": "id",
    "/partners": "id",
    "/audits": "audit",
    "/deliveries": "id",
    "/events": "id",
}


@pytest.mark.parametrize("path", LISTS)
def test_pages_hold_each_entry_once_whatever_their_length(programme, api, path):
    programme.now = before(days=-1)  # past the moment for which the newest events are held back
    whole = [one[LISTS[path]] for one in walked(api, path)]
    assert whole
    assert len(set(whole)) == len(whole)
    for limit in (1, 2, 5):
        assert [one[LISTS[path]] for one in walked(api, path, limit=limit)] == whole


def test_what_comes_in_meanwhile_shifts_no_page(programme, api):
    first = api.get("/submissions", params={"limit": 3}).json()
    with programme.database.write.begin() as session:
        late = {"external_id": "late", "partner": {"name": "Late"}, "integration": {"slug": "late", "name": "Late"}}
        send(session, sample("quillharbor-launch", **late), before(hours=-1))
    second = api.get("/submissions", params={"limit": 3, "cursor": first["next"]}).json()
    shown = [one["submission"] for one in (*first["items"], *second["items"])]
    assert shown == sorted(shown, reverse=True)
    assert shown[0] == 7


def test_the_queue_goes_on_behind_the_line_that_was_the_last(programme, api):
    whole = [one["submission"] for one in walked(api, "/queue")]
    first = api.get("/queue", params={"limit": 2}).json()
    quill = programme.story.ids["quillharbor"]
    with programme.database.write.begin() as session:
        late = {"external_id": "late", "partner": {"name": "Late"}, "integration": {"slug": "late", "name": "Late"}}
        send(session, sample("quillharbor-launch", **late), before(days=30))  # due before all others
    rest = walked(api, "/queue", cursor=first["next"])
    assert [one["submission"] for one in (*first["items"], *rest)] == whole
    assert quill in whole


def test_the_queue_is_that_of_the_command(sqlite_database, tmp_path, capsys, monkeypatch):
    programme = programme_in(sqlite_database, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "x" * 32)
    with served(programme.app()) as address, client(address, "rosa") as rosa:
        for arguments, asked in (([], {}), (["--mine", "--as", "rosa@team.test"], {"mine": True})):
            assert run(["queue", "--json", *arguments]) == 0
            by_command = json.loads(capsys.readouterr().out)
            by_api = rosa.get("/queue", params=asked).json()["items"]
            for one in (*by_command, *by_api):
                for moving in ("remaining_seconds", "reason", "breached"):
                    one.pop(moving)  # the command's clock is the machine's
            assert by_api == by_command
        quill = programme.story.ids["quillharbor"]
        for command, path, tidy in (
            (["history", str(quill)], f"/submissions/{quill}/history", lambda said: said["items"]),
            (["people", "list"], "/people", lambda said: sorted(said["items"], key=lambda one: one["id"])),
            (["partners", "list"], "/partners", lambda said: sorted(said["items"], key=lambda one: one["name"])),
            (["deliveries", "list"], "/deliveries", lambda said: said["items"]),
            (["deliveries", "show", "2"], "/deliveries/2", lambda said: said),
            (["audit", "list"], "/audits", lambda said: said["items"]),
            (["audit", "show", "1"], "/audits/1", lambda said: said),
            (["calendar", "list"], "/calendars", lambda said: said),
            (["calendar", "show", "team"], "/calendars/team", lambda said: said),
            (["policy", "show"], "/policy", lambda said: said),
            (["rulebook", "list"], "/rulebooks", lambda said: said),
            (["rulebook", "show", "v1"], "/rulebooks/v1", lambda said: said),
        ):
            assert run([*command, "--json"]) == 0
            by_command = json.loads(capsys.readouterr().out)
            if command == ["people", "list"]:
                by_command.sort(key=lambda one: one["id"])
            pages = path in LISTS or path.endswith("history")
            assert tidy(rosa.get(path, params={"limit": 200} if pages else {}).json()) == by_command


@pytest.mark.parametrize(
    ("path", "asked", "expected"),
    [
        ("/submissions", {"stage": "changes_requested"}, {"mossbeacon"}),
        ("/submissions", {"kind": "graduation"}, {"larkenfell"}),
        ("/submissions", {"gate": "access"}, {"thistlewick-surveys"}),
        ("/submissions", {"integration": "hostile"}, {"hostile"}),
        ("/submissions", {"external_id": "hostile-launch"}, {"hostile"}),
        ("/submissions", {"external_id": "no\0where"}, set()),
        ("/integrations", {"stage": "public_beta"}, {"larkenfell"}),
    ],
)
def test_filters_keep_what_they_name(api, path, asked, expected):
    assert {one["integration"] for one in walked(api, path, **asked)} == expected


def test_deliveries_are_narrowed_by_stage_channel_and_subject(api):
    assert {one["stage"] for one in walked(api, "/deliveries", stage="dead")} == {"dead"}
    assert walked(api, "/deliveries", channel="slack") == []
    assert {one["subject"] for one in walked(api, "/deliveries", subject="submission:1")} == {"submission:1"}


@pytest.mark.parametrize(
    ("asked", "name", "said"),
    [
        ({"sort": "name"}, "unknown-parameter", "saw 'sort', expected one of cursor, external_id, gate"),
        ({"stage": "lost"}, "wrong-parameter", "stage: expected 'draft', 'submitted'"),
        ({"limit": "0"}, "wrong-parameter", "limit: expected greater than or equal to 1"),
        ({"limit": "201"}, "wrong-parameter", "limit: expected less than or equal to 200"),
        ([("limit", "1"), ("limit", "2")], "wrong-parameter", "saw 'limit' twice, expected it once"),
        ({"cursor": "x"}, "unknown-cursor", "saw a cursor that no answer of this list gave"),
        ({"cursor": "WyJldmVudHMiLDFd"}, "unknown-cursor", "saw a cursor that no answer of this list gave"),
        ({"cursor": "é"}, "unknown-cursor", "saw a cursor"),
        ({"cursor": ""}, "wrong-parameter", "cursor: expected"),
    ],
)
def test_what_is_asked_wrongly_is_told_and_not_passed_over(api, asked, name, said):
    assert said in detail(api.get("/submissions", params=asked), name)


@pytest.mark.parametrize("path", ["/submissions/x", "/submissions/0", f"/submissions/{2**63}", "/submissions/1.5"])
def test_an_address_that_names_nothing_is_not_there(api, path):
    detail(api.get(path), "no-such-thing")


# --- events


def test_events_are_followed_with_a_cursor(programme, api):
    programme.now = before(hours=-1)
    first = api.get("/events", params={"limit": 200}).json()
    assert first["next"] is None
    last = walked(api, "/events", limit=7)
    assert last == first["items"]
    assert {one["event"] for one in walked(api, "/events", name="submission.approved")} == {"submission.approved"}
    quill = programme.story.ids["quillharbor"]
    assert {one["submission"] for one in walked(api, "/events", submission=quill)} == {quill}


def test_events_are_taken_away_as_lines(programme, api):
    programme.now = before(hours=-1)
    answer = api.get("/events", headers={"Accept": "application/x-ndjson"})
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    with programme.database.read() as session:
        assert [one["id"] for one in lines] == list(session.scalars(select(Event.id).order_by(Event.id)))
    assert lines == walked(api, "/events", limit=200)
    detail(api.get("/events", headers={"Accept": "text/html"}), "not-acceptable")


def test_where_transactions_end_in_any_order_the_newest_events_are_held_back(programme, api):
    """An event that is numbered lower may still come in, and whoever follows the log must not miss it."""
    with programme.database.read() as session:
        newest = max(event.at for event in session.scalars(select(Event)))
    for seconds, is_listed in ((9, not programme.database.is_postgresql), (10, True)):
        programme.now = newest + timedelta(seconds=seconds)
        assert (newest.strftime("%Y-%m-%dT%H:%M:%SZ") in {one["at"] for one in walked(api, "/events")}) is is_listed


# --- what it tells of itself


def test_openapi_names_every_problem_and_header_and_has_no_shape_of_another(programme, api):
    said = api.get("/openapi.json").json()
    assert "HTTPValidationError" not in said["components"]["schemas"]
    for path, methods in said["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], path
            responses = operation["responses"]
            if operation.get("security"):
                assert {"400", "401", "403", "500", "503"} <= set(responses), (method, path)
            for status, answer in responses.items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)
    decide = said["paths"]["/submissions/{submission}/decide"]["post"]
    assert {"409", "412", "428", "422"} <= set(decide["responses"])
    assert {one["name"] for one in decide["parameters"]} == {"submission", "Idempotency-Key", "If-Match"}
    assert decide["requestBody"]["content"]["application/json"]["example"]["decision"] == "approve"


def test_an_example_of_each_body_is_what_the_body_says(programme):
    said = create_api(None, None, None).openapi()
    for methods in said["paths"].values():
        for operation in methods.values():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
            if "example" in body:
                Draft202012Validator(body["schema"] | {"components": said["components"]}).validate(body["example"])
