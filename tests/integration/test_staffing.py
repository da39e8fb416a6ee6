"""People of the programme: who gives which role, what a stale form is told, and what happens when somebody leaves."""

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import select

from models.api_token import ApiToken
from models.enums import EventName, Role, TokenScope
from models.event import Event
from models.people import Person
from models.sign_in import SignIn
from review.actions.companies import add_person
from review.actions.staffing import Standing, change_person, enrol, sign_out_everywhere, why_not
from review.actions.tokens import issue_token
from review.lifecycle import MoveRefused
from tests.building import NOW, after
from tests.fixtures.signing import secret_for, signed_in
from tests.integration.desk_story import NOW as DESK_NOW
from tests.integration.desk_story import desk_over, story_in

ALL = ("ada", "bea", "mara", "rosa", "otis")
ROLES = {
    "ada": Role.ADMIN,
    "bea": Role.ADMIN,
    "mara": Role.MANAGER,
    "rosa": Role.REVIEWER,
    "otis": Role.AUDITOR,
}


def staff(session, *names: str, at=NOW) -> dict[str, Person]:
    return {
        name: add_person(
            session, name=name.capitalize(), email=f"{name}@staff.test", roles=frozenset({ROLES[name]}), at=at
        )
        for name in names or ALL
    }


def standing(*roles: Role, active: bool = True) -> Standing:
    return Standing(frozenset(roles), active)


def told(session) -> list[Event]:
    names = [name.value for name in EventName if name.startswith(("person.", "token."))]
    return list(session.scalars(select(Event).where(Event.name.in_(names)).order_by(Event.id)))


# --- the verbs


def test_an_admin_gives_and_takes_roles_and_one_event_says_what_was_and_is(database):
    with database.write.begin() as session:
        people = staff(session)
        change_person(
            session, people["rosa"], standing(Role.LEAD), by=people["ada"], at=NOW, because=" Rosa leads now. "
        )
        assert people["rosa"].roles == {Role.LEAD}
        (event,) = told(session)
        assert (event.name, event.person_id) == ("person.changed", people["ada"].id)
        assert event.data["was"] == {"roles": ["reviewer"], "active": True}
        assert event.data["now"] == {"roles": ["lead"], "active": True}
        assert event.data["because"] == "Rosa leads now."


@pytest.mark.parametrize("name", ["mara", "rosa", "otis"])
def test_whoever_is_no_admin_changes_nobody(sqlite_database, name):
    with sqlite_database.write.begin() as session:
        people = staff(session)
        with pytest.raises(MoveRefused, match="admin"):
            change_person(session, people["rosa"], standing(Role.ADMIN), by=people[name], at=NOW, because="So.")
        assert told(session) == []


def test_nobody_raises_themselves_and_a_partners_person_gets_no_role_of_the_team(sqlite_database):
    with sqlite_database.write.begin() as session:
        people = staff(session)
        ada = people["ada"]
        assert why_not(session, ada, standing(Role.ADMIN, Role.LEAD), by=ada) == [
            "nobody raises themselves; another admin gives you the role"
        ]
        with pytest.raises(MoveRefused, match="nobody raises themselves"):
            enrol(session, name="Ada", email=ada.email, roles={Role.LEAD}, at=NOW, by=ada)
        with pytest.raises(MoveRefused, match="needs the company"):
            enrol(session, name="Kim", email="kim@staff.test", roles={Role.PARTNER}, at=NOW, by=ada)


def test_the_last_active_admin_stays_one(database):
    with database.write.begin() as session:
        people = staff(session)
        ada, bea = people["ada"], people["bea"]
        change_person(session, bea, standing(Role.REVIEWER), by=ada, at=NOW, because="Bea reviews.")
        for wanted in (standing(Role.LEAD), standing(Role.ADMIN, active=False)):
            with pytest.raises(MoveRefused, match="last active admin"):
                change_person(session, ada, wanted, by=ada, at=NOW, because="I go.")


def test_who_left_is_signed_out_and_their_tokens_open_nothing(sqlite_database):
    with sqlite_database.write.begin() as session:
        people = staff(session)
        rosa = people["rosa"]
        issue_token(session, rosa, token="x" * 43, name="CI", scopes={TokenScope.READ}, at=NOW, until=after(days=9))
    secret_for(sqlite_database, "rosa@staff.test", at=NOW)
    with sqlite_database.write.begin() as session:
        rosa, ada = (
            session.scalars(select(Person).where(Person.email == f"{one}@staff.test")).one() for one in ("rosa", "ada")
        )
        change_person(session, rosa, standing(Role.REVIEWER, active=False), by=ada, at=NOW, because="Rosa left.")
        assert session.scalars(select(SignIn.ended_at).where(SignIn.person_id == rosa.id)).all() == [NOW]
        assert session.scalars(select(ApiToken.revoked_at)).all() == [NOW]


