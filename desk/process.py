"""The process tree of `launch-review up` and `launch-review work`.

One process hosts the desk, the pulse and the runner of the deployments; the embedded Prefect server is its child.
"""

import asyncio
import contextlib
import logging
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desk.holding import holding, listening
from desk.stopping import stop_on_signals, unless_stopped
from desk.web_server import desk_server, started
from desk.web_server import serve as serve_desk
from flows.environment import prepare_client
from flows.reach import PrefectApi, require
from flows.server import EmbeddedServer

if TYPE_CHECKING:
    from flows.pulse import Beat
    from flows.serving import Served
    from settings import Settings

LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Work:
    """What a tree does besides serving pages. Made after Prefect's environment is prepared: it imports flows."""

    beats: "Sequence[Beat]"
    deployments: "Sequence[Served]"


@dataclass(frozen=True)
class Addresses:
    """Where things are, once everything answers. `desk` is None without the web."""

    desk: str | None
    prefect: str
    prefect_sign_in: str | None
    """`user:password` of the embedded server's pages."""


Announce = Callable[[Addresses], None]


def print_addresses(addresses: Addresses) -> None:
    if addresses.desk:
        print(f"Launch Review   {addresses.desk}")  # noqa: T201 - the command's answer
    sign_in = f"   (sign in as {addresses.prefect_sign_in})" if addresses.prefect_sign_in else ""
    print(f"Prefect         {addresses.prefect}{sign_in}", flush=True)  # noqa: T201 - the command's answer


def run_system(
    settings: "Settings",
    *,
    host: str,
    port: int,
    data: Path,
    demo: bool,
    expose: bool = False,
    announce: Announce = print_addresses,
) -> int:
    """Run everything until Ctrl-C or SIGTERM and return the exit code. The database is at its newest version.

    `expose` allows a host that other machines reach: the desk speaks plain HTTP, so something in front must encrypt.
    Raises InputWrong when the port is taken or the host needs `expose`, Refused when the data folder is in use,
    PrefectUnreachable or PrefectServerFailed when there is no Prefect server to work with: all with an exit code.
    """
    chosen = settings.model_copy(update={"data": data.resolve()})

    def app() -> Any:
        from desk.app import create_app  # noqa: PLC0415 - imports flows, so after Prefect's environment
        from desk.demo import demo_people  # noqa: PLC0415 - as above

        people = demo_people() if demo and ip_address(listener.getsockname()[0]).is_loopback else []
        return create_app(chosen, clock=lambda: datetime.now(UTC), demo_people=people)  # noqa: TID251 - entry point

    @contextlib.asynccontextmanager
    async def sample() -> AsyncIterator[None]:
        from desk.demo import sample_programme  # noqa: PLC0415 - only the demo needs the sample

        nonlocal chosen
        async with sample_programme(chosen) as chosen:
            yield

    with holding(data) as held, listening(host, port, expose=expose) as listener:
        # The sample comes first: it says where the others find what they speak to.
        beside = [*([sample] if demo else []), lambda: _slack(chosen)]
        tree = Tree(held, lambda: _work(chosen), app, beside=beside, announce=announce)
        return asyncio.run(tree.run(listener))


def run_worker(settings: "Settings", *, data: Path, announce: Announce = print_addresses) -> int:
    """Run pulse and deployments without the web, beside others on a shared database and Prefect server.

    Raises as `run_system` does.
    """
    with holding(data) as held:
        chosen = settings.model_copy(update={"data": held})
        tree = Tree(held, lambda: _work(chosen), beside=[lambda: _slack(chosen)], announce=announce)
        return asyncio.run(tree.run())


