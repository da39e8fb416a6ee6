"""`launch-review people`: who acts and who is told."""

from typing import Annotated, Any

from cyclopts import App, Parameter
from sqlalchemy import select

from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, say, say_json, table
from desk.wiring import open_ports, writing
from models.enums import Role
from models.people import Partner, Person
from review.actions.companies import add_person

app = App(name="people", help="Who acts and who is told.")


@app.command
def add(
    email: str,
    *,
    name: str,
    role: Annotated[list[str], Parameter(negative="", help="reviewer, lead, manager, auditor, admin or partner.")],
    partner: Annotated[str | None, Parameter(help="The company of a person with the role partner.")] = None,
    time_zone: Annotated[str, Parameter(help="Where they read instants, such as Europe/Berlin.")] = "Etc/UTC",
    json: AsJson = False,
) -> int:
    """Add a person, or give one more roles."""
    from zoneinfo import available_timezones  # noqa: PLC0415 - reads the whole tz database

    if "@" not in email.strip("@"):
        raise InputWrong(f"people add: saw {email!r}, expected an e-mail address such as rosa@example.com")
    if time_zone not in available_timezones():
        raise InputWrong(f"--time-zone: saw {time_zone!r}, expected a zone such as Europe/Berlin")
    roles = frozenset(_role(one) for one in role)
    if (Role.PARTNER in roles) != (partner is not None):
        raise InputWrong("people add: the role partner needs --partner COMPANY, and the other roles have none")
    if Role.PARTNER in roles and len(roles) > 1:
        raise InputWrong("people add: a partner's person has no role in the team; it would decide on its own company")
    ports = open_ports()
    with writing(ports) as session:
        company = None
        if partner is not None:
            company = session.scalar(select(Partner).where(Partner.name == partner))
            if company is None:
                raise InputWrong(f"--partner: no partner is called {partner!r}; it is known once it has submitted")
        person = add_person(
            session, name=name, email=email, roles=roles, at=ports.now(), partner=company, time_zone=time_zone
        )
        document = _as_json(person)
    if json:
        say_json(document)
    else:
        say(f"{document['email']}: {', '.join(document['roles'])}")
    return 0


@app.command(name="list")
def list_(*, json: AsJson = False) -> int:
    """Everybody, the team first."""
    ports = open_ports()
    with ports.database.read() as session:
        people = session.scalars(
            select(Person).order_by(Person.partner_id.is_not(None), Person.partner_id, Person.name)
        ).all()
        documents = [_as_json(person) for person in people]
    if json:
        say_json(documents)
        return 0
    rows = [(one["email"], one["name"], ", ".join(one["roles"]), one["partner"]) for one in documents]
    say(*table(("e-mail", "name", "roles", "partner"), rows))
    return 0


def _role(text: str) -> Role:
    try:
        return Role(text.lower())
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise InputWrong(f"--role: saw {text!r}, expected one of {known}") from None


def _as_json(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "roles": sorted(role.value for role in person.roles),
        "partner": person.partner.name if person.partner is not None else None,
        "active": person.active,
        "time_zone": person.time_zone,
    }
