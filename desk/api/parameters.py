"""What addresses and headers of the API may carry; what is not named is refused."""

from typing import Annotated, Final

from fastapi import Depends, Header, Path, Query, Request
from fastapi.dependencies.models import Dependant

from desk.api.problems import Problem

MOST: Final = 200
"""Entries of a page."""
USUAL: Final = 50
LARGEST_ID: Final = 2**63 - 1

Number = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Limit = Annotated[int, Query(ge=1, le=MOST, description="At most so many entries.")]
CursorText = Annotated[
    str | None,
    Query(alias="cursor", min_length=1, max_length=500, description="`next` of an earlier answer: where to go on."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="A text of your own, new for each request. Sent again with the same request within 24 hours, it "
        "is answered again and nothing is done twice.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        pattern=r'^\s*(\*|(W/)?"[^"]*"(\s*,\s*(W/)?"[^"]*")*)\s*$',
        max_length=1_000,
        description="The `ETag` of what you looked at; 412 when it was changed since. `*` means any version.",
    ),
]


def _known(request: Request) -> None:
    known = _named(request.scope["route"].dependant)
    if strangers := sorted(set(request.query_params) - known):
        told = f"one of {', '.join(sorted(known))}" if known else "no parameter"
        raise Problem("unknown-parameter", f"saw {strangers[0][:60]!r}, expected {told}")


def _named(dependant: Dependant) -> set[str]:
    """Parameters of the route, and of what it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_named, dependant.dependencies))


def _once(request: Request) -> None:
    given = [name for name, _ in request.query_params.multi_items()]
    if twice := sorted({name for name in given if given.count(name) > 1}):
        raise Problem("wrong-parameter", f"saw {twice[0][:60]!r} twice, expected it once")


KNOWN_PARAMETERS: Final = [Depends(_known), Depends(_once)]
"""For routers: whoever misspells a filter shall not get everything instead."""
