"""How long Public Beta lasts, in its forms."""

from typing import Any, Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, rounded
from desk.words import counted
from review.reports.dwell import Dwell, DwellReport

NUMBERS: Final = ("number", "graduated", "still", "left_otherwise")
MEDIANS: Final = ("median_days", "moved_median_days", "waiting_median_days")
COLUMNS: Final = ("quarter", *NUMBERS, *MEDIANS)
SECONDS_A_DAY: Final = 86_400


def present(report: DwellReport) -> Presented:
    document = _document(report)
    return Presented(
        title="How long Public Beta lasts",
        document=document,
        headline=_headline(document),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=document["quarters"],
        page="dwell.html",
    )


def bucket_in_words(bucket: Document) -> str:
    low, high = bucket["from_days"], bucket["to_days"]
    return f"{low} days and more" if high is None else f"{low} to {high - 1} days"


def days(number: float | None) -> str:
    return "can’t be known yet" if number is None else f"{number:.0f}"


def _document(report: DwellReport) -> Document:
    return {
        "report": "dwell",
        "at": instant(report.at),
        **_dwell(report.whole),
        "inexact": report.inexact,
        "quarters": [{"quarter": quarter, **_dwell(one)} for quarter, one in report.quarters],
        "buckets": [
            {
                "from_days": bucket.from_days,
                "to_days": bucket.to_days,
                "still": bucket.still,
                "graduated": bucket.graduated,
            }
            for bucket in report.buckets
        ],
        "curve": [
            {"days": rounded(point.seconds / SECONDS_A_DAY), "percent": rounded(point.percent)}
            for point in report.curve
        ],
        "sweeps": [{"day": day.isoformat(), "number": number} for day, number in report.sweeps],
    }


def _dwell(one: Dwell) -> dict[str, Any]:
    return {**{name: getattr(one, name) for name in NUMBERS}, **{name: rounded(getattr(one, name)) for name in MEDIANS}}


def _headline(document: Document) -> str:
    """As in: 254 moves to Public with a median of 383 days; 87 are still in Public Beta, half of them for 455 days."""
    if not document["number"]:
        return "nothing was ever in Public Beta"
    parts = [counted(document["graduated"], "move") + " to Public"]
    if document["graduated"]:
        parts[0] += f" with a median of {days(document['moved_median_days'])} days"
    if document["still"]:
        half = days(document["waiting_median_days"])
        parts.append(f"{document['still']} still in Public Beta, half of them for {half} days or longer")
    parts.append(f"with those that wait counted, half are through after: {days(document['median_days'])}")
    if document["median_days"] is not None:
        parts[-1] += " days"
    return "; ".join(parts)


def _lines(document: Document) -> list[str]:
    if not document["number"]:
        return []
    ages = [[bucket_in_words(one), one["still"], one["graduated"]] for one in document["buckets"]]
    lines = ["", *table(("in Public Beta for", "still there", "moved to Public"), ages)]
    lines += ["", *table(COLUMNS, [[row[name] for name in COLUMNS] for row in document["quarters"]])]
    if document["sweeps"]:
        lines += ["", *table(("day", "number"), [[row["day"], row["number"]] for row in document["sweeps"]])]
    return lines
