"""Made-up partners' sites and endpoints, served over TLS on the loopback address by a process of their own.

Each integration has a site (`site_of`) with all pages and pictures a checklist looks at, as heavy as real ones, and
an endpoint that takes calls (`endpoint_of`). They note each request that reaches them, and tell it when asked.

    python -m bench.loopback.sites CA_FILE --integrations 500 [--latency-ms 20-200]
"""

import argparse
import asyncio
import json
import ssl
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import httpx
from pydantic import SecretStr

from checklist.customers.file import CustomersFile
from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.rulebook import Rulebook
from models.enums import SpecCall
from sample.certificates import SampleAuthority
from sample.pictures import Box, png
from sample.serving import Reply, Request
from sample.webhook import Webhook

DOMAIN = "bench.example"
COUNTED_AT = f"log.{DOMAIN}"
LOOPBACK = "127.0.0.1"
API_KEY = "a key for the bench"
METHODS = (SpecCall.IDENTIFY, SpecCall.TRACK, SpecCall.PAGE, SpecCall.GROUP)

PAGE_BYTES = 100_000
"""About what a real page weighs; most of it is style and data, which nobody reads."""

PAGE_LINKS = 200
"""About as many links as a real page has, navigation and footer included."""

HTML, SVG, PNG, PLAIN = "text/html; charset=utf-8", "image/svg+xml", "image/png", "text/plain"
NEITHER = frozenset({"host", "connection", "content-length"})
"""Headers of the connection itself, which every client writes in its own way."""


def slug_of(number: int) -> str:
    return f"tool-{number:04}"


def site_of(number: int) -> str:
    return f"https://{slug_of(number)}.{DOMAIN}"


def endpoint_of(number: int) -> str:
    return f"https://api-{number:04}.{DOMAIN}/segment"


def number_of(host: str) -> int:
    """Whose host it is."""
    return int(host.partition(".")[0].rpartition("-")[2])


def customers(folder: Path, integrations: int) -> CustomersFile:
    """Three customers of each integration that count."""
    file = folder / "customers.json"
    rows = [
        {"integration": slug_of(number), "customer": customer, "last_success_at": "2026-11-20T09:00:00Z"}
        for number in range(integrations)
        for customer in ("north", "south", "west")
    ]
    file.write_text(json.dumps(rows))
    return CustomersFile(file)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that reached the sites."""

    method: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...]
    """Without those of the connection."""
    body: str

    @property
    def url(self) -> str:
        return f"https://{self.host}{self.path}"


# --- what is there ----------------------------------------------------------------------------------------------------


def page(title: str, content: str) -> bytes:
    """A page with the content in its middle, and as much around it as real pages have."""
    row = '<li class="entry"><a href="/more/{0}" data-list="{0}">Reading no. {0}</a> <span>some words</span></li>'
    around = "".join(row.format(number) for number in range(PAGE_LINKS))
    rest = f".w {{ margin: 0 }} {'.w li a:hover { color: #123456; padding: 1px 2px } ' * 2_000}"[
        : PAGE_BYTES - len(around)
    ]
    head = f"<head><meta charset=utf-8><title>{title}</title><style>{rest}</style></head>"
    body = f"<body><nav><ul>{around}</ul></nav><main><h1>{title}</h1>{content}</main></body>"
    return f"<!doctype html><html lang=en>{head}{body}</html>".encode()


def contents() -> dict[str, tuple[str, bytes]]:
    """Path to content type and body: the same for every site, but for its slug."""
    steps = (
        "<p>SLUG receives the events that you send from Segment and shows them within a minute.</p>"
        "<ol><li>Open the catalog of your Segment workspace.</li><li>Click Add.</li><li>Paste the API key.</li></ol>"
    )
    news = "<p>Today we launch our integration with Segment: send events from Segment to SLUG without any code.</p>"
    button = (
        '<a href="https://id.segmentapis.com/oauth2/auth?response_type=code&client_id=made-up&scope=destination/SLUG'
        '&redirect_uri=https://www.bench.example/back&state=4711">Enable with Segment</a>'
    )
    day = '<meta property="article:published_time" content="2026-03-02T09:00:00Z">'
    link = '<a href="https://segment.com/?utm_source=bench&utm_medium=partners&utm_campaign=list">Segment</a>'
    svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} 40"><rect width="{0}" height="40"/></svg>'
    return {
        "/": (HTML, page("A tool that does not exist", "<p>It sends and it receives.</p>")),
        "/docs/segment": (HTML, page("Set up the Segment integration of SLUG", steps)),
        "/integrations": (HTML, page("Integrations of SLUG", f"<h2>Partners</h2><h3>Segment</h3>{link}")),
        "/blog/segment": (HTML, page("SLUG and Segment", f"{day}{news}")),
        "/connect": (HTML, page("Enable with Segment", button)),
        "/logo.svg": (SVG, svg.format(120).encode()),
        "/mark.svg": (SVG, svg.format(40).encode()),
        "/shot.png": (PNG, png(1280, 800, [(20, 20, 20)] * 6, [Box(0, 0, 640, 400, 1)])),
        "/robots.txt": (PLAIN, b"User-agent: *\nDisallow: /private/\nDisallow: /search\nAllow: /search/about\n"),
        "/.well-known/security.txt": (
            PLAIN,
            b"Contact: mailto:security@bench.example\nExpires: 2099-01-01T00:00:00Z\n",
        ),
    }


class _Component:
    """The endpoint of one integration: shows whose it is, and takes calls as a good one does."""

    def __init__(self, number: int, marketplace: str) -> None:
        endpoint = Endpoint(endpoint_of(number), SecretStr(API_KEY), METHODS, "{}", slug_of(number))
        self._line = ownership.text_for(endpoint, marketplace).encode()
        self._webhook = Webhook(API_KEY, METHODS)

    def answer(self, asked: Request) -> tuple[int, str, bytes]:
        if asked.path == ownership.PATH:
            return 200, PLAIN, self._line
        reply: Reply = self._webhook.answer(asked)
        return reply.status, reply.content_type, reply.body


class _Sites(asyncio.Protocol):
    """Every made-up host on one port, as fast as this language can."""

    contents = contents()
    asked: list[Asked] = []  # noqa: RUF012 - one list for the whole process

    def __init__(self, components: list[_Component], latency: tuple[float, float]) -> None:
        self._components = components
        self._least, self._most = latency
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = int(fields.get("content-length", "0"))
            if len(rest) < length:
                return
            body, self._received = rest[:length], rest[length:]
            method, path, _ = first.split(" ")
            asked = Request(method, fields["host"].partition(":")[0], path, fields, body)
            answer = self._answer(asked)
            if seconds := self._seconds(asked):
                asyncio.get_running_loop().call_later(seconds, self._transport.write, answer)
            else:
                self._transport.write(answer)

    def _seconds(self, asked: Request) -> float:
        """How long the site thinks: another time for each address, the same for whoever asks."""
        if asked.host == COUNTED_AT:
            return 0.0
        share = zlib.crc32(f"{asked.method} {asked.host}{asked.path}".encode()) / 2**32
        return self._least + share * (self._most - self._least)

    def _answer(self, asked: Request) -> bytes:
        if asked.host == COUNTED_AT:
            told = [[one.method, one.host, one.path, one.headers, one.body] for one in _Sites.asked]
            _Sites.asked = []
            return _written(200, "application/json", json.dumps(told).encode())
        headers = tuple((name, value) for name, value in asked.headers.items() if name not in NEITHER)
        _Sites.asked.append(Asked(asked.method, asked.host, asked.path, headers, asked.body.decode()))
        if asked.host.startswith("api-"):
            return _written(*self._components[number_of(asked.host)].answer(asked))
        if (known := self.contents.get(asked.path)) is None:
            return _written(404, HTML, b"<title>Not found</title>")
        kind, body = known
        tag = tag_of(asked.path)
        if asked.headers.get("if-none-match") == tag:
            return f"HTTP/1.1 304 X\r\nETag: {tag}\r\n\r\n".encode()
        return _written(200, kind, body.replace(b"SLUG", slug_of(number_of(asked.host)).encode()), tag)


def tag_of(path: str) -> str:
    """The entity tag of a page, which never changes here."""
    return f'"{zlib.crc32(path.encode()):08x}"'


def _written(status: int, kind: str, body: bytes, tag: str = "") -> bytes:
    tagged = f"ETag: {tag}\r\n" if tag else ""
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{tagged}\r\n"
    return head.encode() + body


async def _serve(authority: SampleAuthority, integrations: int, latency: tuple[float, float]) -> None:
    """Serve until standard input ends; says the port on standard output."""
    loop = asyncio.get_running_loop()
    tls = authority.server_context([f"*.{DOMAIN}"])
    marketplace = Rulebook.load("v1").programme.marketplace
    components = [_Component(number, marketplace) for number in range(integrations)]
    server = await loop.create_server(lambda: _Sites(components, latency), LOOPBACK, 0, ssl=tls, backlog=1_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


# --- from outside -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Latency:
    """How long the sites think before they answer, in milliseconds: at least and at most."""

    least: float = 0.0
    most: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "LOW-HIGH" or one number. Raises ValueError."""
        least, _, most = text.partition("-")
        return cls(float(least), float(most or least))

    def __str__(self) -> str:
        return f"{self.least:g}-{self.most:g}"


