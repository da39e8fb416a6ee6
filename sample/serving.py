"""A small HTTP/1.1 server on the loopback address: one port, many made-up hosts, told apart by the Host header."""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import unquote, urlsplit

LOOPBACK = "127.0.0.1"
HEAD_BYTES = 32 * 1024
BODY_BYTES = 1024 * 1024
PIECE = bytes(64 * 1024)
BETWEEN_DRIPS_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `host` is without its port; header names are lower case; `path` is without its `query`."""

    method: str
    host: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    query: str = ""


class Manner(StrEnum):
    """How an answer is sent. All but WHOLE are what broken and hostile servers do."""

    WHOLE = "whole"
    DRIPS = "drips"
    """A byte at a time, without an end."""
    ENDLESS = "endless"
    """As fast as it goes, without an end."""
    HANGS_UP = "hangs_up"
    """Not at all: the connection is closed."""
    NO_HTTP = "no_http"


@dataclass(frozen=True, slots=True)
class Reply:
    status: HTTPStatus
    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    after_seconds: float = 0.0
    """How long the other side is kept waiting."""
    manner: Manner = Manner.WHOLE


class _NotUnderstood(Exception):
    """A request this server has no way to read; its status says which."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status
        super().__init__(status.phrase)


class LoopbackServer:
    """Serves `answer` over TLS on a free port of the loopback address, or on the given address and port."""

    def __init__(
        self, answer: Callable[[Request], Reply], tls: ssl.SSLContext, *, host: str = LOOPBACK, port: int = 0
    ) -> None:
        self._answer = answer
        self._tls = tls
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def start(self) -> int:
        """Listen; returns the port."""
        self._server = await asyncio.start_server(self._serve, self._host, self._port, limit=HEAD_BYTES, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]
        return self._port

    async def stop(self) -> None:
        """Stop listening and hang up on everybody; safe to call again."""
        if self._server is None:
            return
        self._server.close()
        talking = [task for task in self._open.values() if task is not None]
        for writer in list(self._open):
            writer.transport.abort()
        for task in talking:
            task.cancel()  # it may be keeping somebody waiting
        await asyncio.gather(*talking)
        await self._server.wait_closed()
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[writer] = asyncio.current_task()
        try:
            while await self._exchange(reader, writer):
                continue
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.transport.abort()  # the other side hung up: nobody is left to answer
        except asyncio.CancelledError:
            # The server stops, and this is all of its task. Python 3.11 complains loudly when one ends as cancelled.
            writer.transport.abort()
        finally:
            del self._open[writer]
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; says whether the connection stays open for the next."""
        try:
            request = await _read(reader)
        except _NotUnderstood as trouble:
            writer.write(_written(Reply(trouble.status), with_body=True, stays=False))
            await writer.drain()
            return False
        reply = self._answer(request)
        await asyncio.sleep(reply.after_seconds)
        if reply.manner is not Manner.WHOLE:
            await _misbehave(reply, writer)
            return False
        stays = request.headers.get("connection", "").lower() != "close"
        writer.write(_written(reply, with_body=request.method != "HEAD", stays=stays))
        await writer.drain()
        return stays


async def _misbehave(reply: Reply, writer: asyncio.StreamWriter) -> None:
    """Ends when the other side hangs up, which raises ConnectionError, or with the server."""
    match reply.manner:
        case Manner.HANGS_UP:
            writer.transport.abort()
        case Manner.NO_HTTP:
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            await writer.drain()
        case _:
            is_slow = reply.manner is Manner.DRIPS
            without_end = {"Content-Length": str(10**12), **reply.headers}
            writer.write(_written(replace(reply, headers=without_end), with_body=True, stays=False))
            while True:
                writer.write(b" " if is_slow else PIECE)
                await writer.drain()
                await asyncio.sleep(BETWEEN_DRIPS_SECONDS if is_slow else 0)


async def _read(reader: asyncio.StreamReader) -> Request:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise _NotUnderstood(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from None
    first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    match first.split(" "):
        case [method, target, "HTTP/1.1"]:
            pass
        case _:
            raise _NotUnderstood(HTTPStatus.BAD_REQUEST)
    pairs = (line.partition(":") for line in lines)
    headers = {name.lower(): value.strip() for name, _, value in pairs}
    if "transfer-encoding" in headers:
        raise _NotUnderstood(HTTPStatus.LENGTH_REQUIRED)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()):
        raise _NotUnderstood(HTTPStatus.BAD_REQUEST)
    if int(length) > BODY_BYTES:
        raise _NotUnderstood(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    body = await reader.readexactly(int(length))
    host = headers.get("host", "").partition(":")[0].lower()
    asked = urlsplit(target)
    return Request(method, host, unquote(asked.path), headers, body, asked.query)


def _written(reply: Reply, *, with_body: bool, stays: bool) -> bytes:
    headers = {
        "Content-Type": reply.content_type,
        "Content-Length": str(len(reply.body)),
        "Connection": "keep-alive" if stays else "close",
        **reply.headers,
    }
    lines = [
        f"HTTP/1.1 {reply.status.value} {reply.status.phrase}",
        *(f"{key}: {headers[key]}" for key in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (reply.body if with_body else b"")
