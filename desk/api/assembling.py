"""The API as an application of its own, mounted under /api: its errors are problems, not pages."""

from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI

from desk.api import (
    audits,
    changing_terms,
    deliveries,
    events,
    intake,
    integrations,
    live,
    moving,
    nudging,
    people,
    preflight,
    published,
    queue,
    queue_assigning,
    reasons,
    receiving,
    reports,
    revealing,
    rulebooks,
    staffing,
    submissions,
    terms,
    uploads,
    waivers,
    webhooks,
)
from desk.api.bodies import BODIES
from desk.api.description import schemas, tidy
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.problems import answer_problems
from desk.api.refusals import answer_refusals
from desk.intake.fields import FlatSubmission
from desk.preflighting.published import PreflightDocument
from desk.rendering import Desk

PATH: Final = "/api"

PARTS: Final = (
    *(preflight, queue, queue_assigning, submissions, receiving, uploads, moving, intake),
    *(integrations, live, waivers, nudging, people, staffing, terms),
    *(revealing, reasons, changing_terms, reports, audits),
    *(rulebooks, deliveries, webhooks, events, published),
)

DESCRIPTION: Final = """
Launch reviews for a partner-integration marketplace. Errors are problem details (RFC 9457). Requests carry a bearer
token; cookies are not read. A token opens what its scopes name, and never more than its person's roles allow at that
moment; the token of somebody of a partner sees and touches that company alone, and anything else is not there (404).

Lists come in pages: `next` is the `cursor` of the following one. A submission's `ETag` is its version; what is done
with it names the version that was looked at (`If-Match`), and is refused with 412, and who changed what, when that is
not the newest. POST takes an `Idempotency-Key`: the same request again within 24 hours is answered again and does
nothing twice.
"""


class Api(FastAPI):
    """Describes itself with the shapes that its routes read and write by themselves."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = super().openapi()
            parts = described.setdefault("components", {}).setdefault("schemas", {})
            parts |= schemas(PreflightDocument, FlatSubmission, *BODIES)
            tidy(described)
        return super().openapi()


def create_api(desk: Desk, preflights: Preflights, means: Means) -> FastAPI:
    """The API over the desk's database; it closes nothing."""
    api = Api(
        title="Launch Review",
        version=version("launch-review"),
        description=DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        servers=[{"url": PATH}],
        redirect_slashes=False,
    )
    api.state.desk = desk
    api.state.preflights = preflights
    api.state.means = means
    for part in PARTS:
        api.include_router(part.router)
    answer_problems(api)
    answer_refusals(api)
    return api
