"""A loopback web server that answers every path as badly as the web does. Raw bytes: no framework would send these."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache

PAGE = b"<html><title>Integrations</title><p>Connect with Segment</p></html>"


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: float  # the loop's time


Route = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def answer(status: str = "200 OK", body: bytes = PAGE, /, **headers: str | None) -> bytes:
    """A whole, honest answer; headers are keywords with underscores, None leaves one out."""
    fields = {"content_type": "text/html", "content_length": str(len(body)), **headers}
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode() + body


def sends(raw: bytes, *, then_close: bool = False) -> Route:
    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        if then_close:
            writer.close()

    return route


def redirects(location: str) -> Route:
    return sends(answer("302 Found", b"", location=location))


def drips(start: bytes, byte: bytes) -> Route:
    """Sends a start and then one byte at a time, for ever."""

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(byte)
            await writer.drain()
            await asyncio.sleep(0.02)

    return route


def floods(start: bytes, piece: bytes) -> Route:
    """Sends a start and then one piece after the other, as fast as they are taken."""

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while not writer.is_closing():
            writer.write(piece)
            await writer.drain()

    return route


async def silence(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Takes the connection and the request, and says nothing."""
    await asyncio.sleep(30)


def in_order(*routes: Route) -> Route:
    """Each request gets the next route; the last one stays."""
    left = list(routes)

    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(asked, writer)

    return route


