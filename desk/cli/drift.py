"""`launch-review calendar drift`: what new time zones or holidays would move, looked at by hand."""

from contextlib import closing
from typing import Any

from desk.cli.previews import moves_as_document, moves_in_words
from desk.cli.writing import AsJson, say, say_json, tell
from desk.wiring import open_ports
from review.actions import drifting
from review.actions.drifting import Looked
from review.drift import Drift
from review.holiday_years import LIBRARY

WOULD_MOVE = 1


def drift(*, json: AsJson = False) -> int:
    """Which running due dates would move under this machine's time zones and the installed holidays. Changes nothing.

    Exit code 1 when one would, or when a running clock is due in a year of which its calendar has no holidays.
    """
    ports = open_ports()
    with closing(ports.database), ports.database.read() as session:
        looked = drifting.look(session, at=ports.now())
    if json:
        say_json(as_document(looked))
    else:
        tell(_compared(looked))
        for found in looked.drifts:
            say(*_in_words(found))
        if not looked.drifts:
            say("no running due date would move")
    return WOULD_MOVE if looked.drifts else 0


def _compared(looked: Looked) -> str:
    releases = [f"{release.name} ({release.place})" for release in looked.releases]
    return f"running clocks compared: {looked.clocks:,}, under {', '.join([*releases, LIBRARY])}"


def _in_words(found: Drift) -> list[str]:
    listed = moves_in_words(found.moves, head=("is due", "would be due"))
    return [found.summary, *listed, *([""] if listed else []), f"to do: {found.todo}"]


def as_document(looked: Looked) -> dict[str, Any]:
    return {
        "clocks": looked.clocks,
        "zones": [{"release": release.name, "from": release.place} for release in looked.releases],
        "holidays": LIBRARY,
        "drifts": [
            {
                "source": found.source,
                "calendar": found.calendar,
                "summary": found.summary,
                "todo": found.todo,
                "moves": moves_as_document(found.moves),
                "gaps": [{"year": gap.year, "due": gap.due} for gap in found.gaps],
            }
            for found in looked.drifts
        ],
    }
