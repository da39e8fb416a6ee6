"""Tallies of promises as numbers and in words."""

from collections.abc import Collection
from typing import Final

from desk.reporting.presented import Document, rounded
from desk.words import counted
from review.reports.promises import Tally

COUNTS: Final = ("number", "met", "breached", "open", "open_past", "paused", "not_owed")


def counts(tally: Tally) -> Document:
    return {**{name: getattr(tally, name) for name in COUNTS}, "attainment_percent": rounded(tally.attainment)}


def kept(tallies: Collection[Tally]) -> str:
    """As in: 9 of 10 promises kept (90.0 %)."""
    met, settled = sum(tally.met for tally in tallies), sum(tally.settled for tally in tallies)
    return f"{met} of {counted(settled, 'promise')} kept ({100 * met / settled:.1f} %)" if settled else "none settled"
