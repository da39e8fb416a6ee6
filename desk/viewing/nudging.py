"""What would be told to partners about the way to Public, as somebody sees it before it goes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from desk.reporting.graduation import present
from desk.viewing.team_time import TeamTime
from models.enums import ChannelName, EventName, IntegrationStage
from models.integration import Integration
from notifications.addressing import Addressee
from notifications.facts import Facts, IntegrationFacts
from notifications.programme import ProgrammeSettings
from notifications.rendering import renderer_for
from notifications.routing import TO_PARTNER_UNASKED
from review.actions.nudging import Hearer, Nudge, nudges
from review.reports.graduation import graduation


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message that would go out, as its first reader gets it."""

    slug: str
    name: str
    partner: str
    to: Sequence[str]
    deaf: Sequence[str]
    """Who has switched such messages off."""
    subject: str
    text: str
    seen: str
    """Stands for just this message, when it is to be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """What stays as it is, and why."""

    slug: str
    name: str
    partner: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nudging:
    letters: Sequence[Letter]
    refused: Sequence[Refused]


def nudging(
    session: Session,
    *,
    slugs: Sequence[str] | None,
    lacking: str = "",
    rulebook: Rulebook,
    programme: ProgrammeSettings,
    at: datetime,
) -> Nudging:
    """What would go out about these integrations, or about all that the report shows with this filter; nothing is
    written. InputWrong when the filter says nothing that is known.
    """
    only = None
    if slugs is not None:
        only = session.scalars(select(Integration.id).where(Integration.slug.in_(slugs))).all()
    report = graduation(session, rulebook=rulebook, at=at, only=only)
    kept = {entry["integration"] for entry in present(report, lacking=lacking).document["integrations"]}
    lines = [line for line in report.lines if line.slug in kept]
    zone = TeamTime.of(rulebook, at).zone
    found = nudges(session, lines, zone=zone, at=at)
    away = [slug for slug in slugs or () if slug not in kept]
    return Nudging(
        letters=[letter(one, programme, at) for one in found if not one.refused],
        refused=[
            *(Refused(slug=slug, name=slug, partner="", why="it is not in Public Beta") for slug in away),
            *(
                Refused(slug=one.line.slug, name=one.line.name, partner=one.line.partner, why=one.refused)
                for one in found
                if one.refused
            ),
        ],
    )


def letter(nudge: Nudge, programme: ProgrammeSettings, at: datetime) -> Letter:
    """The message by the same words and the same way as it is planned."""
    line = nudge.line
    heard: list[Hearer] = [one for one in nudge.hearers if not one.off]
    first = heard[0]
    facts = Facts(
        EventName.GRADUATION_MISSING,
        at,
        f"integration:{line.number}",
        integration=IntegrationFacts(line.slug, line.name, line.partner, IntegrationStage.PUBLIC_BETA),
        data=nudge.data,
    )
    to = Addressee(ChannelName.MAIL, first.email, first.name, first.time_zone)
    message = renderer_for(programme).message(facts, TO_PARTNER_UNASKED, to)
    return Letter(
        slug=line.slug,
        name=line.name,
        partner=line.partner,
        to=[f"{one.name} <{one.email}>" for one in heard],
        deaf=[one.name for one in nudge.hearers if one.off],
        subject=message.title,
        text=message.text,
        seen=nudge.seen,
    )