@dataclass(frozen=True)
class Served:
    """The running sites: their port and process, and the authority to trust there."""

    port: int
    pid: int
    ca_file: Path

    @cached_property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file))

    def hosts(self, integrations: int) -> dict[str, str]:
        """Name to address, as a Fetcher takes it."""
        names = [f"{kind}-{number:04}.{DOMAIN}" for kind in ("tool", "api") for number in range(integrations)]
        return dict.fromkeys(names, f"{LOOPBACK}:{self.port}")

    async def asked(self) -> list[Asked]:
        """What the sites were asked since the last time, in the order in which it reached them."""
        async with httpx.AsyncClient(verify=self.tls, trust_env=False) as asking:
            answer = await asking.get(
                f"https://{LOOPBACK}:{self.port}/",
                headers={"Host": COUNTED_AT},
                extensions={"sni_hostname": COUNTED_AT},
                timeout=60,
            )
        return [
            Asked(method, host, path, tuple((name, value) for name, value in headers), body)
            for method, host, path, headers, body in answer.json()
        ]


@asynccontextmanager
async def sites(folder: Path, integrations: int, latency: Latency) -> AsyncIterator[Served]:
    """The running sites, until the end of the context."""
    ca_file = folder / "ca.pem"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.loopback.sites", str(ca_file)),
        *("--integrations", str(integrations), "--latency-ms", str(latency)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield Served(int(await process.stdout.readline()), process.pid, ca_file)
    finally:
        process.stdin.close()
        await process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ca_file", type=Path)
    parser.add_argument("--integrations", type=int, default=500)
    parser.add_argument("--latency-ms", type=Latency.parse, default=Latency())
    options = parser.parse_args()
    authority = SampleAuthority()
    options.ca_file.write_bytes(authority.pem)
    latency = options.latency_ms.least / 1_000, options.latency_ms.most / 1_000
    asyncio.run(_serve(authority, options.integrations, latency))


if __name__ == "__main__":
    main()
