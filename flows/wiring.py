"""The one place where real things are wired: settings in, everything the flows and the desk work with out."""

import os
import secrets
import socket
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from urllib.parse import urlsplit

from checklist.browser import Browser, SystemBrowser, find_program
from checklist.customers import CustomersSource
from checklist.customers.choosing import customers_source
from checklist.fetch import Fetcher, Limits, WrongPair, honest_user_agent
from checklist.pages.reader import Reader, ReadsHere
from checklist.pages.workers import PageReaders
from checklist.rulebook import Rulebook, current
from flows.catalog import Catalog, FileCatalog
from flows.host_turns import HostTurns
from flows.webhooks import webhook_channel
from models.database import Database
from models.enums import ChannelName
from notifications.channels.console import ConsoleChannel
from notifications.channels.file import FileChannel
from notifications.channels.mail import MailChannel
from notifications.channels.protocol import Channel
from notifications.channels.slack import SlackChannel
from notifications.programme import ProgrammeSettings
from review.vault import Vault
from settings import Settings


class SecretMissing(Exception):
    """No key for the secrets at rest."""

    exit_code = 2

    def __init__(self, seen: str) -> None:
        super().__init__(
            f"LAUNCH_REVIEW_SECRET_KEY {seen}; expected a random text of at least {Vault.MINIMUM_KEY_LENGTH} "
            'characters, the same on every machine (make one: python -c "import secrets; '
            'print(secrets.token_urlsafe(32))")'
        )


class SettingUnusable(Exception):
    """A setting that can be read, and still can't be worked with; the message names it."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything the outside is reached through. Tests bring their own."""

    database: Database
    fetcher: Callable[[], Fetcher]
    """A new door to the web, for one run."""
    reader: Reader = field(default_factory=ReadsHere)
    """Who reads the pages that come from there; kept for all runs."""
    browser: Browser | None = None
    """Who shows pages that scripts fill, if this installation has one; a process of its own while runs use it."""
    channels: Mapping[ChannelName, Channel]
    programme: ProgrammeSettings
    catalog: Catalog
    vault: Vault
    customers: CustomersSource | None
    rulebook: Callable[[date], Rulebook]
    """The rulebook for what comes in on a day."""
    now: Callable[[], datetime]
    undo_for: timedelta = timedelta(0)
    """How long a decision can be undone before anybody outside is told."""
    worker: str
    """Names this process among all that work on the same database."""

    def close(self) -> None:
        """Let go of the database and of what was started for reading."""
        self.reader.close()
        self.database.close()


_CHOSEN: ContextVar[Ports | None] = ContextVar("ports", default=None)


def ports() -> Ports:
    """What the current run works with: what `using` chose, else what the environment says."""
    return _CHOSEN.get() or _from_environment()


@contextmanager
def using(chosen: Ports) -> Iterator[Ports]:
    """Work with these ports inside the block; tasks started in it inherit them."""
    token = _CHOSEN.set(chosen)
    try:
        yield chosen
    finally:
        _CHOSEN.reset(token)


@lru_cache(maxsize=1)
def _from_environment() -> Ports:
    return wire(Settings())


def wire(settings: Settings) -> Ports:
    """Real things for these settings; nothing is connected yet. SecretMissing when there is no key,
    CustomersSourceInvalid when customers can't be counted as the settings say, BrowserUnusable and SettingUnusable.
    """
    database, vault = Database(settings.database_address), Vault(secret_key(settings))
    channels = channels_of(settings, database, vault)
    worker = f"{socket.gethostname()}:{os.getpid()}"
    return Ports(
        database=database,
        fetcher=lambda: fetcher_for(settings, turns_among_workers(database, worker)),
        reader=PageReaders(),
        browser=browser_for(settings),
        channels=channels,
        programme=programme_of(settings, channels, vault),
        catalog=FileCatalog(settings.data / "catalog.json"),
        vault=vault,
        customers=customers_of(settings),
        rulebook=lambda on: Rulebook.load(settings.rulebook) if settings.rulebook else current(on),
        now=utc_now,
        undo_for=timedelta(seconds=settings.undo_seconds),
        worker=worker,
    )


