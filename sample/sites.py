"""The sample partners' sites, served on the loopback address over real HTTP: pages, pictures and webhooks; and the
marketplace's place to authorize at, to which their buttons lead.

Each made-up name is led to this server by LAUNCH_REVIEW_FETCH_HOSTS (`hosts`), and its certificate is trusted by
whoever loads `ca_file`. The content lies in `pages/first`; what a partner publishes later lies in `pages/later`,
over the same paths.
"""

import ssl
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.dossier import Dossier
from checklist.rulebook import current
from sample.authorize import Authorize
from sample.certificates import SampleAuthority
from sample.content import LARKENFELL, MOSSBEACON, SCREENSHOTS, SITES, Place, Renderer, Site, files, picture
from sample.partners import NAMES, document
from sample.serving import LOOPBACK, LoopbackServer, Reply, Request
from sample.webhook import Webhook

CONTENT_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


class HostUnknown(LookupError):
    """None of the sample sites has that name; the message lists those that there are."""


class SampleSites:
    """All sites of the sample programme, from `async with` on until its end.

    `folder` takes the authority's certificate; the blog posts are dated back from `at`; `port` 0 chooses a free
    one.
    """

    def __init__(self, folder: Path, *, at: datetime, port: int = 0) -> None:
        self.ca_file = folder / "sample-sites-ca.pem"
        self.webhooks = _webhooks()
        rulebook = current(at.date())
        self._authorize = Authorize(rulebook)
        partners = {*SITES, *(site.domain for site in SITES.values()), *(host for host, _ in self.webhooks)}
        names = partners | self._authorize.hosts
        authority = SampleAuthority()
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file.write_bytes(authority.pem)
        self._server = LoopbackServer(self._answer, authority.server_context(names), port=port)
        self._names = sorted(names)
        self._partners = sorted(partners)
        self._renderer = Renderer(at.date())
        self._files = files("first")
        self._later = files("later")
        self._put = _owners(rulebook.programme.marketplace)
        self.hosts: dict[str, str] = {}
        """Name to address:port, as LAUNCH_REVIEW_FETCH_HOSTS takes it; filled while the sites are served."""

    async def __aenter__(self) -> Self:
        port = await self._server.start()
        self.hosts = dict.fromkeys(self._names, f"{LOOPBACK}:{port}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hosts = {}
        await self._server.stop()

    def client_tls(self) -> ssl.SSLContext:
        """What a client in this process verifies with: the machine's authorities and the sample one."""
        context = ssl.create_default_context()
        context.load_verify_locations(self.ca_file)
        return context

    def fix_pages(self) -> None:
        """Mossbeacon corrects its site: the pages that were missing, and UTM parameters on its links."""
        self._publish_later(MOSSBEACON)

    def publish_button(self) -> None:
        """Larkenfell shows the "Enable with Segment" button."""
        self._publish_later(LARKENFELL)

    def put(self, url: str, content: str, *, content_type: str = CONTENT_TYPES[".txt"]) -> None:
        """A partner puts a file on its server, such as the token that shows whose endpoint it is.

        Raises HostUnknown when none of the sample partners has that host.
        """
        address = urlsplit(url)
        if address.hostname not in self._partners:
            raise HostUnknown(f"no sample site at {url!r}; there are: {', '.join(self._partners)}")
        self._put[address.hostname, address.path or "/"] = _found(content.encode(), content_type)

    def _publish_later(self, site: Site) -> None:
        self._files |= {place: file for place, file in self._later.items() if place[0] == site.host}

    def _answer(self, request: Request) -> Reply:
        place = (request.host, request.path)
        if place in self.webhooks:
            return self.webhooks[place].answer(request)
        if request.host not in self._names:
            return Reply(HTTPStatus.MISDIRECTED_REQUEST)
        if request.method not in {"GET", "HEAD"}:
            return Reply(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        if place in self._put:
            return self._put[place]
        if request.host in SITES:
            return self._page(SITES[request.host], request.path.rstrip("/") or "/")
        return self._authorize.answer(request) if request.host in self._authorize.hosts else _elsewhere(request)

    def _page(self, site: Site, path: str) -> Reply:
        place = (site.host, path)
        if place in SCREENSHOTS:
            return _found(picture(place), "image/png")
        if place not in self._files:
            return Reply(HTTPStatus.NOT_FOUND, self._renderer.missing(site))
        file = self._files[place]
        content = self._renderer.page(site, file) if file.suffix == ".html" else file.read_bytes()
        return _found(content, CONTENT_TYPES[file.suffix])


def _webhooks() -> Mapping[Place, Webhook]:
    """The webhook at each endpoint that a sample submission names."""
    components = [part for name in NAMES for part in document(name).get("components", ())]
    return {
        _place(part["endpoint"]): Webhook(part["api_key"], part["methods"]) for part in components if "endpoint" in part
    }


def _owners(marketplace: str) -> dict[Place, Reply]:
    """The line on each host of an endpoint that shows whose it is."""
    found: dict[Place, Reply] = {}
    for dossier in (Dossier.parse(document(name), name) for name in NAMES):
        for component in dossier.components:
            if (endpoint := Endpoint.of(component, dossier.integration.slug)) is not None:
                line = ownership.text_for(endpoint, marketplace)
                found[_place(ownership.place_of(endpoint))] = _found(line.encode(), CONTENT_TYPES[".txt"])
    return found


def _place(url: str) -> Place:
    address = urlsplit(url)
    return address.hostname or "", address.path


def _elsewhere(request: Request) -> Reply:
    """A bare domain leads to its site, as everywhere; an interface has no pages."""
    host = f"www.{request.host}"
    if host in SITES:
        return Reply(HTTPStatus.MOVED_PERMANENTLY, headers={"Location": f"https://{host}{request.path}"})
    return Reply(HTTPStatus.NOT_FOUND, b'{"message": "There is nothing here."}', "application/json")


def _found(content: bytes, content_type: str) -> Reply:
    return Reply(HTTPStatus.OK, content, content_type)
