"""`as_of` of the API: an answer as it would have been at an instant of the past."""

from datetime import datetime
from typing import Annotated

from fastapi import Query

from desk.api.problems import Problem
from desk.cli.errors import InputWrong
from desk.cli.moments import past_moment
from desk.rendering import Desk

AsOf = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=40,
        description="How it stood then: an instant with its zone, or a day (its end, where the team is).",
    ),
]


def instant_of(desk: Desk, as_of: str | None) -> datetime:
    """The instant that was asked for, or now. Problem for what is no instant of the past."""
    if as_of is None:
        return desk.clock()
    now = desk.now()
    try:
        return past_moment("as_of", as_of, now.zone, now.at)
    except InputWrong as error:
        raise Problem("wrong-parameter", str(error)) from error
