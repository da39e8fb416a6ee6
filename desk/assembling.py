"""The desk's pages over a database: routes, guards at the door, pages for mishaps."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Lifespan

from desk.api.assembling import PATH as API_PATH
from desk.headers import SecurityHeaders
from desk.hosts import HostCheck
from desk.pages import (
    audits,
    deliveries,
    events,
    feed,
    health,
    integrations,
    people,
    pictures,
    queue,
    reports,
    rulebooks,
    submission,
    unsubscribing,
)
from desk.pages.errors import answer_mishaps
from desk.rendering import STATIC, Desk

PAGES = (
    queue,
    submission,
    integrations,
    reports,
    audits,
    rulebooks,
    deliveries,
    people,
    events,
    feed,
    health,
    pictures,
    unsubscribing,
)


class Guarded(FastAPI):
    """An application whose every answer carries the security headers, those to unexpected errors too."""

    def build_middleware_stack(self) -> ASGIApp:
        return SecurityHeaders(super().build_middleware_stack())


class KeptStatic(StaticFiles):
    """Files whose address changes with their content, so a browser never has to ask again."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        answer = super().file_response(*args, **kwargs)
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return answer


def assemble(
    desk: Desk,
    *,
    names: Iterable[str],
    lifespan: Lifespan[FastAPI] | None = None,
    api: FastAPI | None = None,
    more: Iterable[APIRouter] = (),
) -> FastAPI:
    """The application. `names` are the hosts it answers to; `api` and the routes `more` are served beside the pages."""
    app = Guarded(title="Launch Review", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.desk = desk
    app.add_middleware(HostCheck, names=names)
    for router in (*(part.router for part in PAGES), *more):
        app.include_router(router)
    if api is not None:
        app.mount(API_PATH, api, name="api")
    app.mount("/static", KeptStatic(directory=STATIC), name="static")
    answer_mishaps(app)
    return app
