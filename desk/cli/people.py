"""`launch-review people`: who acts and who is told, and where each reads their due dates."""

import secrets
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from cyclopts import App, Parameter
from sqlalchemy import select

from desk.cli.errors import InputWrong
from desk.cli.preferences import preferences
from desk.cli.signing_in import link, sign_out
from desk.cli.tokens import token
from desk.cli.writing import AsJson, instant, say, say_json, table, tell
from desk.hosts import LOOPBACK_NAMES
from desk.published.people import person_as_json
from desk.wiring import open_ports, writing
from flows.wiring import Ports
from models.enums import Role
from models.people import Partner, Person
from review.actions.feeds import close_feed, open_feed, renew_feed
from review.actions.staffing import enrol
from review.finding_people import person_called

SECRET_BYTES: Final = 32

app = App(name="people", help="Who acts and who is told.")
app.command(token)
app.command(preferences)
app.command(link)
app.command(sign_out, name="sign-out")


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
        person = enrol(
            session, name=name, email=email, roles=roles, at=ports.now(), partner=company, time_zone=time_zone
        )
        document = person_as_json(person)
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
        documents = [person_as_json(person) for person in people]
    if json:
        say_json(documents)
        return 0
    rows = [(one["email"], one["name"], ", ".join(one["roles"]), one["partner"]) for one in documents]
    say(*table(("e-mail", "name", "roles", "partner"), rows))
    return 0


@app.command
def calendar(
    person: Annotated[str, Parameter(help="Whose: an e-mail address or name that `people list` shows.")],
    /,
    *,
    renew: Annotated[bool, Parameter(negative="", help="A new address; the one before stops working.")] = False,
    close: Annotated[bool, Parameter(negative="", help="No address from now on.")] = False,
    json: AsJson = False,
) -> int:
    """Open a secret address at which a calendar program reads a person's due dates; it is shown once."""
    if renew and close:
        raise InputWrong("people calendar: saw --renew and --close, expected one of them or neither")
    ports = open_ports()
    document = _close(ports, person) if close else _open(ports, person, renew=renew)
    if json:
        say_json(document)
    elif close:
        had_one = document["closed"]
        tell(f"{document['email']}: {'the calendar address is closed' if had_one else 'had no calendar address'}")
    else:
        say(document["address"])
        tell("Whoever has this address reads these due dates. It is shown this once: give it to nobody else.")
    if not close and urlsplit(document["address"]).hostname in LOOPBACK_NAMES:
        tell("Only programs on this machine reach it; set LAUNCH_REVIEW_BASE_URL to where people reach the desk.")
    return 0


def _open(ports: Ports, person: str, *, renew: bool) -> dict[str, Any]:
    secret = secrets.token_urlsafe(SECRET_BYTES)
    with writing(ports) as session:
        whose = person_called(session, person)
        feed = (renew_feed if renew else open_feed)(session, whose, secret=secret, at=ports.now())
        return {
            "email": whose.email,
            "address": f"{ports.programme.base_url}/agenda/{secret}.ics",
            "opened_at": instant(feed.opened_at),
        }


def _close(ports: Ports, person: str) -> dict[str, Any]:
    with writing(ports) as session:
        whose = person_called(session, person)
        return {"email": whose.email, "closed": close_feed(session, whose, at=ports.now())}


def _role(text: str) -> Role:
    try:
        return Role(text.lower())
    except ValueError:
        known = ", ".join(role.value for role in Role)
        raise InputWrong(f"--role: saw {text!r}, expected one of {known}") from None
