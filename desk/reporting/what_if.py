"""What would have been under another policy, in its forms."""

from collections.abc import Mapping, Sequence
from typing import Final

from desk.reporting.presented import Document, hours
from desk.reporting.tallies import counts
from review.reports.what_if import Change, WhatIf

COLUMNS: Final = (
    "what_if_met",
    "what_if_breached",
    "what_if_open_past",
    "what_if_not_owed",
    "what_if_attainment_percent",
)
NO_CELLS: Final[Document] = dict.fromkeys(COLUMNS)
"""Of what the other policy does not concern."""


def document(report: WhatIf, supposed: Sequence[str]) -> Document:
    return {
        "supposed": list(supposed),
        "targets": [
            {
                "target": target.target.value,
                **_change(target.change),
                "cohorts": [{"month": month, **_change(change)} for month, change in target.cohorts],
            }
            for target in report.targets
        ],
        "open_past": [
            {
                "submission": one.submission_id,
                "integration": one.slug,
                "target": one.target.value,
                "used_hours": hours(one.used_seconds),
                "target_hours": hours(one.target_seconds),
            }
            for one in report.open_past
        ],
    }


def cells(told: Document) -> Mapping[tuple[str, str], Document]:
    """The cells of COLUMNS, by target and month; the month `all` for all of them."""
    return {
        (target["target"], month["month"]): {name: month["would_be"][name.removeprefix("what_if_")] for name in COLUMNS}
        for target in told["targets"]
        for month in ({**target, "month": "all"}, *target["cohorts"])
    }


def _change(change: Change) -> Document:
    return {
        "was": counts(change.was),
        "would_be": counts(change.would_be),
        "met_to_missed": change.met_to_missed,
        "missed_to_met": change.missed_to_met,
        "would_be_past": change.would_be_past,
        "would_be_in_time": change.would_be_in_time,
    }
