"""The web application of `launch-review up`."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime

from fastapi import FastAPI

from desk.assembling import assemble
from desk.hosts import answered_names
from desk.rendering import Desk
from desk.slack.listening import called
from desk.wiring import open_database
from settings import Settings


def create_app(settings: Settings, *, clock: Callable[[], datetime]) -> FastAPI:
    """The desk over the settings' database, which is closed when the application stops.

    `clock` gives the present instant, aware, in UTC. Raises what `open_database` raises when the database can't
    be used. There is no sign-in yet: whoever reaches the socket reads everything, so it is bound to loopback.
    """
    database = open_database(settings)
    open_until_it_stops = ExitStack()
    open_until_it_stops.callback(database.close)
    slack = open_until_it_stops.enter_context(called(settings, clock))

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        with open_until_it_stops:
            yield

    desk = Desk(database, clock, settings.rulebook, settings.base_url.rstrip("/"))
    more = [slack] if slack is not None else []
    return assemble(desk, names=answered_names(settings.base_url), lifespan=closing, more=more)
