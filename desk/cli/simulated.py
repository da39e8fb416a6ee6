"""A simulation of a draft of the rules, in words and as JSON."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from desk.cli.differences import change_in_words, changes_as_document
from desk.cli.writing import instant, table
from desk.words import counted
from review.simulating import Moved, Place, Simulation

SHOWN = 20
"""Rows of a list in words; JSON has them all."""


def in_words(found: Simulation) -> Iterator[str]:
    """The answer first: who would fail what, then what rests on it."""
    yield (
        f"{found.draft} in place of {found.before}, as of {found.on}: {counted(found.live, 'live integration')}, "
        f"told from what their audits kept; nobody was asked, and nothing is written"
    )
    if found.never_audited:
        yield f"no audit has looked at {found.never_audited} of them yet: only what their listing says is known"
    yield f"\nWhat changes in the rules: {counted(len(found.changes), 'difference')}"
    yield from (f"  {change_in_words(change)}" for change in found.changes[:SHOWN])
    yield from _left_out(found.changes)
    yield f"\nWould fall: {counted(len(found.fallers), 'integration')}"
    yield from _by_item(found.would_fall)
    yield from _rows(found.would_fall)
    if found.untold:
        yield f"\nOnly a new look can tell: {counted(len({row.slug for row in found.untold}), 'integration')}"
        yield from _by_item(found.untold)
    better = [row for row in found.moved if not row.is_ahead and row.becomes not in {Place.FAILED, Place.UNKNOWN}]
    if better:
        yield f"\nElsewhere, and nothing falls by it: {counted(len(better), 'item')}"
        yield from _by_item(better)
    if found.shadows:
        yield "\nIn shadow: run and shown, deciding nothing until the day"
        yield from table(
            ("item", "counts from", "would fail", "could not tell", "of"),
            [(row.item, row.until.isoformat(), row.failed, row.unknown, row.of) for row in found.shadows],
        )
    yield "\nThe way to Public"
    yield f"  {counted(len(found.proposed), 'graduation')} would be proposed that the rules of now don't propose"
    yield f"  {counted(len(found.no_longer_ready), 'integration')} would no longer be ready"
    ahead = [row for row in found.moved if row.is_ahead]
    yield from _by_item(ahead)
    yield "\nMessages that would go out"
    if not found.messages:
        yield "  none"
    for row in found.messages:
        yield f"  {row.event.value}: about {counted(row.integrations, 'integration')}, to {row.recipients} recipients"
    for version, number in found.keep_theirs.items():
        yield f"\n{counted(number, 'submission')} under review keep {version}"
    yield f"\nSuggested: in force from {found.suggested.day}"
    yield from (f"  {line}" for line in found.suggested.because)


def as_document(found: Simulation) -> dict[str, Any]:
    return {
        "draft": found.draft,
        "rulebook": found.before,
        "on": found.on.isoformat(),
        "at": instant(found.at),
        "live": found.live,
        "never_audited": found.never_audited,
        "changes": changes_as_document(found.changes),
        "would_fail": [_row(row) for row in found.would_fall],
        "would_be_unknown": [_row(row) for row in found.untold],
        "moved": [_row(row) for row in found.moved],
        "shadow": [
            {
                "item": row.item,
                "title": row.title,
                "until": row.until.isoformat(),
                "failed": row.failed,
                "unknown": row.unknown,
                "of": row.of,
            }
            for row in found.shadows
        ],
        "graduations": {"proposed": list(found.proposed), "no_longer_ready": list(found.no_longer_ready)},
        "messages": [
            {
                "event": row.event.value,
                "integrations": row.integrations,
                "recipients": row.recipients,
                "partners": list(row.partners),
            }
            for row in found.messages
        ],
        "submissions_keep": dict(found.keep_theirs),
        "suggested": {"from": found.suggested.day.isoformat(), "because": list(found.suggested.because)},
    }


def _row(row: Moved) -> dict[str, Any]:
    return {
        "integration": row.slug,
        "name": row.name,
        "partner": row.partner,
        "stage": row.stage.value,
        "item": row.item,
        "title": row.title,
        "gate": row.gate.value,
        "is_ahead": row.is_ahead,
        "was": row.was.value,
        "becomes": row.becomes.value,
        "seen": row.seen,
        "since": instant(row.since) if row.since is not None else None,
    }


def _by_item(rows: Sequence[Moved]) -> Iterator[str]:
    counts = Counter((row.item, row.was, row.becomes) for row in rows)
    for (item, was, becomes), number in counts.most_common():
        yield f"  {number:>5}  {item}: {was.value.replace('_', ' ')} -> {becomes.value.replace('_', ' ')}"


def _rows(rows: Sequence[Moved]) -> Iterator[str]:
    if not rows:
        return
    yield from table(
        ("integration", "stage", "item", "since", "what was seen"),
        [
            (row.slug, row.stage.value, row.item, row.since.date().isoformat() if row.since else "", row.seen[:80])
            for row in rows[:SHOWN]
        ],
    )
    yield from _left_out(rows)


def _left_out(rows: Sequence[object]) -> Iterator[str]:
    if len(rows) > SHOWN:
        yield f"  and {len(rows) - SHOWN} more; --json has them all"
