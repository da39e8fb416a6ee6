"""A nudge over the API: once, by whoever may, and what stands against it told as for any move."""

from collections.abc import Iterator

import pytest

from models.database import Database
from models.enums import EventName, Outcome
from tests.building import audited, events, live
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, programme_in
from tests.integration.desk_story import NOW, before
from tests.integration.test_api_moves import post, problem

PATH = "/integrations/zinnia/nudge"


@pytest.fixture
def programme(database: Database, tmp_path) -> Programme:
    found = programme_in(database, tmp_path)
    with database.write.begin() as session:
        integration = live(session, "zinnia", at=before(days=20))
        audited(session, integration, {"oauth.button": Outcome.FAILED}, at=NOW)
    return found


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


def test_a_manager_nudges_once_and_a_repetition_with_its_key_is_none(programme, address):
    problem(post(address, "rosa", PATH), "token-may-not")
    for _ in range(2):
        answer = post(address, "mara", PATH, Idempotency_Key="once")
        assert (answer.status_code, answer.json().get("integration")) == (200, "zinnia"), answer.text
    refused = problem(post(address, "mara", PATH), "move-refused")
    assert refused["reasons"] == ["Zinnia Inc was nudged about Zinnia on 2026-11-23; again from 2026-12-07"]
    with programme.database.read() as session:
        (event,) = events(session, EventName.GRADUATION_MISSING)
    assert event.data["nudged"] is True


def test_what_is_under_review_or_not_there_is_not_nudged(programme, address):
    slug = programme.story.slugs["larkenfell"]
    refused = problem(post(address, "mara", f"/integrations/{slug}/nudge"), "move-refused")
    assert "is open" in refused["reasons"][0]
    problem(post(address, "mara", "/integrations/nowhere/nudge"), "no-such-thing")
