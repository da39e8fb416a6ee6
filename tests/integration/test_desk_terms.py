"""Calendars, policies and drift on the desk: shown first with what moves, then written; stale ones told who wrote what."""

import html
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import func, select

from models.clock import CalendarVersion, Clock, PolicyVersion
from models.enums import EventName, Role
from models.event import Event
from models.people import Person
from review.actions.companies import add_person
from review.actions.revising import change_calendar
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import NOW, nobodys_desk, story_in


@pytest.fixture
async def desk(sqlite_database, sqlite_template) -> AsyncIterator[httpx.AsyncClient]:
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        for name, role in (("mara", Role.MANAGER), ("vera", Role.REVIEWER), ("lena", Role.LEAD)):
            add_person(session, name=name.capitalize(), email=f"{name}@terms.test", roles=frozenset({role}), at=NOW)
    transport = httpx.ASGITransport(nobodys_desk(sqlite_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield signed_in(client, sqlite_database, "mara@terms.test", at=NOW)


def fields(text: str, action: str) -> dict[str, str | list[str]]:
    """The form that goes there, as a browser would send it untouched."""
    form = re.search(rf'<form[^>]*action="{re.escape(action)}".*?</form>', text, re.DOTALL)
    assert form is not None, text
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r'name="(\w+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found.setdefault(name[1], []).append(html.unescape(value[1] if value else ""))
    for name, value in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form[0], re.DOTALL):
        found.setdefault(name, []).append(html.unescape(value))
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}


def newest(database, kind):
    with database.read() as session:
        return session.scalar(select(func.max(kind.version)))


def due_dates(database) -> list:
    with database.read() as session:
        return session.scalars(select(Clock.due_at).where(Clock.stopped_at.is_(None)).order_by(Clock.id)).all()


async def test_other_hours_are_shown_with_what_moves_then_written(desk, sqlite_database):
    before, was = newest(sqlite_database, CalendarVersion), due_dates(sqlite_database)
    form = fields((await desk.get("/calendars/team")).text, "/calendars/team/change")
    form["holidays"] += "\n2026-11-24 The team is away\n2026-11-25 The team is away"
    shown = await desk.post("/calendars/team/change", data={**form, "because": "An offsite."})
    assert shown.status_code == 200, shown.text
    assert re.search(r"[1-9]\d* due dates? moves?", shown.text)
    assert "The team is away" in shown.text
    assert due_dates(sqlite_database) == was
    done = await desk.post("/calendars/team/change", data=fields(shown.text, "/calendars/team/change"))
    assert done.status_code == 303, done.text
    assert newest(sqlite_database, CalendarVersion) == before + 1
    assert due_dates(sqlite_database) != was
    with sqlite_database.read() as session:
        event = session.scalars(select(Event).where(Event.name == EventName.CALENDAR_CHANGED.value)).all()[-1]
        assert event.person is not None
        assert event.person.name == "Mara"


async def test_a_stale_calendar_form_is_told_who_wrote_what_and_why(desk, sqlite_database):
    form = fields((await desk.get("/calendars/team")).text, "/calendars/team/change")
    with sqlite_database.write.begin() as session:
        lena = session.scalars(select(Person).where(Person.email == "lena@terms.test")).one()
        stands = session.scalars(select(CalendarVersion).where(CalendarVersion.name == "team")).all()[-1]
        document = {**stands.spec, "holidays_yearly": {"07-04": "Independence Day"}}
        change_calendar(session, "team", document, by=lena, at=NOW, because="The fourth is free.")
    number = newest(sqlite_database, CalendarVersion)
    form["holidays"] += "\n2026-11-24 Away"
    late = await desk.post("/calendars/team/change", data={**form, "because": "x", "confirm": "yes"})
    assert late.status_code == 409
    assert "Lena wrote it: The fourth is free." in html.unescape(late.text)
    assert "Write version" not in late.text, "what others wrote meanwhile is not undone by one more press"
    assert newest(sqlite_database, CalendarVersion) == number


async def test_holidays_are_imported_after_a_look(desk, sqlite_database):
    before = newest(sqlite_database, CalendarVersion)
    form = fields((await desk.get("/calendars/team")).text, "/calendars/team/holidays")
    shown = await desk.post("/calendars/team/holidays", data={**form, "years": "2029", "because": "2029 comes."})
    assert shown.status_code == 200, shown.text
    assert "added" in shown.text
    done = await desk.post("/calendars/team/change", data=fields(shown.text, "/calendars/team/change"))
    assert done.status_code == 303
    assert newest(sqlite_database, CalendarVersion) == before + 1
    for wrong in ({"years": "soon"}, {"years": "2029", "region": "XX"}):
        assert (await desk.post("/calendars/team/holidays", data={**form, "because": "x", **wrong})).status_code == 422


async def test_a_promise_gets_another_length_after_a_look(desk, sqlite_database):
    form = fields((await desk.get("/policies/v1")).text, "/policies/v1/targets")
    lengths = form["length"]
    assert isinstance(lengths, list)
    lengths[1] = "3"
    shown = await desk.post("/policies/v1/targets", data={**form, "because": "Two is too few."})
    assert shown.status_code == 200, shown.text
    done = await desk.post("/policies/v1/change", data=fields(shown.text, "/policies/v1/change"))
    assert done.status_code == 303
    with sqlite_database.read() as session:
        (*_, policy) = session.scalars(select(PolicyVersion).order_by(PolicyVersion.version)).all()
        assert policy.document["targets"][1]["business_days"] == 3
    late = await desk.post("/policies/v1/targets", data={**form, "because": "Again."})
    assert late.status_code == 409
    assert "Mara wrote it" in late.text
    lengths[1] = "soon"
    assert (await desk.post("/policies/v1/targets", data={**form, "because": "x"})).status_code == 422


async def test_whoever_only_reviews_reads_and_changes_nothing(desk, sqlite_database):
    form = fields((await desk.get("/calendars/team")).text, "/calendars/team/change")
    form["holidays"] += "\n2026-11-24 Away"
    before = newest(sqlite_database, CalendarVersion)
    signed_in(desk, sqlite_database, "vera@terms.test", at=NOW)
    page = await desk.get("/calendars/team")
    assert page.status_code == 200
    assert "/calendars/team/change" not in page.text
    refused = await desk.post("/calendars/team/change", data={**form, "because": "x", "confirm": "yes"})
    assert refused.status_code == 409
    assert "needs" in refused.text
    assert newest(sqlite_database, CalendarVersion) == before
    assert (await desk.post("/drift/recompute", data={"because": "x", "confirm": "yes"})).status_code == 409


async def test_running_clocks_are_computed_anew_after_a_look(desk, sqlite_database):
    assert (await desk.get("/drift")).status_code == 200
    shown = await desk.post("/drift/recompute", data={"because": "New zones."})
    assert shown.status_code == 200
    assert "0 due dates move" in shown.text
    done = await desk.post("/drift/recompute", data={"because": "New zones.", "confirm": "yes"})
    assert done.status_code == 303
