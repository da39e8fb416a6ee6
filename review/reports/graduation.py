"""Who is in Public Beta, for how long, and what stands between each of them and Public."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from statistics import median
from typing import NamedTuple

from sqlalchemy import select, true
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from checklist.rulebook import Rulebook
from checklist.verdict import Verdict
from models.enums import OPEN_SUBMISSION, AuditGrade, GateName, IntegrationStage, SubmissionStage
from models.integration import Integration
from models.submission import Submission
from review.autopilot import Withheld, held_back
from review.lacking import Obstacle, obstacles
from review.past.integrations import perhaps_gone_at
from review.past.live import LiveState
from review.past.submissions import open_at
from review.results import waiver_values, watched_verdict


class Distance(StrEnum):
    """How far it is to Public, nearest first. UNDECIDED: it can't be told whether it is ready or lacks just one."""

    READY = "ready"
    LACKS_ONE = "lacks_one"
    LACKS_MORE = "lacks_more"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True, kw_only=True)
class InBeta:
    """One integration in Public Beta. `lacks` does not hold, `unknown` nobody could tell; waived items are neither."""

    number: int
    """The integration's id."""
    slug: str
    name: str
    partner: str
    partner_id: int
    since: datetime
    since_is_exact: bool
    """Whether it entered then; of what stood in the first state of an imported history only "by then" is known."""
    days: int
    audited_at: datetime | None
    grade: AuditGrade | None
    """Of the last audit."""
    distance: Distance
    lacks: tuple[Obstacle, ...]
    unknown: tuple[Obstacle, ...]
    waived: tuple[str, ...]
    graduation: tuple[int, SubmissionStage] | None
    """Its open graduation: submission and stage."""
    withheld: tuple[Withheld, ...] = ()
    """Why the engine leaves that to a person, while it is in review; of the past it is not told."""

    @property
    def way_out(self) -> tuple[str, ...]:
        """The shortest way to Public, step by step."""
        if self.audited_at is None:
            return ("No audit has looked at it yet: audit it.",)
        steps = [f"{obstacle.title}: {obstacle.fix}" for obstacle in self.lacks]
        steps += [f"{obstacle.title}: a person has to look, because {obstacle.seen}." for obstacle in self.unknown]
        if steps:
            return tuple(steps)
        if self.graduation is None:
            return ("Nothing is missing: the engine opens its graduation by itself, at most once in 30 days.",)
        submission, stage = self.graduation
        return (f"Its graduation, submission {submission}, is {stage.value.replace('_', ' ')}: decide it.",)


class Lacking(NamedTuple):
    """An item, and how many integrations lack it."""

    item: str
    title: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GraduationReport:
    at: datetime
    rulebook: str
    lines: tuple[InBeta, ...]
    """Nearest to Public first, then longest in Public Beta."""
    perhaps_gone: int = 0
    """Of a past instant: how many were gone by a later day, so that whether they still stood then is not known."""

    @property
    def by_distance(self) -> Mapping[Distance, int]:
        counts = Counter(line.distance for line in self.lines)
        return {distance: counts[distance] for distance in Distance}

    @property
    def lacks_only(self) -> Sequence[Lacking]:
        """Of those that lack exactly one item: which one, most first."""
        return _tallied(line.lacks[0] for line in self.lines if line.distance is Distance.LACKS_ONE)

    @property
    def lacks(self) -> Sequence[Lacking]:
        """What is lacking, however much else is, most first."""
        return _tallied(obstacle for line in self.lines for obstacle in line.lacks)

    @property
    def never_audited(self) -> int:
        return sum(line.audited_at is None for line in self.lines)

    @property
    def median_days(self) -> float | None:
        """Days in Public Beta so far, of those still there; None when there are none."""
        return median(line.days for line in self.lines) if self.lines else None


