"""What a partner's person sees first: their company's integrations, where each is, and what is under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer

from desk.viewing.partner_path import Step, path_of
from desk.viewing.partner_turn import Turn, clocks_of, turn_of
from models.enums import OPEN_SUBMISSION
from models.fall import Fall
from models.integration import Integration
from models.people import Partner
from models.submission import Submission


@dataclass(frozen=True, slots=True)
class UnderWay:
    submission: Submission
    turn: Turn


@dataclass(frozen=True, slots=True)
class OwnIntegration:
    integration: Integration
    path: tuple[Step, ...]
    under_way: tuple[UnderWay, ...]
    mend_by: tuple[date, ...]
    """The last day of each thing that fell and is theirs to mend, the first to come first."""


@dataclass(frozen=True, slots=True)
class PartnerHome:
    company: Partner
    integrations: tuple[OwnIntegration, ...]


def partner_home(session: Session, partner_id: int, *, at: datetime) -> PartnerHome:
    """A fixed number of queries, however much the company has."""
    company = session.get_one(Partner, partner_id)
    integrations = session.scalars(
        select(Integration)
        .where(Integration.partner_id == partner_id)
        .options(defer(Integration.listing))
        .order_by(Integration.name, Integration.id)
    ).all()
    ids = [integration.id for integration in integrations]
    shown = under_way(session, ids, at=at)
    days = select(Fall.integration_id, Fall.fix_by).where(Fall.integration_id.in_(ids), Fall.closed_at.is_(None))
    fallen = session.execute(days.order_by(Fall.fix_by)).all()
    return PartnerHome(
        company,
        tuple(
            OwnIntegration(
                one,
                path_of(one),
                tuple(row for row in shown if row.submission.integration_id == one.id),
                tuple(fix_by for integration_id, fix_by in fallen if integration_id == one.id),
            )
            for one in integrations
        ),
    )


def under_way(session: Session, integrations: Sequence[int], *, at: datetime) -> list[UnderWay]:
    """What is open for the partner: also what was decided on while that can still be undone."""
    rows = session.scalars(
        select(Submission)
        .where(
            Submission.integration_id.in_(integrations),
            or_(Submission.stage.in_(OPEN_SUBMISSION), Submission.stands_at > at),
        )
        .options(defer(Submission.document))
        .order_by(Submission.id.desc())
    ).all()
    clocks = clocks_of(session, rows)
    return [UnderWay(row, turn_of(row, clocks[row.id], at)) for row in rows]
