"""The forecast, in its forms: what will be late, what one more reviewer would change, and how far to trust it."""

from collections.abc import Iterator
from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, hours, percent, rounded
from desk.words import counted
from review.forecast.backtest import CHECKPOINTS
from review.forecast.calibration import CLOCKS_AT_LEAST, Calibration
from review.forecast.chance import COMPARABLE_AT_LEAST, Basis
from review.forecast.simulation import GAPS_AT_LEAST, Outlook, QueueForecast, Spread
from review.reports.forecast import ClockForecast, ForecastReport

COLUMNS: Final = (
    "submission",
    "integration",
    "target",
    "paused",
    "used_percent",
    "chance_percent",
    "chance_low_percent",
    "chance_high_percent",
    "comparable",
    "basis",
    "earliest_at",
    "latest_at",
    "queue_percent",
    "queue_percent_with_one_more",
)

RESTS_ON: Final = {
    Basis.SAME_KIND.value: "of its kind",
    Basis.ALL_KINDS.value: "of every kind",
    Basis.BREACHED.value: "late already",
}


def present(report: ForecastReport) -> Presented:
    document = _document(report)
    return Presented(
        title="What will probably be late",
        document=document,
        headline=headline(document),
        lines=list(_lines(document)),
        sheet_columns=COLUMNS,
        sheet=document["clocks"],
        page="forecast.html",
    )


def headline(document: Document) -> str:
    """As in "by 2026-11-26 14 more will be late (9 to 18); with one more reviewer 7 (4 to 10)"."""
    queue = document["queue"]
    if queue is None:
        return (
            f"{counted(len(document['clocks']), 'open promise')}; too few answers were given lately to foresee the "
            f"queue ({document['answers']}, and {GAPS_AT_LEAST} gaps between answers of one person are needed)"
        )
    now, one_more = queue["as_it_is"]["open_now"], queue["with_one_more"]["open_now"]
    already = f"; {queue['already']} are late already" if queue["already"] else ""
    return (
        f"by {day_of(document['until'])} probably {_spread(now)} of what is open will be late with "
        f"{counted(queue['as_it_is']['reviewers'], 'reviewer')}, {_spread(one_more)} with one more{already}"
    )


def day_of(written: str | None) -> str:
    """Day and minute in UTC of an instant as the contract has it."""
    return "" if written is None else f"{written[:16].replace('T', ' ')} UTC"


def rests_on(clock: Document) -> str:
    """What a chance rests on, in words."""
    if clock["basis"] == Basis.BREACHED.value:
        return RESTS_ON[clock["basis"]]
    if clock["chance_percent"] is None:
        return f"can't be told: only {clock['comparable']} to compare with, {COMPARABLE_AT_LEAST} are needed"
    return f"{clock['comparable']} {RESTS_ON[clock['basis']]}"


def between(clock: Document) -> str:
    """Between when and when the answer probably comes, in words."""
    if clock["paused"]:
        return "counts on from the partner's answer"
    if clock["earliest_at"] is None:
        return "can't be told yet"
    if clock["latest_at"] is None:
        return f"not before {day_of(clock['earliest_at'])}"
    return f"{day_of(clock['earliest_at'])} to {day_of(clock['latest_at'])}"


def trusted(scored: Document | None) -> str:
    """How far the chances could be trusted until now, in a sentence."""
    if scored is None:
        return (
            f"How good these chances are can't be told yet: fewer than {CLOCKS_AT_LEAST} past clocks could be scored."
        )
    worth = "better" if scored["skill"] > 0 else "no better"
    return (
        f"Brier score {scored['brier']:.3f} over {counted(scored['clocks'], 'past clock')} (0 is perfect); always "
        f"saying the share that was late until then scores {scored['reference']:.3f}, so the chances are {worth}."
    )


def _document(report: ForecastReport) -> Document:
    in_queue = {} if report.queue is None else {item.id: item for item in report.queue.items}
    clocks = [_clock(clock) for clock in report.clocks]
    for clock in clocks:
        item = in_queue.get(clock["submission"])
        clock["queue_percent"] = None if item is None else rounded(100 * item.probability)
        clock["queue_percent_with_one_more"] = None if item is None else rounded(100 * item.with_one_more)
    return {
        "report": "forecast",
        "at": instant(report.at),
        "until": instant(report.until),
        "business_days": report.business_days,
        "answers": report.answers,
        "reviewers": report.reviewers,
        "queue": None if report.queue is None else _queue(report.queue),
        "clocks": clocks,
        "calibration": None if report.calibration is None else _calibration(report.calibration),
    }