def graduation(
    session: Session,
    *,
    rulebook: Rulebook,
    at: datetime,
    past: bool = False,
    only: Collection[int] | None = None,
    live: LiveState | None = None,
) -> GraduationReport:
    """Everything in Public Beta by what its last audit found, judged by `rulebook` and the day's waivers.

    `past`: as it stood at `at`, from the events. The components are those of now; a fixed number of queries. `only`
    leaves out all but these, of now. `live` is what is live, where it was read.
    """
    state = live or LiveState(session, at if past else None, only=only)
    rows = session.scalars(
        select(Integration)
        .where(true() if past else Integration.stage == IntegrationStage.PUBLIC_BETA)
        .where(true() if only is None else Integration.id.in_(only))
        .options(joinedload(Integration.partner), selectinload(Integration.components))
    ).all()
    there = state.ids(IntegrationStage.PUBLIC_BETA)
    waiting = () if past else _graduations_now(session)
    opened = _open_graduations(session, at) if past else {one.integration_id: (one.id, one.stage) for one in waiting}
    why = {} if past else held_back(session, waiting, rulebook=rulebook, at=at)
    in_doubt = perhaps_gone_at(session, at=at) & there if past else ()
    lines = [_line(row, state, opened.get(row.id), why, rulebook, at) for row in rows if row.id in there]
    nearest = list(Distance)
    return GraduationReport(
        at=at,
        rulebook=rulebook.version,
        lines=tuple(sorted(lines, key=lambda line: (nearest.index(line.distance), line.since, line.slug))),
        perhaps_gone=len(in_doubt),
    )


def _line(
    integration: Integration,
    state: LiveState,
    opened: tuple[int, SubmissionStage] | None,
    why: Mapping[int, Sequence[Withheld]],
    rulebook: Rulebook,
    at: datetime,
) -> InBeta:
    found, stood = state.results[integration.id], state.stages[integration.id]
    kinds = frozenset(component.kind for component in integration.components)
    let = waiver_values(state.waivers[integration.id])
    said = watched_verdict(rulebook, GateName.PUBLIC, kinds, found, let, on=at.date())
    audited_at = state.audited_at.get(integration.id)
    audited = audited_at is not None
    return InBeta(
        number=integration.id,
        slug=integration.slug,
        name=integration.name,
        partner=integration.partner.name,
        partner_id=integration.partner_id,
        since=stood.since,
        since_is_exact=stood.is_exact,
        days=(at - stood.since).days,
        audited_at=audited_at,
        grade=state.entries[integration.id].grade if audited else None,
        distance=_distance(said) if audited else Distance.UNDECIDED,
        lacks=obstacles(rulebook, said.failed, found),
        unknown=obstacles(rulebook, said.unknown, found) if audited else (),
        waived=said.waived,
        graduation=opened,
        withheld=tuple(why.get(opened[0], ())) if opened is not None else (),
    )


def _distance(said: Verdict) -> Distance:
    if len(said.failed) > 1:
        return Distance.LACKS_MORE
    if said.unknown:
        return Distance.UNDECIDED
    return Distance.LACKS_ONE if said.failed else Distance.READY


def _graduations_now(session: Session) -> Sequence[Submission]:
    return session.scalars(
        select(Submission)
        .where(Submission.gate == GateName.PUBLIC, Submission.stage.in_(OPEN_SUBMISSION))
        .options(defer(Submission.document))
    ).all()


def _open_graduations(session: Session, at: datetime) -> dict[int, tuple[int, SubmissionStage]]:
    """Those that were open at an instant, in the stage of then."""
    opened = open_at(session, at=at, gate=GateName.PUBLIC)
    return {one.integration_id: (one.submission_id, one.stage) for one in opened}


def _tallied(obstacles: Iterable[Obstacle]) -> list[Lacking]:
    counts = Counter((obstacle.item, obstacle.title) for obstacle in obstacles)
    lacking = [Lacking(item, title, number) for (item, title), number in counts.items()]
    return sorted(lacking, key=lambda one: (-one.number, one.item))
