"""Running the whole: `up`, `work` on further machines, and `demo`, the path walked once."""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from desk.cli.errors import InputWrong, Refused
from desk.cli.writing import say, tell
from desk.demo import people_to_act_as
from desk.hosts import LOOPBACK_NAMES
from desk.wiring import provider_of, read_settings, require_schema
from flows.wiring import browser_for, customers_of, secret_key, utc_now, wire
from migrations import apply
from settings import Settings

DataFolder = Annotated[Path | None, Parameter(help="Folder of everything stored in files; LAUNCH_REVIEW_DATA.")]


def up(
    *,
    host: Annotated[str, Parameter(help="Where the desk listens.")] = "127.0.0.1",
    port: Annotated[int, Parameter(help="The desk's port.")] = 8300,
    data: DataFolder = None,
    demo: Annotated[bool, Parameter(negative="", help="With the sample programme and its sites.")] = False,
    expose: Annotated[
        bool,
        Parameter(negative="", help="Let other machines reach the desk; put something that speaks HTTPS before it."),
    ] = False,
) -> int:
    """Everything in one process tree: desk, flows, schedules, deliveries. Ctrl-C stops all of it."""
    from desk import process  # noqa: PLC0415 - prepares Prefect's environment before anything imports it

    settings = _reached_at(_settings(data), host, port)
    secret_key(settings)
    customers_of(settings)
    provider_of(settings, utc_now)
    _prepare_database(settings)

    def announce(addresses: process.Addresses) -> None:
        process.print_addresses(addresses)
        if demo:
            say("", "People to sign in as (in a terminal: --as E-MAIL):", *people_to_act_as())

    return process.run_system(
        settings, host=host, port=port, data=settings.data, demo=demo, expose=expose, announce=announce
    )


def work(
    *,
    data: DataFolder = None,
    once: Annotated[bool, Parameter(negative="", help="Do what is due now, without Prefect, and end.")] = False,
) -> int:
    """The flows without the web, beside others on a shared database; or what is due now, once."""
    settings = _settings(data)
    customers_of(settings)
    require_schema(settings)
    if once:
        from desk.once import do_what_is_due  # noqa: PLC0415 - imports flows

        tell(f"{asyncio.run(do_what_is_due(wire(settings)))} runs")
        return 0
    from desk import process  # noqa: PLC0415 - prepares Prefect's environment before anything imports it

    return process.run_worker(settings, data=settings.data)


def _settings(data: Path | None) -> Settings:
    """The settings with the folder that was asked for, also for the processes of single runs."""
    if data is not None:
        os.environ["LAUNCH_REVIEW_DATA"] = str(data.resolve())
    settings = read_settings()
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputWrong(
            f"the data folder {settings.data} can't be made ({error.strerror}); give another with --data"
        ) from error
    browser_for(settings)  # one that can't be used is told now, not at the first page
    return settings


def _reached_at(settings: Settings, host: str, port: int) -> Settings:
    """With the desk's own address where only this machine reaches it and nobody said otherwise: mails link there."""
    if "base_url" in settings.model_fields_set or host not in LOOPBACK_NAMES or not port:
        return settings
    address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    os.environ["LAUNCH_REVIEW_BASE_URL"] = address  # where the processes of single runs read it
    return settings.model_copy(update={"base_url": address})


def _prepare_database(settings: Settings) -> None:
    """An embedded database is brought up to date by itself; one of your own is yours to upgrade."""
    if settings.database_url:
        require_schema(settings)
        return
    stands = apply.state(settings.database_address)
    if stands.current is not None and stands.current not in apply.revisions():
        raise Refused(
            f"the database in {settings.data} was made by a newer release (revision {stands.current}); "
            "run that release, or give another folder with --data"
        )
    apply.upgrade(settings.database_address)


def demo(*, data: DataFolder = None) -> int:
    """Walk the whole path once with the sample programme, told on the terminal, and end."""
    from desk.walk import walk  # noqa: PLC0415 - imports the sample

    folder = data if data is not None else Path(tempfile.mkdtemp(prefix="launch-review-"))
    if data is not None and (data / "launch-review.sqlite").exists():
        raise InputWrong(f"{data} holds a database already; the walk begins with an empty folder, give another one")
    settings = _settings(folder).model_copy(update={"database_url": ""})
    return asyncio.run(walk(settings))
