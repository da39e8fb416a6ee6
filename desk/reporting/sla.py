"""The report of promises kept, in its forms."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from desk.cli.writing import instant
from desk.reporting import pauses as pauses_form
from desk.reporting import what_if as what_if_form
from desk.reporting.presented import Document, Presented, day, hours, rounded
from desk.reporting.sla_lines import lines_of
from desk.reporting.tallies import COUNTS, counts, kept
from desk.words import said
from models.enums import SubmissionKind, TargetName
from review.reports.course import Turn
from review.reports.rounds import Rounds, RoundsReport
from review.reports.sla import Load, SlaReport, TargetReport
from review.reports.stages import StageReport, StageTimes
from review.reports.turns import Shares, TurnReport

COLUMNS: Final = ("target", "month", *COUNTS, "attainment_percent", "median_hours", "p90_hours")


def present(report: SlaReport, *, supposed: Sequence[str] = ()) -> Presented:
    """`supposed` is the other policy of the report's what-if, as it was asked for."""
    document = _document(report, supposed)
    return Presented(
        title="Promises kept",
        document=document,
        headline=_headline(report),
        lines=lines_of(document),
        sheet_columns=(*COLUMNS, *(what_if_form.COLUMNS if document["what_if"] else ())),
        sheet=list(_sheet(document)),
        page="sla.html",
    )


def target_in_words(value: str) -> str:
    return said(TargetName(value))


def kind_in_words(value: str) -> str:
    """A kind of submission; `all` for all of them."""
    return "All" if value == "all" else said(SubmissionKind(value))


def _document(report: SlaReport, supposed: Sequence[str]) -> Document:
    return {
        "report": "sla",
        "at": instant(report.at),
        "since": day(report.period.since),
        "until": day(report.period.until),
        "targets": [_target(target) for target in report.targets],
        "causes": list(_pareto(report.causes)),
        "stages": [_stage(stage) for stage in report.stages],
        "turns": _turns(report.turns),
        "rounds": _rounds_report(report.rounds),
        "pauses": pauses_form.document(report.pauses),
        "reviewers": [_load(load) for load in report.reviewers],
        "unassigned": report.unassigned,
        "what_if": None if report.what_if is None else what_if_form.document(report.what_if, supposed),
    }


def _target(target: TargetReport) -> Document:
    return {
        "target": target.target.value,
        "ours": target.is_ours,
        **counts(target.tally),
        "promised": [{"hours": hours(seconds), "number": number} for seconds, number in target.promised],
        "median_hours": hours(target.median_seconds),
        "p90_hours": hours(target.p90_seconds),
        "answered": [{"hours": hours(point.seconds), "percent": rounded(point.percent)} for point in target.answered],
        "cohorts": [{"month": month, **counts(tally)} for month, tally in target.cohorts],
        "causes": [{"cause": cause, "number": number} for cause, number in target.causes],
    }


def _pareto(causes: Iterable[tuple[str, int]]) -> Iterator[Document]:
    found = list(causes)
    whole, so_far = sum(number for _, number in found), 0
    for cause, number in found:
        so_far += number
        yield {
            "cause": cause,
            "number": number,
            "percent": rounded(100 * number / whole),
            "cumulative_percent": rounded(100 * so_far / whole),
        }


def _stage(stage: StageReport) -> Document:
    kinds = [{"kind": kind.value, **_times(times)} for kind, times in stage.kinds]
    return {"stage": stage.stage.value, **_times(stage.times), "kinds": kinds}


def _times(times: StageTimes) -> Document:
    return {
        "number": times.number,
        "still": times.still,
        "median_open_hours": hours(times.median_open_seconds),
        "p90_open_hours": hours(times.p90_open_seconds),
        "median_wall_hours": hours(times.median_seconds),
        "p90_wall_hours": hours(times.p90_seconds),
    }


def _turns(turns: TurnReport) -> Document:
    return {
        **_shares(turns.shares),
        "kinds": [{"kind": kind.value, **_shares(shares)} for kind, shares in turns.kinds],
        "longest": [
            {
                "turn": turn.value,
                "submission": wait.submission_id,
                "integration": wait.slug,
                "kind": wait.kind.value,
                "from": instant(wait.since),
                "to": instant(wait.until),
                "hours": hours(wait.open_seconds),
            }
            for turn, waits in turns.longest.items()
            for wait in waits
        ],
    }


def _shares(shares: Shares) -> Document:
    return {
        **{f"{turn.value}_hours": hours(shares.seconds[turn]) for turn in Turn},
        **{f"{turn.value}_percent": rounded(shares.percent(turn)) for turn in Turn},
    }


def _rounds_report(report: RoundsReport) -> Document:
    kinds = [{"kind": kind.value, **_rounds(rounds)} for kind, rounds in report.kinds]
    return {**_rounds(report.overall), "kinds": kinds}


def _rounds(rounds: Rounds) -> Document:
    return {
        "number": rounds.number,
        "looked_at": rounds.looked_at,
        "approved_at_once": rounds.approved_at_once,
        "first_pass_percent": rounded(rounds.first_pass),
        "distribution": [
            {
                "rounds": taken.rounds,
                "number": taken.number,
                "approved": taken.approved,
                "rejected": taken.rejected,
                "withdrawn": taken.withdrawn,
                "open": taken.open,
            }
            for taken in rounds.distribution
        ],
    }


def _load(load: Load) -> Document:
    return {
        "name": load.name,
        "email": load.email,
        "open": load.open,
        "past": load.past,
        "decided_last_30_days": load.decided_lately,
    }


def _headline(report: SlaReport) -> str:
    """What is promised to us is no promise of ours: it is told in its own row."""
    tallies = [target.tally for target in report.targets if target.is_ours]
    is_open, past = sum(tally.open for tally in tallies), sum(tally.open_past for tally in tallies)
    return f"{kept(tallies)}; {is_open} open, {past} of them past the target"


def _sheet(document: Document) -> Iterator[Document]:
    """For each target one row with all months, then one for each month; beside them what would have been."""
    would_be = what_if_form.cells(document["what_if"]) if document["what_if"] else {}
    for target in document["targets"]:
        for month in ({**target, "month": "all"}, *target["cohorts"]):
            cells = {name: month.get(name) for name in COLUMNS} | {"target": target["target"]}
            yield cells | would_be.get((target["target"], month["month"]), what_if_form.NO_CELLS)