@cache
def gzip_bomb() -> bytes:
    """64 MiB of zeros in 64 KB; gzipped again it is a few hundred bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join([squeeze.compress(bytes(1 << 20)) for _ in range(64)]) + squeeze.flush()


_CHUNKED = answer("200 OK", b"", content_length=None, transfer_encoding="chunked")


def hostile_routes() -> dict[str, Route]:
    """Every case of the shared vectors that a plain server can play, by its path there."""
    metadata = "http://169.254.169.254/latest/meta-data/"
    return {
        "/ok": sends(answer()),
        "/gzbomb": sends(answer("200 OK", gzip_bomb(), content_encoding="gzip")),
        "/growing": sends(answer("200 OK", gzip.compress(bytes(1_500_000)), content_encoding="gzip")),
        "/stacked": sends(answer("200 OK", gzip.compress(gzip_bomb()), content_encoding="gzip, gzip")),
        "/brbomb": sends(answer("200 OK", b"\xcf\xff\xff\x7f" * 100, content_encoding="br")),
        "/zstdbomb": sends(answer("200 OK", b"\x28\xb5\x2f\xfd" * 4000, content_encoding="zstd")),
        "/badgzip": sends(answer("200 OK", b"this is no gzip", content_encoding="gzip")),
        "/hugecl": sends(answer("200 OK", b"", content_length=str(100 << 30))),
        "/endless": drips(answer("200 OK", b"", content_length=None), b"x" * 500_000),
        "/slowheader": drips(b"HTTP/1.1 200 OK\r\nX-Slow: ", b"a"),
        "/slowbody": drips(answer("200 OK", b"", content_length="100000"), b"a"),
        "/never": silence,
        "/bighdr": sends(b"HTTP/1.1 200 OK\r\nX-Big: " + b"a" * 2_000_000 + b"\r\n\r\n"),
        "/manyhdr": sends(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 50_000 + b"\r\n"),
        "/cookie": sends(answer("302 Found", b"", location="/ok", set_cookie="id=" + "c" * 300)),
        "/loop": redirects("/loop"),
        "/tometa": redirects(metadata),
        "/tofile": redirects("file:///etc/passwd"),
        "/badloc": redirects("http://[::1/"),
        "/refresh": sends(answer("200 OK", f'<meta http-equiv="refresh" content="0; url={metadata}">'.encode())),
        "/pdf": sends(answer("200 OK", b"%PDF-1.7", content_type="application/pdf")),
        "/badcs": sends(answer("200 OK", b"caf\xe9", content_type="text/html; charset=utf-99")),
        "/utf16": sends(answer("200 OK", "\ufeffgrüß".encode("utf-16-le"))),
        "/short": sends(answer("200 OK", b"abc", content_length="100"), then_close=True),
        "/shortgzip": sends(answer("200 OK", gzip.compress(PAGE * 9)[:-12], content_encoding="gzip")),
        "/garbage": sends(b"SSH-2.0-OpenSSH_9.2\r\n"),
        "/twolengths": sends(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
        "/absurdlength": sends(answer("200 OK", b"", content_length="9" * 5_000)),
        "/absurdchunk": sends(
            answer("200 OK", b"", content_length=None, transfer_encoding="chunked") + b"f" * 5_000 + b"\r\n"
        ),
        "/informs": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 9),
        "/nostatus": sends(b"HTTP/1.1 99999 Odd\r\n\r\n"),
        "/tinychunks": floods(_CHUNKED, b"1\r\na\r\n" * 9_000),
        "/hints": floods(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 900),
        "/trailers": floods(_CHUNKED + b"0\r\n", b"X-A: b\r\n" * 9_000),
        "/extensions": floods(_CHUNKED, b"1;x=" + b"e" * 60_000 + b"\r\na\r\n"),
        "/dripsize": drips(_CHUNKED, b"0"),
        "/dripstatus": drips(b"HTTP/1.1 2", b"0"),
        "/hugechunk": sends(_CHUNKED + b"f" * 16 + b"\r\nabc"),
        "/minuschunk": sends(_CHUNKED + b"-1\r\na\r\n0\r\n\r\n"),
        "/noendchunk": sends(_CHUNKED + b"3\r\nabc\r\n", then_close=True),
        "/minuslength": sends(answer("200 OK", content_length="-5")),
        "/pluslength": sends(answer("200 OK", content_length="+5")),
        "/oddlength": sends(b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nab"),
        "/oddtransfer": sends(answer("200 OK", content_length=None, transfer_encoding="gzip, chunked")),
        "/http09": sends(PAGE, then_close=True),
        "/http2": sends(b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18),
        "/nulheader": sends(b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n"),
        "/bareheader": sends(b"HTTP/1.1 200 OK\rX-A: a\r\nContent-Length: 0\r\n\r\n"),
        "/switching": sends(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        "/nobytes": sends(b"", then_close=True),
        "/identityfirst": sends(answer("200 OK", gzip.compress(PAGE), content_encoding="identity, gzip")),
        "/nowhere": sends(answer("302 Found", b"")),
        "/emptyplace": sends(answer("301 Moved Permanently", b"", location="")),
        "/twoplaces": sends(b"HTTP/1.1 302 Found\r\nLocation: /ok\r\nLocation: /404\r\nContent-Length: 0\r\n\r\n"),
        "/credentials": redirects("http://user:pw@partner.test/"),
        "/toscript": redirects("javascript:alert(1)"),
        "/toftp": redirects("ftp://partner.test/"),
        "/tohexadecimal": redirects("//0x7f.1/"),
        "/tomapped": redirects("http://[::ffff:a9fe:a9fe]/"),
        "/totab": redirects("ht\ttp://10.0.0.1/"),
        "/tobackslash": redirects("/\\partner.test/"),
        "/folded": sends(b"HTTP/1.1 302 Found\r\nLocation: http://\r\n 10.0.0.1/\r\nContent-Length: 0\r\n\r\n"),
        "/packed": sends(answer("200 OK", gzip.compress(gzip_bomb()), content_encoding="gzip")),
        "/picture": sends(answer("200 OK", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1", content_type=None)),
        "/pdfpage": sends(answer("200 OK", b"%PDF-1.7\n1 0 obj")),
        "/nomark": sends(answer("200 OK", PAGE.decode().encode("utf-16-le"))),
        "/steering": sends(answer("200 OK", b"", content_type="\x1b[31mtext\x9b")),
        "/botwall": sends(answer("403 Forbidden", b"wait", cf_mitigated="challenge")),
        "/404": sends(answer("404 Not Found", b"{}", content_type="application/json")),
    }


@dataclass
class HostileServer:
    """Paths without a route answer 404, robots.txt too. `origin` is http://127.0.0.1:port."""

    routes: dict[str, Route] = field(default_factory=hostile_routes)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    @property
    def pair(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def origin(self) -> str:
        return f"http://{self.pair}"

    @property
    def paths(self) -> list[str]:
        """What was asked, in order, without robots.txt."""
        return [asked.path for asked in self.asked if asked.path != "/robots.txt"]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                first, *lines = head.strip().split("\r\n")
                method, path, _ = first.split(" ")
                headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                asked = Asked(method, path, headers, body, asyncio.get_running_loop().time())
                self.asked.append(asked)
                await self.routes.get(path, sends(answer("404 Not Found", b"")))(asked, writer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client went away, or the test is over
        finally:
            writer.close()


@asynccontextmanager
async def hostile_server(**listen: object) -> AsyncIterator[HostileServer]:
    hostile = HostileServer()
    server = await asyncio.start_server(hostile.serve, "127.0.0.1", 0, **listen)  # type: ignore[arg-type]
    hostile.port = server.sockets[0].getsockname()[1]
    before = asyncio.all_tasks()
    try:
        yield hostile
    finally:
        server.close()
        serving = [task for task in asyncio.all_tasks() - before if "serve" in repr(task.get_coro())]
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()
