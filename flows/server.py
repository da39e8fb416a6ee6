"""The Prefect server that comes with the product: a child process on loopback, with its data in our folder.

Only who holds the data folder may start one: whatever else runs on the folder is taken for a leftover.
"""

import asyncio
import contextlib
import fcntl
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from flows.environment import server_environment

LOG = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
# Prefect's own usual port, so that bookmarks keep working; any free one when it is taken.
PREFERRED_PORT = 4200
HEALTHY_WITHIN_SECONDS = 60.0
STOP_WITHIN_SECONDS = 4.0
LOG_BYTES = 5_000_000


class PrefectServerFailed(Exception):
    """The embedded Prefect server ended, or did not become healthy in time; its log says why."""

    exit_code = 1


class EmbeddedServer:
    """One Prefect server in a child process, which stops when this process ends, however it ends.

    `data` is the data folder: database, log, user interface and password live in `data/prefect`.
    `port` None takes the usual one, or a free one when that is taken; a given port must be free (OSError).
    """

    def __init__(self, data: Path, port: int | None = None) -> None:
        self.home = data.resolve() / "prefect"
        self.log_file = self.home / "server.log"
        self._wanted_port = port
        self._port = 0
        self._process: asyncio.subprocess.Process | None = None

    @property
    def ui_url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    @property
    def api_url(self) -> str:
        return f"{self.ui_url}/api"

    @property
    def auth_string(self) -> str:
        """`user:password`, made once for each data folder.

        Without it any page open in the operator's browser could ask the server to run something.
        """
        path = self.home / "auth"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"admin:{secrets.token_urlsafe(24)}")
        return path.read_text()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the process and return at once; `healthy` waits until it answers."""
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        async with self._place() as place:
            with self._listen() as listener, self._log() as log:
                self._port = listener.getsockname()[1]
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-P", "-m", "flows.server_process"),
                    *("--fd", str(listener.fileno()), "--parent", str(os.getpid())),
                    env=server_environment(self.home, self.ui_url, self.auth_string),
                    cwd=self.home,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=log,
                    stderr=log,
                    pass_fds=(listener.fileno(), place),
                    # Ctrl-C is for the parent, which stops this one in its own order.
                    start_new_session=True,
                )
            os.pwrite(place, str(self._process.pid).encode(), 0)

    async def healthy(self, within: float = HEALTHY_WITHIN_SECONDS) -> None:
        """Wait until the API answers. Raises PrefectServerFailed when it ends or takes too long."""
        try:
            async with asyncio.timeout(within), httpx.AsyncClient(trust_env=False) as client:
                while True:
                    if await self._answers(client):
                        return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise self._failed(f"did not answer within {within:.0f} s") from None

    async def keep_alive(self, stop: asyncio.Event, retry_seconds: float = 2.0) -> None:
        """Start the server again, on the same port, whenever it ends before `stop` is set."""
        self._wanted_port = self._port
        stopping = asyncio.ensure_future(stop.wait())
        while not stop.is_set() and self._process:
            ended = asyncio.ensure_future(self._process.wait())
            await asyncio.wait({ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                ended.cancel()
                return
            LOG.warning("the Prefect server ended (exit code %s) and is started again", ended.result())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(stopping), retry_seconds)
            if not stop.is_set():
                await self.start()
        stopping.cancel()

    async def stop(self) -> None:
        """Stop the server; one that does not within seconds is killed."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_WITHIN_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _answers(self, client: httpx.AsyncClient) -> bool:
        if self._process is None or self._process.returncode is not None:
            code = self._process.returncode if self._process else "none"
            raise self._failed(f"ended with exit code {code}")
        try:
            return (await client.get(f"{self.api_url}/health", timeout=2.0)).is_success
        except httpx.TransportError:
            return False

    def _failed(self, what: str) -> PrefectServerFailed:
        lines = self.log_file.read_text(errors="replace").splitlines() if self.log_file.exists() else []
        last = lines[-1].strip() if lines else "nothing"
        return PrefectServerFailed(f"the Prefect server {what}; its log {self.log_file} ends with: {last}")

    def _listen(self) -> socket.socket:
        """A bound socket, handed to the child: no one can take the port in between."""
        wanted = [PREFERRED_PORT, 0] if self._wanted_port is None else [self._wanted_port]
        for port in wanted:
            listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((LOOPBACK, port))
            except OSError:
                listener.close()
                if port == wanted[-1]:
                    raise
            else:
                return listener
        raise AssertionError("the last port either bound or raised")

    @contextlib.contextmanager
    def _log(self) -> Iterator[int]:
        if self.log_file.exists() and self.log_file.stat().st_size > LOG_BYTES:
            self.log_file.replace(self.log_file.with_suffix(".log.1"))
        descriptor = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextlib.asynccontextmanager
    async def _place(self) -> AsyncIterator[int]:
        """The locked file that says which process is the server of this folder.

        The child inherits the lock and nobody else keeps it, so while it is locked the process id inside
        is alive and really a server of this folder: a leftover, which is ended.
        """
        descriptor = os.open(self.home / "server.pid", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not _locked(descriptor):
                await self._end_leftover(descriptor)
            os.truncate(descriptor, 0)
            yield descriptor
        finally:
            os.close(descriptor)

    async def _end_leftover(self, place: int) -> None:
        """End the process that holds `place`, and take it. Raises PrefectServerFailed when it stays."""
        leftover = os.pread(place, 20, 0).decode()
        for signal_number in (signal.SIGTERM, signal.SIGKILL):
            if leftover.isdecimal():
                LOG.warning("ending a leftover Prefect server of this data folder (process %s)", leftover)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(leftover), signal_number)
            for _ in range(int(STOP_WITHIN_SECONDS / 0.1)):
                if _locked(place):
                    return
                await asyncio.sleep(0.1)
        raise PrefectServerFailed(
            f"another Prefect server (process {leftover or 'unknown'}) holds {self.home} and does not end: end it"
        )


def _locked(descriptor: int) -> bool:
    """Take the lock of an open file unless another process holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
