"""Each item of a submission as its partner reads it: what a check saw, what is expected, how to mend it.

What a person of the team wrote about an item is their own note: the partner reads that somebody looked, and how it
came out.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from checklist.verdict import SKIPPED_BECAUSE, settled
from desk.viewing.links import Address
from models.enums import Outcome, ResultSource, Severity
from models.result import ItemResult, Waiver
from review.results import as_value, words_of_people


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnItem:
    """`outcome` is None while nobody has looked; `address` is what the check looked at."""

    id: str
    title: str
    help: str
    outcome: Outcome | None
    seen: str
    expected: str
    fix: str
    address: Address | None
    by_person: bool
    required: bool
    shadow_until: date | None
    waived_until: date | None
    waits_for: str


@dataclass(frozen=True, slots=True)
class OwnFamily:
    title: str
    items: tuple[OwnItem, ...]


def own_families(
    rulebook: Rulebook,
    items: Iterable[Item],
    rows: Collection[ItemResult],
    waivers: Iterable[Waiver],
    *,
    at: datetime,
) -> tuple[OwnFamily, ...]:
    """The items in the rulebook's order, by family."""
    checks = {row.item: as_value(row) for row in rows if row.source is ResultSource.CHECK}
    people = {result.item: result for result in words_of_people(rows, at)}
    effective = settled(rulebook, list(checks.values()), list(people.values()))
    until = {waiver.item: waiver.until for waiver in waivers if at.date() <= waiver.until}
    titles = {item.id: item.title for item in rulebook.items}
    found: dict[str, list[OwnItem]] = {family: [] for family in rulebook.families}
    for item in items:
        found[item.family].append(_own(item, effective, checks, people, titles, until.get(item.id), at))
    return tuple(OwnFamily(rulebook.families[name], tuple(members)) for name, members in found.items() if members)


def _own(
    item: Item,
    effective: Mapping[str, CheckResult],
    checks: Mapping[str, CheckResult],
    people: Mapping[str, CheckResult],
    titles: Mapping[str, str],
    waived_until: date | None,
    at: datetime,
) -> OwnItem:
    said, checked = effective.get(item.id), checks.get(item.id)
    outcome = said.outcome if said is not None else None
    by_person = item.id in people
    # A check's words beside a person's other outcome would contradict it.
    told = checked if checked is not None and (not by_person or checked.outcome is outcome) else None
    skipped = said.facts.get(SKIPPED_BECAUSE) if said is not None else None
    looked_at = next((evidence.url for evidence in told.evidence if evidence.url), "") if told is not None else ""
    return OwnItem(
        id=item.id,
        title=item.title,
        help=item.help,
        outcome=outcome,
        seen=told.summary if told is not None else "",
        expected=told.expected if told is not None else "",
        fix=(told.fix if told is not None else "") or (item.help if outcome is Outcome.FAILED else ""),
        address=Address.of(looked_at) if looked_at else None,
        by_person=by_person,
        required=item.severity is Severity.REQUIRED,
        shadow_until=item.shadow_until if item.is_shadow(at.date()) else None,
        waived_until=waived_until,
        waits_for=titles.get(str(skipped), "") if skipped else "",
    )
