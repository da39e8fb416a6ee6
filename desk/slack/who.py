"""Who pressed it: a member of the workspace, matched by e-mail with somebody of the team."""

import asyncio
from dataclasses import dataclass
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from desk.wiring import writing
from flows.wiring import Ports
from models.people import Person
from notifications.channels.slack_answers import error_code

ADMIN = "ask a lead or an admin"


class NotOfTheTeam(Exception):
    """Whoever pressed it may not act here; the message says why and whom to ask."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Where the app is installed."""

    team: str
    enterprise: str = ""

    def has(self, member: dict[str, Any]) -> bool:
        """Whether the member is of this workspace, or of another one of the same company.

        In a shared channel people of other companies press buttons too, and they choose their address themselves.
        """
        if member.get("is_stranger"):
            return False
        company = (member.get("enterprise_user") or {}).get("enterprise_id", "")
        return member.get("team_id") == self.team or bool(self.enterprise and company == self.enterprise)


async def person_of(here: Ports, client: AsyncWebClient, member_id: str, workspace: Workspace) -> int:
    """The id of the team's person. NotOfTheTeam otherwise; Slack is asked once for each person."""
    known = await asyncio.to_thread(_known, here, member_id)
    if known is not None:
        return known
    email = await _email_of(client, member_id, workspace)
    return await asyncio.to_thread(_matched, here, member_id, email)


def _known(here: Ports, member_id: str) -> int | None:
    with here.database.read() as session:
        person = session.scalar(select(Person).where(Person.slack_id == member_id).order_by(Person.id).limit(1))
        return None if person is None else _of_the_team(person)


async def _email_of(client: AsyncWebClient, member_id: str, workspace: Workspace) -> str:
    try:
        member = (await client.users_info(user=member_id))["user"]
    except SlackApiError as error:
        raise NotOfTheTeam(
            f"Slack does not say who you are ({error_code(error)}); {ADMIN} whether the app may read "
            "users and their addresses (users:read, users:read.email)"
        ) from error
    if not workspace.has(member) or member.get("is_bot") or member.get("deleted"):
        raise NotOfTheTeam("you are not of the workspace that this app belongs to; only its members can act here")
    email = str((member.get("profile") or {}).get("email") or "")
    if not email:
        raise NotOfTheTeam(
            f"Slack does not tell this app your e-mail address; {ADMIN} to give it the scope users:read.email"
        )
    if member.get("is_email_confirmed") is False:
        raise NotOfTheTeam("your e-mail address is not confirmed in Slack yet; confirm it, then press again")
    return email.lower()


def _matched(here: Ports, member_id: str, email: str) -> int:
    with writing(here) as session:
        person = _by_email(session, email)
        found = _of_the_team(person)
        session.execute(update(Person).where(Person.id == found).values(slack_id=member_id))
        return found


def _by_email(session: Session, email: str) -> Person:
    person = session.scalar(select(Person).where(Person.email == email))
    if person is None:
        raise NotOfTheTeam(
            f"Launch Review knows nobody with the address {email}; {ADMIN} to add you by it "
            "(`launch-review people add`)"
        )
    return person


def _of_the_team(person: Person) -> int:
    if not person.active:
        raise NotOfTheTeam(f"{person.name} is no longer active; {ADMIN}")
    if person.partner is not None:
        raise NotOfTheTeam(
            f"{person.name} belongs to the partner {person.partner.name}; what is done from Slack is for the team. "
            "Partners answer by mail or in the desk"
        )
    if not person.roles:
        raise NotOfTheTeam(f"{person.name} has no role yet; {ADMIN} for one with `launch-review people add`")
    return person.id
