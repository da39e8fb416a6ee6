"""The embedded Prefect server, the deployments, the pulse and the process tree, against real processes."""

import asyncio
import fcntl
import gc
import logging
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from prefect.client.orchestration import PrefectClient, get_client
from prefect.context import refresh_global_settings_context
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Running

from desk.cli.errors import InputWrong, Refused
from desk.holding import holding, listening
from flows.environment import prepare_client
from flows.pulse import Beat, pulse
from flows.reach import PrefectApi, PrefectUnreachable, require
from flows.server import EmbeddedServer, PrefectServerFailed
from flows.serving import DEPLOYMENTS, Served, serve
from flows.zombies import ZOMBIES, crash_leftovers, install_zombie_automation

REPOSITORY = Path(__file__).resolve().parents[2]

SCRATCH_FLOWS = """
    from prefect import flow
    from prefect.states import Completed

    @flow
    async def tick(at: str = "nowhere"):
        return Completed(name="Ticked", message=at)
"""

TREE = """
    import asyncio, sys
    from contextlib import nullcontext
    from pathlib import Path
    from desk.holding import holding, listening
    from desk.process import Tree, Work

    async def app(scope, receive, send):
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"the desk"})

    with holding(Path(sys.argv[1])) as data, listening("127.0.0.1", 0) as listener:
        sys.exit(asyncio.run(Tree(data, lambda: nullcontext(Work([], [])), lambda: app).run(listener)))
"""

EMBEDDED_ALONE = """
    import asyncio, sys
    from pathlib import Path
    from flows.server import EmbeddedServer

    async def main():
        server = EmbeddedServer(Path(sys.argv[1]), 0)
        await server.start()
        await server.healthy()
        print(server.pid, flush=True)
        await asyncio.sleep(600)

    asyncio.run(main())
"""


