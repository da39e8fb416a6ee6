"""A few numbers of the whole for whoever watches the system, in the text format that Prometheus reads."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.clock import Clock, Pause
from models.delivery import Delivery
from models.enums import OPEN_SUBMISSION, DeliveryStage, IntegrationStage, SubmissionStage, TargetName
from models.event import UnplannedEvent
from models.integration import Integration
from models.submission import Submission


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: values by the value of its label. Without a label there is one value, under the empty text."""

    name: str
    help: str
    label: str
    values: Mapping[str, int]


def gauges(session: Session, *, at: datetime) -> tuple[Gauge, ...]:
    """Every stage and target has its line, also at zero, so that a graph never loses one."""
    running = Clock.stopped_at.is_(None)
    paused = exists().where(Pause.clock_id == Clock.id, Pause.to_at.is_(None))
    # The last known due date of a paused clock stands still while time goes on: it is no breach.
    breached = Clock.breached | ((Clock.breach_at < at) & ~paused)
    open_stages = [stage for stage in SubmissionStage if stage in OPEN_SUBMISSION]
    return (
        Gauge(
            "launch_review_submissions_open",
            "Submissions that are not closed, by stage.",
            "stage",
            _tally(session, Submission.stage, open_stages, Submission.stage.in_(open_stages)),
        ),
        Gauge(
            "launch_review_integrations",
            "Integrations by stage.",
            "stage",
            _tally(session, Integration.stage, IntegrationStage),
        ),
        Gauge(
            "launch_review_clocks_running",
            "Promises not kept yet, paused ones too, by target.",
            "target",
            _tally(session, Clock.target, TargetName, running),
        ),
        Gauge(
            "launch_review_clocks_paused",
            "Promises that wait for a partner, by target.",
            "target",
            _tally(session, Clock.target, TargetName, running, paused),
        ),
        Gauge(
            "launch_review_clocks_breached",
            "Running promises whose time is used up, by target.",
            "target",
            _tally(session, Clock.target, TargetName, running, breached),
        ),
        Gauge(
            "launch_review_deliveries",
            "Messages by how far they got.",
            "stage",
            _tally(session, Delivery.stage, DeliveryStage),
        ),
        Gauge(
            "launch_review_events_unplanned",
            "Events whose deliveries are not planned yet.",
            "",
            {"": session.scalar(select(func.count()).select_from(UnplannedEvent)) or 0},
        ),
    )


def exposition(shown: Sequence[Gauge]) -> str:
    """The text format, version 0.0.4."""
    return "".join(f"{line}\n" for gauge in shown for line in _lines(gauge))


def _lines(gauge: Gauge) -> Iterator[str]:
    yield f"# HELP {gauge.name} {gauge.help}"
    yield f"# TYPE {gauge.name} gauge"
    for value, number in gauge.values.items():
        label = f'{{{gauge.label}="{value}"}}' if gauge.label else ""
        yield f"{gauge.name}{label} {number}"


def _tally(
    session: Session,
    column: InstrumentedAttribute[StrEnum] | InstrumentedAttribute[SubmissionStage],
    every: Iterable[StrEnum],
    *where: ColumnElement[bool],
) -> Mapping[str, int]:
    rows = session.execute(select(column, func.count()).where(*where).group_by(column))
    found = dict(rows.tuples().all())
    return {value.value: found.get(value, 0) for value in every}
