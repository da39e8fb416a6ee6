"""A browser runs while somebody looks, and no longer: not even when its program is killed."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from checklist.browser import SystemBrowser
from checklist.browser.memory import family_of
from tests.integration.browser_traps import PROGRAM, children, needs_chromium, program_of, shows
from tests.integration.hostile_server import HostileServer, hostile_server

pytestmark = [pytest.mark.slow, needs_chromium]

REPOSITORY = Path(__file__).resolve().parents[2]
SITE = "http://www.partner.test"


@pytest.fixture
async def site() -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        yield running


async def test_nothing_runs_before_the_first_page_and_after_the_last_user(site):
    site.routes["/"] = shows("<h1>Fine</h1>")
    one = SystemBrowser(PROGRAM, hosts={"www.partner.test": site.pair})
    async with one:
        assert children() == []
        async with one:
            await one.look(f"{SITE}/")
        assert children()
        assert (await one.look(f"{SITE}/")).outcome == "ok"
    assert children() == []


async def test_a_look_that_is_cancelled_while_the_browser_starts_leaves_nothing_running(site):
    site.routes["/"] = shows("<h1>Fine</h1>")
    for seconds in (0.01, 0.3, 0.9):
        async with SystemBrowser(PROGRAM, hosts={"www.partner.test": site.pair}) as browser:
            looking = asyncio.create_task(browser.look(f"{SITE}/"))
            await asyncio.sleep(seconds)
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
        assert children() == []


LOOKS_AND_DIES = """
import asyncio, sys
from pathlib import Path
from checklist.browser import SystemBrowser

async def main():
    async with SystemBrowser(Path(sys.argv[1]), hosts={"www.partner.test": sys.argv[2]}) as browser:
        await browser.look("http://www.partner.test/")
        print("looked", flush=True)
        await browser.look("http://www.partner.test/hangs")

asyncio.run(main())
"""


async def test_the_browser_ends_with_a_program_that_is_killed(site):
    site.routes["/"] = shows("<h1>Fine</h1>")
    site.routes["/hangs"] = shows("<script>while (true) {}</script>")
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", LOOKS_AND_DIES, str(PROGRAM), site.pair), cwd=REPOSITORY, stdout=subprocess.PIPE
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"looked\n"
    await asyncio.sleep(1)
    family = family_of(program.pid)[1:]
    assert len(family) > 3
    program.send_signal(signal.SIGKILL)
    await program.wait()
    for _ in range(100):
        if not (left := [member for member in family if program_of(member)]):
            break
        await asyncio.sleep(0.1)
    assert left == []
