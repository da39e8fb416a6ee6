"""`/waivers`: what need not hold of what is live, narrowed to what somebody has to come back to."""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, BeforeValidator, Field
from starlette.responses import HTMLResponse

from desk.pages.reading import READ
from desk.rendering import desk_of, page
from review.reports.debt import Sought, debts, narrowed

router = APIRouter(include_in_schema=False)

MOST: Final = 500
SOON: Final = 30
ENDS: Final = {7: "within a week", SOON: "within 30 days", 90: "within 90 days"}
RENEWED: Final = {1: "at least once", 2: "twice or more", 3: "three times or more"}

Number = Annotated[
    Annotated[int, Field(ge=0, le=10_000)] | None, BeforeValidator(lambda given: None if given == "" else given)
]
"""A form sends the fields that nobody filled in as well."""


class Narrowing(BaseModel):
    """What the form above the list asks; an empty field asks nothing."""

    slug: str = Field("", max_length=100)
    partner: str = Field("", max_length=200)
    item: str = Field("", max_length=64)
    ends_within: Number = None
    renewed: Number = None

    @property
    def sought(self) -> Sought:
        partner, renewed = self.partner.strip(), self.renewed or 0
        return Sought(
            slug=self.slug.strip(), partner=partner, item=self.item, ends_within=self.ends_within, renewed=renewed
        )


@router.api_route("/waivers", methods=READ)
def waivers(request: Request, asked: Annotated[Narrowing, Query()]) -> HTMLResponse:
    """The next to run out first, with how many there are in all."""
    desk = desk_of(request)
    time = desk.now()
    with desk.database.read() as session:
        owed = debts(session, rulebook=desk.rulebook_at(time.at), at=time.at)
    shown = narrowed(owed, asked.sought)
    return page(
        "waivers.html",
        time=time,
        debts=shown[:MOST],
        number=len(shown),
        owed=len(owed),
        soon=sum(debt.days_left <= SOON for debt in owed),
        renewed=sum(debt.renewals > 0 for debt in owed),
        items=sorted({(debt.title, debt.item) for debt in owed}),
        asked=asked,
        is_narrowed=asked != Narrowing(),
        ends=ENDS,
        renewals=RENEWED,
    )
