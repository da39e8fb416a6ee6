"""The web application of `launch-review up`."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from datetime import datetime, timedelta
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
from desk.wiring import open_database, provider_of
from flows.wiring import browser_for, channels_of, fetcher_for, programme_of, secret_key
from review.vault import Vault
from settings import Settings


def create_app(settings: Settings, *, clock: Callable[[], datetime], demo_people: Sequence[str] = ()) -> FastAPI:
    """The desk over the settings' database, which is closed when the application stops.

    `clock` gives the present instant, aware, in UTC. Raises what `open_database` raises when the database can't
    be used, SecretMissing, BrowserUnusable and SettingUnusable. `demo_people` are e-mail addresses of those who sign in
    without showing who they are; give them only where nobody else reaches the socket.
    """
    vault = Vault(secret_key(settings))
    provider = provider_of(settings, clock)
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

    desk = Desk(
        database,
        clock,
        settings.rulebook,
        settings.base_url.rstrip("/"),
        vault.links_key,
        demo_people=tuple(demo_people),
        provider=provider,
        programme=programme_of(settings, channels_of(settings, database, vault), vault),
        vault=vault,
        undo_for=timedelta(seconds=settings.undo_seconds),
    )
    opens = partial(surroundings, settings, load=False, reader=reader, browser=browser_for(settings))
    preflights = Preflights(opens, Turnstile())
    return assemble(
        desk,
        names=answered_names(settings.base_url),
        lifespan=closing,
        api=create_api(desk, preflights, Means(vault, lambda: fetcher_for(settings))),
        more=[slack] if slack is not None else [],
    )
