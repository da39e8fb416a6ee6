"""The way to Public as its partner sees it: four steps, which are behind, which is now, which lie ahead."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from models.enums import IntegrationStage
from models.integration import Integration


class Place(StrEnum):
    """Where a step lies, seen from now. STOPPED: the path ended here, or waits here until the tile is listed again."""

    DONE = "done"
    NOW = "now"
    STOPPED = "stopped"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """`since` is set on the step that the integration is in."""

    title: str
    says: str
    place: Place
    since: datetime | None


STEPS: Final = (
    (IntegrationStage.REQUESTED, "Access", "You ask to join, and we answer."),
    (IntegrationStage.BUILDING, "Building", "You build, test and document it, then submit it."),
    (IntegrationStage.PUBLIC_BETA, "Public Beta", "It is in the catalog, marked as beta."),
    (IntegrationStage.PUBLIC, "Public", "It is in the catalog for everybody."),
)

STOPPED_AT: Final = {IntegrationStage.DECLINED: IntegrationStage.REQUESTED}
"""Where the path ended. A delisted integration remembers its place by itself."""


def path_of(integration: Integration) -> tuple[Step, ...]:
    """The four steps in their order."""
    stage = integration.stage
    stopped = integration.delisted_from or STOPPED_AT.get(stage)
    order = [step for step, _, _ in STEPS]
    here = order.index(stopped or stage)
    return tuple(
        Step(
            title,
            says,
            _place(number - here, stopped=stopped is not None),
            integration.stage_since if number == here else None,
        )
        for number, (_, title, says) in enumerate(STEPS)
    )


def _place(distance: int, *, stopped: bool) -> Place:
    if distance == 0:
        return Place.STOPPED if stopped else Place.NOW
    return Place.DONE if distance < 0 else Place.AHEAD
