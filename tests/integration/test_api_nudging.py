"""Nudging partners over the API: the very messages are shown, then just these go out."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from models.enums import EventName, Outcome
from models.event import Event
from tests.building import audited, live
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, detail, programme_in
from tests.integration.desk_story import before

PLACE = "/reports/graduation/nudge"


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    """One integration lacks something for Public; another has a graduation open."""
    programme = programme_in(sqlite_database, tmp_path)
    with programme.database.write.begin() as session:
        audited(session, live(session, "acme", at=before(days=30)), {"oauth.button": Outcome.FAILED}, at=before(days=1))
    return programme


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


@pytest.fixture
def mara(address: str) -> Iterator[httpx.Client]:
    with client(address, "mara") as opened:
        yield opened


def sent(programme: Programme) -> int:
    with programme.database.read() as session:
        told = select(func.count()).select_from(Event).where(Event.name == EventName.GRADUATION_MISSING)
        return session.scalar(told.where(Event.person_id.is_not(None))) or 0


def test_what_was_seen_goes_out_once(programme, mara):
    asked = {"integrations": ["acme", "larkenfell", "none"]}
    shown = mara.post(PLACE, json=asked | {"dry_run": True})
    assert shown.status_code == 200, shown.text
    letter, *refused = shown.json()
    assert (letter["integration"], letter["sent"], letter["refused"]) == ("acme", False, None)
    assert letter["to"]
    assert letter["subject"]
    assert "is missing for Public" in letter["text"]
    assert {one["integration"]: bool(one["refused"]) for one in refused} == {"larkenfell": True, "none": True}
    assert sent(programme) == 0
    done = mara.post(PLACE, json=asked | {"seen": {"acme": letter["seen"]}}, headers={"Idempotency-Key": "once"})
    assert done.json()[0] == letter | {"sent": True}
    assert sent(programme) == 1
    again = mara.post(PLACE, json=asked | {"seen": {"acme": letter["seen"]}}, headers={"Idempotency-Key": "once"})
    assert again.json() == done.json()
    assert [one["sent"] for one in mara.post(PLACE, json=asked).json()] == [False] * 3, "none hears of a second one"
    assert sent(programme) == 1


def test_what_was_not_seen_so_does_not_go_out(programme, mara):
    told = detail(mara.post(PLACE, json={"integrations": ["acme"], "seen": {"acme": "0" * 16}}), "stale")
    assert "look at a dry run again" in told
    assert sent(programme) == 0


@pytest.mark.parametrize(
    "body", [{}, {"integrations": ["acme"], "lacking": "any"}, {"lacking": "nonsense"}, {"integrations": []}]
)
def test_what_is_not_understood_is_told(programme, mara, body):
    detail(mara.post(PLACE, json=body), "invalid-body")
    assert sent(programme) == 0


@pytest.mark.parametrize("who", ["rosa", "otis", "quill"])
def test_only_who_runs_the_programme_nudges(programme, address, who):
    with client(address, who) as api:
        detail(api.post(PLACE, json={"integrations": ["acme"], "dry_run": True}), "token-may-not")
