"""HTTP/1.1 over pinned addresses: one connection per exchange, kept for a moment for the next one.

h11 reads the protocol; asyncio moves the bytes. A client with a pool of its own would look the name up again.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import certifi
import h11

from checklist.fetch.door import Pinned
from checklist.fetch.failure import Refused, Unknown
from checklist.fetch.limits import Limits
from checklist.fetch.url import Target

_READ: Final = 64 * 1024
_ADDRESSES: Final = 3  # tried per name
_IN_A_ROW: Final = 1_000  # pieces of an answer until other fetches get a turn
_TOO_LARGE: Final = 431  # h11's hint for a header past its bound
_SINGLE: Final = frozenset({"content-type", "date", "location", "retry-after"})  # the first one counts
_FRAMING: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "expect"})
_REPEATABLE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@cache
def default_tls() -> ssl.SSLContext:
    """Verifies names and certificates by the system's authorities and Mozilla's, made once.

    The environment has no say: SSL_CERT_FILE would change whom we trust, SSLKEYLOGFILE write our keys to a file.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    system = ssl.get_default_verify_paths()
    if Path(system.openssl_cafile).is_file():
        context.load_verify_locations(cafile=system.openssl_cafile)
    if Path(system.openssl_capath).is_dir():
        context.load_verify_locations(capath=system.openssl_capath)
    context.load_verify_locations(cafile=certifi.where())
    return context


@dataclass(frozen=True)
class Call:
    """What is sent: a method, the headers besides those of the connection itself, and a body."""

    method: str
    fields: Mapping[str, str]
    content: bytes = b""


class Reply:
    """The head of one answer; its body is read once, in pieces, as it came over the wire."""

    def __init__(self, connection: "_Connection", response: h11.Response) -> None:
        self._connection = connection
        self.asked_at = connection.asked_at
        self.status = response.status_code
        self.address = connection.address
        self.headers: dict[str, str] = {}
        for name, value in response.headers:
            key, text = name.decode("ascii"), _text(value)
            if key not in self.headers:
                self.headers[key] = text
            elif key == "location" and text != self.headers[key]:
                self.headers[key] = ""  # two goals are none: programs would go different ways
            elif key not in _SINGLE:
                self.headers[key] += f", {text}"

    async def pieces(self) -> AsyncIterator[bytes]:
        """Raises Unknown (incomplete, protocol) and Refused (size)."""
        while isinstance(event := await self._connection.event(), h11.Data):
            yield bytes(event.data)


class Wire:
    """The connections of one fetcher."""

    def __init__(self, limits: Limits, tls: ssl.SSLContext | None) -> None:
        self._limits = limits
        self._tls = tls
        self._idle: dict[_Key, list[_Connection]] = {}
        self._idle_count = 0

    @asynccontextmanager
    async def ask(self, target: Target, pinned: Pinned, call: Call) -> AsyncIterator[Reply]:
        """Send one request and read the answer's head.

        Raises Refused (request, size) and Unknown (connect, tls, incomplete, protocol).
        """
        request = _request(target, call)
        connection = await self._reused(target, pinned)
        try:
            if connection is not None:
                try:
                    response = await connection.send(request, call.content)
                except Unknown:
                    # The server may have closed it meanwhile; that says nothing about the page.
                    if connection.received or call.method not in _REPEATABLE:
                        raise
                    connection.close()
                    connection = None
            if connection is None:
                connection = await self._connect(target, pinned)
                response = await connection.send(request, call.content)
            yield Reply(connection, response)
        finally:
            if connection is not None:
                self._keep(connection)

    def close(self) -> None:
        for connections in self._idle.values():
            for connection in connections:
                connection.close()
        self._idle.clear()
        self._idle_count = 0

    async def _reused(self, target: Target, pinned: Pinned) -> "_Connection | None":
        key = (target.scheme, target.host, pinned.port)
        connections = self._idle.get(key)
        while connections:
            connection = connections.pop()
            self._idle_count -= 1
            if not connections:
                del self._idle[key]
            if await connection.awake(pinned):
                return connection
            connection.close()
        return None

    def _keep(self, connection: "_Connection") -> None:
        if not connection.rest():
            connection.close()
            return
        if self._idle_count >= self._limits.connections:
            self._drop(next(iter(self._idle.values()))[0])
        self._idle.setdefault(connection.key, []).append(connection)
        self._idle_count += 1
        loop = asyncio.get_running_loop()
        connection.closing = loop.call_later(self._limits.idle_seconds, self._drop, connection)

    def _drop(self, connection: "_Connection") -> None:
        connections = self._idle[connection.key]
        connections.remove(connection)
        self._idle_count -= 1
        if not connections:
            del self._idle[connection.key]
        connection.close()

    async def _connect(self, target: Target, pinned: Pinned) -> "_Connection":
        context = (self._tls or default_tls()) if target.scheme == "https" else None
        trouble = Unknown("connect", f"{target.host} could not be reached")
        for address in pinned.addresses[:_ADDRESSES]:
            try:
                async with asyncio.timeout(self._limits.connect_seconds):
                    streams = await asyncio.open_connection(
                        address, pinned.port, ssl=context, server_hostname=target.host if context else None
                    )
            except TimeoutError:
                trouble = Unknown("connect", f"{target.host} did not take the connection in time")
            except ssl.SSLCertVerificationError as error:
                raise Unknown("tls", f"the certificate of {target.host} is not valid: {error.verify_message}") from None
            except ssl.SSLError as error:
                raise Unknown("tls", f"{target.host} speaks no usable TLS: {error.reason or error}") from None
            except OSError as error:
                trouble = Unknown("connect", f"{target.host} could not be reached: {error.strerror or error}")
            else:
                key = (target.scheme, target.host, pinned.port)
                return _Connection(key, address, streams, self._limits)
        raise trouble


