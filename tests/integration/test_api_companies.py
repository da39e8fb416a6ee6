"""What a partner's token sees and touches: its own company, and nothing of the team's."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from models.clock import Clock
from models.enums import Role, SubmissionStage, TokenScope
from models.submission import Submission
from review.scopes import SCOPES
from tests.fixtures.desk_server import served
from tests.integration.api_programme import TEAM, TOKENS, Programme, client, programme_in
from tests.integration.desk_story import SECRET, before

TEAM_NAMES = ("Rosa", "Idris", "rosa@", "idris@")


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    return programme_in(sqlite_database, tmp_path)


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


def described(address: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Every method and path with a token, and its description."""
    with client(address, None) as api:
        paths = api.get("/openapi.json").json()["paths"]
    return [
        (method, path, operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if operation.get("security")
    ]


def filled(path: str, programme: Programme, submission: str) -> str:
    slug = programme.story.slugs.get(submission, "mossbeacon")
    values = {"submission": programme.story.ids[submission], "slug": slug, "partner": 1, "person": 1, "token": 1}
    values |= {
        "delivery": 1,
        "audit": 1,
        "endpoint": 1,
        "version": "v1",
        "name": "team",
        "digest": "0" * 64,
        "key": "no-logo",
    }
    return path.format(**values)


def bodies(operation: dict[str, Any]) -> dict[str, Any]:
    """What would be right to send."""
    content = operation.get("requestBody", {}).get("content", {})
    if "text/csv" in content:
        return {"content": content["text/csv"]["example"], "headers": {"Content-Type": "text/csv"}}
    return {"json": content.get("application/json", {}).get("example", {})} if content else {}


def test_every_route_asks_for_a_token(programme, address):
    with client(address, None) as api:
        for method, path, operation in described(address):
            answer = api.request(method, filled(path, programme, "quillharbor"), **bodies(operation))
            assert answer.status_code == 401, (method, path)


def test_every_route_with_every_role_does_what_the_role_may(programme, address):
    """Whoever may not read or do something gets 403 by scope; nobody gets a server error."""
    refused: dict[str, set[str]] = {who: set() for who in TOKENS}
    for who in TOKENS:
        with client(address, who) as api:
            for method, path, operation in described(address):
                if path == "/preflight":
                    continue
                answer = api.request(method, filled(path, programme, "hostile"), **bodies(operation))
                assert answer.status_code < 500, (who, method, path, answer.text)
                assert str(answer.status_code) in operation["responses"], (who, method, path, answer.status_code)
                if answer.status_code == 403:
                    refused[who].add(f"{method} {path}")
    writes = {f"{method} {path}" for method, path, _ in described(address) if method == "post"} - {"post /preflight"}
    assert writes <= refused["otis"], "an auditor reads only"
    manage = {
        name
        for name in writes
        if name.split("/")[1]
        in {"webhooks", "deliveries", "integrations", "partners", "import", "audits", "reasons", "calendars"}
    }
    assert manage <= refused["rosa"] & refused["quill"]
    assert not manage & (refused["mara"] | refused["idris"] | refused["ada"])
    assert "post /people" in refused["mara"] & refused["idris"] & refused["rosa"] & refused["quill"]
    assert refused["ada"] == {"post /uploads", "post /uploads/{digest}/delete"}, "a company's files are its own to send"


def test_what_is_another_companys_is_not_there(programme, address):
    with client(address, "quill") as api:
        for method, path, operation in described(address):
            if "{submission}" in path or "{slug}" in path:
                foreign = api.request(method, filled(path, programme, "mossbeacon"), **bodies(operation))
                absent = api.request(method, path.format(submission=999, slug="nowhere"), **bodies(operation))
                assert foreign.status_code == absent.status_code
                assert foreign.status_code in {403, 404}, (method, path, foreign.text)
                if foreign.status_code == 404:
                    assert set(foreign.json()) == set(absent.json())
        for path, entry in (("/submissions", "integration"), ("/integrations", "integration"), ("/partners", "name")):
            assert {one[entry].lower() for one in api.get(path).json()["items"]} == {"quillharbor"}
        assert api.get("/submissions", params={"integration": "mossbeacon"}).json()["items"] == []


def test_a_partner_reads_no_name_and_no_note_of_the_team(programme, address):
    programme.now = before(days=-30)  # every promise of ours is broken by then, by somebody
    with programme.database.write.begin() as session:
        session.execute(update(Clock).values(breached=True, breach_cause="with Rosa Lindqvist"))
    path = f"/submissions/{programme.story.ids['quillharbor']}/explain"
    with client(address, "idris") as api:
        assert "with Rosa Lindqvist" in api.get(path).text
    for who, name in (("quill", "quillharbor"), ("moss", "mossbeacon")):
        with client(address, who) as api:
            for method, path, _ in described(address):
                if method == "get" and api.get(filled(path, programme, name)).status_code == 200:
                    text = api.get(filled(path, programme, name)).text
                    assert not [word for word in TEAM_NAMES if word in text], path
                    assert SECRET not in text
                    assert "A new mark is being drawn" not in text
                    assert "Followed both documents" not in text


def test_a_partner_reads_what_it_was_told(programme, address):
    with client(address, "moss") as api:
        path = f"/submissions/{programme.story.ids['mossbeacon']}"
        shown, history = api.get(path).json(), api.get(f"{path}/history").json()["items"]
    assert shown["turn"] == "partner"
    assert "please list Segment on your integrations page" in shown["decisions"][0]["reason"]
    assert {one["item"] for one in shown["findings"]} >= {"marketing.integrations_page"}
    told = [one["event"] for one in history]
    assert "submission.changes_requested" in told
    assert "waiver.granted" not in told


def test_a_partner_is_told_of_a_decision_once_it_stands(programme, address):
    number = programme.story.ids["quillharbor"]
    with programme.database.write.begin() as session:
        session.execute(
            update(Submission)
            .where(Submission.id == number)
            .values(stage=SubmissionStage.APPROVED, stands_at=programme.now + timedelta(seconds=40))
        )
    places = [f"/submissions/{number}{rest}" for rest in ("", "/history", "/verdict", "/explain", "/moves")]
    with client(address, "quill") as partner, client(address, "rosa") as team:
        for place in places:
            answer = partner.get(place)
            assert (answer.status_code, answer.headers["Retry-After"]) == (409, "40"), place
            assert answer.json()["type"] == "/api/problems/not-settled"
            assert team.get(place).status_code == 200
        listed = {one["submission"]: one["stage"] for one in partner.get("/submissions").json()["items"]}
        assert listed[number] == "in_review"
        for stage, expected in (("approved", False), ("in_review", True)):
            chosen = partner.get("/submissions", params={"stage": stage}).json()["items"]
            assert (number in {one["submission"] for one in chosen}) is expected
        programme.now += timedelta(seconds=41)
        assert partner.get(places[0]).json()["stage"] == "approved"


def test_a_refusal_names_nobody_of_the_team_to_a_partner(programme, address):
    with client(address, "moss") as api:
        answer = api.post(f"/submissions/{programme.story.ids['mossbeacon']}/answer", json={"text": "Here."})
    assert answer.status_code == 409
    assert answer.json()["reasons"] == ["it is changes requested; this needs it to be in review or submitted"]


@pytest.mark.parametrize("scope", list(TokenScope))
def test_a_scope_is_issued_to_roles_that_may_have_it(scope):
    assert SCOPES[scope] <= frozenset(Role)
    assert Role.ADMIN in SCOPES[scope]
    assert (Role.AUDITOR in SCOPES[scope]) == (scope in {TokenScope.PREFLIGHT, TokenScope.READ})
    assert (Role.PARTNER in SCOPES[scope]) == (scope in {TokenScope.PREFLIGHT, TokenScope.READ, TokenScope.SUBMIT})
    assert set(TEAM.values()) | {Role.PARTNER} == set(Role)


def sent(address: str, who: str, document: Any) -> httpx.Response:
    with client(address, who) as api:
        return api.post("/submissions", content=json.dumps(document), headers={"Content-Type": "application/json"})


def access(partner: str, slug: str, **more: Any) -> dict[str, Any]:
    return {
        "external_id": f"{slug}-access",
        "kind": "access",
        "partner": {"name": partner, "contact_email": f"jo@{slug}.example"},
        "integration": {"slug": slug, "name": slug.capitalize()},
        **more,
    }


def test_a_partner_sends_for_its_own_company(programme, address):
    taken = sent(address, "quill", access("quillharbor", "quill-two"))
    assert taken.status_code == 201, taken.text
    assert taken.headers["Location"] == f"/api/submissions/{taken.json()['submission']}"
    assert sent(address, "quill", access("quillharbor", "quill-two")).json()["new"] is False
    refused = sent(address, "quill", access("Mossbeacon", "moss-two"))
    assert (refused.status_code, refused.json()["type"]) == (403, "/api/problems/partner-of-another")
    with client(address, "quill") as api:
        shown = api.get(f"/submissions/{taken.json()['submission']}").json()
    assert shown["partner"] == "Quillharbor"
    foreign = sent(address, "quill", access("Quillharbor", "mossbeacon", external_id="grab"))
    assert foreign.status_code == 409
    assert "belongs to another partner" in foreign.json()["detail"]


def test_what_the_team_sends_counts_as_sent_by_the_contact(programme, address):
    taken = sent(address, "rosa", access("Newcomer", "newcomer"))
    with client(address, "rosa") as api:
        (received, *_) = api.get(f"/submissions/{taken.json()['submission']}/history").json()["items"]
        free = {one["move"]: one["free"] for one in api.get(f"/submissions/{taken.json()['submission']}/moves").json()}
    assert received["by"] == "jo@newcomer.example"
    assert free["claim"], "whoever typed it in may review it"
