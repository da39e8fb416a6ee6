"""`launch-review import`: taking in what exists already."""

import json as json_text
from pathlib import Path

from cyclopts import App

from desk.cli.errors import InputWrong
from desk.cli.importing_submissions import submissions
from desk.cli.writing import AsJson, say, say_json, tell
from desk.wiring import open_ports, writing
from review.actions.importing import import_catalog

app = App(name="import", help="Take in what exists already.")
app.command(submissions)

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


def _destinations(file: Path) -> list[dict[str, object]]:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)  # not by its size: a device says that it has none
        if len(content) > LARGEST_FILE:
            raise InputWrong(f"{file}: larger than {LARGEST_FILE} bytes; expected a catalog export")
        document = json_text.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise InputWrong(f"{file}: can't be read ({error.strerror})") from error
    except (ValueError, RecursionError) as error:
        raise InputWrong(f"{file}: is no JSON document ({error})") from error
    rows = document.get("destinations") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        raise InputWrong(f'{file}: expected {{"destinations": [...]}}, the shape of the catalog export')
    return rows
