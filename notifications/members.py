"""Who of the team is who in Slack: by e-mail, looked up once, so that direct messages find them."""

import asyncio
import logging

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError
from sqlalchemy import select, update

from models.database import Database
from models.people import Person
from notifications.channels.slack import SlackChannel

LOG = logging.getLogger(__name__)

AT_ONCE = 20
"""Look-ups in one call; Slack takes about fifty a minute."""


async def match_members(database: Database, slack: SlackChannel) -> int:
    """Fill in the Slack ids of the team's people that have none yet, and say of how many.

    Who isn't in Slack is asked for again when the process starts anew. Slack's faults keep nothing up.
    """
    matched = 0
    unknown = await asyncio.to_thread(_unmatched, database)
    for person_id, email in [(number, email) for number, email in unknown if email not in slack.strangers][:AT_ONCE]:
        try:
            member = await slack.member_id(email)
        except (SlackApiError, OSError, ClientError) as error:
            LOG.warning("nobody is looked up in Slack for now: %s", error)
            break
        if member is None:
            slack.strangers.add(email)
        else:
            await asyncio.to_thread(_match, database, person_id, member)
            matched += 1
    return matched


def _unmatched(database: Database) -> list[tuple[int, str]]:
    with database.read() as session:
        team = select(Person.id, Person.email).where(
            Person.slack_id.is_(None), Person.active, Person.partner_id.is_(None), Person.role_rows.any()
        )
        return list(session.execute(team.order_by(Person.id)).tuples())


def _match(database: Database, person_id: int, member: str) -> None:
    with database.write.begin() as session:
        session.execute(update(Person).where(Person.id == person_id, Person.slack_id.is_(None)).values(slack_id=member))
