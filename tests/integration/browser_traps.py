"""What a page must never reach: sockets on loopback that only count who comes."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from checklist.browser.memory import family_of
from checklist.browser.program import PROGRAMS
from tests.integration.hostile_server import Route, answer, sends

PROGRAM = next((Path(found) for name in PROGRAMS if (found := shutil.which(name))), None)
needs_chromium = pytest.mark.skipif(PROGRAM is None, reason="needs the system's Chromium (apt install chromium)")


def shows(html: str, **headers: str) -> Route:
    """A route with a whole page."""
    return sends(answer("200 OK", html.encode(), content_type="text/html; charset=utf-8", **headers))


SHELL = """<!doctype html><title>App</title><div id="root"></div><script>
fetch("/data.json").then(answer => answer.json()).then(data => {
  document.title = data.title
  document.getElementById("root").innerHTML = `<h1>${data.title}</h1><p>${data.text}</p>`
})</script>"""
"""A page with nothing on it until its script has asked for more."""


@dataclass
class Trap(asyncio.DatagramProtocol):
    """One port of every loopback address, TCP and UDP. `came` says who did."""

    port: int = 0
    came: list[str] = field(default_factory=list)

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.came.append(f"udp {addr}")

    async def caught(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.append(f"tcp {writer.get_extra_info('peername')}")
        writer.write(answer())
        writer.close()


@asynccontextmanager
async def trap() -> AsyncIterator[Trap]:
    """Waits on 127.0.0.1 and, where there is one, [::1]."""
    set_up = Trap()
    loop = asyncio.get_running_loop()
    hosts = ["127.0.0.1", *(["::1"] if _has_ipv6() else [])]
    servers = []
    transports = []
    for host in hosts:
        server = await asyncio.start_server(set_up.caught, host, set_up.port)
        set_up.port = server.sockets[0].getsockname()[1]
        servers.append(server)
        transports.append((await loop.create_datagram_endpoint(lambda: set_up, (host, set_up.port)))[0])
    try:
        yield set_up
    finally:
        for transport in transports:
            transport.close()
        for server in servers:
            server.close()
            await server.wait_closed()


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


def children() -> list[int]:
    """The browser's processes that this one has started."""
    return [member for member in family_of(os.getpid())[1:] if "chrom" in program_of(member)]


def program_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""
