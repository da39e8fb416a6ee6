"""The report of the catalog's course over time, in its forms."""

from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, day, percent, rounded
from desk.words import counted
from review.reports.history import HistoryReport

COLUMNS: Final = ("month", "public_beta", "public", "perhaps_gone", "entered", "graduated", "delisted")
HEADINGS: Final = ("month", "Public Beta", "Public", "perhaps gone", "came in", "to Public", "delisted")


def present(report: HistoryReport) -> Presented:
    document = _document(report)
    return Presented(
        title="The catalog over time",
        document=document,
        headline=_headline(document),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=document["months"],
        page="history.html",
    )


def _document(report: HistoryReport) -> Document:
    last = report.months[-1] if report.months else None
    number = len(report.moves)
    return {
        "report": "history",
        "at": instant(report.at),
        "public_beta": 0 if last is None else last.public_beta,
        "public": 0 if last is None else last.public,
        "perhaps_gone": 0 if last is None else last.perhaps_gone,
        "moves": {
            "number": number,
            "median_days": report.median_days,
            "dated": len(report.dated),
            "dated_median_days": report.dated_median_days,
        },
        "sweeps": [
            {
                "day": day(sweep.day),
                "number": sweep.number,
                "percent": rounded(100 * sweep.number / number),
                "cumulative_percent": rounded(100 * sweep.so_far / number),
            }
            for sweep in report.sweeps
        ],
        "months": [
            {
                "month": month.name,
                "public_beta": month.public_beta,
                "public": month.public,
                "perhaps_gone": month.perhaps_gone,
                "entered": month.entered,
                "graduated": month.graduated,
                "delisted": month.delisted,
            }
            for month in report.months
        ],
    }


def _headline(document: Document) -> str:
    """As in: 503 in the catalog, 87 of them in Public Beta; 254 moves from Public Beta to Public so far."""
    if not document["months"]:
        return "nothing has stood in the catalog yet"
    total = document["public_beta"] + document["public"]
    moves = counted(document["moves"]["number"], "move")
    return f"{total} in the catalog, {document['public_beta']} of them in Public Beta; {moves} to Public so far"


def told(document: Document) -> list[str]:
    """What is to be known beside the numbers, a sentence each."""
    moves, sweeps = document["moves"], document["sweeps"]
    sentences = []
    if moves["number"]:
        sentences.append(f"Half of the moves to Public came after {moves['median_days']:g} days or later.")
    if undated := moves["number"] - moves["dated"]:
        known = ""
        if moves["dated"]:
            known = f" Of the other {moves['dated']} half came after {moves['dated_median_days']:g} days or later."
        sentences.append(
            f"{undated} of them had stood in Public Beta for longer than is known: they are counted from the first "
            f"state of the history.{known}"
        )
    if len(sweeps) > 1:
        first, second = sweeps[:2]
        sentences.append(
            f"The two busiest days, {first['day']} and {second['day']}, saw {first['number'] + second['number']} of "
            f"them: {percent(second['cumulative_percent'])}."
        )
    if document["perhaps_gone"]:
        sentences.append(
            f"Of those counted, {document['perhaps_gone']} left the catalog by a later day. Whether they still stood "
            "in it at this instant is not known."
        )
    return sentences


def _lines(document: Document) -> list[str]:
    if not document["months"]:
        return []
    rows = [[month[name] for name in COLUMNS] for month in document["months"]]
    return [*told(document), "", *table(HEADINGS, rows)]
