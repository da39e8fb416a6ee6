"""Whatever bytes a server sends, in whatever pieces: the fetcher says one of its three words, soon, and never raises."""

import asyncio
import gzip

from hypothesis import given, settings
from hypothesis import strategies as st

from checklist.fetch import Fetched, Fetcher, Limits

LIMITS = Limits(
    total_seconds=0.3, attempts=1, spacing_seconds=0, wire_bytes=50_000, decoded_bytes=100_000, pieces=1_000
)
# Grammar-aware scraps reach further into a parser than bytes alone.
SCRAPS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.0 302 Found\r\n", b"HTTP/1.1 103 Early\r\n\r\n", b"HTTP/1.1 503 x\r\n", b"HTTP/",
        b"Content-Length: 5\r\n", b"Content-Length: 0\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999999999\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Content-Encoding: gzip\r\n", b"Content-Encoding: deflate\r\n",
        b"Content-Type: text/html; charset=utf-16\r\n", b"Content-Type: text/html; charset=\xff\r\n", b"Content-Type: \r\n",
        b"Location: /\r\n", b"Location: http://10.0.0.1/\r\n", b"Location: \xf0\x9f\x98\x80\r\n", b"Location: http://[\r\n",
        b"Retry-After: 0\r\n", b"Retry-After: Mon, 99 Foo 9999 99:99:99 GMT\r\n", b"Connection: close\r\n", b"Refresh: 0; url=\x01\r\n",
        b"\r\n", b"\n", b"\r", b":", b" ", b"\0", b"5\r\nhello\r\n", b"0\r\n\r\n", b"0\r\n", b"ffffffff\r\n", b"1;x=y\r\na\r\n",
        b"hello", b"\xff\xfe", b"<meta charset=utf-16>", gzip.compress(b"hello", mtime=0), gzip.compress(b"", mtime=0)[:9],
    ]
)  # fmt: skip
REPLIES = st.lists(st.one_of(SCRAPS, SCRAPS, st.binary(max_size=20)), max_size=14)


async def told(pieces: list[bytes]) -> list[Fetched]:
    """What three questions in a row get, over connections that may be kept."""

    serving: list[asyncio.Task[None] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving.append(asyncio.current_task())
        try:
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            writer.write_eof()
            await reader.read()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has read enough
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        pair = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with Fetcher(allow={pair}, limits=LIMITS) as fetcher:
            told = [
                await fetcher.get(f"http://{pair}/a", robots=False),
                await fetcher.get(f"http://{pair}/b"),
                await fetcher.request("POST", f"http://{pair}/c", content=b"{}", first_bytes=100),
            ]
        await asyncio.gather(*filter(None, serving))
        await asyncio.sleep(0)  # closed transports let go of their sockets in the loop's next turn
    return told


@given(REPLIES)
@settings(max_examples=150, deadline=None)
def test_any_bytes_become_a_value_with_a_reason(pieces):
    for page in asyncio.run(asyncio.wait_for(told(pieces), 5)):
        assert (page.outcome == "ok") == (page.kind is None) == (page.reason == "")
        assert page.reason.isprintable()
        assert page.outcome != "ok" or page.status is not None
        assert len(page.body) <= LIMITS.decoded_bytes