@contextmanager
def running(script: str, *arguments: Path) -> Iterator[subprocess.Popen[str]]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    command = [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
    process = subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def holder_of(file: Path) -> subprocess.Popen[bytes]:
    """A process that holds the lock of `file`, as a server does that outlived its parent."""
    with file.open("w") as place:
        fcntl.flock(place, fcntl.LOCK_EX)
        holder = subprocess.Popen(["sleep", "60"], pass_fds=(place.fileno(),))
        place.write(str(holder.pid))
    return holder


def is_alive(pid: int) -> bool:
    """Alive, and not merely waiting for its exit code to be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def until(holds: Callable[[], Any], within: float = 15.0) -> None:
    async with asyncio.timeout(within):
        while True:
            answer = holds()
            if await answer if asyncio.iscoroutine(answer) else answer:
                return
            await asyncio.sleep(0.05)


@pytest_asyncio.fixture(scope="class", loop_scope="class")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedServer]:
    before = dict(os.environ)
    scratch = tmp_path_factory.mktemp("scratch")
    (scratch / "scratchflows.py").write_text(textwrap.dedent(SCRATCH_FLOWS))
    data = tmp_path_factory.mktemp("data")
    server = EmbeddedServer(data, 0)
    await server.start()
    os.environ |= {"PYTHONPATH": str(scratch), "PREFECT_RUNNER_POLL_FREQUENCY": "1"}
    sys.path.insert(0, str(scratch))
    prepare_client(data / "prefect", api_url=server.api_url, auth_string=server.auth_string)
    try:
        await server.healthy()
        yield server
    finally:
        await server.stop()
        sys.path.remove(str(scratch))
        os.environ.clear()
        os.environ |= before
        refresh_global_settings_context()


@pytest_asyncio.fixture(loop_scope="class")
async def client(server: EmbeddedServer) -> AsyncIterator[PrefectClient]:
    async with get_client() as client:
        yield client


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.asyncio(loop_scope="class")
# Prefect's runner leaves one connection to its API for the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestOnARealServer:
    """One embedded server for all of these."""

    async def test_a_cron_deployment_gets_scheduled_runs_and_a_run_by_hand_completes(
        self, client, tmp_path, monkeypatch
    ):
        monkeypatch.chdir(tmp_path)
        sigterm = signal.getsignal(signal.SIGTERM)
        stop = asyncio.Event()
        served = Served("net", "scratchflows.tick", "a tick", ("t",), "17 2 * * *", {"at": "somewhere"})
        serving = asyncio.create_task(serve(stop, [served]))

        async def deployments() -> list[Any]:
            return list(await client.read_deployments())

        await until(deployments)
        (deployment,) = await deployments()
        by_hand = await client.create_flow_run_from_deployment(deployment.id)
        scheduled: list[datetime] = []

        async def scheduler_has_passed() -> bool:
            runs = await client.read_flow_runs()
            scheduled[:] = [run.expected_start_time for run in runs if run.auto_scheduled]
            return bool(scheduled)

        await until(scheduler_has_passed, within=30)
        assert {(at.hour, at.minute) for at in (instant.astimezone(UTC) for instant in scheduled)} == {(2, 17)}

        async def is_final() -> bool:
            return bool((await client.read_flow_run(by_hand.id)).state.is_final())

        await until(is_final, within=45)
        state = (await client.read_flow_run(by_hand.id)).state
        assert (state.name, state.message) == ("Ticked", "somewhere")
        assert signal.getsignal(signal.SIGTERM) is sigterm
        stop.set()
        await serving
        gc.collect()

    async def test_the_pages_are_served_and_the_api_asks_for_the_password(self, server):
        with socket.create_connection(("127.0.0.1", int(server.ui_url.rsplit(":", 1)[1]))) as connection:
            connection.settimeout(5)
            connection.sendall(b"POST /api/flow_runs/filter HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
            assert b" 401 " in connection.recv(100)
        assert (server.home / "ui").is_dir()
        assert (server.home / "auth").stat().st_mode & 0o077 == 0

    async def test_an_in_process_run_is_recorded_under_the_name_it_gave_itself(self, server, client):
        from scratchflows import tick

        stop = asyncio.Event()
        # Again each second: while a busy server keeps silent, what runs is not recorded.
        beat = Beat("tick", tick, lambda: [{"at": "the pulse"}], 1.0)
        beating = asyncio.create_task(pulse([beat], stop, PrefectApi(server.api_url)))

        async def recorded() -> bool:
            runs = await client.read_flow_runs()
            return any(run.state.name == "Ticked" and run.state.message == "the pulse" for run in runs)

        await until(recorded)
        stop.set()
        await beating

    async def test_what_a_killed_process_left_running_is_marked_as_crashed(self, client):
        from scratchflows import tick

        run = await client.create_flow_run(tick, state=Running())
        assert await crash_leftovers() == 1
        assert (await client.read_flow_run(run.id)).state.is_crashed()
        assert await crash_leftovers() == 0

    async def test_the_zombie_automation_is_installed_once_and_left_alone_after(self, client):
        await install_zombie_automation()
        (first,) = await client.read_automations_by_name(ZOMBIES.name)
        await install_zombie_automation()
        (second,) = await client.read_automations_by_name(ZOMBIES.name)
        assert first == second


@pytest.mark.prefect
@pytest.mark.slow
class TestTheServersProcess:
    async def test_killing_the_parent_with_9_leaves_no_server_behind(self, tmp_path):
        with running(EMBEDDED_ALONE, tmp_path) as parent:
            assert parent.stdout
            server = int(await asyncio.to_thread(parent.stdout.readline))
            assert is_alive(server)
            parent.kill()
            await until(lambda: not is_alive(server), within=30)

    async def test_the_tree_answers_refuses_a_second_one_and_stops_on_sigterm(self, tmp_path):
        with running(TREE, tmp_path) as tree:
            assert tree.stdout
            desk = (await asyncio.to_thread(tree.stdout.readline)).split()[-1]
            assert "sign in as admin:" in await asyncio.to_thread(tree.stdout.readline)
            assert desk.startswith("http://127.0.0.1:")
            server = int((tmp_path / "prefect" / "server.pid").read_text())
            with pytest.raises(Refused, match=f"process {tree.pid}.*--data"), holding(tmp_path):
                pass
            tree.terminate()
            assert await asyncio.to_thread(tree.wait, 8) == 0
            assert not is_alive(server)

    async def test_a_leftover_of_the_same_data_folder_is_ended(self, tmp_path):
        home = tmp_path / "prefect"
        home.mkdir()
        leftover = holder_of(home / "server.pid")
        server = EmbeddedServer(tmp_path, 0)
        await server.start()
        await server.stop()
        assert leftover.wait(1) == -signal.SIGTERM

    async def test_a_taken_usual_port_gives_a_free_one_and_a_taken_given_port_an_error(self, tmp_path):
        with listening("127.0.0.1", 0) as taken:
            taken.listen()
            port = taken.getsockname()[1]
            with pytest.raises(OSError, match="in use"):
                await EmbeddedServer(tmp_path, port).start()

    async def test_a_server_that_ends_is_said_with_the_last_line_of_its_log(self, tmp_path, monkeypatch):
        monkeypatch.setenv("PREFECT_SERVER_LOGGING_LEVEL", "nonsense")
        server = EmbeddedServer(tmp_path, 0)
        await server.start()
        with pytest.raises(PrefectServerFailed, match=r"ended with exit code 1; its log .*server\.log ends with"):
            await server.healthy()


class FakeFlow:
    """A flow that notes how it was run, and fails as often as told."""

    def __init__(
        self,
        *,
        failures: int = 0,
        recorded_failures: int = 0,
        trouble: Exception = ConnectionError("the API went away"),  # noqa: B008 - raised, never changed
        takes: float = 0.0,
    ) -> None:
        self.recorded: list[dict[str, Any]] = []
        self.plain: list[dict[str, Any]] = []
        self.failures = failures
        self.recorded_failures = recorded_failures
        self.trouble = trouble
        self.takes = takes
        self.together = self.most_together = 0

    async def __call__(self, *args: Any, **parameters: Any) -> None:
        if self.recorded_failures:
            self.recorded_failures -= 1
            raise self.trouble
        await self._work(self.recorded, parameters)

    async def fn(self, **parameters: Any) -> None:
        await self._work(self.plain, parameters)

    async def _work(self, runs: list[dict[str, Any]], parameters: dict[str, Any]) -> None:
        runs.append(parameters)
        self.together += 1
        self.most_together = max(self.most_together, self.together)
        await asyncio.sleep(self.takes)
        self.together -= 1
        if self.failures:
            self.failures -= 1
            raise ValueError("a bad row")


@pytest_asyncio.fixture
async def stop() -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    yield stop
    stop.set()


@contextmanager
def beating(stop: asyncio.Event, api: PrefectApi, *beats: Beat) -> Iterator["asyncio.Task[None]"]:
    task = asyncio.create_task(pulse(beats, stop, api))
    yield task
    assert not task.done()
    stop.set()


class HealthServer:
    """A loopback server that answers every request with 200 while it is up."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api"
        self._server: asyncio.Server | None = None

    async def up(self) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ntrue")
            await writer.drain()
            writer.close()

        self._server = await asyncio.start_server(answer, "127.0.0.1", self.port)

    async def down(self) -> None:
        if self._server:
            self._server.close()
            await self._server.wait_closed()


@pytest_asyncio.fixture
async def health() -> AsyncIterator[HealthServer]:
    server = HealthServer()
    await server.up()
    yield server
    await server.down()


class TestThePulse:
    async def test_a_failing_flow_stops_neither_itself_nor_the_others(self, stop, health):
        bad, good = FakeFlow(failures=1), FakeFlow()
        beats = [Beat("bad", bad, lambda: [{}], 0.02), Beat("good", good, lambda: [{}], 0.02)]
        with beating(stop, PrefectApi(health.url), *beats):
            await until(lambda: len(bad.recorded) >= 2 and len(good.recorded) >= 5, within=30)
        assert bad.plain == good.plain == []

    async def test_a_bad_row_waits_longer_and_the_rows_beside_it_do_not(self, stop, health):
        class BadRow(FakeFlow):
            async def __call__(self, *args: Any, **parameters: Any) -> None:
                await super().__call__(**parameters)
                if parameters["slug"] == "bad":
                    raise ValueError("a bad row")

        flow = BadRow()
        with beating(
            stop, PrefectApi(health.url), Beat("launch", flow, lambda: [{"slug": "bad"}, {"slug": "good"}], 0.02)
        ):
            await until(lambda: flow.recorded.count({"slug": "good"}) >= 5, within=30)
        assert flow.recorded.count({"slug": "bad"}) <= 2

    async def test_a_question_that_fails_is_asked_again(self, stop, health):
        answers = iter([ValueError("no such table"), [{}]])

        def due() -> list[dict[str, Any]]:
            answer = next(answers, [])
            if isinstance(answer, Exception):
                raise answer
            return answer

        flow = FakeFlow()
        with beating(stop, PrefectApi(health.url), Beat("launch", flow, due, 0.02)):
            await until(lambda: flow.recorded == [{}], within=30)

    async def test_the_same_run_is_never_under_way_twice_and_no_more_than_allowed_together(self, stop, health):
        flow = FakeFlow(takes=0.1)
        wanted = [{"slug": str(number)} for number in range(5)] * 2
        with beating(stop, PrefectApi(health.url), Beat("launch", flow, lambda: wanted, 0.01, at_once=3)):
            await until(lambda: len(flow.recorded) >= 6, within=30)
        assert flow.most_together == 3
        assert flow.recorded[:3] == wanted[:3]

    async def test_without_prefect_the_work_is_done_unrecorded_and_said_once_until_it_is_back(
        self, stop, health, caplog
    ):
        caplog.set_level(logging.WARNING, "flows.reach")
        await health.down()
        flow = FakeFlow()
        api = PrefectApi(health.url, up_for=0.05, down_for=0.05)
        with beating(stop, api, Beat("launch", flow, lambda: [{}], 0.02)):
            await until(lambda: len(flow.plain) >= 5, within=30)
            assert flow.recorded == []
            await health.up()
            await until(lambda: flow.recorded, within=30)
        said = [record.getMessage() for record in caplog.records if record.name == "flows.reach"]
        assert ["does not answer" in said[0], "answers again" in said[1], len(said)] == [True, True, 2]

    async def test_when_prefect_goes_away_under_a_run_the_run_is_made_again_unrecorded(self, stop, health):
        flow = FakeFlow(recorded_failures=1)
        api = PrefectApi(health.url)
        assert await api.answers()
        await health.down()
        with beating(stop, api, Beat("launch", flow, lambda: [{}], 0.02)):
            await until(lambda: flow.plain, within=30)
        assert flow.recorded == []

    async def test_when_prefect_is_too_busy_to_record_a_run_the_work_is_done_at_once_and_it_is_said_in_a_line(
        self, stop, health, caplog
    ):
        busy = httpx.Response(503, request=httpx.Request("POST", f"{health.url}/flow_runs/"))
        flow = FakeFlow(recorded_failures=1, trouble=PrefectHTTPStatusError("503", request=busy.request, response=busy))
        with beating(stop, PrefectApi(health.url), Beat("deliver", flow, lambda: [{}], 0.02)):
            await until(lambda: flow.recorded, within=30)
        assert flow.plain == [{}]
        told = [record for record in caplog.records if record.name == "flows.pulse"]
        assert [record.getMessage() for record in told] == [
            "Prefect is too busy to record deliver (503): it runs unrecorded"
        ]
        assert told[0].exc_info is None

    async def test_what_is_under_way_may_finish_when_it_stops(self, stop, health):
        flow = FakeFlow(takes=0.2)
        task = asyncio.create_task(pulse([Beat("launch", flow, lambda: [{}], 0.02)], stop, PrefectApi(health.url)))
        await until(lambda: flow.together == 1, within=30)
        stop.set()
        await task
        assert flow.together == 0


class TestWhatIsRefused:
    async def test_a_named_server_that_does_not_answer_is_one_clear_line(self, health):
        await require(health.url, within=1)
        await health.down()
        with pytest.raises(PrefectUnreachable, match=f"no Prefect server answers at PREFECT_API_URL={health.url}"):
            await require(health.url, within=0)

    def test_a_taken_port_is_one_clear_line(self):
        with listening("127.0.0.1", 0) as taken:
            taken.listen()
            port = taken.getsockname()[1]
            with (
                pytest.raises(InputWrong, match=f"can't listen on 127.0.0.1 port {port}.*--port"),
                listening("127.0.0.1", port),
            ):
                pass

    def test_a_host_that_other_machines_reach_needs_to_be_wanted(self):
        with pytest.raises(InputWrong, match=r"plain HTTP.*--expose"), listening("0.0.0.0", 0):
            pass
        with listening("0.0.0.0", 0, expose=True) as listener:
            assert listener.getsockname()[0] == "0.0.0.0"

    def test_a_data_folder_is_free_again_after(self, tmp_path, monkeypatch):
        monkeypatch.setenv("LAUNCH_REVIEW_DATA", "set aside")
        for _ in range(2):
            with holding(tmp_path) as data:
                assert data == tmp_path.resolve()


def test_the_work_pools_file_lists_the_same_deployments():
    listed = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())["deployments"]
    assert [
        {
            "name": served.name,
            "entrypoint": served.flow,
            "description": served.description,
            "tags": list(served.tags),
            "parameters": dict(served.parameters),
            "schedules": [{"cron": served.cron, "timezone": "UTC"}] if served.cron else [],
            "work_pool": {"name": "launch-review"},
        }
        for served in DEPLOYMENTS
    ] == [{**entry, "schedules": entry.get("schedules", [])} for entry in listed]


def test_no_module_of_flows_hides_another_package():
    """Prefect puts the folder of a flow's file first on the path."""
    names = {path.stem for path in (REPOSITORY / "flows").glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in REPOSITORY.glob("*/__init__.py")} | {"settings", "prefect", "tests"}
    assert not names & (set(sys.stdlib_module_names) | packages)
