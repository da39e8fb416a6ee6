"""Several submissions to one person over the API: all of them or none, and what would happen told before."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from models.decision import Assignment
from models.submission import Submission
from review.actions.assigning import release
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, problem, programme_in
from tests.integration.desk_story import before, sample, send


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    programme = programme_in(sqlite_database, tmp_path)
    with programme.database.write.begin() as session:
        for slug in ("one", "two"):
            named = {"external_id": slug, "partner": {"name": slug}, "integration": {"slug": slug, "name": slug}}
            send(session, sample("quillharbor-launch", **named), before(days=1))
    return programme


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


@pytest.fixture
def idris(address: str) -> Iterator[httpx.Client]:
    with client(address, "idris") as opened:
        yield opened


def lines(api: httpx.Client, *names: str) -> list[dict]:
    rows = api.get("/queue", params={"limit": 200}).json()["items"]
    return [
        {name: row[name] for name in ("submission", "version", "assignee")}
        for row in rows
        if row["integration"] in names
    ]


def holders(programme: Programme, numbers: list[int]) -> set[str]:
    with programme.database.read() as session:
        chosen = select(Assignment).where(Assignment.submission_id.in_(numbers), Assignment.ended_at.is_(None))
        return {row.person.email for row in session.scalars(chosen)}


def test_what_would_happen_is_told_then_all_are_given(programme, idris):
    chosen = lines(idris, "one", "two")
    numbers = [one["submission"] for one in chosen]
    asked = {"to": "rosa@team.test", "submissions": chosen}
    tried = idris.post("/queue/assign", json=asked | {"dry_run": True}).json()
    assert (tried["to"], tried["done"], len(tried["changes"])) == ("rosa@team.test", 0, 2)
    assert all(one["reasons"] == [] and one["stale"] is None for one in tried["changes"])
    assert holders(programme, numbers) == set()
    done = idris.post("/queue/assign", json=asked, headers={"Idempotency-Key": "k"})
    assert done.json() == tried | {"done": 2}
    assert holders(programme, numbers) == {"rosa@team.test"}
    assert idris.post("/queue/assign", json=asked, headers={"Idempotency-Key": "k"}).json() == done.json()


def test_nothing_is_given_when_one_is_not_as_it_was_seen(programme, idris):
    quill, *rest = lines(idris, "quillharbor", "one", "two")
    numbers = [one["submission"] for one in (quill, *rest)]
    was = holders(programme, numbers)
    asked = {"to": "idris@team.test", "submissions": [quill, *rest]}
    with programme.database.write.begin() as session:
        one = session.get_one(Submission, programme.story.ids["quillharbor"])
        release(session, one, by=session.merge(programme.story.rosa), at=programme.now)
    told = problem(idris.post("/queue/assign", json=asked), "stale")["detail"]
    assert "nothing was given to anybody" in told
    assert f"submission {programme.story.ids['quillharbor']}: " in told
    assert holders(programme, numbers) == was - {"rosa@team.test"}


def test_nothing_is_given_when_one_is_refused_and_every_reason_is_told(programme, idris, address):
    chosen = lines(idris, "one", "two")
    said = problem(idris.post("/queue/assign", json={"to": "otis@team.test", "submissions": chosen}), "move-refused")
    assert len(said["reasons"]) == 2
    assert all("can't decide on submissions" in one for one in said["reasons"])
    with client(address, "rosa") as rosa:
        told = problem(rosa.post("/queue/assign", json={"to": "rosa@team.test", "submissions": chosen}), "move-refused")
        assert "needs admin or lead" in told["detail"]
    assert holders(programme, [one["submission"] for one in chosen]) == set()


def test_what_is_not_there_is_told(idris):
    strange = [{"submission": 999, "version": 1}]
    assert problem(idris.post("/queue/assign", json={"to": "rosa@team.test", "submissions": strange}), "unknown-name")
    assert problem(idris.post("/queue/assign", json={"to": "nobody", "submissions": strange}), "unknown-name")
    problem(idris.post("/queue/assign", json={"to": "rosa@team.test", "submissions": []}), "invalid-body")


@pytest.mark.parametrize("who", ["otis", "mara", "quill"])
def test_who_does_not_decide_gives_nothing(idris, address, who):
    with client(address, who) as api:
        answer = api.post("/queue/assign", json={"to": "rosa@team.test", "submissions": lines(idris, "one")})
    assert answer.status_code in {403, 409}
