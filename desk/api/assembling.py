"""The API as an application of its own, mounted under /api: its errors are problems, not pages."""

from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI

from desk.api import preflight, published
from desk.api.description import schemas
from desk.api.preflight import Preflights
from desk.api.problems import answer_problems
from desk.preflighting.published import PreflightDocument
from desk.rendering import Desk

PATH: Final = "/api"

DESCRIPTION: Final = """
Launch reviews for a partner-integration marketplace. Errors are problem details (RFC 9457). Requests carry a bearer
token; cookies are not read.
"""


class Api(FastAPI):
    """Describes itself with the shapes that its routes read and write by themselves."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            described = super().openapi()
            described.setdefault("components", {}).setdefault("schemas", {}).update(schemas(PreflightDocument))
        return super().openapi()


def create_api(desk: Desk, preflights: Preflights) -> FastAPI:
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
    api.include_router(preflight.router)
    api.include_router(published.router)
    answer_problems(api)
    return api