@contextlib.contextmanager
def _work(settings: "Settings") -> Iterator[Work]:
    from flows import turn  # noqa: PLC0415
    from flows.beats import beats  # noqa: PLC0415 - imports Prefect, so after its environment
    from flows.serving import DEPLOYMENTS  # noqa: PLC0415
    from flows.wiring import using, wire  # noqa: PLC0415
    from notifications import outbox  # noqa: PLC0415
    from review.actions import batching  # noqa: PLC0415

    with contextlib.closing(wire(settings)) as here, using(here):
        if settings.database_address.startswith("sqlite"):
            # Nobody else works on it while the data folder is held, so a killed process left these leases.
            with here.database.write.begin() as session:
                turn.let_go(session)
                batching.let_go(session)
                outbox.let_go(session, at=here.now())
        yield Work(beats(here), DEPLOYMENTS)


@contextlib.asynccontextmanager
async def _slack(settings: "Settings") -> AsyncIterator[None]:
    from desk.slack.listening import listening as listening_to_slack  # noqa: PLC0415 - imports flows, as above

    async with listening_to_slack(settings):
        yield


@dataclass(frozen=True)
class Tree:
    """What runs together. `work` and `app` are called after Prefect's environment is prepared.

    `beside` are servers that start before these two and live as long as the tree does.
    """

    data: Path
    work: Callable[[], AbstractContextManager[Work]]
    app: Callable[[], Any] | None = None
    beside: Sequence[Callable[[], AbstractAsyncContextManager[object]]] = ()
    announce: Announce = print_addresses

    async def run(self, listener: socket.socket | None = None) -> int:
        """Run until a signal, and return the exit code; `listener` is the desk's bound socket."""
        stop = asyncio.Event()
        stop_on_signals(stop)
        async with _prefect(self.data) as (api_url, embedded), contextlib.AsyncExitStack() as stack:
            # Prefect's server takes seconds to start; meanwhile this process imports and prepares its part.
            for context in self.beside:
                await stack.enter_async_context(context())
            work = stack.enter_context(self.work())
            desk = desk_server(self.app()) if self.app else None
            if embedded:
                await unless_stopped(embedded.healthy(), stop)
            if stop.is_set():
                return 0
            async with asyncio.TaskGroup() as group:
                group.create_task(_do(work, stop, api_url, embedded))
                if embedded:
                    group.create_task(embedded.keep_alive(stop))
                if desk and listener:
                    group.create_task(serve_desk(desk, listener, stop))
                    await unless_stopped(started(desk), stop)
                if not stop.is_set():
                    self.announce(_addresses(api_url, embedded, listener))
        return 1 if desk and not desk.started else 0


@contextlib.asynccontextmanager
async def _prefect(data: Path) -> AsyncIterator[tuple[str, EmbeddedServer | None]]:
    """The API's address, and our own server on its way up unless PREFECT_API_URL names another."""
    home = data / "prefect"
    if given := os.environ.get("PREFECT_API_URL"):
        await require(given)
        prepare_client(home, api_url=given)
        yield given, None
        return
    embedded = EmbeddedServer(data)
    await embedded.start()
    try:
        prepare_client(home, api_url=embedded.api_url, auth_string=embedded.auth_string)
        yield embedded.api_url, embedded
    finally:
        await embedded.stop()


async def _do(work: Work, stop: asyncio.Event, api_url: str, embedded: EmbeddedServer | None) -> None:
    from flows.pulse import pulse  # noqa: PLC0415 - imports Prefect, so after its environment
    from flows.serving import serve  # noqa: PLC0415
    from flows.zombies import crash_leftovers  # noqa: PLC0415

    if embedded and (crashed := await crash_leftovers()):
        LOG.warning("%d flow runs of an earlier process did not finish; what they did is done again", crashed)
    await asyncio.gather(
        pulse(work.beats, stop, PrefectApi(api_url), heartbeats=embedded is None),
        serve(stop, work.deployments),
    )


def _addresses(api_url: str, embedded: EmbeddedServer | None, listener: socket.socket | None) -> Addresses:
    desk = None
    if listener:
        host, port = listener.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - reads
        desk = f"http://{host}:{port}"
    return Addresses(
        desk=desk,
        prefect=api_url.removesuffix("/api"),
        prefect_sign_in=embedded.auth_string if embedded else None,
    )
