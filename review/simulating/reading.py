"""What a simulation looks at, read in batches: live integrations and submissions under way, with what is stored."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from checklist.dossier import Dossier
from checklist.outcome import CheckResult, Evidence
from checklist.recalling import Found
from checklist.rulebook import Item, Rulebook, RulebookUnknown
from checklist.verdict import Waiver as WaiverValue
from models.audit import AuditEntry, AuditRun
from models.enums import LIVE, QUEUED_SUBMISSION, AuditGrade, ComponentKind, ResultSource, SubmissionStage
from models.integration import Integration
from models.result import ItemResult, Waiver
from models.submission import Submission
from review.results import waiver_values, words_of_people

BATCH: Final = 500
"""Integrations whose results are in memory at once."""

Cut = TypeVar("Cut")

MATTERS_WHEN: Final = frozenset({"customers.active"})
"""Checks for which it counts how old what they looked at was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """A live integration with what is stored of it. `document` reads its listing."""

    integration: Integration
    kinds: frozenset[ComponentKind]
    found: Mapping[str, Found]
    waivers: tuple[WaiverValue, ...]
    grade: AuditGrade | None
    document: Callable[[], Dossier | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRow:
    """A submission under way, with what was found of it and what people have said."""

    submission: Submission
    dossier: Dossier
    found: Mapping[str, Found]
    waivers: tuple[WaiverValue, ...]
    words: tuple[CheckResult, ...]


class _Books:
    """The versions that results were judged under, with their items by id."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Rulebook, dict[str, Item]] | None] = {}

    def __getitem__(self, version: str) -> tuple[Rulebook, dict[str, Item]] | None:
        """None for a version that is not there any more: nobody knows what it asked."""
        if version not in self._known:
            try:
                book = Rulebook.load(version)
            except RulebookUnknown:
                self._known[version] = None
            else:
                self._known[version] = (book, {item.id: item for item in book.items})
        return self._known[version]

    def having(self, versions: Iterable[str], checks: Collection[str]) -> set[str]:
        """Items of these versions that one of the checks decides."""
        books = [known[0] for version in set(versions) if (known := self[version]) is not None]
        return {item.id for book in books for item in book.items if item.check in checks}

    def found(self, version: str, values: Sequence[Any], seen_at: datetime | None = None) -> dict[str, Found]:
        """What was found under an item that its version knows; another is nobody's any more."""
        name, outcome, summary, facts, judged_at = values
        known = self[version]
        if known is None or name not in known[1]:
            return {}
        evidence = () if seen_at is None else (Evidence("source", "", at=seen_at),)
        result = CheckResult(name, outcome, summary, evidence=evidence, facts=facts)
        return {name: Found(result, known[1][name], known[0], judged_at)}


def live_ids(session: Session) -> list[int]:
    return list(session.scalars(select(Integration.id).where(Integration.stage.in_(LIVE)).order_by(Integration.slug)))


def live_rows(session: Session, ids: Sequence[int], newly_live: Collection[str]) -> Iterator[list[LiveRow]]:
    """Batches of what is live. `newly_live` are items that audits do not look at yet: a review may have."""
    books = _Books()
    for batch in _cut(ids):
        yield _live_batch(session, batch, newly_live, books)


def open_rows(session: Session, at: datetime) -> Iterator[OpenRow]:
    """Submissions that wait for somebody."""
    submissions = session.scalars(
        select(Submission)
        .where(Submission.stage.in_(QUEUED_SUBMISSION))
        .join(Submission.integration)
        .options(contains_eager(Submission.integration).joinedload(Integration.partner))
        .order_by(Submission.id)
    ).all()
    books = _Books()
    for batch in _cut(submissions):
        rows: dict[int | None, list[ItemResult]] = defaultdict(list)
        ids = [submission.id for submission in batch]
        for row in session.scalars(
            select(ItemResult).where(ItemResult.submission_id.in_(ids), ItemResult.superseded_at.is_(None))
        ):
            rows[row.submission_id].append(row)
        waivers = _waivers(session, [submission.integration_id for submission in batch])
        for submission in batch:
            mine = rows[submission.id]
            found: dict[str, Found] = {}
            for row in mine:
                if row.source is ResultSource.CHECK:
                    values = (row.item, row.outcome, row.summary, row.facts, row.judged_at)
                    found |= books.found(submission.rulebook, values, _seen_at(row.evidence))
            yield OpenRow(
                submission=submission,
                dossier=Dossier.parse(submission.document, f"submission {submission.id}"),
                found=found,
                waivers=waivers.get(submission.integration_id, ()),
                words=tuple(words_of_people(mine, at)),
            )


def _live_batch(session: Session, ids: Sequence[int], newly_live: Collection[str], books: _Books) -> list[LiveRow]:
    integrations = session.scalars(
        select(Integration)
        .where(Integration.id.in_(ids))
        .options(joinedload(Integration.partner), selectinload(Integration.components))
        .order_by(Integration.slug)
    ).all()
    last = _last_looks(session, ids)
    waivers = _waivers(session, ids)
    found = _found(session, ids, {number: look[0] for number, look in last.items()}, newly_live, books)
    return [
        LiveRow(
            integration=one,
            kinds=frozenset(component.kind for component in one.components),
            found=found[one.id],
            waivers=waivers.get(one.id, ()),
            grade=last[one.id][1] if one.id in last else None,
            document=_document_of(one.slug, one.listing),
        )
        for one in integrations
    ]


def _document_of(slug: str, listing: Mapping[str, Any] | None) -> Callable[[], Dossier | None]:
    @cache
    def document() -> Dossier | None:
        return None if listing is None else Dossier.parse(listing, f"the listing of {slug}")

    return document


def _last_looks(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, AuditGrade | None]]:
    """The version and the grade of each integration's last audit."""
    rows = session.execute(
        select(AuditEntry.integration_id, AuditRun.rulebook, AuditEntry.grade)
        .join(AuditRun, AuditRun.id == AuditEntry.audit_run_id)
        .join(Integration, Integration.id == AuditEntry.integration_id)
        .where(AuditEntry.integration_id.in_(ids), AuditEntry.done_at == Integration.last_audited_at)
        .order_by(AuditEntry.audit_run_id)
    )
    return {number: (version, grade) for number, version, grade in rows}


