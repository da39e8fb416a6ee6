"""The items of a gate by family: what was said of each, by whom, on which evidence, and what it means."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from checklist.outcome import Evidence
from checklist.rulebook import Item, Rulebook
from checklist.verdict import SKIPPED_BECAUSE, Verdict, settled
from desk.viewing.links import Address, excerpt
from desk.words import said
from models.enums import Outcome, ResultSource, Severity
from models.result import ItemResult, Waiver
from review.results import as_value, words_of_people


@dataclass(frozen=True, slots=True)
class Seen:
    """One thing that was looked at; `excerpt` is text as it was found there."""

    kind: str
    excerpt: str
    address: Address | None
    status: int | None
    at: datetime | None
    picture: str | None
    """The digest of how a browser showed it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a check, or a person by name, said of an item."""

    outcome: Outcome
    by: str
    summary: str
    expected: str
    fix: str
    revision: int
    judged_at: datetime
    expires_at: datetime | None
    expired: bool
    evidence: tuple[Seen, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemView:
    """`outcome` is None while nobody has looked. `holds_up` says that the gate waits for this item."""

    id: str
    title: str
    help: str
    outcome: Outcome | None
    summary: str
    words: tuple[Word, ...]
    marks: tuple[str, ...]
    waits_for: str
    shadow_until: date | None
    """The day from which it is asked; None for what is asked already."""
    holds_up: bool


@dataclass(frozen=True, slots=True)
class Family:
    title: str
    items: tuple[ItemView, ...]
    counts: tuple[tuple[str, int], ...]
    """Outcomes, the heaviest first, with how many items have each; "open" where nobody has looked."""


WEIGHT = ("failed", "unknown", "open", "warned", "passed", "not_applicable")


def families(
    rulebook: Rulebook,
    items: Iterable[Item],
    rows: Sequence[ItemResult],
    waivers: Iterable[Waiver],
    said_by_gate: Verdict | None,
    *,
    at: datetime,
) -> tuple[Family, ...]:
    """The items in the rulebook's order. Without a verdict nothing is marked as holding up a gate."""
    effective = settled(
        rulebook,
        [as_value(row) for row in rows if row.source is ResultSource.CHECK],
        words_of_people(rows, at),
    )
    outcomes = {item_id: result.outcome for item_id, result in effective.items()}
    skipped = {item_id: result.facts.get(SKIPPED_BECAUSE) for item_id, result in effective.items()}
    titles = {item.id: item.title for item in rulebook.items}
    waived = {waiver.item: waiver for waiver in waivers if waiver.ended_at is None and at.date() <= waiver.until}
    holding_up = {*said_by_gate.failed, *said_by_gate.unknown} if said_by_gate else set()
    views: dict[str, list[ItemView]] = {family: [] for family in rulebook.families}
    for item in items:
        words = tuple(_word(row, at) for row in rows if row.item == item.id)
        waits_for = skipped.get(item.id)
        views[item.family].append(
            ItemView(
                id=item.id,
                title=item.title,
                help=item.help,
                outcome=outcomes.get(item.id),
                summary=effective[item.id].summary if item.id in effective else "",
                words=words,
                marks=_marks(item, at, waived=item.id in waived),
                waits_for=titles.get(str(waits_for), str(waits_for)) if waits_for else "",
                shadow_until=item.shadow_until if item.is_shadow(at.date()) else None,
                holds_up=item.id in holding_up,
            )
        )
    return tuple(
        Family(rulebook.families[family], tuple(members), _counts(members))
        for family, members in views.items()
        if members
    )


def outcome_counts(shown: Iterable[Family]) -> Mapping[str, int]:
    """How many items have each outcome, the heaviest first."""
    counts: Counter[str] = Counter()
    for family in shown:
        counts.update(dict(family.counts))
    return {name: counts[name] for name in WEIGHT if counts[name]}


def _counts(items: Collection[ItemView]) -> tuple[tuple[str, int], ...]:
    counts = Counter(item.outcome.value if item.outcome else "open" for item in items)
    return tuple((name, counts[name]) for name in WEIGHT if counts[name])


def _marks(item: Item, at: datetime, *, waived: bool) -> tuple[str, ...]:
    marks = [] if item.severity is Severity.REQUIRED else [item.severity.value]
    marks += ["shadow"] if item.is_shadow(at.date()) else []
    marks += ["waived"] if waived else []
    return (*marks, said(item.mode))


def _word(row: ItemResult, at: datetime) -> Word:
    return Word(
        outcome=row.outcome,
        by=row.judged_by.name if row.judged_by is not None else "the check",
        summary=row.summary,
        expected=row.expected,
        fix=row.fix,
        revision=row.revision,
        judged_at=row.judged_at,
        expires_at=row.expires_at,
        expired=row.expires_at is not None and row.expires_at <= at,
        evidence=tuple(_seen(evidence) for evidence in as_value(row).evidence),
    )


def _seen(evidence: Evidence) -> Seen:
    return Seen(
        kind=evidence.kind,
        excerpt=excerpt(evidence.seen),
        address=Address.of(evidence.url) if evidence.url else None,
        status=evidence.status,
        at=evidence.at,
        picture=evidence.picture.digest if evidence.picture is not None else None,
    )
