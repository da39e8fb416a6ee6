"""`launch-review people link` and `people sign-out`: letting somebody in to the desk by hand, and out everywhere."""

from typing import Annotated, Any

from cyclopts import Parameter

from desk.cli.errors import Refused
from desk.cli.writing import AsJson, instant, say, say_json, tell
from desk.wiring import open_ports, writing
from notifications.signing_in import PATH, sealed
from review.actions.signing_in import SignInRefused, make_link
from review.actions.staffing import sign_out_everywhere
from review.finding_people import person_called

Whom = Annotated[str, Parameter(help="Whose: an e-mail address or name that `people list` shows.")]


def link(person: Whom, /, *, json: AsJson = False) -> int:
    """Make an address that signs the person in to the desk, once, within an hour; it is shown once."""
    ports = open_ports()
    with writing(ports) as session:
        whose = person_called(session, person)
        try:
            made = make_link(session, whose, at=ports.now())
        except SignInRefused as error:
            raise Refused(str(error)) from error
        document: dict[str, Any] = {
            "email": whose.email,
            "address": f"{ports.programme.base_url}{PATH}{sealed(made.id, ports.vault.links_key)}",
            "expires_at": instant(made.expires_at),
        }
    if json:
        say_json(document)
    else:
        say(document["address"])
        tell(f"It signs {document['email']} in once, until {document['expires_at']}: give it to nobody else.")
    return 0


def sign_out(person: Whom, /, *, json: AsJson = False) -> int:
    """Sign a person out of every browser, and let no link work that was mailed to them before."""
    ports = open_ports()
    with writing(ports) as session:
        whose = person_called(session, person)
        document = {"email": whose.email, "ended": sign_out_everywhere(session, whose, at=ports.now())}
    if json:
        say_json(document)
    else:
        number = document["ended"]
        tell(f"{document['email']}: signed out of {number} {'browser' if number == 1 else 'browsers'}")
    return 0
