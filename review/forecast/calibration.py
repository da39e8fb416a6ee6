"""How far the chances of a breach may be trusted: what was said of past clocks beside what came. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from review.forecast.backtest import Prediction

CLOCKS_AT_LEAST: Final = 30
"""With fewer clocks the scores say more of luck than of the predictions."""

STEPS: Final = 10
"""Rows of the reliability table, without the empty ones: chances from 0 to 10 %, from 10 to 20 %, and so on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Predictions from `low` to below `high` (the last row: to 1): their mean, and the share that was breached.

    The closer these two, the better.
    """

    low: float
    high: float
    number: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Predictions of so many clocks, scored.

    `brier` is the mean square of what was said (from 0 to 1) less what came (0 or 1): 0 is perfect, always saying
    50 % scores 0.25. `reference` is the score of always saying the share breached until then. `skill` is the part of
    the reference's score that is saved: 1 is perfect, 0 no better, below 0 worse.
    """

    predictions: int
    clocks: int
    untold: int
    """Beside those: moments at which too little was known to say anything."""
    brier: float
    reference: float
    skill: float
    table: tuple[Reliability, ...]


def calibration(predictions: Iterable[Prediction]) -> Calibration | None:
    """None with fewer than `CLOCKS_AT_LEAST` clocks of which something could be said."""
    said: list[tuple[float, Prediction]] = []
    untold = 0
    for prediction in predictions:
        if prediction.probability is None:
            untold += 1
        else:
            said.append((prediction.probability, prediction))
    clocks = len({prediction.clock_id for _, prediction in said})
    if clocks < CLOCKS_AT_LEAST:
        return None
    brier = _mean([(probability - prediction.breached) ** 2 for probability, prediction in said])
    reference = _mean([(prediction.base_rate - prediction.breached) ** 2 for _, prediction in said])
    return Calibration(
        predictions=len(said),
        clocks=clocks,
        untold=untold,
        brier=brier,
        reference=reference,
        skill=1 - brier / reference,
        table=_table([(probability, prediction.breached) for probability, prediction in said]),
    )


def _table(said: Sequence[tuple[float, bool]]) -> tuple[Reliability, ...]:
    rows: list[list[tuple[float, bool]]] = [[] for _ in range(STEPS)]
    for probability, breached in said:
        rows[min(int(probability * STEPS), STEPS - 1)].append((probability, breached))
    return tuple(
        Reliability(
            low=step / STEPS,
            high=(step + 1) / STEPS,
            number=len(row),
            predicted=_mean([probability for probability, _ in row]),
            observed=_mean([breached for _, breached in row]),
        )
        for step, row in enumerate(rows)
        if row
    )


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers)
