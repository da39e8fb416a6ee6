"""The embedded Prefect server's own process: `python -m flows.server_process --fd N --parent PID`.

It serves on a socket it was handed and lives on a leash: when the pipe on its standard input closes, or its
parent is another process than the one that started it, it stops, however the parent ended.
"""

import argparse
import os
import select
import socket
import sys
import threading

import uvicorn
from prefect.server.api.server import create_app

LEASH_CHECK_SECONDS = 1.0
GRACEFUL_SECONDS = 1


def hold_leash(server: uvicorn.Server, parent: int) -> None:
    """Wait for the parent's end, then ask the server to stop, then leave whether it did or not."""
    # The pipe tells at once; the parent's id also tells when a forked sibling still holds the pipe open.
    while os.getppid() == parent and not select.select([sys.stdin], [], [], LEASH_CHECK_SECONDS)[0]:
        continue
    server.should_exit = True
    threading.Event().wait(GRACEFUL_SECONDS + 0.5)
    os._exit(1)


def main() -> None:
    arguments = argparse.ArgumentParser(prog="flows.server_process")
    arguments.add_argument("--fd", type=int, required=True, help="a bound TCP socket")
    arguments.add_argument("--parent", type=int, required=True, help="the process this one must not outlive")
    given = arguments.parse_args()
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(),
            log_level="warning",
            access_log=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=GRACEFUL_SECONDS,
        )
    )
    threading.Thread(target=hold_leash, args=(server, given.parent), daemon=True).start()
    server.run(sockets=[socket.socket(fileno=given.fd)])


if __name__ == "__main__":
    main()
