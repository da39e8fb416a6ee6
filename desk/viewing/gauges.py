"""A few numbers of the whole for whoever watches the system."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from desk.viewing.delivery_gauges import delivery_gauges
from desk.viewing.gauge import Gauge
from models.clock import Clock, Pause
from models.delivery import Delivery
from models.enums import OPEN_SUBMISSION, DeliveryStage, IntegrationStage, SubmissionStage, TargetName
from models.event import UnplannedEvent
from models.fall import Fall
from models.integration import Integration
from models.result import Waiver
from models.submission import Submission


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
        Gauge(
            "launch_review_falls_open",
            "Items of what is live that no longer hold: in time, or brought before the team as overdue.",
            "state",
            {
                "in_time": _count(session, Fall.closed_at.is_(None), Fall.proposed_at.is_(None)),
                "overdue": _count(session, Fall.closed_at.is_(None), Fall.proposed_at.is_not(None)),
            },
        ),
        Gauge(
            "launch_review_waivers",
            "Items that need not hold for a while: granted once, or renewed.",
            "state",
            {
                "first": _count(session, Waiver.ended_at.is_(None), Waiver.renewals == 0),
                "renewed": _count(session, Waiver.ended_at.is_(None), Waiver.renewals > 0),
            },
        ),
        *delivery_gauges(session, at=at),
    )


def _count(session: Session, *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).where(*where)) or 0


def _tally(
    session: Session,
    column: InstrumentedAttribute[StrEnum] | InstrumentedAttribute[SubmissionStage],
    every: Iterable[StrEnum],
    *where: ColumnElement[bool],
) -> Mapping[str, int]:
    rows = session.execute(select(column, func.count()).where(*where).group_by(column))
    found = dict(rows.tuples().all())
    return {value.value: found.get(value, 0) for value in every}
