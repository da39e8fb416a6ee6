"""The web application of `launch-review up`."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime
from functools import partial

from fastapi import FastAPI

from checklist.pages.workers import PageReaders
from desk.api.assembling import create_api
from desk.api.means import Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Turnstile
from desk.assembling import assemble
from desk.hosts import answered_names
from desk.preflighting.surroundings import surroundings
from desk.rendering import Desk
from desk.slack.listening import called
from desk.wiring import open_database
from flows.wiring import browser_for, fetcher_for, secret_key
from review.vault import Vault
from settings import Settings


def create_app(settings: Settings, *, clock: Callable[[], datetime]) -> FastAPI:
    """The desk over the settings' database, which is closed when the application stops.

    `clock` gives the present instant, aware, in UTC. Raises what `open_database` raises when the database can't
    be used, SecretMissing, BrowserUnusable and SettingUnusable. The pages have no sign-in yet: whoever reaches the
    socket reads them, so it is bound to loopback.
    """
    vault = Vault(secret_key(settings))
    database = open_database(settings)
    reader = PageReaders()
    open_until_it_stops = ExitStack()
    open_until_it_stops.callback(database.close)
    open_until_it_stops.callback(reader.close)
    slack = open_until_it_stops.enter_context(called(settings, clock))

    @asynccontextmanager
    async def closing(_app: FastAPI) -> AsyncIterator[None]:
        with open_until_it_stops:
            yield

    desk = Desk(database, clock, settings.rulebook, settings.base_url.rstrip("/"), vault.links_key)
    opens = partial(surroundings, settings, load=False, reader=reader, browser=browser_for(settings))
    preflights = Preflights(opens, Turnstile())
    return assemble(
        desk,
        names=answered_names(settings.base_url),
        lifespan=closing,
        api=create_api(desk, preflights, Means(vault, lambda: fetcher_for(settings))),
        more=[slack] if slack is not None else [],
    )
