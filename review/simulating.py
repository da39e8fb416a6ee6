"""What a draft of the rules would change for what is live: told from what audits kept, asking nobody, writing nothing.

Each live integration's items are judged again under the draft (see `checklist.judging_again`), and both rulebooks'
verdicts are compared. Submissions in review keep the version they were sent under, so the draft changes nothing for
them.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from checklist.dossier import Dossier
from checklist.judging_again import Seen, judged_again
from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from checklist.rulebook_diff import Change, diff
from checklist.verdict import Verdict
from checklist.verdict import Waiver as WaiverValue
from models.enums import LIVE, OPEN_SUBMISSION, EventName, GateName, IntegrationStage, Outcome
from models.event import Event
from models.integration import Integration
from models.result import ItemResult, Waiver
from models.submission import Submission
from notifications.addressing import Addressee, Directory
from notifications.programme import ProgrammeSettings
from notifications.routing import routes_for
from review.reports.readiness import PASSED_GATES
from review.results import as_value, waiver_values, watched_verdict

AT_ONCE: Final = 500
"""Integrations whose results are read together."""

HEALS_WITHIN: Final = 30
"""Days that partners are taken to need to mend what fell, where too few have done so to tell."""
HEALED_AT_LEAST: Final = 10
"""Recoveries of which the median is believed."""


class Place(StrEnum):
    """Where an item stands in a gate's verdict."""

    HOLDS = "holds"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WAIVED = "waived"
    WARNED = "warned"
    SHADOW = "shadow"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An item of an integration that would stand elsewhere. `is_ahead`: of a gate it has still to pass."""

    slug: str
    name: str
    partner: str
    stage: IntegrationStage
    item: str
    title: str
    gate: GateName
    is_ahead: bool
    was: Place
    becomes: Place
    seen: str
    since: datetime | None
    """Since when what was kept says so; None where nothing was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InShadow:
    """An item that the draft runs and that decides nothing yet: how many would fail it if it counted."""

    item: str
    title: str
    until: date
    failed: int
    unknown: int
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Messages of one kind that would go out, and to how many people and groups."""

    event: EventName
    integrations: int
    recipients: int
    partners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """From which day the draft could be in force, and how that comes about, line by line."""

    day: date
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    at: datetime
    on: date
    """The day for which it was judged: the draft's first, or today when that is past."""
    before: str
    draft: str
    changes: tuple[Change, ...]
    live: int
    never_audited: int
    moved: tuple[Moved, ...]
    """What would fall first, then what nobody could tell, then what would hold."""
    shadows: tuple[InShadow, ...]
    proposed: tuple[str, ...]
    """Slugs whose graduation would be proposed, and is not by the rules of now."""
    no_longer_ready: tuple[str, ...]
    messages: tuple[Messages, ...]
    keep_theirs: Mapping[str, int]
    """Submissions under review by the version they keep."""
    suggested: Suggested

    @property
    def would_fall(self) -> Sequence[Moved]:
        """What holds now of what is already passed, and would fail."""
        return [one for one in self.moved if not one.is_ahead and one.becomes is Place.FAILED]

    @property
    def untold(self) -> Sequence[Moved]:
        """What only a new look could tell."""
        return [one for one in self.moved if not one.is_ahead and one.becomes is Place.UNKNOWN]

    @property
    def fallers(self) -> Sequence[str]:
        """Slugs of integrations of which something would fall, each once."""
        return list(dict.fromkeys(one.slug for one in self.would_fall))


@dataclass(frozen=True, slots=True)
class _Standing:
    """One integration under one rulebook: its gates' verdicts."""

    rulebook: Rulebook
    gates: Mapping[GateName, Verdict]
    found: Mapping[str, CheckResult]

    def place(self, item: str, gate: GateName) -> Place:
        said = self.gates[gate]
        for place in (Place.FAILED, Place.UNKNOWN, Place.WAIVED, Place.WARNED, Place.SHADOW):
            if item in getattr(said, place.value):
                return place
        return Place.HOLDS if item in self.found else Place.NOT_ASKED

    @property
    def is_ready(self) -> bool:
        return not any(self.gates[gate].failed or self.gates[gate].unknown for gate in GATES)


GATES: Final = (GateName.PUBLIC_BETA, GateName.PUBLIC)
ORDER: Final = (Place.FAILED, Place.UNKNOWN, Place.WAIVED, Place.WARNED, Place.SHADOW, Place.NOT_ASKED, Place.HOLDS)


