"""Certificates are verified for the name that was asked, at the address that was checked."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import trustme

from checklist.fetch import Fetched, Fetcher, Limits
from checklist.fetch.wire import default_tls
from tests.integration.hostile_server import HostileServer, hostile_server, redirects

LIMITS = Limits(total_seconds=2, spacing_seconds=0)


@pytest.fixture(scope="module")
def authority() -> Iterator[trustme.CA]:
    yield trustme.CA()  # noqa: PT022 - module scope, nothing to undo


@asynccontextmanager
async def https(certificate: trustme.LeafCert) -> AsyncIterator[HostileServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    async with hostile_server(ssl=context) as server:
        yield server


async def get(server: HostileServer, authority: trustme.CA | None, url: str) -> Fetched:
    trust = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(trust)
    hosts = {"partner.test": server.pair, "other.test": server.pair}
    async with Fetcher(hosts=hosts, limits=LIMITS, tls=trust) as fetcher:
        return await fetcher.get(url)


async def test_a_valid_certificate_for_the_name_is_trusted_though_an_address_is_dialled(authority):
    async with https(authority.issue_cert("partner.test")) as server:
        page = await get(server, authority, "https://partner.test/ok")
    assert (page.outcome, page.status, page.address) == ("ok", 200, "127.0.0.1")
    assert server.asked[-1].headers["host"] == "partner.test"


async def test_a_certificate_for_another_name_can_not_be_told(authority):
    async with https(authority.issue_cert("partner.test")) as server:
        page = await get(server, authority, "https://other.test/ok")
    assert (page.outcome, page.kind, server.asked) == ("unknown", "tls", [])
    assert "other.test" in page.reason


async def test_a_self_signed_certificate_can_not_be_told(authority):
    async with https(authority.issue_cert("partner.test")) as server:
        page = await get(server, None, "https://partner.test/ok")
    assert (page.outcome, page.kind, server.asked) == ("unknown", "tls", [])


async def test_an_expired_certificate_can_not_be_told(authority):
    expired = authority.issue_cert("partner.test", not_after=datetime(2020, 1, 1, tzinfo=UTC))
    async with https(expired) as server:
        page = await get(server, authority, "https://partner.test/ok")
    assert (page.outcome, page.kind) == ("unknown", "tls")
    assert "expired" in page.reason


async def test_plain_http_behind_an_https_address_can_not_be_told(authority):
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(greets, "127.0.0.1", 0)
    async with server:
        plain = HostileServer(port=server.sockets[0].getsockname()[1])
        page = await get(plain, authority, "https://partner.test/ok")
    assert (page.outcome, page.kind) == ("unknown", "tls")


@pytest.mark.parametrize("host", ["xn--zzzzzz999.test", "a_b.test", "127.0.0.1", ".".join(["a" * 60] * 4)])
async def test_odd_names_are_verified_or_untold_but_never_an_error(authority, host):
    async with https(authority.issue_cert("partner.test")) as server:
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        # A busy machine must not be taken for a name that nobody could verify.
        patient = replace(LIMITS, total_seconds=20, connect_seconds=10)
        async with Fetcher(hosts={host: server.pair}, limits=patient, tls=trust) as fetcher:
            page = await fetcher.get(f"https://{host}/ok")
    assert (page.outcome, page.kind, server.asked) == ("unknown", "tls", [])


async def test_a_server_that_wants_to_know_who_asks_can_not_be_told(authority):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("partner.test").configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    async with hostile_server(ssl=context) as server:
        page = await get(server, authority, "https://partner.test/ok")
    assert (page.outcome, server.asked) == ("unknown", [])
    assert page.kind in {"tls", "incomplete"}


async def test_a_server_of_the_last_century_can_not_be_told(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("partner.test").configure_cert(context)
    with warnings.catch_warnings(action="ignore"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with hostile_server(ssl=context) as server:
        page = await get(server, authority, "https://partner.test/ok")
    assert (page.outcome, server.asked) == ("unknown", [])
    assert page.kind in {"tls", "connect"}  # some servers say why, some hang up


@pytest.mark.parametrize("start", [b"", b"\x16\x03\x03\x40"])
async def test_a_handshake_that_never_ends_meets_the_time_to_connect(authority, start):
    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await reader.read()
        writer.close()
        left.set()

    left = asyncio.Event()
    server = await asyncio.start_server(stalls, "127.0.0.1", 0)
    trust = ssl.create_default_context()
    async with server:
        hosts = {"partner.test": f"127.0.0.1:{server.sockets[0].getsockname()[1]}"}
        async with Fetcher(hosts=hosts, limits=Limits(connect_seconds=0.1), tls=trust) as fetcher:
            page = await asyncio.wait_for(fetcher.get("https://partner.test/ok"), 2)
        await left.wait()
    assert (page.outcome, page.kind) == ("unknown", "connect")


async def test_the_environment_neither_adds_authorities_nor_takes_our_keys(authority, monkeypatch, tmp_path):
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys"))
    trust = default_tls.__wrapped__()
    names = [dict(pair[0] for pair in entry["subject"]) for entry in trust.get_ca_certs()]
    assert len(names) > 50
    assert not any(name.get("organizationName", "").startswith("trustme") for name in names)
    assert trust.keylog_filename is None


async def test_a_redirect_that_leaves_https_is_noted(authority):
    async with https(authority.issue_cert("partner.test")) as server, hostile_server() as plain:
        server.routes["/down"] = redirects("http://plain.test/ok")
        trust = ssl.create_default_context()
        authority.configure_trust(trust)
        hosts = {"partner.test": server.pair, "plain.test": plain.pair}
        async with Fetcher(hosts=hosts, limits=LIMITS, tls=trust) as fetcher:
            page = await fetcher.get("https://partner.test/down")
    assert (page.outcome, page.final_url, page.notes) == (
        "ok",
        "http://plain.test/ok",
        ("a redirect leaves HTTPS",),
    )
