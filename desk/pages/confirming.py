"""A change is shown first, and made when the same form comes back with `confirm`."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Form, Path
from starlette.responses import HTMLResponse

from desk.pages.reading import LARGEST_ID
from desk.rendering import page
from desk.viewing.confirming import MOVES_SHOWN, Confirming
from desk.viewing.team_time import TeamTime

Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Because = Annotated[str, Form(max_length=2_000)]
Confirm = Annotated[str, Form(max_length=8)]
"""Anything in it: do it. Empty: show what would happen."""


def confirming(asked: Confirming, time: TeamTime) -> HTMLResponse:
    """The page; 409 when something stands against the change, or it was changed since."""
    late = bool(asked.stale or asked.against)
    status = HTTPStatus.CONFLICT if late else HTTPStatus.OK
    return page("confirming.html", time=time, status=status, asked=asked, most=MOVES_SHOWN)
