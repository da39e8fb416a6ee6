"""The badge for a partner's README: a drawing of our own that says the stage, and whether it is ready for Public.

Nothing a partner wrote is in it: anybody may ask for it, and it is shown within pages of others.
"""

from dataclasses import dataclass
from html import escape
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from desk.words import said
from models.audit import AuditEntry
from models.enums import IntegrationStage
from models.integration import Integration

IN_CATALOG: Final = frozenset({IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC})
"""What everybody may know of already. What is being built is its partner's secret."""

HEIGHT: Final = 20
CHARACTER: Final = 7
"""Pixels that one character takes, measured wide; the drawing then fits its text to the room."""
MARGIN: Final = 8


@dataclass(frozen=True, slots=True)
class Badge:
    """`label` is whose catalog, `stage` what is said of it."""

    label: str
    stage: str

    @property
    def words(self) -> str:
        return f"{self.label}: {self.stage}"

    @property
    def width(self) -> int:
        return _room(self.label) + _room(self.stage)

    @property
    def height(self) -> int:
        return HEIGHT

    def svg(self) -> str:
        left, right = _room(self.label), _room(self.stage)
        words = escape(self.words)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{HEIGHT}" role="img"'
            f' aria-label="{words}"><title>{words}</title>'
            f'<rect width="{left + right}" height="{HEIGHT}" rx="3" fill="#1b2430"/>'
            f'<path d="M{left} 0h{right - 3}a3 3 0 0 1 3 3v{HEIGHT - 6}a3 3 0 0 1 -3 3h-{right - 3}z" fill="#17603a"/>'
            '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
            f"{_text(self.label, MARGIN)}{_text(self.stage, left + MARGIN)}</g></svg>"
        )


def badge_of(session: Session, slug: str, marketplace: str) -> Badge | None:
    """None unless the catalog shows it."""
    found = session.execute(
        select(Integration.id, Integration.stage).where(Integration.slug == slug, Integration.stage.in_(IN_CATALOG))
    ).one_or_none()
    if found is None:
        return None
    ready = found.stage is IntegrationStage.PUBLIC_BETA and session.scalar(
        select(AuditEntry.ready_for_public)
        .where(AuditEntry.integration_id == found.id, AuditEntry.done_at.is_not(None))
        .order_by(AuditEntry.done_at.desc(), AuditEntry.audit_run_id.desc())
        .limit(1)
    )
    return Badge(marketplace, f"{said(found.stage)}, ready for Public" if ready else said(found.stage))


def _room(text: str) -> int:
    return len(text) * CHARACTER + 2 * MARGIN


def _text(text: str, x: int) -> str:
    return f'<text x="{x}" y="14" textLength="{len(text) * CHARACTER}">{escape(text)}</text>'
