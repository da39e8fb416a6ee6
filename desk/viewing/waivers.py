"""Waivers of an integration as pages show them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from desk.viewing.telling.told import Teller
from models.people import Person
from models.result import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class WaiverView:
    item: str
    title: str
    reason: str
    by: str
    granted_at: datetime
    until: date
    ended_at: datetime | None
    ended_because: str
    renewals: int


def waiver_rows(session: Session, integration_id: int) -> Sequence[Waiver]:
    """Those that count first, then the ended ones; each group newest first."""
    return session.scalars(
        select(Waiver)
        .where(Waiver.integration_id == integration_id)
        .options(joinedload(Waiver.granted_by).lazyload(Person.role_rows))
        .order_by(Waiver.ended_at.is_not(None), Waiver.id.desc())
    ).all()


def waiver_views(rows: Iterable[Waiver], teller: Teller) -> tuple[WaiverView, ...]:
    return tuple(
        WaiverView(
            item=row.item,
            title=teller.title(row.item),
            reason=row.reason,
            by=row.granted_by.name,
            granted_at=row.granted_at,
            until=row.until,
            ended_at=row.ended_at,
            ended_because=row.ended_because,
            renewals=row.renewals,
        )
        for row in rows
    )
