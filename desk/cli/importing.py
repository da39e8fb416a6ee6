"""`launch-review import`: taking in what exists already."""

import json as json_text
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from desk.cli.errors import InputWrong
from desk.cli.importing_submissions import submissions
from desk.cli.writing import AsJson, say, say_json, tell
from desk.wiring import open_ports, writing
from review.actions.importing import import_catalog
from review.actions.importing_history import HistoryUnreadable, import_history, read_history

app = App(name="import", help="Take in what exists already.")
app.command(submissions)

DryRun = Annotated[bool, Parameter(negative="", help="Only tell what would come in; nothing is written.")]

LARGEST_FILE = 50_000_000
"""Bytes of a catalog file; the real one has less than half a million."""


@app.command
def catalog(file: Path, *, json: AsJson = False) -> int:
    """Integrations as a catalog lists them, in their stages. Importing the same file again changes nothing."""
    destinations = _destinations(file)
    ports = open_ports()
    with writing(ports) as session:
        done = import_catalog(session, destinations, at=ports.now())
    document = {
        "created": done.created,
        "updated": done.updated,
        "unchanged": done.unchanged,
        "differs": done.differs,
        "wrong": done.wrong,
    }
    if json:
        say_json(document)
    else:
        say(f"{done.created} created, {done.updated} updated, {done.unchanged} unchanged")
    tell(*done.differs, *(f"{file}: {line}" for line in done.wrong))
    return 2 if done.wrong else 0


@app.command
def history(file: Path, *, json: AsJson = False, dry_run: DryRun = False) -> int:
    """When each integration was first seen in each stage, as events with their real dates; `--as-of` on reports and
    the queue then looks at any of those days. Nobody is told, and importing it again changes nothing.
    """
    ports = open_ports()
    at = ports.now()
    try:
        found = read_history(_document(file), today=at.date())
    except HistoryUnreadable as error:
        raise InputWrong(f"{file}: {error}") from None
    with writing(ports) as session:
        done = import_history(session, found)
        if dry_run:
            session.rollback()
    document = {
        "dry_run": dry_run,
        "created": done.created,
        "joined": done.joined,
        "unchanged": done.unchanged,
        "events": done.events,
        "differs": done.differs,
        "wrong": list(found.wrong),
    }
    if json:
        say_json(document)
    else:
        would = "would be " if dry_run else ""
        say(
            f"{done.events} events {would}written: {done.created} created, {done.joined} joined, {done.unchanged} known"
        )
    tell(*done.differs, *(f"{file}: {line}" for line in found.wrong))
    return 2 if found.wrong else 0


def _destinations(file: Path) -> list[dict[str, object]]:
    document = _document(file)
    rows = document.get("destinations") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise InputWrong(f'{file}: expected {{"destinations": [...]}}, the shape of the catalog export')
    return rows


def _document(file: Path) -> Any:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)  # not by its size: a device says that it has none
        if len(content) > LARGEST_FILE:
            raise InputWrong(f"{file}: larger than {LARGEST_FILE} bytes; expected a catalog export")
        return json_text.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise InputWrong(f"{file}: can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputWrong(f"{file}: is no JSON document ({error})") from error
