"""Integrations as pages show them: the list by stage, who is stuck in Public Beta and why, and each by itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, defer, joinedload, selectinload

from checklist.rulebook import Item, Rulebook
from desk.viewing.history import HistoryLine, event_rows, history
from desk.viewing.items import Family, families, outcome_counts
from desk.viewing.links import Address
from desk.viewing.team_time import TeamTime
from desk.viewing.telling.told import Teller
from desk.viewing.waivers import WaiverView, waiver_rows, waiver_views
from desk.words import DAY
from models.audit import AuditEntry, AuditRun
from models.enums import OPEN_SUBMISSION, AuditGrade, GateName, IntegrationStage, Outcome, Severity
from models.event import Event
from models.fall import Fall
from models.integration import Integration
from models.people import Partner
from models.submission import Submission
from review.actions.falling import falls_of
from review.audit_history import Stretch, item_history
from review.autopilot import Withheld, held_back
from review.results import current_audit_results

PAGE_SIZE = 100
MOST_EVENTS = 100

IN_PATH_ORDER = tuple(IntegrationStage)


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationLine:
    """`missing` are titles of what the gate to Public asks and the last audit did not see hold."""

    slug: str
    name: str
    partner: str
    stage: IntegrationStage
    stage_since: datetime
    audited_at: datetime | None
    grade: AuditGrade | None
    ready_for_public: bool | None
    missing: tuple[str, ...]
    open_submissions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationList:
    """`ages` are days in the chosen stage: the median and the longest; empty without a stage or without rows."""

    lines: tuple[IntegrationLine, ...]
    counts: Mapping[IntegrationStage, int]
    ages: tuple[int, ...]
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditView:
    """The last audit of an integration: its grade and what it found of each item, by family."""

    at: datetime
    rulebook: str
    grade: AuditGrade | None
    ready_for_public: bool | None
    families: tuple[Family, ...]
    counts: Mapping[str, int]
    drifted: Sequence[tuple[str, Sequence[str]]]
    """Titles of items, each with what differs from what was approved."""
    past: Sequence[tuple[str, Sequence[Stretch]]]
    """Titles of items with how each stood over the audits, newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallView:
    """An item that fell: until when it is to be mended, and whether the team was asked if it stays listed."""

    title: str
    item: str
    fell_at: datetime
    fix_by: date
    reminded_at: datetime | None
    proposed_at: datetime | None
    dismissed_until: date | None
    extended_because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationView:
    integration: Integration
    website: Address | None
    categories: tuple[str, ...]
    submissions: Sequence[Submission]
    audit: AuditView | None
    waivers: tuple[WaiverView, ...]
    graduation: int | None
    """Its graduation in review."""
    withheld: Sequence[Withheld]
    """Why the engine leaves that to a person."""
    falls: tuple[FallView, ...]
    """What has fallen and is to be mended, first to be mended first."""
    history: tuple[HistoryLine, ...]


def integration_list(session: Session, *, stage: IntegrationStage | None, page: int, time: TeamTime) -> IntegrationList:
    """One page of a stage's integrations, longest in it first; without a stage all of them, along the path."""
    tallied = session.execute(select(Integration.stage, func.count()).group_by(Integration.stage))
    counts = dict(tallied.tuples().all())
    rows = session.execute(_lines(stage, page)).all()
    opened = _open_submissions(session, [row.id for row in rows])
    return IntegrationList(
        lines=tuple(_line(row, opened[row.id]) for row in rows),
        counts={found: counts.get(found, 0) for found in IN_PATH_ORDER},
        ages=_ages(session, stage, time) if stage is not None else (),
        number=counts.get(stage, 0) if stage is not None else sum(counts.values()),
    )


def integration_view(session: Session, slug: str, rulebook: Rulebook, time: TeamTime) -> IntegrationView | None:
    """None when there is no such integration. `rulebook` is the one in force, for what no audit has seen."""
    integration = session.scalar(
        select(Integration)
        .where(Integration.slug == slug)
        .options(joinedload(Integration.partner), selectinload(Integration.components))
    )
    if integration is None:
        return None
    submissions = session.scalars(
        select(Submission)
        .where(Submission.integration_id == integration.id)
        .options(defer(Submission.document))
        .order_by(Submission.id.desc())
    ).all()
    waivers = waiver_rows(session, integration.id)
    audit = _audit(session, integration, time)
    held = held_back(
        session, [one for one in submissions if one.gate is GateName.PUBLIC], rulebook=rulebook, at=time.at
    )
    teller = Teller(rulebook, time, {})
    catalog = (integration.listing or {}).get("catalog", {})
    website = catalog.get("website") or integration.partner.website
    return IntegrationView(
        integration=integration,
        website=Address.of(website) if website else None,
        categories=tuple(str(category) for category in catalog.get("categories", ())),
        submissions=submissions,
        audit=audit,
        waivers=waiver_views(waivers, teller),
        graduation=next(iter(held), None),
        withheld=next(iter(held.values()), ()),
        falls=tuple(_fall(fall, rulebook) for fall in falls_of(session, integration)),
        history=history(event_rows(session, Event.integration_id == integration.id, limit=MOST_EVENTS), teller),
    )


