"""In which stage an integration stood, and since when: read off its events. Pure.

Stages are written by moves, and each move writes an event in its transaction; a catalog's history is events alone. So
the events say where everything stood at any instant, also what has left that stage long ago.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

from models.enums import EventName, IntegrationStage, SubmissionKind

STAGE_AFTER: Final[Mapping[EventName, IntegrationStage]] = {
    EventName.ACCESS_GRANTED: IntegrationStage.BUILDING,
    EventName.ACCESS_DECLINED: IntegrationStage.DECLINED,
    EventName.LAUNCHED: IntegrationStage.PUBLIC_BETA,
    EventName.GRADUATED: IntegrationStage.PUBLIC,
    EventName.DELISTED: IntegrationStage.DELISTED,
}
"""Events whose name alone says the stage."""

SAYS_ITS_STAGE: Final = frozenset(
    {EventName.INTEGRATION_CREATED, EventName.IMPORTED, EventName.SEEN_IN_CATALOG, EventName.RELISTED}
)
"""Events that name the stage themselves."""

TELLING: Final = (*STAGE_AFTER, *sorted(SAYS_ITS_STAGE), EventName.SUBMISSION_RECEIVED)


class Told(NamedTuple):
    """An event as the fold needs it."""

    at: datetime
    name: EventName
    stage: IntegrationStage | None
    """The one that the event names; None when it names none."""
    kind: SubmissionKind | None = None
    is_exact: bool = True
    """Whether it happened then; of a history's first state only that it was so by then is known."""


class Stood(NamedTuple):
    """A stay in a stage. `is_exact`: that it began then is known, not only that it was so by then."""

    stage: IntegrationStage
    since: datetime
    until: datetime | None
    is_exact: bool


def stays(told: Iterable[Told]) -> Iterator[Stood]:
    """The stages of one integration, oldest first, of events in the order in which they happened."""
    now: Stood | None = None
    for event in told:
        stage = _leads_to(event, now)
        if stage is None or (now is not None and stage is now.stage):
            continue
        if now is not None:
            yield now._replace(until=event.at)
        now = Stood(stage, event.at, None, event.is_exact)
    if now is not None:
        yield now


def _leads_to(event: Told, now: Stood | None) -> IntegrationStage | None:
    if event.name in SAYS_ITS_STAGE:
        return event.stage
    if event.name is EventName.SUBMISSION_RECEIVED:
        asks_again = event.kind is SubmissionKind.ACCESS and now is not None and now.stage is IntegrationStage.DECLINED
        return IntegrationStage.REQUESTED if asks_again else None
    return STAGE_AFTER.get(event.name)
