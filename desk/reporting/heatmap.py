"""The heat map of items and integrations, and the items that fail most, in their forms."""

from typing import Final

from desk.cli.writing import instant, table
from desk.reporting.presented import Document, Presented, percent, rounded
from desk.words import counted
from review.reports.heatmap import Cell, HeatMap, HeatRow

SYMBOLS: Final = {
    Cell.PASSED.value: "✓",
    Cell.WARNED.value: "!",
    Cell.FAILED.value: "✗",
    Cell.UNKNOWN.value: "?",
    Cell.WAIVED.value: "w",
    Cell.NOT_APPLICABLE.value: "–",
    Cell.NOT_LOOKED.value: "·",
}
"""What tells outcomes apart without colour."""

CELL_WORDS: Final = {
    Cell.PASSED.value: "passed",
    Cell.WARNED.value: "passed with a warning",
    Cell.FAILED.value: "failed",
    Cell.UNKNOWN.value: "can’t be told",
    Cell.WAIVED.value: "waived",
    Cell.NOT_APPLICABLE.value: "not asked",
    Cell.NOT_LOOKED.value: "not looked at",
}

PARETO_COLUMNS: Final = ("item", "title", "gate", "failed", "percent", "cumulative_percent")
NAMED: Final = 6
"""So many integrations of a row are named at once on the terminal; the document has all."""


def present(found: HeatMap) -> Presented:
    document = _document(found)
    items = [item["item"] for item in document["items"]]
    return Presented(
        title="Items across integrations",
        document=document,
        headline=_headline(found),
        lines=_lines(document),
        sheet_columns=("integration", "name", "partner", "stage", *items),
        sheet=[{**row, **dict(zip(items, row["cells"], strict=True))} for row in document["integrations"]],
        page="heatmap.html",
    )


def present_pareto(found: HeatMap) -> Presented:
    rows = pareto(found)
    document: Document = {
        "report": "pareto",
        "at": instant(found.at),
        "rulebook": found.rulebook,
        "live": len(found.rows),
        "failures": sum(row["failed"] for row in rows),
        "items": rows,
    }
    return Presented(
        title="What fails most",
        document=document,
        headline=_pareto_headline(document),
        lines=["", *table(PARETO_COLUMNS, [[row[name] for name in PARETO_COLUMNS] for row in rows])] if rows else [],
        sheet_columns=PARETO_COLUMNS,
        sheet=rows,
        page="pareto.html",
    )


def pareto(found: HeatMap) -> list[Document]:
    """Items by how often they fail, each with its share of all failures and what it makes with those above."""
    whole, so_far, rows = sum(number for _, number in found.failures), 0, []
    for item, number in found.failures:
        so_far += number
        rows.append(
            {
                "item": item.id,
                "title": item.title,
                "gate": item.gate.value,
                "failed": number,
                "percent": rounded(100 * number / whole),
                "cumulative_percent": rounded(100 * so_far / whole),
            }
        )
    return rows


def _document(found: HeatMap) -> Document:
    return {
        "report": "heatmap",
        "at": instant(found.at),
        "rulebook": found.rulebook,
        "live": len(found.rows),
        "items": [{"item": item.id, "title": item.title, "gate": item.gate.value} for item in found.items],
        "groups": [
            {
                "number": len(rows),
                "cells": [cell.value for cell in cells],
                "integrations": [{"integration": row.slug, "name": row.name} for row in rows],
            }
            for cells, rows in found.alike
        ],
        "integrations": [_row(row) for row in found.rows],
    }


def _row(row: HeatRow) -> Document:
    return {
        "integration": row.slug,
        "name": row.name,
        "partner": row.partner,
        "stage": row.stage.value,
        "cells": [cell.value for cell in row.cells],
    }


def _headline(found: HeatMap) -> str:
    if not found.rows:
        return "nothing is live"
    failing = sum(Cell.FAILED in row.cells for row in found.rows)
    told = f"{counted(len(found.rows), 'integration')}, {failing} with something that failed"
    return f"{told}; those alike share one of {counted(len(found.alike), 'row')}"


def _pareto_headline(document: Document) -> str:
    if not document["items"]:
        return "nothing fails" if document["live"] else "nothing is live"
    enough = next(place for place, row in enumerate(document["items"], 1) if row["cumulative_percent"] >= 80)
    first = document["items"][0]
    told = f"{counted(document['failures'], 'failure')} of {counted(len(document['items']), 'item')}"
    most = f"most often “{first['title']}” ({percent(first['percent'])})"
    return f"{told}; {counted(enough, 'item')} of them make up four in five; {most}"


def _lines(document: Document) -> list[str]:
    lines = [" ".join(f"{symbol} {CELL_WORDS[cell]}" for cell, symbol in SYMBOLS.items()), ""]
    lines += [f"{number:>3} {item['item']}" for number, item in enumerate(document["items"], 1)]
    for group in document["groups"]:
        names = [one["integration"] for one in group["integrations"]]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        cells = "".join(SYMBOLS[cell] for cell in group["cells"])
        lines += ["", f"{cells}  {', '.join(names[:NAMED])}{more}"]
    return lines
