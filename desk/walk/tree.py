"""What the walk stands on: a Prefect server, the sample sites, an empty database and the pulse."""

import asyncio
from dataclasses import replace

from desk.demo import sites_served
from desk.walk.chapters import Chapters
from desk.walk.scene import Clockwork, Scene, say
from desk.words import counted
from flows.environment import prepare_client
from flows.reach import PrefectApi
from flows.server import EmbeddedServer
from flows.wiring import using, utc_now, wire
from migrations import apply
from sample.load import SampleProgramme
from settings import Settings


async def walk(settings: Settings) -> int:
    """Walk the path in a fresh data folder and say where its mails are. 0 when it reached its end."""
    began = utc_now()
    clock = Clockwork()
    server = EmbeddedServer(settings.data)
    say("Launch Review: the whole path, once.", "Starting a Prefect server, a database and four partners' sites ...")
    await server.start()
    prepare_client(settings.data / "prefect", api_url=server.api_url, auth_string=server.auth_string)
    try:
        await asyncio.to_thread(apply.upgrade, settings.database_address)
        async with sites_served(settings) as (led, sites, customers):
            here = replace(wire(led), now=clock.now)
            await SampleProgramme(here, sites, at=here.now()).load_launched()
            await server.healthy()
            with using(here):
                await _with_pulse(Chapters(Scene(here, clock), sites, customers), server.api_url)
            here.close()
    finally:
        await server.stop()
    seconds = (utc_now() - began).total_seconds()
    say("", f"Walked in {seconds:.0f} seconds. The mails, to look at: {settings.data / 'mails'}")
    return 0


async def _with_pulse(chapters: Chapters, api_url: str) -> None:
    """Walk while the pulse runs the flows, as it does in `launch-review up`."""
    from flows.beats import beats  # noqa: PLC0415 - imports Prefect, so after its environment
    from flows.pulse import pulse  # noqa: PLC0415
    from flows.records import runs_of  # noqa: PLC0415

    stop = asyncio.Event()
    beating = asyncio.create_task(pulse(beats(chapters.scene.here), stop, PrefectApi(api_url)))
    try:
        await chapters.all_of_them()
    finally:
        stop.set()
        unrecorded = await beating
    say("", "One integration's path as Prefect shows it (runs with the tag integration:mossbeacon)")
    for name, came_to, message in await runs_of("mossbeacon"):
        say(f"  {name:<20} {came_to:<20} {message}")
    if unrecorded:
        say(f"  ({counted(unrecorded, 'run')} more, of any: done, and not recorded, as the server was busy)")
