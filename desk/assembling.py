"""The desk's pages over a database: routes, guards at the door, pages for mishaps."""

from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Lifespan

from desk.api.assembling import PATH as API_PATH
from desk.bodies import BodyLimit, StorableOnly
from desk.headers import SecurityHeaders
from desk.hosts import HostCheck
from desk.pages import (
    audits,
    calendars,
    deciding,
    deliveries,
    drift,
    events,
    feed,
    health,
    integrations,
    nudging,
    partner,
    partner_acts,
    partner_badge,
    partner_first,
    partner_revising,
    people,
    person_tokens,
    pictures,
    policies,
    queue,
    queue_acting,
    queue_changes,
    queue_past,
    reports,
    rulebook_simulating,
    rulebooks,
    sign_in,
    sign_in_provider,
    submission,
    unsubscribing,
    uploads,
    waivers,
)
from desk.pages.errors import answer_mishaps
from desk.rendering import STATIC, Desk
from desk.signing.doors import team
from desk.signing.reader import NobodyAtFirst
from desk.signing.same_site import SameSiteOnly

PAGES: Final[Sequence[tuple[ModuleType, Callable[..., Any] | None]]] = (
    (queue, team),
    (queue_acting, team),
    (queue_changes, team),
    (queue_past, team),
    (submission, team),
    (deciding, team),
    (integrations, team),
    (reports, team),
    (nudging, team),
    (waivers, team),
    (audits, team),
    (rulebook_simulating, team),
    (rulebooks, team),
    (deliveries, team),
    (people, team),
    (person_tokens, team),
    (calendars, team),
    (policies, team),
    (drift, team),
    (events, team),
    (pictures, team),
    (uploads, None),
    (partner, None),
    (partner_acts, None),
    (partner_badge, None),
    (partner_revising, None),
    (partner_first, None),
    (sign_in, None),
    (sign_in_provider, None),
    # Opened by a secret in the address, or by nothing.
    (feed, None),
    (unsubscribing, None),
    (health, None),
)
"""Each part with the door before all of it; None where its routes have their own, or none."""

BOUNDED_BY_THEMSELVES: Final = (API_PATH + "/", "/slack/")
NO_COOKIE_READ: Final = (*BOUNDED_BY_THEMSELVES, "/unsubscribe/")
"""Beginnings of paths where who asks is shown by a token, a signature or the address itself."""


class Guarded(FastAPI):
    """An application whose every answer carries the security headers, those to unexpected errors too."""

    def build_middleware_stack(self) -> ASGIApp:
        return NobodyAtFirst(SecurityHeaders(super().build_middleware_stack()))


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
    # The same turnstile for who asks by the API and who asks by a page.
    app.state.preflights = api.state.preflights if api is not None else None
    app.state.changes = queue_changes.changes_in(desk.database)
    app.add_middleware(BodyLimit, apart=BOUNDED_BY_THEMSELVES)
    app.add_middleware(StorableOnly, apart=BOUNDED_BY_THEMSELVES)
    app.add_middleware(SameSiteOnly, apart=NO_COOKIE_READ)
    app.add_middleware(HostCheck, names=names)
    for part, door in PAGES:
        app.include_router(part.router, dependencies=[] if door is None else [Depends(door)])
    for router in more:
        app.include_router(router)
    if api is not None:
        app.mount(API_PATH, api, name="api")
    app.mount("/static", KeptStatic(directory=STATIC), name="static")
    answer_mishaps(app)
    return app