def _found(
    session: Session, ids: Sequence[int], versions: Mapping[int, str], newly_live: Collection[str], books: _Books
) -> dict[int, dict[str, Found]]:
    """What audits found, and of what they do not look at what the last approved review did."""
    found: dict[int, dict[str, Found]] = defaultdict(dict)
    columns = (
        ItemResult.integration_id,
        ItemResult.item,
        ItemResult.outcome,
        ItemResult.summary,
        ItemResult.facts,
        ItemResult.judged_at,
    )
    if newly_live:
        reviewed = session.execute(
            select(*columns, Submission.rulebook)
            .join(Submission, Submission.id == ItemResult.submission_id)
            .where(
                ItemResult.integration_id.in_(ids),
                ItemResult.item.in_(newly_live),
                ItemResult.source == ResultSource.CHECK,
                ItemResult.superseded_at.is_(None),
                Submission.stage == SubmissionStage.APPROVED,
            )
            .order_by(Submission.id)
        )
        for number, *values, version in reviewed:
            found[number] |= books.found(version, values)
    dated = _dated(session, ids, books.having(versions.values(), MATTERS_WHEN))
    audited = session.execute(
        select(*columns).where(
            ItemResult.integration_id.in_(ids),
            ItemResult.audit_run_id.is_not(None),
            ItemResult.superseded_at.is_(None),
        )
    )
    for number, *values in audited:
        if number in versions:
            found[number] |= books.found(versions[number], values, dated.get((number, values[0])))
    return found


def _dated(session: Session, ids: Sequence[int], items: Collection[str]) -> dict[tuple[int, str], datetime]:
    """How old what was looked at is, where that counts; evidence is large, so only of those items."""
    rows = session.execute(
        select(ItemResult.integration_id, ItemResult.item, ItemResult.evidence).where(
            ItemResult.integration_id.in_(ids),
            ItemResult.item.in_(items),
            ItemResult.audit_run_id.is_not(None),
            ItemResult.superseded_at.is_(None),
        )
    )
    return {(number, item): seen for number, item, evidence in rows if (seen := _seen_at(evidence)) is not None}


def _seen_at(evidence: Sequence[Mapping[str, Any]]) -> datetime | None:
    return next((datetime.fromisoformat(entry["at"]) for entry in evidence if "at" in entry), None)


def _cut(rows: Sequence[Cut]) -> Iterator[Sequence[Cut]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _waivers(session: Session, ids: Sequence[int]) -> dict[int, tuple[WaiverValue, ...]]:
    rows = defaultdict(list)
    for row in session.scalars(select(Waiver).where(Waiver.integration_id.in_(ids), Waiver.ended_at.is_(None))):
        rows[row.integration_id].append(row)
    return {number: tuple(waiver_values(mine)) for number, mine in rows.items()}
