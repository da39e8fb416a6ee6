"""What of everything live fell and was not mended by its last day: a person has to decide what becomes of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import LIVE, TargetName
from models.fall import Fall
from models.integration import Integration
from models.people import Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """One item that fell and whose last day has passed, where the team's calendar is."""

    slug: str
    name: str
    partner: str
    item: str
    fell_at: datetime
    fix_by: date
    days: int
    """Since the last day."""
    proposed_at: datetime | None
    """When the team was asked whether it stays listed; None: it will be on the next business day."""
    dismissed_until: date | None
    """The team leaves it listed and is asked again after this day."""

    @property
    def waits(self) -> bool:
        """Whether somebody has to decide now."""
        return self.dismissed_until is None


def team_day(rulebook: Rulebook, at: datetime) -> date:
    """The day where the calendar is in which decisions are promised."""
    return at.astimezone(ZoneInfo(rulebook.calendars[rulebook.sla.target(TargetName.DECISION).calendar].tz)).date()


def overdue(session: Session, *, today: date) -> Sequence[Overdue]:
    """Longest overdue first; one query."""
    rows = session.execute(
        select(
            Integration.slug,
            Integration.name,
            Partner.name.label("partner"),
            Fall.item,
            Fall.fell_at,
            Fall.fix_by,
            Fall.proposed_at,
            Fall.dismissed_until,
        )
        .join(Integration, Integration.id == Fall.integration_id)
        .join(Partner, Partner.id == Integration.partner_id)
        .where(Fall.closed_at.is_(None), Fall.fix_by < today, Integration.stage.in_(LIVE))
        .order_by(Fall.fix_by, Integration.slug, Fall.item)
    )
    return [
        Overdue(
            slug=row.slug,
            name=row.name,
            partner=row.partner,
            item=row.item,
            fell_at=row.fell_at,
            fix_by=row.fix_by,
            days=(today - row.fix_by).days,
            proposed_at=row.proposed_at,
            # A day that is over asks for a decision again.
            dismissed_until=row.dismissed_until if row.dismissed_until and row.dismissed_until >= today else None,
        )
        for row in rows
    ]