def test_whoever_leads_or_manages_signs_somebody_out_and_an_auditor_does_not(sqlite_database):
    with sqlite_database.write.begin() as session:
        people = staff(session)
        with pytest.raises(MoveRefused):
            sign_out_everywhere(session, people["rosa"], at=NOW, by=people["otis"])
        sign_out_everywhere(session, people["rosa"], at=NOW, by=people["mara"])
        assert [event.name for event in told(session)] == ["person.signed_out"]


# --- the pages


@pytest.fixture
async def desk(sqlite_database, sqlite_template) -> AsyncIterator[httpx.AsyncClient]:
    story_in(sqlite_database, sqlite_template)
    with sqlite_database.write.begin() as session:
        staff(session, at=DESK_NOW)
    app = desk_over(sqlite_database)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(getattr(app, "app", app)), base_url="http://127.0.0.1"
    ) as client:
        yield signed_in(client, sqlite_database, "ada@staff.test", at=DESK_NOW)


def person_id(database, name: str) -> int:
    with database.read() as session:
        return session.scalars(select(Person.id).where(Person.email == f"{name}@staff.test")).one()


def hidden(text: str) -> dict[str, list[str]]:
    """What a confirming page sends on."""
    form = text[text.index('<form class="confirming"') :]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form):
        found.setdefault(name, []).append(value)
    return found


async def test_a_change_is_shown_first_then_made(desk, sqlite_database):
    rosa = person_id(sqlite_database, "rosa")
    form = {"seen": "active:reviewer", "role": ["lead", "reviewer"], "active": "yes", "because": "She leads."}
    shown = await desk.post(f"/people/{rosa}/change", data=form)
    assert shown.status_code == 200
    assert "Rosa becomes lead" in shown.text
    with sqlite_database.read() as session:
        assert session.get_one(Person, rosa).roles == {Role.REVIEWER}
    done = await desk.post(f"/people/{rosa}/change", data=hidden(shown.text))
    assert (done.status_code, done.headers["location"]) == (303, f"/people/{rosa}")
    with sqlite_database.read() as session:
        assert session.get_one(Person, rosa).roles == {Role.LEAD, Role.REVIEWER}


async def test_a_stale_form_is_told_who_changed_what(desk, sqlite_database):
    rosa = person_id(sqlite_database, "rosa")
    with sqlite_database.write.begin() as session:
        bea = session.scalars(select(Person).where(Person.email == "bea@staff.test")).one()
        change_person(
            session, session.get_one(Person, rosa), standing(Role.LEAD), by=bea, at=DESK_NOW, because="Bea says so."
        )
    form = {"seen": "active:reviewer", "role": "auditor", "active": "yes", "because": "x", "confirm": "yes"}
    late = await desk.post(f"/people/{rosa}/change", data=form)
    assert late.status_code == 409
    assert "changed meanwhile by Bea: now active with lead" in late.text


async def test_a_token_is_shown_once_and_revoked(desk, sqlite_database):
    ada = person_id(sqlite_database, "ada")
    shown = await desk.post(f"/people/{ada}/tokens", data={"name": "CI", "scope": "read", "days": "9"})
    (token,) = re.findall(r"lrt_[\w-]{40,}", shown.text)
    page = (await desk.get(f"/people/{ada}")).text
    assert token not in page
    assert "CI" in page
    with sqlite_database.read() as session:
        number = session.scalars(select(ApiToken.id)).one()
    assert (await desk.post(f"/people/{ada}/tokens/{number}/revoke")).status_code == 303
    assert "Revoked" in (await desk.get(f"/people/{ada}")).text


async def test_somebody_is_added_after_a_look_and_an_auditor_adds_nobody(desk, sqlite_database):
    form = {"email": "Kim@staff.test", "name": "Kim", "role": "reviewer", "time_zone": "Europe/Berlin"}
    shown = await desk.post("/people/add", data=form)
    assert shown.status_code == 200, shown.text
    with sqlite_database.read() as session:
        assert session.scalar(select(Person).where(Person.email == "kim@staff.test")) is None
    done = await desk.post("/people/add", data=hidden(shown.text))
    assert done.status_code == 303
    signed_in(desk, sqlite_database, "otis@staff.test", at=DESK_NOW)
    assert (await desk.post("/people/add", data=form)).status_code == 403
    assert "Add somebody" not in (await desk.get("/people")).text
