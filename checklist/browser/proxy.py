"""The browser's only way out: a proxy on loopback that dials what the fetcher would dial, and nothing else.

Whatever a page starts (a request, a WebSocket, an early connection) comes here as CONNECT or as a request for a whole
address. The name is looked up once, every answer is checked, and the checked address is what is dialled.
"""

import asyncio
import base64
import binascii
import ssl
from contextlib import suppress
from typing import Final

import h11

from checklist.browser.bounds import Bounds
from checklist.browser.forwarding import answer_of, request_of
from checklist.browser.passes import Pass, place_of
from checklist.fetch.door import Door, Pinned
from checklist.fetch.failure import Failure, Refused, Unknown
from checklist.fetch.url import Target, target_of

_READ: Final = 64 * 1024
_ADDRESSES: Final = 3  # tried per name
_URL_CHARACTERS: Final = 8_000
_LET_IN: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
_WHO = (
    b'HTTP/1.1 407 Sign in\r\nProxy-Authenticate: Basic realm="look"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
)
_SHUT: Final = b"HTTP/1.1 403 Not asked\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class FilteringProxy:
    """A proxy for those who hold a pass.

    `trust`, for development only: Chromium takes no file of authorities, so it is told to accept any certificate and
    the proxy verifies each server by a handshake of its own, before it lets the browser through to the same address.
    """

    def __init__(self, door: Door, bounds: Bounds, trust: ssl.SSLContext | None = None) -> None:
        self._door = door
        self._bounds = bounds
        self._trust = trust
        self._proven: set[tuple[str, str, int]] = set()
        self._passes: dict[str, Pass] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=self._bounds.head_bytes)

    @property
    def is_running(self) -> bool:
        return self._server is not None

    @property
    def address(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def admit(self) -> Pass:
        admitted = Pass(self._bounds)
        self._passes[admitted.name] = admitted
        return admitted

    def dismiss(self, former: Pass) -> None:
        """The look is over: what it still has open ends."""
        self._passes.pop(former.name, None)
        former.close()

    async def aclose(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        for one in list(self._passes.values()):
            self.dismiss(one)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        await asyncio.sleep(0)  # aborted transports let go of their sockets in the loop's next turn

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, h11.ProtocolError, TimeoutError, asyncio.IncompleteReadError):
            pass  # one side is gone, or speaks no HTTP
        except asyncio.CancelledError:
            pass  # closing; the server's own callback would log it
        finally:
            self._serving.discard(task)
            writer.transport.abort() if writer.transport.get_write_buffer_size() == 0 else writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = h11.Connection(h11.SERVER, max_incomplete_event_size=self._bounds.head_bytes)
        async with asyncio.timeout(self._bounds.head_seconds):
            request = await _request(client, reader)
        if request is None:
            return
        holder = self._holder(request)
        if holder is None:
            writer.write(_WHO)
            await writer.drain()
            return
        if not holder.connect():
            return
        holder.holds(writer)
        try:
            await self._let_through(holder, request, client, (reader, writer))
        finally:
            holder.lets_go(writer)

    def _holder(self, request: h11.Request) -> Pass | None:
        given = dict(request.headers).get(b"proxy-authorization", b"")
        scheme, _, coded = given.partition(b" ")
        if scheme.lower() != b"basic":
            return None
        try:
            name, _, secret = base64.b64decode(coded, validate=True).decode("ascii").partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        holder = self._passes.get(name)
        return holder if holder is not None and holder.admits(secret) else None

    async def _let_through(self, holder: Pass, request: h11.Request, client: h11.Connection, streams: Streams) -> None:
        tunnel = request.method == b"CONNECT"
        written = request.target.decode("ascii", "replace")
        try:
            target = _target(written, tunnel=tunnel)
            pinned = await self._pin(target)
            if tunnel and target.scheme == "https" and self._trust is not None:
                await self._prove(target, pinned, self._trust)
            onward = await self._dial(target, pinned)
        except Failure as failure:
            if isinstance(failure, Refused):
                holder.refuse(place_of(f"//{written}" if tunnel else written), failure.reason)
            if tunnel:  # a page must not see what we say, so anything else just ends
                streams[1].write(_SHUT)
            return
        holder.holds(onward[1])
        try:
            if tunnel:
                streams[1].write(_LET_IN)
                await _both_ways(holder, streams, onward, client.trailing_data[0])
            else:
                await _forward(holder, target, request, client, streams, onward)
        finally:
            holder.lets_go(onward[1])
            onward[1].transport.abort()

    async def _pin(self, target: Target) -> Pinned:
        try:
            async with asyncio.timeout(self._bounds.connect_seconds):
                return await self._door.pin(target)
        except TimeoutError:
            raise Unknown("dns", f"the name {target.host} could not be looked up in time") from None

    async def _dial(self, target: Target, pinned: Pinned) -> Streams:
        for address in pinned.addresses[:_ADDRESSES]:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._bounds.connect_seconds):
                    return await asyncio.open_connection(address, pinned.port)
        raise Unknown("connect", f"{target.host} could not be reached")

    async def _prove(self, target: Target, pinned: Pinned, trust: ssl.SSLContext) -> None:
        address = pinned.addresses[0]
        if (proof := (target.host, address, pinned.port)) in self._proven:
            return
        try:
            async with asyncio.timeout(self._bounds.connect_seconds):
                _, writer = await asyncio.open_connection(address, pinned.port, ssl=trust, server_hostname=target.host)
        except ssl.SSLCertVerificationError as error:
            raise Unknown("tls", f"its certificate is not valid: {error.verify_message}") from None
        except (OSError, TimeoutError):
            raise Unknown("tls", f"{target.host} speaks no usable TLS") from None
        writer.transport.abort()
        self._proven.add(proof)


