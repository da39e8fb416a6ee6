"""Which reports there are, and how each is counted from the tables; shared by whoever shows them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from desk.reporting import drift as drift_form
from desk.reporting import dwell as dwell_form
from desk.reporting import forecast as forecast_form
from desk.reporting import graduation as graduation_form
from desk.reporting import heatmap as heatmap_form
from desk.reporting import history as history_form
from desk.reporting import pauses as pauses_form
from desk.reporting import readiness as readiness_form
from desk.reporting import sla as sla_form
from desk.reporting.presented import Presented
from review.past.live import LiveState
from review.reports.drift import drift as count_drift
from review.reports.dwell import dwell as count_dwell
from review.reports.forecast import BUSINESS_DAYS_AHEAD
from review.reports.forecast import forecast as foresee
from review.reports.graduation import graduation as count_graduation
from review.reports.heatmap import heatmap as count_heatmap
from review.reports.history import history as count_history
from review.reports.pauses import pauses as note_pauses
from review.reports.period import EVER, Period
from review.reports.promises import promises
from review.reports.readiness import readiness as count_readiness
from review.reports.sla import sla as count_sla
from review.reports.what_if import Supposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a report is asked. `what_if` are the words of which `supposed` was read."""

    at: datetime
    rulebook: Rulebook
    past: bool = False
    """Whether `at` is an instant of the past, to be looked at as it was then."""
    period: Period = EVER
    supposed: Supposed | None = None
    what_if: Sequence[str] = ()
    business_days: float = BUSINESS_DAYS_AHEAD
    reviewers: int | None = None
    seed: int = 0
    lacking: str = ""
    sort: str = ""
    live: LiveState | None = None
    """As it stands now, for who asks for several reports in one transaction."""


def _sla(session: Session, asked: Asked) -> Presented:
    report = count_sla(session, at=asked.at, period=asked.period, supposed=asked.supposed, as_of_then=asked.past)
    return sla_form.present(report, supposed=asked.what_if)


def _forecast(session: Session, asked: Asked) -> Presented:
    return forecast_form.present(
        foresee(
            session,
            at=asked.at,
            business_days=asked.business_days,
            reviewers=asked.reviewers,
            seed=asked.seed,
            past=asked.past,
        )
    )


def _pauses(session: Session, asked: Asked) -> Presented:
    report = note_pauses(session, promises(session, at=asked.at, past=asked.past), at=asked.at, period=asked.period)
    return pauses_form.present(report, period=asked.period, at=asked.at)


def _readiness(session: Session, asked: Asked) -> Presented:
    report = count_readiness(session, rulebook=asked.rulebook, at=asked.at, past=asked.past, live=asked.live)
    return readiness_form.present(report)


def _graduation(session: Session, asked: Asked) -> Presented:
    report = count_graduation(session, rulebook=asked.rulebook, at=asked.at, past=asked.past, live=asked.live)
    return graduation_form.present(report, lacking=asked.lacking, sort=asked.sort)


def _heatmap(session: Session, asked: Asked) -> Presented:
    return heatmap_form.present(count_heatmap(session, rulebook=asked.rulebook, at=asked.at, past=asked.past))


def _pareto(session: Session, asked: Asked) -> Presented:
    return heatmap_form.present_pareto(count_heatmap(session, rulebook=asked.rulebook, at=asked.at, past=asked.past))


def _drift(session: Session, asked: Asked) -> Presented:
    return drift_form.present(count_drift(session, rulebook=asked.rulebook, at=asked.at, past=asked.past))


def _dwell(session: Session, asked: Asked) -> Presented:
    return dwell_form.present(count_dwell(session, at=asked.at))


def _history(session: Session, asked: Asked) -> Presented:
    return history_form.present(count_history(session, at=asked.at))


REPORTS: Final[Mapping[str, Callable[[Session, Asked], Presented]]] = {
    "readiness": _readiness,
    "graduation": _graduation,
    "heatmap": _heatmap,
    "pareto": _pareto,
    "drift": _drift,
    "dwell": _dwell,
    "sla": _sla,
    "forecast": _forecast,
    "pauses": _pauses,
    "history": _history,
}
"""By the name that the command line and addresses use."""
