"""Moving an integration as the table says: the guards are asked under a lock, then the stage is written."""

from datetime import datetime

from sqlalchemy.orm import Session

from models.enums import IntegrationStage
from models.integration import Integration
from models.people import Person
from review.actions.refusing import lock
from review.facts import of_integration
from review.lifecycle import MOVES, MoveName, MoveRefused, refusals


def move_integration(
    session: Session,
    integration: Integration,
    move: MoveName,
    *,
    at: datetime,
    by: Person | None = None,
    reason: str = "",
) -> IntegrationStage:
    """Write the stage that the move leads to, and give the one it came from. MoveRefused with the reasons."""
    lock(session, integration)
    known = of_integration(integration, by=by, at=at, reason=reason)
    if reasons := refusals(move, integration.stage, known):
        raise MoveRefused(move, integration.slug, reasons)
    was, row = integration.stage, MOVES[move]
    target = integration.delisted_from if row.back else row.to
    if target is not None and target is not was:
        integration.stage = IntegrationStage(target)
        integration.stage_since = at
    integration.delisted_from = was if integration.stage is IntegrationStage.DELISTED else None
    return was
