import asyncio
import json
from datetime import UTC, datetime

import pytest

from checklist.fetch import IMAGES, SVG, Fetcher, Limits
from sample.partners import document
from sample.sites import HostUnknown, SampleSites

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
QUICK = Limits(spacing_seconds=0.0, retry_seconds=0.01, total_seconds=5.0)


@pytest.fixture
async def sites(tmp_path):
    async with SampleSites(tmp_path, at=AT) as served:
        yield served


@pytest.fixture
async def fetcher(sites):
    async with Fetcher(hosts=sites.hosts, tls=sites.client_tls(), limits=QUICK, at=lambda: AT) as door:
        yield door


async def ask(sites, request):
    """One exchange by hand, for what the fetcher would never send. Returns the answer until the server hangs up."""
    host, port = sites.hosts["www.quillharbor.example"].split(":")
    reader, writer = await asyncio.open_connection(
        host, int(port), ssl=sites.client_tls(), server_hostname="www.quillharbor.example"
    )
    writer.write(request)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer.decode()


async def test_every_name_has_a_certificate_of_the_sample_authority(sites, fetcher):
    answers = await asyncio.gather(*(fetcher.get(f"https://{name}/") for name in sites.hosts))

    assert {answer.outcome for answer in answers} == {"ok"}
    assert {answer.final_url for answer in answers if answer.ok} == {
        f"https://www.{name}.example/"
        for name in ("quillharbor", "mossbeacon", "larkenfell", "thistlewick", "ambervane")
    }


async def test_who_does_not_trust_the_sample_authority_is_not_served(sites):
    async with Fetcher(hosts=sites.hosts, limits=QUICK) as stranger:
        answer = await stranger.get("https://www.quillharbor.example/")

    assert (answer.outcome, answer.kind) == ("unknown", "tls")


async def test_a_bare_domain_leads_to_its_site(fetcher):
    answer = await fetcher.get("https://quillharbor.example/integrations")

    assert answer.ok
    assert answer.final_url == "https://www.quillharbor.example/integrations"


async def test_a_page_that_is_not_there_says_so(fetcher):
    answer = await fetcher.get("https://www.thistlewick.example/integrations")

    assert answer.status == 404
    assert "no page at this address" in answer.text


async def test_pictures_are_what_their_type_says(fetcher):
    launch = document("quillharbor-launch")["catalog"]
    mark = await fetcher.get(launch["mark"], accept=SVG)
    screenshot = await fetcher.get(launch["screenshots"][0]["url"], accept=IMAGES)

    assert "<svg" in mark.text
    assert screenshot.body.startswith(b"\x89PNG")


async def test_a_blog_post_is_dated_back_from_the_instant_the_sites_start(fetcher):
    post = await fetcher.get(document("quillharbor-launch")["marketing"]["blog_post"])

    assert '<time datetime="2026-11-15">15 November 2026</time>' in post.text


async def test_mossbeacon_publishes_what_was_missing_when_it_is_told_to(sites):
    corrected = document("mossbeacon-launch-corrected")
    pages = [corrected["documentation"]["partner_url"], corrected["marketing"]["blog_post"]]

    async def statuses():
        async with Fetcher(hosts=sites.hosts, tls=sites.client_tls(), limits=QUICK) as door:
            return [(await door.get(page)).status for page in pages]

    assert await statuses() == [404, 404]
    sites.fix_pages()
    assert await statuses() == [200, 200]


async def test_larkenfell_shows_its_button_when_it_is_told_to(sites):
    page = document("larkenfell-launch")["oauth"]["page"]

    async def shows_button():
        async with Fetcher(hosts=sites.hosts, tls=sites.client_tls(), limits=QUICK) as door:
            return "https://id.segmentapis.com/oauth2/auth?" in (await door.get(page)).text

    assert not await shows_button()
    sites.publish_button()
    assert await shows_button()


async def test_a_partner_can_put_a_file_on_its_own_hosts_only(sites, fetcher):
    address = "https://api.quillharbor.example/.well-known/token.txt"
    sites.put(address, "a token")

    assert (await fetcher.get(address)).text == "a token"
    with pytest.raises(HostUnknown, match=r"no sample site at 'https://elsewhere\.example/'; there are: ambervane"):
        sites.put("https://elsewhere.example/", "a token")


async def test_a_webhook_answers_at_the_endpoint_of_its_document(sites, fetcher):
    component = document("quillharbor-launch")["components"][0]
    refused = await fetcher.request("POST", component["endpoint"], content=b"{}")

    assert refused.status == 401
    assert json.loads(refused.text)["message"]
    assert ("api.quillharbor.example", "/segment") in sites.webhooks


async def test_a_site_takes_no_posts(fetcher):
    assert (await fetcher.request("POST", "https://www.quillharbor.example/")).status == 405


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.0", "400 Bad Request"),
        ("nonsense", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nContent-Length: many", "400 Bad Request"),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked", "411 Length Required"),
        ("POST / HTTP/1.1\r\nContent-Length: 9999999", "413 Request Entity Too Large"),
        (f"GET / HTTP/1.1\r\nX-Long: {'x' * 40_000}", "431 Request Header Fields Too Large"),
        ("GET / HTTP/1.1\r\nHost: elsewhere.example\r\nConnection: close", "421 Misdirected Request"),
    ],
)
async def test_what_the_server_does_not_read_is_refused_by_its_status(sites, request_text, status):
    answer = await ask(sites, f"{request_text}\r\n\r\n".encode())

    assert answer.startswith(f"HTTP/1.1 {status}\r\n")


async def test_a_head_request_gets_no_body(sites):
    answer = await ask(sites, b"HEAD / HTTP/1.1\r\nHost: www.quillharbor.example\r\nConnection: close\r\n\r\n")

    assert answer.startswith("HTTP/1.1 200 OK\r\n")
    assert answer.endswith("\r\n\r\n")


async def test_leaving_hangs_up_on_everybody(tmp_path):
    async with SampleSites(tmp_path, at=AT) as served:
        host, port = served.hosts["www.quillharbor.example"].split(":")
        reader, writer = await asyncio.open_connection(
            host, int(port), ssl=served.client_tls(), server_hostname="www.quillharbor.example"
        )
        writer.write(b"GET / HTTP/1.1\r\nHost: www.quillharbor.example\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")

    with pytest.raises(ConnectionError):
        await asyncio.open_connection(host, int(port))
    writer.close()
    assert served.hosts == {}
