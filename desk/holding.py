"""What one process has for itself: the data folder, and the desk's port."""

import contextlib
import fcntl
import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

from desk.cli.errors import InputWrong, Refused


@contextlib.contextmanager
def holding(data: Path) -> Iterator[Path]:
    """Hold the data folder for this process, and give its full path. Raises Refused while another one holds it."""
    data.mkdir(parents=True, exist_ok=True)
    with (data / "up.lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Refused(
                f"Launch Review already runs on the data folder {data} (process {holder}): "
                "stop it first, or give another folder with --data"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        # Prefect's processes of single runs read the same settings as this one.
        os.environ["LAUNCH_REVIEW_DATA"] = str(data.resolve())
        yield data.resolve()


@contextlib.contextmanager
def listening(host: str, port: int, *, expose: bool = False) -> Iterator[socket.socket]:
    """The desk's socket, bound before anything else starts. Raises InputWrong when that can't, or must not, be."""
    with contextlib.ExitStack() as stack:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            listener = stack.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if not expose and not ip_address(address[0]).is_loopback:
                raise InputWrong(
                    f"other machines reach {host}, and the desk speaks plain HTTP, which shows who signs in to whoever "
                    "listens: use 127.0.0.1, or put something that speaks HTTPS before it and say so with --expose"
                )
            listener.bind(address)
        except OSError as error:
            raise InputWrong(
                f"can't listen on {host} port {port} ({error.strerror}): give a free one with --host and --port"
            ) from None
        yield listener
