"""Readiness by partner and by age in Public Beta: how many of each group hold."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import datetime
from itertools import pairwise
from typing import Final, TypeVar

from desk.reporting.presented import Document, rounded
from models.enums import AuditGrade, IntegrationStage
from review.reports.dwell import DAYS_UNTIL
from review.reports.readiness import LiveLine

Key = TypeVar("Key", bound=Hashable)

BUCKETS: Final = tuple(pairwise((0, *DAYS_UNTIL, None)))


def by_partner(lines: Collection[LiveLine]) -> list[Document]:
    """Most that does not hold first."""
    rows = [{"partner": partner, **_counts(few)} for partner, few in _grouped(lines, lambda line: line.partner).items()]
    return sorted(rows, key=lambda row: (row["holding"] - row["live"], -row["live"], row["partner"].casefold()))


def by_age(lines: Collection[LiveLine], at: datetime) -> list[Document]:
    """Of what is in Public Beta, the youngest first; a bucket without any has zeros."""
    beta = [line for line in lines if line.stage is IntegrationStage.PUBLIC_BETA]
    groups = _grouped(beta, lambda line: _bucket((at - line.since).days))
    return [{"from_days": low, "to_days": high, **_counts(groups.get((low, high), []))} for low, high in BUCKETS]


def _bucket(days: int) -> tuple[int | None, int | None]:
    return next((low, high) for low, high in BUCKETS if high is None or days < high)


def _grouped(lines: Collection[LiveLine], key: Callable[[LiveLine], Key]) -> Mapping[Key, list[LiveLine]]:
    groups: dict[Key, list[LiveLine]] = defaultdict(list)
    for line in lines:
        groups[key(line)].append(line)
    return groups


def _counts(lines: Collection[LiveLine]) -> Document:
    holding = sum(line.grade is AuditGrade.HOLDS for line in lines)
    return {
        "live": len(lines),
        "holding": holding,
        "failing": sum(bool(line.failed) for line in lines),
        "never_audited": sum(line.grade is None for line in lines),
        "holding_percent": rounded(100 * holding / len(lines)) if lines else None,
    }
