"""The report of who is in Public Beta and what is missing, in its forms."""

from collections.abc import Sequence
from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.narrowing import narrowed
from desk.reporting.presented import Document, Presented
from desk.words import listed
from review.lacking import Obstacle
from review.reports.graduation import Distance, GraduationReport, InBeta, Lacking

DISTANCE_WORDS: Final = {
    Distance.READY.value: "ready now",
    Distance.LACKS_ONE.value: "lacks one item",
    Distance.LACKS_MORE.value: "lacks more",
    Distance.UNDECIDED.value: "can't be told",
}
COLUMNS: Final = (
    "integration",
    "name",
    "partner",
    "since",
    "days",
    "audited_at",
    "distance",
    "lacks",
    "unknown",
    "waived",
    "graduation",
    "way_out",
)


def present(report: GraduationReport, *, lacking: str = "", sort: str = "") -> Presented:
    """`lacking` keeps those that lack an item, or lack it alone (`only:ITEM`), or of one distance; totals stay those of
    all. InputWrong when either says nothing that is known.
    """
    document = _document(report)
    document["shown"] = {"lacking": lacking or None, "sort": sort or None}
    document["integrations"] = narrowed(document["integrations"], lacking, sort)
    return Presented(
        title="Graduation from Public Beta",
        document=document,
        headline=headline(report),
        lines=_lines(document),
        sheet_columns=COLUMNS,
        sheet=[_row(entry) for entry in document["integrations"]],
        page="graduation.html",
    )


def held_in_words(one: Document) -> str:
    """Why a person decides it, and what would release it when."""
    day = f", not before {one['at'][:16].replace('T', ' ')} UTC" if one["at"] else ""
    return f"{one['why']}. What releases it: {one['frees']}{day}."


def distance_in_words(value: str) -> str:
    return DISTANCE_WORDS[value].capitalize()


def _document(report: GraduationReport) -> Document:
    return {
        "report": "graduation",
        "at": instant(report.at),
        "rulebook": report.rulebook,
        "headline": headline(report),
        "in_beta": len(report.lines),
        "median_days": report.median_days,
        "distances": {distance.value: number for distance, number in report.by_distance.items()},
        "never_audited": report.never_audited,
        "perhaps_gone": report.perhaps_gone,
        "lacks_only": _lackings(report.lacks_only),
        "lacks": _lackings(report.lacks),
        "integrations": [_entry(line) for line in report.lines],
    }


def _lackings(lackings: Sequence[Lacking]) -> list[Document]:
    return [{"item": one.item, "title": one.title, "number": one.number} for one in lackings]


def _entry(line: InBeta) -> Document:
    submission, stage = line.graduation or (None, None)
    return {
        "integration": line.slug,
        "name": line.name,
        "partner": line.partner,
        "since": instant(line.since),
        "since_is_exact": line.since_is_exact,
        "days": line.days,
        "audited_at": instant(line.audited_at),
        "distance": line.distance.value,
        "lacks": [_obstacle(obstacle) for obstacle in line.lacks],
        "unknown": [_obstacle(obstacle) for obstacle in line.unknown],
        "waived": list(line.waived),
        "graduation": None if stage is None else {"submission": submission, "stage": stage.value},
        "way_out": list(line.way_out),
        "withheld": [{"why": one.why, "frees": one.frees, "at": instant(one.at)} for one in line.withheld],
    }


def _obstacle(obstacle: Obstacle) -> Document:
    return {"item": obstacle.item, "title": obstacle.title, "seen": obstacle.seen, "fix": obstacle.fix}


def _row(entry: Document) -> Document:
    items = {name: " ".join(one["item"] for one in entry[name]) for name in ("lacks", "unknown")}
    graduation = entry["graduation"]["submission"] if entry["graduation"] else None
    joined = {"waived": " ".join(entry["waived"]), "way_out": " / ".join(entry["way_out"])}
    return {**entry, **items, **joined, "graduation": graduation}


def headline(report: GraduationReport) -> str:
    """As in: 87 in Public Beta: 31 ready now, 22 lack only “Enable button”, 9 lack more and 25 can't be told."""
    if not report.lines:
        return "nothing is in Public Beta"
    counts = report.by_distance
    parts = [f"{counts[Distance.READY]} ready now"]
    parts += [f"{one.number} {_lack(one.number)} only “{one.title}”" for one in report.lacks_only]
    if more := counts[Distance.LACKS_MORE]:
        parts.append(f"{more} {_lack(more)} more")
    if undecided := counts[Distance.UNDECIDED]:
        never = f" ({report.never_audited} never audited)" if report.never_audited else ""
        parts.append(f"{undecided} can't be told{never}")
    return f"{len(report.lines)} in Public Beta: {listed(parts)}"


def _lack(number: int) -> str:
    return "lacks" if number == 1 else "lack"


def in_doubt(document: Document) -> str:
    """What is not known of a past instant; empty when nothing is."""
    if not document["perhaps_gone"]:
        return ""
    return (
        f"{document['perhaps_gone']} of them left the catalog by a later day; whether they still stood in it at this "
        "instant is not known"
    )


def _lines(document: Document) -> list[str]:
    if not document["in_beta"]:
        return []
    lines = [f"half of them have been there for {document['median_days']:g} days or longer"]
    if doubt := in_doubt(document):
        lines.append(doubt)
    if document["lacks"]:
        rows = [[one["number"], one["item"], one["title"]] for one in document["lacks"]]
        lines += ["", *table(("lacking", "item", "title"), rows)]
    for entry in document["integrations"]:
        words = DISTANCE_WORDS[entry["distance"]]
        lines += ["", f"{entry['integration']} ({entry['partner']}): {words}, {entry['days']} days in Public Beta"]
        lines += [f"  {step}" for step in entry["way_out"]]
        lines += [f"  Not decided by itself: {held_in_words(one)}" for one in entry["withheld"]]
    return lines