_Key = tuple[str, str, int]


class _Connection:
    def __init__(
        self,
        key: _Key,
        address: str,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        limits: Limits,
    ) -> None:
        self.key = key
        self.address = address
        self.received = 0  # bytes of the answer under way, framing included
        self.asked_at = 0.0  # the loop's time at which the last request was sent
        self.closing: asyncio.TimerHandle | None = None
        self._reader, self._writer = streams
        self._most = limits.header_bytes + limits.wire_bytes
        self._most_pieces = limits.pieces
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=limits.header_bytes)
        self._pieces = 0  # of the answer under way
        self._ended = False
        self._ambiguous = False

    async def send(self, request: h11.Request, content: bytes) -> h11.Response:
        self.received = self._pieces = 0
        self.asked_at = asyncio.get_running_loop().time()
        data = self._protocol.send(request) or b""
        if content:
            data += self._protocol.send(h11.Data(data=content)) or b""
        self._writer.write(data + (self._protocol.send(h11.EndOfMessage()) or b""))
        if len(content) > _READ:
            with suppress(OSError):  # it may have answered without reading all; if not, reading tells
                await self._writer.drain()
        while not isinstance(event := await self.event(), h11.Response):
            pass
        # RFC 9112 section 6.3: what says its length twice may be cut differently by somebody in between.
        self._ambiguous = {b"content-length", b"transfer-encoding"} <= {name for name, _ in event.headers}
        return event

    async def event(self) -> h11.Event:
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                if error.error_status_hint == _TOO_LARGE:
                    raise Refused("size", "the answer's header is larger than any honest one") from None
                if self._ended:
                    raise Unknown("incomplete", "the connection ended before the answer did", passing=True) from None
                raise Unknown("protocol", f"the answer is no HTTP: {error}") from None
            if isinstance(event, h11.Event):
                await self._count()
                return event
            if event is not h11.NEED_DATA or self._ended:
                raise Unknown("protocol", "the answer stopped being HTTP")
            await self._receive()

    def rest(self) -> bool:
        """Make ready for another request; False when this connection can't take one."""
        protocol = self._protocol
        whole = protocol.our_state is h11.DONE and protocol.their_state is h11.DONE
        if not whole or self._ambiguous or protocol.trailing_data[0]:
            return False
        protocol.start_next_cycle()
        return True

    async def awake(self, pinned: Pinned) -> bool:
        """Take the connection out of its rest; False when it is closed or its name leads elsewhere by now.

        Bytes that came meanwhile close it too: nobody asked for them, and they would be read as the next answer.
        """
        if self.closing is not None:
            self.closing.cancel()
        if self._writer.is_closing() or self.address not in pinned.addresses:
            return False
        try:
            async with asyncio.timeout(0):
                await self._reader.read(1)
        except TimeoutError:
            return not self._writer.is_closing()
        except OSError:
            pass
        return False

    def close(self) -> None:
        # Not a polite goodbye: a TLS one could keep us waiting for the other side.
        if self.closing is not None:
            self.closing.cancel()
        self._writer.transport.abort()

    async def _count(self) -> None:
        self._pieces += 1
        if self._pieces > self._most_pieces:
            raise Refused("size", f"the answer comes in more than {self._most_pieces} pieces")
        if self._pieces % _IN_A_ROW == 0:
            await asyncio.sleep(0)

    async def _receive(self) -> None:
        try:
            data = await self._reader.read(_READ)
        except OSError as error:
            self._ended = True
            raise Unknown("incomplete", f"the connection broke: {error.strerror or error}", passing=True) from None
        if self.received < 5 and not _may_be_http(data, self.received):
            raise Unknown("protocol", "what answers there does not speak HTTP")
        self.received += len(data)
        if self.received > self._most:
            raise Refused("size", f"the answer has more than {self._most} bytes")
        self._ended = not data
        self._protocol.receive_data(data)


def _may_be_http(data: bytes, at: int) -> bool:
    # h11 waits for a whole header; an SSH or mail server would keep it waiting.
    expected = b"HTTP/"[at:]
    return data[: len(expected)] == expected[: len(data)]


def _request(target: Target, call: Call) -> h11.Request:
    if ours := _FRAMING.intersection(name.lower() for name in call.fields):
        raise Refused("request", f"the header {min(ours)} is set by the connection itself")
    fields = [("Host", target.netloc), *call.fields.items()]
    if call.content or call.method not in _REPEATABLE:
        fields.append(("Content-Length", str(len(call.content))))
    try:
        return h11.Request(method=call.method, target=target.path, headers=fields)
    except (h11.LocalProtocolError, UnicodeEncodeError) as error:
        raise Refused("request", f"the request can't be sent: {error}") from None


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")
