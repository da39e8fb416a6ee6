"""`--as-of`: a command looks at an instant of the past."""

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from desk.cli.moments import past_moment
from desk.viewing.team_time import TeamTime
from flows.wiring import Ports

AsOf = Annotated[
    str | None,
    Parameter(
        name="--as-of",
        help="How it stood then: an instant with its zone, or a day (its end, where the team is).",
    ),
]


def instant_of(ports: Ports, as_of: str | None) -> datetime:
    """The instant that was asked for, or now. InputWrong for what is no instant of the past."""
    now = ports.now()
    if as_of is None:
        return now
    return past_moment("--as-of", as_of, TeamTime.of(ports.rulebook(now.date()), now).zone, now)