def _fall(fall: Fall, rulebook: Rulebook) -> FallView:
    return FallView(
        title=next((item.title for item in rulebook.items if item.id == fall.item), fall.item),
        item=fall.item,
        fell_at=fall.fell_at,
        fix_by=fall.fix_by,
        reminded_at=fall.reminded_at,
        proposed_at=fall.proposed_at,
        dismissed_until=fall.dismissed_until,
        extended_because=fall.extended_because,
    )


def _lines(stage: IntegrationStage | None, page: int) -> Select[Any]:
    along_the_path = case({found.value: place for place, found in enumerate(IN_PATH_ORDER)}, value=Integration.stage)
    chosen = (
        select(
            Integration.id,
            Integration.slug,
            Integration.name,
            Partner.name.label("partner"),
            Integration.stage,
            Integration.stage_since,
            AuditEntry.done_at.label("audited_at"),
            AuditEntry.grade,
            AuditEntry.ready_for_public,
            AuditEntry.outcomes,
            AuditRun.rulebook,
        )
        .join(Integration.partner)
        .outerjoin(AuditEntry, _is_latest(Integration.id))
        .outerjoin(AuditRun, AuditRun.id == AuditEntry.audit_run_id)
        .order_by(along_the_path, Integration.stage_since, Integration.id)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    )
    return chosen if stage is None else chosen.where(Integration.stage == stage)


def _is_latest(integration_id: ColumnElement[int] | InstrumentedAttribute[int] | int) -> ColumnElement[bool]:
    """The entry of the latest look at the integration; a run that lasts all day may look later than newer ones."""
    other = aliased(AuditEntry)
    newest = (
        select(other.audit_run_id)
        .where(other.integration_id == integration_id, other.done_at.is_not(None))
        .order_by(other.done_at.desc(), other.audit_run_id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return and_(AuditEntry.integration_id == integration_id, AuditEntry.audit_run_id == newest)


def _line(row: Row[Any], opened: Sequence[int]) -> IntegrationLine:
    in_beta = row.stage is IntegrationStage.PUBLIC_BETA
    return IntegrationLine(
        slug=row.slug,
        name=row.name,
        partner=row.partner,
        stage=row.stage,
        stage_since=row.stage_since,
        audited_at=row.audited_at,
        grade=row.grade,
        ready_for_public=row.ready_for_public if in_beta else None,
        missing=_missing(row.outcomes, Rulebook.load(row.rulebook)) if in_beta and row.rulebook else (),
        open_submissions=tuple(opened),
    )


def _missing(outcomes: Mapping[str, Sequence[str]], rulebook: Rulebook) -> tuple[str, ...]:
    held = {*outcomes.get(Outcome.PASSED, ()), *outcomes.get(Outcome.WARNED, ())}
    return tuple(item.title for item in _asked_for_public(rulebook) if item.id not in held)


def _asked_for_public(rulebook: Rulebook) -> Iterable[Item]:
    return (item for item in rulebook.items_of(GateName.PUBLIC) if item.severity is Severity.REQUIRED)


def _open_submissions(session: Session, integration_ids: Sequence[int]) -> Mapping[int, list[int]]:
    opened: dict[int, list[int]] = defaultdict(list)
    rows = session.execute(
        select(Submission.integration_id, Submission.id)
        .where(Submission.integration_id.in_(integration_ids), Submission.stage.in_(OPEN_SUBMISSION))
        .order_by(Submission.id)
    )
    for integration_id, submission_id in rows:
        opened[integration_id].append(submission_id)
    return opened


def _ages(session: Session, stage: IntegrationStage, time: TeamTime) -> tuple[int, ...]:
    days = [
        int((time.at - since).total_seconds() // DAY)
        for since in session.scalars(select(Integration.stage_since).where(Integration.stage == stage))
    ]
    return (int(median(days)), max(days)) if days else ()


def _audit(session: Session, integration: Integration, time: TeamTime) -> AuditView | None:
    entry = session.scalar(select(AuditEntry).where(_is_latest(integration.id)).options(joinedload(AuditEntry.run)))
    if entry is None or entry.done_at is None:
        return None
    rulebook = Rulebook.load(entry.run.rulebook)
    rows = current_audit_results(session, integration.id)
    looked_at = {row.item for row in rows}
    items = [item for item in rulebook.items if item.id in looked_at]
    by_family = families(rulebook, items, rows, (), None, at=time.at)
    titles = {item.id: item.title for item in rulebook.items}
    past = item_history(session, integration)
    return AuditView(
        at=entry.done_at,
        drifted=[(titles.get(item, item), told) for item, told in sorted((entry.drift or {}).items())],
        past=[(titles[item.id], past[item.id][::-1]) for item in items if item.id in past],
        rulebook=rulebook.version,
        grade=entry.grade,
        ready_for_public=entry.ready_for_public,
        families=by_family,
        counts=outcome_counts(by_family),
    )