def programme_of(settings: Settings, channels: Collection[ChannelName], vault: Vault) -> ProgrammeSettings:
    """How this installation's messages are written."""
    return ProgrammeSettings(
        base_url=settings.base_url.rstrip("/"),
        channels=frozenset(channels),
        slack_channel=settings.slack_channel,
        slack_acts=settings.slack_acts,
        mails_a_day=settings.mails_a_day,
        links_key=vault.links_key,
    )


def customers_of(settings: Settings) -> CustomersSource | None:
    """Where customers are counted, if anywhere. CustomersSourceInvalid when that can't be used."""
    return customers_source(
        settings.customers_source.get_secret_value(),
        query=settings.customers_query,
        token=settings.customers_token.get_secret_value(),
    )


def utc_now() -> datetime:
    """The only clock of flows and desk."""
    return datetime.now(UTC)  # noqa: TID251 - here the caller's time begins


def turns_among_workers(database: Database, worker: str) -> HostTurns:
    """Turns at hosts among everybody who works on the database."""
    return HostTurns(database, worker=worker, now=utc_now, spacing_seconds=Limits().spacing_seconds)


def fetcher_for(settings: Settings, among_workers: HostTurns | None = None) -> Fetcher:
    return Fetcher(
        allow=settings.fetch_allow,
        hosts=settings.fetch_hosts,
        own_hosts=_own_hosts(settings),
        user_agent=honest_user_agent(settings.base_url),
        at=utc_now,
        tls=_trust(settings),
        among_workers=among_workers,
    )


def browser_for(settings: Settings) -> SystemBrowser | None:
    """The browser that the settings name, under the fetcher's address rules; nothing is started yet.

    Raises BrowserUnusable for a browser that is not there, SettingUnusable for rules that can't be read.
    """
    program = find_program(settings.browser)
    if program is None:
        return None
    try:
        return SystemBrowser(
            program,
            allow=settings.fetch_allow,
            hosts=settings.fetch_hosts,
            own_hosts=_own_hosts(settings),
            user_agent=honest_user_agent(settings.base_url),
            at=utc_now,
            trust=_trust(settings),
        )
    except WrongPair as wrong:
        raise SettingUnusable(f"LAUNCH_REVIEW_FETCH_ALLOW or LAUNCH_REVIEW_FETCH_HOSTS: {wrong}") from None
    except OSError as error:
        told = f"{settings.fetch_ca} holds no certificates that can be read ({error.strerror or error})"
        raise SettingUnusable(f"LAUNCH_REVIEW_FETCH_CA: {told}") from None


def _own_hosts(settings: Settings) -> list[str]:
    return [host] if (host := urlsplit(settings.base_url).hostname) else []


def _trust(settings: Settings) -> ssl.SSLContext | None:
    return ssl.create_default_context(cafile=str(settings.fetch_ca)) if settings.fetch_ca else None


def secret_key(settings: Settings) -> str:
    """The installation's key: as set, else one made once and kept beside the embedded database.

    With a database of one's own the key has to be set, because other machines need the same one.
    """
    given = settings.secret_key.get_secret_value()
    if given:
        if len(given) < Vault.MINIMUM_KEY_LENGTH:
            raise SecretMissing(f"has only {len(given)} characters")
        return given
    if settings.database_url:
        raise SecretMissing("is not set")
    path = settings.data / "secret.key"
    settings.data.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        key = secrets.token_urlsafe(32)
        file.write(key)
    return key


def channels_of(settings: Settings, database: Database, vault: Vault) -> dict[ChannelName, Channel]:
    channels: dict[ChannelName, Channel] = {
        ChannelName.CONSOLE: ConsoleChannel(),
        ChannelName.WEBHOOK: webhook_channel(database, vault, lambda: fetcher_for(settings), utc_now),
    }
    if smtp := settings.smtp_url.get_secret_value():
        channels[ChannelName.MAIL] = MailChannel(smtp, settings.mail_from)
    else:
        channels[ChannelName.FILE] = FileChannel(settings.data / "mails", settings.mail_from)
    if token := settings.slack_bot_token.get_secret_value():
        channels[ChannelName.SLACK] = SlackChannel(token, base_url=settings.slack_api_url)
    return channels