def _clock(clock: ClockForecast) -> Document:
    chance, outlook = clock.outlook.chance, clock.outlook
    return {
        "submission": clock.submission_id,
        "integration": clock.slug,
        "target": clock.target.value,
        "paused": clock.paused,
        "used_percent": rounded(clock.used_percent),
        "chance_percent": _percent(chance.probability),
        "chance_low_percent": _percent(chance.low),
        "chance_high_percent": _percent(chance.high),
        "comparable": chance.comparable,
        "basis": chance.basis.value,
        "earliest_at": instant(outlook.earliest_at),
        "latest_at": instant(outlook.latest_at),
    }


def _queue(queue: QueueForecast) -> Document:
    return {
        "hours": hours(queue.horizon_seconds),
        "runs": queue.runs,
        "already": queue.already,
        "as_it_is": _outlook(queue.as_it_is),
        "with_one_more": _outlook(queue.with_one_more),
        "spared": _numbers(queue.spared),
    }


def _outlook(outlook: Outlook) -> Document:
    return {
        "reviewers": outlook.reviewers,
        "open_now": _numbers(outlook.open_now),
        "coming_in": _numbers(outlook.coming_in),
    }


def _numbers(spread: Spread) -> Document:
    return {"median": spread.median, "low": spread.low, "high": spread.high}


def _calibration(scored: Calibration) -> Document:
    return {
        "clocks": scored.clocks,
        "predictions": scored.predictions,
        "untold": scored.untold,
        "checkpoints_percent": [100 * share for share in CHECKPOINTS],
        "brier": round(scored.brier, 4),
        "reference": round(scored.reference, 4),
        "skill": round(scored.skill, 4),
        "table": [
            {
                "from_percent": rounded(100 * row.low),
                "to_percent": rounded(100 * row.high),
                "number": row.number,
                "predicted_percent": rounded(100 * row.predicted),
                "observed_percent": rounded(100 * row.observed),
            }
            for row in scored.table
        ],
    }


def _percent(share: float | None) -> float | None:
    return None if share is None else rounded(100 * share)


def _spread(numbers: Document) -> str:
    """As in "14 (9 to 18)"."""
    return f"{numbers['median']} ({numbers['low']} to {numbers['high']})"


def _lines(document: Document) -> Iterator[str]:
    if document["queue"] is not None:
        scenarios = [document["queue"][name] for name in ("as_it_is", "with_one_more")]
        rows = [(one["reviewers"], _spread(one["open_now"]), _spread(one["coming_in"])) for one in scenarios]
        yield ""
        yield from table(("reviewers", "late of what is open", "late of what comes in"), rows)
    if document["clocks"]:
        yield ""
        head = ("submission", "integration", "target", "used", "late with", "rests on", "answer between")
        yield from table(head, [_row(clock) for clock in document["clocks"]])
    yield ""
    yield trusted(document["calibration"])
    if document["calibration"] is not None:
        yield ""
        yield from table(
            ("told", "number", "told on average", "came"),
            [
                (
                    f"{row['from_percent']:g}-{row['to_percent']:g} %",
                    row["number"],
                    percent(row["predicted_percent"]),
                    percent(row["observed_percent"]),
                )
                for row in document["calibration"]["table"]
            ],
        )


def _row(clock: Document) -> tuple[object, ...]:
    chance = percent(clock["chance_percent"])
    if clock["chance_low_percent"] is not None and clock["basis"] != Basis.BREACHED.value:
        chance += f" ({clock['chance_low_percent']:.0f}-{clock['chance_high_percent']:.0f})"
    used = percent(clock["used_percent"])
    return (
        clock["submission"],
        clock["integration"],
        clock["target"],
        f"{used} (paused)" if clock["paused"] else used,
        chance,
        rests_on(clock),
        between(clock),
    )
