"""`launch-review people token`: tokens with which a person's programs open the API."""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from cyclopts import Parameter

from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, instant, say, say_json, table, tell
from desk.wiring import open_ports, writing
from flows.wiring import Ports
from models.api_token import ApiToken
from models.enums import TokenScope
from review.actions.tokens import issue_token, revoke_token
from review.finding_people import person_called
from review.tokens import tokens_of

PREFIX: Final = "lrt_"
"""By which programs that look for leaked secrets recognise one."""
SECRET_BYTES: Final = 32
DAYS, MOST_DAYS = 365, 730
LONGEST_NAME: Final = 100


def token(
    person: Annotated[str, Parameter(help="Whose: an e-mail address or name that `people list` shows.")],
    /,
    *,
    name: Annotated[str | None, Parameter(help="What it is for, such as CI.")] = None,
    scope: Annotated[
        list[TokenScope] | None,
        Parameter(
            negative="",
            help="May do: preflight (the default), read, submit, review, reveal, manage or admin; may be repeated.",
        ),
    ] = None,
    days: Annotated[int | None, Parameter(help=f"How long it works; at most {MOST_DAYS}.")] = None,
    list_: Annotated[bool, Parameter(name="--list", negative="", help="Those there are, and issue none.")] = False,
    revoke: Annotated[int | None, Parameter(help="The number of one that shall work no longer.")] = None,
    json: AsJson = False,
) -> int:
    """Issue a token with which a person's programs open the API; it is shown once."""
    issues = name is not None or scope is not None or days is not None
    if sum((issues, list_, revoke is not None)) > 1:
        raise InputWrong("people token: expected either --list, or --revoke, or what a new token shall be")
    if list_:
        return _list(person, json=json)
    if revoke is not None:
        return _revoke(person, revoke, json=json)
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InputWrong(f"--days: saw {days}, expected 1 to {MOST_DAYS}")
    called = (name or "").strip()
    if len(called) > LONGEST_NAME or not called.isprintable():
        raise InputWrong(f"--name: expected one line of at most {LONGEST_NAME} characters")
    document = _issue(open_ports(), person, called, scope or [TokenScope.PREFLIGHT], days or DAYS)
    if json:
        say_json(document)
    else:
        say(document["token"])
        until = document["expires_at"]
        tell(f"Token {document['id']} acts for {document['email']} until {until}. It is shown this once: keep it safe.")
    return 0


def _issue(ports: Ports, person: str, name: str, scopes: Collection[TokenScope], days: int) -> dict[str, Any]:
    secret, at = PREFIX + secrets.token_urlsafe(SECRET_BYTES), ports.now()
    with writing(ports) as session:
        whose = person_called(session, person)
        issued = issue_token(
            session, whose, token=secret, name=name, scopes=scopes, at=at, until=at + timedelta(days=days)
        )
        return {"email": whose.email, "token": secret, **_as_json(issued, at)}


def _revoke(person: str, number: int, *, json: bool) -> int:
    ports = open_ports()
    with writing(ports) as session:
        whose = person_called(session, person)
        document = {"email": whose.email, "id": number, "revoked": revoke_token(session, whose, number, at=ports.now())}
    if json:
        say_json(document)
    else:
        tell(f"token {number} of {document['email']} {'works' if document['revoked'] else 'worked'} no longer")
    return 0


def _list(person: str, *, json: bool) -> int:
    ports = open_ports()
    with ports.database.read() as session:
        documents = [_as_json(issued, ports.now()) for issued in tokens_of(session, person_called(session, person))]
    if json:
        say_json(documents)
        return 0
    head = ("id", "name", "scopes", "made", "expires", "last used", "")
    rows = [
        (one["id"], one["name"], ", ".join(one["scopes"]), one["created_at"], one["expires_at"], one["last_used_at"])
        for one in documents
    ]
    say(*table(head, [(*row, one["stands"]) for row, one in zip(rows, documents, strict=True)]))
    return 0


def _as_json(issued: ApiToken, at: datetime) -> dict[str, Any]:
    return {
        "id": issued.id,
        "name": issued.name,
        "scopes": issued.scopes,
        "created_at": instant(issued.created_at),
        "expires_at": instant(issued.expires_at),
        "revoked_at": instant(issued.revoked_at),
        "last_used_at": instant(issued.last_used_at),
        "stands": "revoked" if issued.revoked_at is not None else "expired" if issued.expires_at <= at else "works",
    }
