"""The days a report is asked about, as people type them."""

from datetime import date

from desk.cli.errors import InputWrong
from review.reports.period import Period


def period_of(since: str | None, until: str | None, *, option: str = "") -> Period:
    """InputWrong for what is no day, or ends before it begins. `option` stands before the names: "--" on a terminal."""
    period = Period(since=_day(f"{option}since", since), until=_day(f"{option}until", until))
    if period.since is not None and period.until is not None and period.until < period.since:
        raise InputWrong(f"{option}until {until}: expected a day at or after {option}since {since}")
    return period


def _day(name: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise InputWrong(f"{name} {text!r}: expected a day, as in 2026-10-01") from None
