"""Who may come in to a page. Each router of the desk stands behind one of these."""

import asyncio
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from desk.rendering import Desk, desk_of
from desk.signing.cookie import secret_in
from desk.signing.reader import Reader, remember
from review.actions.signing_in import note_seen
from review.signing_in import SignedIn, signed_in

SIGN_IN: Final = "/sign-in"
PARTNERS_PLACE: Final = "/partner"
READING: Final = frozenset({"GET", "HEAD"})
LONGEST_NEXT: Final = 500


class SignInNeeded(Exception):
    """Nobody is signed in; `leads_to` is where they can be."""

    def __init__(self, leads_to: str) -> None:
        self.leads_to = leads_to


class GoElsewhere(Exception):
    """The person's place is another page."""

    def __init__(self, leads_to: str) -> None:
        self.leads_to = leads_to


async def anybody(request: Request) -> Reader | None:
    """No door; who is signed in is known all the same."""
    desk = desk_of(request)
    secret = secret_in(request, desk.base_url)
    found = None if secret is None else await asyncio.to_thread(_looked_up, desk, secret)
    reader = None if found is None else _reader(found)
    remember(request, reader)
    return reader


async def signed(request: Request) -> Reader:
    """Whoever is signed in. Raises SignInNeeded."""
    reader = await anybody(request)
    if reader is None:
        raise SignInNeeded(_way_in(request))
    return reader


async def team(request: Request) -> Reader:
    """The team alone; an auditor reads and changes nothing. A partner's person is led to their own place.

    Raises SignInNeeded, GoElsewhere, and HTTPException: 404 for what a partner must not know of, 403 for a change
    that the person's roles don't have.
    """
    reader = await signed(request)
    if not reader.is_team:
        if request.method in READING and request.url.path == "/" and reader.partner_id is not None:
            raise GoElsewhere(PARTNERS_PLACE)
        raise HTTPException(HTTPStatus.NOT_FOUND)
    if request.method not in READING and not reader.may_change:
        raise HTTPException(HTTPStatus.FORBIDDEN, "Your role reads and changes nothing; ask a reviewer or lead.")
    return reader


async def partner(request: Request) -> Reader:
    """A partner's person. Raises as `team` does."""
    reader = await signed(request)
    if reader.partner_id is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    return reader


Anybody = Annotated[Reader | None, Depends(anybody)]
Signed = Annotated[Reader, Depends(signed)]
Team = Annotated[Reader, Depends(team)]
Partner = Annotated[Reader, Depends(partner)]


def own_path(leads_to: str) -> str:
    """The path when it leads to a page of ours, else the first page: nobody is sent elsewhere from here."""
    parts = urlsplit(leads_to)
    ours = (
        len(leads_to) <= LONGEST_NEXT
        and not parts.scheme
        and not parts.netloc
        and leads_to.startswith("/")
        and not leads_to.startswith("//")
        and leads_to.isascii()
        and leads_to.isprintable()
        and not set(leads_to) & set("\\ ")
    )
    return leads_to if ours else "/"


def _way_in(request: Request) -> str:
    if request.method not in READING:
        return SIGN_IN
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return SIGN_IN if wanted == "/" else f"{SIGN_IN}?next={quote(own_path(wanted), safe='')}"


def _looked_up(desk: Desk, secret: str) -> SignedIn | None:
    at = desk.clock()
    with desk.database.read() as session:
        found = signed_in(session, secret, at=at)
    if found is not None and not found.is_noted:
        with desk.database.write.begin() as session:
            note_seen(session, found.sign_in_id, at=at)
    return found


def _reader(found: SignedIn) -> Reader:
    return Reader(
        sign_in_id=found.sign_in_id,
        person_id=found.person_id,
        name=found.name,
        email=found.email,
        time_zone=found.time_zone,
        roles=found.roles,
        partner_id=found.partner_id,
    )