def _target(written: str, *, tunnel: bool) -> Target:
    """What is asked for. Raises Refused (url, scheme, port)."""
    if not tunnel:
        target = target_of(written, longest=_URL_CHARACTERS)
        if target.scheme != "http":
            raise Refused("scheme", "only http is asked without a tunnel")
        return target
    scheme = "http" if written.endswith(":80") else "https"
    return target_of(f"{scheme}://{written}/", longest=_URL_CHARACTERS)


async def _request(client: h11.Connection, reader: asyncio.StreamReader) -> h11.Request | None:
    while True:
        event = client.next_event()
        if isinstance(event, h11.Request):
            return event
        if event is not h11.NEED_DATA:
            return None
        client.receive_data(await reader.read(_READ))


async def _both_ways(holder: Pass, browser: Streams, server: Streams, early: bytes) -> None:
    """Carry bytes until one side has ended."""
    if early:
        server[1].write(early)
    ways = [
        asyncio.create_task(_carry(holder, browser[0], server[1])),
        asyncio.create_task(_carry(holder, server[0], browser[1])),
    ]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)


async def _carry(holder: Pass, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(_READ):
        if not holder.spend(len(data)):
            return
        writer.write(data)
        await writer.drain()


async def _forward(
    holder: Pass, target: Target, request: h11.Request, client: h11.Connection, browser: Streams, server: Streams
) -> None:
    """One plain HTTP exchange; both connections end with it."""
    ours = h11.Connection(h11.CLIENT)
    server[1].write(ours.send(request_of(target, request)) or b"")
    while not isinstance(event := await _event(client, browser[0]), h11.EndOfMessage):
        if isinstance(event, h11.Data) and holder.spend(len(event.data)):
            server[1].write(ours.send(h11.Data(data=event.data)) or b"")
            await server[1].drain()
    server[1].write(ours.send(h11.EndOfMessage()) or b"")
    while not isinstance(event := await _event(ours, server[0]), h11.EndOfMessage):
        if isinstance(event, h11.Response):
            answer = answer_of(event)
            if answer is None:
                return
            browser[1].write(client.send(answer) or b"")
        elif isinstance(event, h11.Data):
            if not holder.spend(len(event.data)):
                return
            browser[1].write(client.send(h11.Data(data=event.data)) or b"")
            await browser[1].drain()
    browser[1].write(client.send(h11.EndOfMessage()) or b"")
    await browser[1].drain()


async def _event(side: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    while True:
        event = side.next_event()
        if isinstance(event, h11.Event):
            return event
        if event is not h11.NEED_DATA:
            raise asyncio.IncompleteReadError(b"", None)
        side.receive_data(await reader.read(_READ))
