"""Audits over the API: begun by a manager's program, shared by workers, followed to their end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from flows import sharing
from flows.wiring import using
from models.audit import AuditRun
from models.enums import IntegrationStage
from models.integration import Integration
from models.people import Person
from review.actions.auditing import BY_THE_HOUR, begin_run
from tests.fixtures.desk_server import served
from tests.fixtures.worker import a_worker, share
from tests.integration.api_programme import VAULT, Programme, client, detail, programme_in
from tests.integration.desk_story import RULEBOOK


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    return programme_in(sqlite_database, tmp_path)


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


@pytest.fixture
def mara(address: str) -> Iterator[httpx.Client]:
    with client(address, "mara") as opened:
        yield opened


def runs(programme: Programme) -> int:
    with programme.database.read() as session:
        return session.scalar(select(func.count()).select_from(AuditRun)) or 0


async def test_an_audit_is_begun_found_by_a_worker_and_followed_to_its_end(programme, mara):
    begun = mara.post("/audits", json={"integrations": ["larkenfell"]})
    assert begun.status_code == 202, begun.text
    line = begun.json()
    assert begun.headers["Location"] == f"/api/audits/{line['audit']}"
    assert (line["integrations"], line["left"], line["counts"], line["finished_at"]) == (1, 1, {}, None)
    assert line["asked_by"] == "Mara, over the API"
    where = begun.headers["Location"].removeprefix("/api")
    (entry,) = mara.get(where).json()["entries"]
    assert (entry["integration"], entry["grade"]) == ("larkenfell", None)

    here = a_worker(programme.database, "one", now=lambda: programme.now + timedelta(minutes=1))
    here = replace(here, vault=VAULT)
    with using(here):
        assert sharing.runs_to_share(here) == [line["audit"]]
        await share(here, line["audit"], 4)
    seen = mara.get(where).json()
    assert seen["finished_at"] is not None
    assert (seen["left"], sum(seen["counts"].values())) == (0, 1)
    assert mara.get("/audits").json()["items"][0] == {name: seen[name] for name in line}


def test_without_names_everything_live_is_looked_at(programme, mara):
    with programme.database.read() as session:
        live = session.scalars(select(Integration.slug).where(Integration.stage == IntegrationStage.PUBLIC_BETA)).all()
    begun = mara.post("/audits", json={})
    assert begun.json()["integrations"] == len(live)
    entries = mara.get(begun.headers["Location"].removeprefix("/api")).json()["entries"]
    assert [one["integration"] for one in entries] == sorted(live)


def test_what_is_being_looked_at_is_not_asked_for_twice(programme, mara):
    number = mara.post("/audits", json={}).json()["audit"]
    for again in ({}, {"integrations": ["larkenfell"]}):
        told = detail(mara.post("/audits", json=again), "refused")
        assert told.startswith(f"audit {number}, which Mara, over the API asked for, still has 1 of these")
    programme.now += timedelta(days=1, seconds=1)  # no worker takes of it any more
    assert mara.post("/audits", json={}).status_code == 202


def test_the_run_of_the_day_keeps_nobody_from_asking(programme, mara):
    with programme.database.write.begin() as session:
        ids = session.scalars(select(Integration.id).where(Integration.slug == "larkenfell")).all()
        begin_run(session, ids, rulebook=RULEBOOK, asked_by=BY_THE_HOUR, at=programme.now)
    assert mara.post("/audits", json={"integrations": ["larkenfell"]}).status_code == 202


def test_a_request_that_is_repeated_begins_one_run(programme, mara):
    before = runs(programme)
    key = {"Idempotency-Key": "once"}
    first, second = (mara.post("/audits", json={}, headers=key) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.headers["Location"] == second.headers["Location"]
    assert runs(programme) == before + 1


def test_a_wrong_name_begins_nothing(programme, mara):
    before = runs(programme)
    wrong = mara.post("/audits", json={"integrations": ["larkenfell", "quillharbor"]})
    assert detail(wrong, "unknown-name") == (
        "nothing live has the slug 'quillharbor'; the readiness report lists what is"
    )
    detail(mara.post("/audits", json={"integrations": []}), "invalid-body")
    detail(mara.post("/audits", json={"slug": "larkenfell"}), "invalid-body")
    assert runs(programme) == before


def test_where_nothing_is_live_there_is_nothing_to_look_at(programme, mara):
    assert mara.post("/integrations/larkenfell/delist", json={"reason": "It closed."}).status_code == 200
    assert detail(mara.post("/audits"), "refused") == "nothing is live, so there is nothing to look at"


def test_a_person_called_like_the_schedule_is_not_taken_for_it(programme, mara):
    with programme.database.write.begin() as session:
        session.scalars(select(Person).where(Person.email == "mara@team.test")).one().name = BY_THE_HOUR
    assert mara.post("/audits").json()["asked_by"] == f"{BY_THE_HOUR}, over the API"


@pytest.mark.parametrize("who", ["rosa", "otis", "quill"])
def test_who_does_not_run_the_programme_begins_none(programme, address, who):
    with client(address, who) as api:
        detail(api.post("/audits"), "token-may-not")
