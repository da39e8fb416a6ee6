"""The enable button followed over real HTTP: through the partner's redirects to the authorize place, and never back."""

import ssl
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

import pytest

from checklist.case import Context
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import GateName, Outcome
from sample.authorize import CLIENTS, Authorize
from sample.certificates import SampleAuthority
from sample.serving import LOOPBACK, LoopbackServer, Manner, Reply

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
V1 = Rulebook.load("v1")
QUICK = Limits(spacing_seconds=0.0, retry_seconds=0.01, total_seconds=4.0)
PARTNER = "www.quillharbor.example"
CLIENT, (SLUG, BACK) = next(iter(CLIENTS.items()))
RIGHT = {
    "response_type": "code",
    "client_id": CLIENT,
    "scope": f"destination/{SLUG}",
    "redirect_uri": BACK,
    "state": "0123456789",
}
WORDS = "<p>" + "E-mail journeys that follow your customers wherever they go. " * 9 + "</p>"


def authorize(**change):
    return f"{V1.oauth.authorize[0]}?{urlencode(RIGHT | change)}"


class Web:
    """The partner's site as `pages` say, its app behind the redirect address, and the marketplace."""

    def __init__(self):
        self.pages = {}
        self.marketplace = Authorize(V1)
        self.asked = []
        self.robots = b""

    def answer(self, request):
        if request.path == "/robots.txt":
            text = self.robots if request.host in self.marketplace.hosts else b""
            return Reply(HTTPStatus.OK, text, "text/plain")
        self.asked.append((request.host, request.path))
        if request.host in self.marketplace.hosts:
            return self.pages.get((request.host, request.path)) or self.marketplace.answer(request)
        return self.pages.get((request.host, request.path), Reply(HTTPStatus.NOT_FOUND))

    def shows(self, html, path="/segment"):
        self.pages[PARTNER, path] = Reply(HTTPStatus.OK, (WORDS + html).encode())

    def leads(self, path, to):
        self.pages[PARTNER, path] = Reply(HTTPStatus.FOUND, headers={"Location": to})


@pytest.fixture
def web():
    return Web()


@pytest.fixture
async def look(web):
    authority = SampleAuthority()
    names = {PARTNER, "app.quillharbor.example", *web.marketplace.hosts}
    server = LoopbackServer(web.answer, authority.server_context(names))
    port = await server.start()
    document = {
        "external_id": "q",
        "kind": "graduation",
        "partner": {"name": "Quillharbor", "website": f"https://{PARTNER}/"},
        "integration": {"slug": SLUG, "name": "Quillharbor"},
        "oauth": {"page": f"https://{PARTNER}/segment"},
    }

    async def looked():
        hosts = dict.fromkeys(names, f"{LOOPBACK}:{port}")
        async with Fetcher(
            hosts=hosts, tls=ssl.create_default_context(cadata=authority.pem.decode()), limits=QUICK, at=lambda: AT
        ) as fetcher:
            context = Context(fetcher, AT)
            (found,) = await run_checks(Dossier.parse(document), V1, GateName.PUBLIC, context, only=["oauth.button"])
        return found

    yield looked
    await server.stop()


async def test_a_button_of_the_partners_own_is_followed_to_the_login(web, look):
    web.shows('<a href="/auth/segment">Enable with Segment</a>')
    web.leads("/auth/segment", "/auth/segment/start")
    web.leads("/auth/segment/start", authorize())
    found = await look()
    assert found.outcome is Outcome.PASSED
    assert found.summary.endswith("it leads to app.segment.com's login")
    assert web.asked == [
        (PARTNER, "/segment"),
        (PARTNER, "/auth/segment"),
        (PARTNER, "/auth/segment/start"),
        ("id.segmentapis.com", "/oauth2/auth"),
        ("app.segment.com", "/login"),
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"client_id": "6f0c2d1e-58b7-4a3e-9c41-000000000000"}, "invalid_client (“The client_id is not known.”)"),
        ({"redirect_uri": "https://app.quillharbor.example/elsewhere"}, "invalid_request"),
        ({"state": "short"}, "invalid_state"),
    ],
)
async def test_what_the_server_refuses_is_told_and_the_partners_app_never_asked(web, look, change, said):
    web.shows(f'<a href="{authorize(**change)}">Enable with Segment</a>')
    found = await look()
    assert found.outcome is Outcome.FAILED
    assert said in found.summary
    assert "app.quillharbor.example" not in {host for host, _ in web.asked}


@pytest.mark.parametrize(
    "answer",
    [
        Reply(HTTPStatus.OK, manner=Manner.HANGS_UP),
        Reply(HTTPStatus.OK, manner=Manner.DRIPS),
        Reply(HTTPStatus.OK, manner=Manner.ENDLESS),
        Reply(HTTPStatus.OK, manner=Manner.NO_HTTP),
        Reply(HTTPStatus.SERVICE_UNAVAILABLE),
        Reply(HTTPStatus.TOO_MANY_REQUESTS),
        Reply(HTTPStatus.FORBIDDEN),
        Reply(HTTPStatus.FOUND, headers={"Location": "https://[broken"}),
        Reply(HTTPStatus.FOUND, headers={"Location": "http://169.254.169.254/latest/meta-data/"}),
        Reply(HTTPStatus.FOUND, headers={"Location": V1.oauth.authorize[0]}),
    ],
)
async def test_a_marketplace_in_trouble_is_not_the_partners(web, look, answer):
    web.shows(f'<a href="{authorize()}">Enable with Segment</a>')
    web.pages["id.segmentapis.com", "/oauth2/auth"] = answer
    found = await look()
    assert found.outcome is Outcome.PASSED
    assert "could not be told" in found.summary


async def test_robots_txt_of_the_marketplace_is_respected(web, look):
    web.robots = b"User-agent: *\nDisallow: /"
    web.shows(f'<a href="{authorize()}">Enable with Segment</a>')
    found = await look()
    assert found.outcome is Outcome.PASSED
    assert "asks us not to read" in found.summary
    assert web.asked == [(PARTNER, "/segment")]


async def test_a_lead_that_redirects_out_of_the_partners_site_is_not_followed_there(web, look):
    web.shows('<a href="/go">Enable with Segment</a>')
    web.leads("/go", "http://127.0.0.1:22/")
    found = await look()
    assert found.outcome is Outcome.UNKNOWN
    assert "leads to 127.0.0.1 first" in found.summary
