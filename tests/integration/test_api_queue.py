"""The queue over the API: what the desk's page has, in pages that nothing makes skip or repeat a line."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from desk.api.problem_kinds import KINDS
from models.people import Person
from models.submission import Submission
from review.actions import asking
from review.actions.assigning import claim
from review.actions.submitting import withdraw
from review.worklist import View
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, programme_in
from tests.integration.desk_story import REVIEWER, before, sample, send
from tests.integration.test_desk_pages import counting

MOST_QUERIES = 7
"""Whose token it is takes two, the slice five."""


@pytest.fixture
def programme(database, tmp_path) -> Programme:
    return programme_in(database, tmp_path)


@pytest.fixture
def api(programme: Programme) -> Iterator[httpx.Client]:
    with served(programme.app()) as address, client(address, "rosa") as opened:
        yield opened


def new(programme: Programme, slug: str, at) -> int:
    """A launch that came in at that instant."""
    with programme.database.write.begin() as session:
        named = {"external_id": slug, "partner": {"name": slug}, "integration": {"slug": slug, "name": slug}}
        return send(session, sample("quillharbor-launch", **named), at).id


def taken_back(programme: Programme, number: int) -> None:
    with programme.database.write.begin() as session:
        idris = session.merge(programme.story.idris)
        withdraw(session, session.get_one(Submission, number), by=idris, at=programme.now, reason="Later.")


def pages(api: httpx.Client, **asked) -> Iterator[list[int]]:
    """Page by page, as `next` leads."""
    cursor = None
    while True:
        answer = api.get("/queue", params=asked | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        yield [one["submission"] for one in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            return


def walked(api: httpx.Client, **asked) -> list[int]:
    return [number for page in pages(api, **asked) for number in page]


def test_next_leads_to_every_line_once_while_others_come_and_go(programme, api):
    """Lines come in before and behind the place, and go from both sides of it, between any two pages."""
    numbers = [new(programme, f"one-{n}", before(days=n % 4, hours=n)) for n in range(8)]
    there = set(walked(api, limit=200))
    gone, came, seen = set(), set(), []
    leaving = iter(numbers[::3])
    for turn, page in enumerate(pages(api, limit=2)):
        seen += page
        came.add(new(programme, f"late-{turn}", before(days=8 if turn % 2 else 0, hours=turn)))
        if (number := next(leaving, None)) is not None:
            taken_back(programme, number)
            gone.add(number)
        if turn > 40:
            raise AssertionError("the pages have no end")
    assert len(seen) == len(set(seen)), "no line came twice"
    assert there - gone <= set(seen), "no line was passed over"
    assert set(seen) <= there | came


def test_a_page_costs_the_same_however_deep_and_however_much_there_is(programme, api):
    api.get("/queue")  # that the token was used is noted once
    with counting(programme.database) as few:
        api.get("/queue", params={"limit": 4})
    for n in range(12):
        new(programme, f"one-{n}", before(hours=n))
    cursor = api.get("/queue", params={"limit": 10}).json()["next"]
    with counting(programme.database) as more:
        api.get("/queue", params={"limit": 4})
    with counting(programme.database) as deep:
        api.get("/queue", params={"limit": 4, "cursor": cursor})
    assert len(more) <= len(few) <= MOST_QUERIES
    assert len(deep) <= MOST_QUERIES
    assert len([one for one in deep if "LIMIT" in one]) > 0, "the database cuts the page"


def test_what_waits_for_the_partner_comes_last_and_in_pages_too(programme, api):
    number = new(programme, "asked", before(days=9))
    with programme.database.write.begin() as session:
        rosa = programme.story.rosa
        asking.ask_partner(
            session, session.get_one(Submission, number), by=session.merge(rosa), at=before(), text="Where?"
        )
    whole = walked(api)
    assert [n for page in pages(api, limit=1) for n in page] == whole
    due = [one["due_at"] for one in api.get("/queue", params={"limit": 200}).json()["items"]]
    counting_on = [one for one in due if one is not None]
    assert due[: len(counting_on)] == sorted(counting_on)
    assert set(due[len(counting_on) :]) == {None}


def test_views_filters_and_search_are_those_of_the_desk(programme, api):
    quill = programme.story.ids["quillharbor"]
    hers = set(walked(api, mine=True))
    assert set(walked(api, view="mine")) == hers
    assert set(walked(api, view="breaching")) == set(walked(api, breaching=True))
    whole = set(walked(api))
    with programme.database.read() as session:
        rows = {one.id: one for one in session.scalars(select(Submission)) if one.id in whole}
        kinds = {number: row.kind for number, row in rows.items()}
        stages = {number: row.stage for number, row in rows.items()}
        gates = {number: row.gate for number, row in rows.items()}
    for name, values in (("kind", kinds), ("stage", stages), ("gate", gates)):
        for value in set(values.values()):
            assert set(walked(api, **{name: value})) == {number for number, one in values.items() if one is value}
    assert set(walked(api, view="graduation")) == {number for number, kind in kinds.items() if kind == "graduation"}
    assert walked(api, q="QUILLHARBOR") == walked(api, q="quillharbor-launch") == walked(api, q=str(quill)) == [quill]
    assert walked(api, q="%") == []
    with programme.database.read() as session:
        rosa = session.scalar(select(Person.id).where(Person.email == REVIEWER))
    assert set(walked(api, assignee=rosa)) == hers
    taken = [(view, set(walked(api, view=view, limit=1))) for view in View]
    assert all(found <= whole for _, found in taken)
    assert dict(taken)[View.UNASSIGNED].isdisjoint(hers)


def test_due_today_is_the_day_of_the_tokens_person(programme, api):
    rows = api.get("/queue", params={"limit": 200}).json()["items"]
    last = max(one["due_at"] for one in rows if one["due_at"] is not None)
    assert len(walked(api, view="today")) < len(rows)
    programme.now += timedelta(days=60)
    late = {one["submission"] for one in rows if one["due_at"] is not None and one["due_at"] <= last}
    assert set(walked(api, view="today")) == late


def test_the_past_comes_in_the_same_pages(programme, api):
    then = before(days=1).strftime("%Y-%m-%dT%H:%M:%SZ")
    narrowed = [{"view": view} for view in View]
    for asked in ({}, *narrowed, {"kind": "launch"}, {"q": "quill"}, {"breaching": True}, {"mine": True}):
        whole = api.get("/queue", params={"as_of": then, "limit": 200, **asked}).json()["items"]
        assert walked(api, as_of=then, limit=1, **asked) == [one["submission"] for one in whole]
        assert {one["version"] for one in whole} <= {0}
    quill = programme.story.ids["quillharbor"]
    first = list(pages(api, as_of=then, limit=2))
    taken_back(programme, quill)
    assert list(pages(api, as_of=then, limit=2)) == first, "what waited then is not changed by what happens now"


def test_what_somebody_took_since_is_still_on_its_place(programme, api):
    whole = walked(api)
    first = api.get("/queue", params={"limit": 1}).json()
    with programme.database.write.begin() as session:
        free = session.get_one(Submission, whole[-1])
        rosa = session.merge(programme.story.rosa)
        if free.stage in {"submitted", "in_review"}:
            claim(session, free, by=rosa, at=programme.now)
    assert [first["items"][0]["submission"], *walked(api, cursor=first["next"])] == whole


@pytest.mark.parametrize(
    ("asked", "name", "said"),
    [
        ({"view": "lost"}, "wrong-parameter", "view: expected 'all', 'mine'"),
        ({"view": "today", "breaching": True}, "wrong-parameter", "saw breaching and the view today"),
        ({"mine": True, "assignee": 10**9}, "wrong-parameter", "saw mine and another assignee"),
        ({"stage": "approved"}, "wrong-parameter", "stage: saw approved, which waits for nobody"),
        ({"sort": "name"}, "unknown-parameter", "saw 'sort', expected one of as_of, assignee, breaching"),
        ({"cursor": "WyJxdWV1ZSIsIngiXQ"}, "unknown-cursor", "'x' is no place in the queue"),
        ({"cursor": "WyJxdWV1ZSIsMV0"}, "unknown-cursor", "saw a cursor that no answer of this list gave"),
    ],
)
def test_what_cannot_be_asked_is_told(sqlite_database, tmp_path, asked, name, said):
    with served(programme_in(sqlite_database, tmp_path).app()) as address, client(address, "rosa") as api:
        answer = api.get("/queue", params=asked)
    assert answer.status_code == KINDS[name].status
    assert answer.json()["type"] == f"/api/problems/{name}"
    assert said in answer.json()["detail"]