def simulate(
    session: Session,
    draft: Rulebook,
    *,
    rulebook: Rulebook,
    programme: ProgrammeSettings,
    at: datetime,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Simulation:
    """What `draft` would change, were it in force in place of `rulebook`. `progress` hears how many are done of all."""
    on = max(draft.valid_from, at.date())
    ids = session.scalars(select(Integration.id).where(Integration.stage.in_(LIVE)).order_by(Integration.slug)).all()
    moved: list[Moved] = []
    shadows: dict[str, Counter[Place]] = defaultdict(Counter)
    audited = 0
    ready: dict[str, tuple[bool, bool]] = {}
    partner_of: dict[str, Integration] = {}
    for start in range(0, len(ids), AT_ONCE):
        for one, standing in _standings(session, ids[start : start + AT_ONCE], rulebook, draft, on, at):
            before, after = standing
            audited += one.integration.last_audited_at is not None
            moved += _moved(one, before, after)
            for item, place in _shadowed(one, after, on):
                shadows[item][place] += 1
            if one.integration.stage is IntegrationStage.PUBLIC_BETA:
                ready[one.integration.slug] = (before.is_ready, after.is_ready)
            partner_of[one.integration.slug] = one.integration
        progress(min(start + AT_ONCE, len(ids)), len(ids))
    moved.sort(key=lambda row: (row.is_ahead, ORDER.index(row.becomes), row.item, row.slug))
    proposed = tuple(slug for slug, (was, becomes) in ready.items() if becomes and not was)
    fallers = dict.fromkeys(row.slug for row in moved if not row.is_ahead and row.becomes is Place.FAILED)
    told = {
        EventName.REGRESSED: [partner_of[slug] for slug in fallers],
        EventName.GRADUATION_PROPOSED: [partner_of[slug] for slug in proposed],
    }
    return Simulation(
        at=at,
        on=on,
        before=rulebook.version,
        draft=draft.version,
        changes=diff(rulebook, draft),
        live=len(ids),
        never_audited=len(ids) - audited,
        moved=tuple(moved),
        shadows=tuple(_in_shadow(draft, shadows)),
        proposed=proposed,
        no_longer_ready=tuple(slug for slug, (was, becomes) in ready.items() if was and not becomes),
        messages=tuple(_messages(session, told, programme, at)),
        keep_theirs=_keep_theirs(session),
        suggested=suggested_day(
            draft,
            at=at,
            fallers=len(fallers),
            untold=any(row.becomes is Place.UNKNOWN for row in moved),
            days=_days_to_mend(session),
        ),
    )


def suggested_day(
    draft: Rulebook, *, at: datetime, fallers: int, untold: bool, days: tuple[float, int] | None
) -> Suggested:
    """The first day on which nobody is taken by surprise, with its arithmetic.

    `days` are the median days that partners took to mend what had fallen, and of how many; None when too few did.
    """
    today, lines, wait = at.date(), [], 0
    if untold:
        look = -(-draft.audit.interval_hours // 24)
        wait += look
        lines.append(f"{_days(look)} until an audit has looked at what nothing kept can tell")
    if fallers:
        mend = HEALS_WITHIN if days is None else max(1, round(days[0]))
        rests_on = (
            f"taken as partners need to mend something, while fewer than {HEALED_AT_LEAST} have"
            if days is None
            else f"which partners took to mend what fell, the median of {days[1]}"
        )
        wait += mend
        many = f"{fallers} integrations have" if fallers != 1 else "1 integration has"
        lines.append(f"{_days(mend)}, {rests_on}, because {many} something to mend")
    if not lines:
        lines.append("nothing falls and nothing is left to look at, so nobody has to wait")
    day = today + timedelta(days=max(wait, 1))
    if draft.valid_from > day:
        lines.append(f"the draft itself begins later, on {draft.valid_from}")
    return Suggested(day=max(day, draft.valid_from), because=tuple(lines))


@dataclass(frozen=True, slots=True)
class _One:
    integration: Integration
    judged_at: Mapping[str, datetime]

    @property
    def passed(self) -> frozenset[GateName]:
        return PASSED_GATES[self.integration.stage]


def _standings(
    session: Session, ids: Sequence[int], rulebook: Rulebook, draft: Rulebook, on: date, at: datetime
) -> Iterator[tuple[_One, tuple[_Standing, _Standing]]]:
    """Each integration as it stands under both rulebooks."""
    integrations = session.scalars(
        select(Integration)
        .where(Integration.id.in_(ids), Integration.listing.is_not(None))
        .options(joinedload(Integration.partner), selectinload(Integration.components))
        .order_by(Integration.slug)
    ).all()
    rows: dict[int, list[ItemResult]] = defaultdict(list)
    for row in session.scalars(
        select(ItemResult).where(
            ItemResult.integration_id.in_(ids),
            ItemResult.audit_run_id.is_not(None),
            ItemResult.superseded_at.is_(None),
        )
    ):
        rows[row.integration_id].append(row)
    waivers: dict[int, list[Waiver]] = defaultdict(list)
    for waiver in session.scalars(select(Waiver).where(Waiver.integration_id.in_(ids), Waiver.ended_at.is_(None))):
        waivers[waiver.integration_id].append(waiver)
    for integration in integrations:
        found = {row.item: as_value(row) for row in rows[integration.id]}
        dossier = Dossier.parse(integration.listing or {}, f"the listing of {integration.slug}")
        seen = Seen(dossier, rulebook, found)
        let = waiver_values(waivers[integration.id])
        before = _standing(seen, rulebook, let, on=at.date(), at=at)
        after = _standing(seen, draft, let, on=on, at=at)
        yield _One(integration, {row.item: row.judged_at for row in rows[integration.id]}), (before, after)


def _standing(seen: Seen, rules: Rulebook, let: Sequence[WaiverValue], *, on: date, at: datetime) -> _Standing:
    """Both rulebooks are judged in the same way, so that nothing but the rules makes a difference."""

    def said(gate: GateName, results: Iterable[CheckResult]) -> Verdict:
        return watched_verdict(rules, gate, seen.dossier.kinds, results, let, on=on)

    launched = judged_again(seen, _watched(rules, GateName.PUBLIC_BETA, seen.dossier), rules, at=at)
    launch = said(GateName.PUBLIC_BETA, launched)
    ahead = judged_again(seen, _watched(rules, GateName.PUBLIC, seen.dossier), rules, at=at, launch=launch)
    gates = {GateName.PUBLIC_BETA: launch, GateName.PUBLIC: said(GateName.PUBLIC, ahead)}
    return _Standing(rules, gates, {result.item: result for result in (*launched, *ahead)})


def _watched(rules: Rulebook, gate: GateName, dossier: Dossier) -> list[Item]:
    return [item for item in rules.items_of(gate, dossier.kinds) if item.live]


def _moved(one: _One, before: _Standing, after: _Standing) -> Iterator[Moved]:
    both = (before.rulebook, after.rulebook)
    items = {item.id: item for rules in both for item in rules.items if item.live and item.gate in GATES}
    for item in items.values():
        was, becomes = before.place(item.id, item.gate), after.place(item.id, item.gate)
        result = after.found.get(item.id)
        if was is becomes or (was is Place.NOT_ASKED and becomes is Place.HOLDS):
            continue
        yield Moved(
            slug=one.integration.slug,
            name=one.integration.name,
            partner=one.integration.partner.name,
            stage=one.integration.stage,
            item=item.id,
            title=item.title,
            gate=item.gate,
            is_ahead=item.gate not in one.passed,
            was=was,
            becomes=becomes,
            seen=result.summary if result is not None else "no longer asked",
            since=one.judged_at.get(item.id),
        )


def _shadowed(one: _One, after: _Standing, on: date) -> Iterator[tuple[str, Place]]:
    """What the items in shadow would be, of the gates that it has passed."""
    for item in after.rulebook.items:
        result = after.found.get(item.id)
        if result is not None and item.gate in one.passed and item.is_shadow(on):
            yield item.id, SHADOWED.get(result.outcome, Place.HOLDS)


SHADOWED: Final = {Outcome.FAILED: Place.FAILED, Outcome.UNKNOWN: Place.UNKNOWN}


def _in_shadow(draft: Rulebook, shadows: Mapping[str, Counter[Place]]) -> Iterator[InShadow]:
    for item in draft.items:
        counts = shadows.get(item.id)
        if counts is not None and item.shadow_until is not None:
            yield InShadow(
                item=item.id,
                title=item.title,
                until=item.shadow_until,
                failed=counts[Place.FAILED],
                unknown=counts[Place.UNKNOWN],
                of=counts.total(),
            )


def _messages(
    session: Session, told: Mapping[EventName, Sequence[Integration]], programme: ProgrammeSettings, at: datetime
) -> Iterator[Messages]:
    """Who would hear, by the routes and addresses that a real message goes by. No event is stored."""
    directory = Directory(session, programme)
    for name, integrations in told.items():
        if not integrations:
            continue
        recipients = 0
        for integration in integrations:
            event = Event(at=at, name=name.value, integration_id=integration.id, data={})
            heard = {_who(one) for route in routes_for(name, {}) for one in directory.addressees(route, event)}
            recipients += len(heard)
        partners = dict.fromkeys(integration.partner.name for integration in integrations)
        yield Messages(event=name, integrations=len(integrations), recipients=recipients, partners=tuple(partners))


def _who(one: Addressee) -> object:
    return one.person_id or (one.channel, one.recipient)


def _keep_theirs(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(Submission.rulebook, func.count().label("number"))
        .where(Submission.stage.in_(OPEN_SUBMISSION))
        .group_by(Submission.rulebook)
        .order_by(Submission.rulebook)
    )
    return {row.rulebook: row.number for row in rows}


def _days_to_mend(session: Session) -> tuple[float, int] | None:
    """Median days from a fall that was told to its recovery, and of how many; None when they are too few."""
    rows = session.execute(
        select(Event.integration_id, Event.name, Event.at)
        .where(Event.name.in_([EventName.REGRESSED.value, EventName.RECOVERED.value]))
        .order_by(Event.id)
    )
    fell: dict[int | None, datetime] = {}
    took: list[float] = []
    for integration_id, name, at in rows:
        if name == EventName.REGRESSED.value:
            fell.setdefault(integration_id, at)
        elif (since := fell.pop(integration_id, None)) is not None:
            took.append((at - since) / timedelta(days=1))
    return (median(took), len(took)) if len(took) >= HEALED_AT_LEAST else None


def _days(number: int) -> str:
    return f"{number} day{'s' if number != 1 else ''}"
