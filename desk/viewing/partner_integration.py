"""One integration as its partner sees it: where it is, what to mend, what is missing for Public, what was sent."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, selectinload

from checklist.rulebook import Rulebook
from desk.viewing.partner_home import UnderWay
from desk.viewing.partner_path import Step, path_of
from desk.viewing.partner_turn import clocks_of, turn_of
from models.enums import GateName, IntegrationStage
from models.integration import Integration
from models.submission import Submission
from review.actions.falling import falls_of
from review.lacking import Obstacle, obstacles
from review.results import as_value, current_audit_results, live_standing


@dataclass(frozen=True, slots=True)
class Missing:
    """`lacks` does not hold and is the partner's; `untold` could not be told, and a person of the team looks."""

    audited_at: datetime | None
    lacks: tuple[Obstacle, ...]
    untold: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True)
class OwnFall:
    """What held at the launch and no longer does: what the last audit saw, how to mend it, and its last day."""

    about: Obstacle
    fix_by: date
    more_time_because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnIntegrationView:
    integration: Integration
    path: tuple[Step, ...]
    falls: tuple[OwnFall, ...]
    """First to be mended first."""
    missing: Missing | None
    """What is missing for Public; None unless it is in Public Beta."""
    submissions: Sequence[UnderWay]


def own_integration(
    session: Session, slug: str, partner_id: int, rulebook: Rulebook, *, at: datetime
) -> OwnIntegrationView | None:
    """None when there is none of that slug, or it is another company's."""
    integration = session.scalar(
        select(Integration)
        .where(Integration.slug == slug, Integration.partner_id == partner_id)
        .options(selectinload(Integration.components))
    )
    if integration is None:
        return None
    rows = session.scalars(
        select(Submission)
        .where(Submission.integration_id == integration.id)
        .options(defer(Submission.document))
        .order_by(Submission.id.desc())
    ).all()
    clocks = clocks_of(session, rows)
    in_beta = integration.stage is IntegrationStage.PUBLIC_BETA
    return OwnIntegrationView(
        integration=integration,
        path=path_of(integration),
        falls=tuple(_falls(session, integration, rulebook)),
        missing=_missing(session, integration, rulebook, at) if in_beta else None,
        submissions=[UnderWay(row, turn_of(row, clocks[row.id], at)) for row in rows],
    )


def _falls(session: Session, integration: Integration, rulebook: Rulebook) -> Iterator[OwnFall]:
    falls = falls_of(session, integration)
    if not falls:
        return
    found = [as_value(row) for row in current_audit_results(session, integration.id, only=[one.item for one in falls])]
    known = {item.id for item in rulebook.items}
    told = {one.item: one for one in obstacles(rulebook, [one.item for one in falls if one.item in known], found)}
    for fall in falls:
        # A rulebook that no longer has the item can't say its title.
        about = told.get(fall.item) or Obstacle(item=fall.item, title=fall.item, seen="", fix="")
        yield OwnFall(about, fall.fix_by, fall.extended_because)


def _missing(session: Session, integration: Integration, rulebook: Rulebook, at: datetime) -> Missing:
    """By the latest audit, as the report on graduation has it."""
    if integration.last_audited_at is None:
        return Missing(None, (), ())
    found = [as_value(row) for row in current_audit_results(session, integration.id)]
    said = live_standing(session, integration, GateName.PUBLIC, found, rulebook=rulebook, at=at)
    return Missing(
        integration.last_audited_at, obstacles(rulebook, said.failed, found), obstacles(rulebook, said.unknown, found)
    )
