"""A desk with its API served on loopback, a partner's site beside it, and people with tokens."""

import json
import threading
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from desk.api.assembling import create_api
from desk.api.means import INTAKE, Means
from desk.api.preflight import Preflights
from desk.api.turnstile import Bounds, Turnstile
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.preflighting.surroundings import surroundings
from desk.rendering import Desk
from flows.wiring import fetcher_for
from models.database import Database
from models.enums import Role, TokenScope
from models.people import Partner
from review.actions.tokens import issue_token
from settings import Settings
from tests.building import NOW, VAULT, live, person

WORDS = "Our product shows teams where people leave, and why. " * 8
ROSA, JO, OTHER = (f"lrt_{name}-{'x' * 40}" for name in ("rosa", "jo", "other"))
"""Tokens: of a reviewer, of a person of Acme, and of one of Other."""
WIDE = Bounds(a_minute=1_000, at_once=50, at_once_of_all=50)


@dataclass
class Story:
    """What a test may change before it asks: the clocks, the bounds, the partner's pages."""

    database: Database
    settings: Settings
    now: datetime = NOW
    seconds: float = 0.0
    pages: dict[str, str] = field(default_factory=dict)
    bounds: Bounds = WIDE
    body_seconds: float = 10.0
    intake: Bounds = INTAKE

    def desk(self, **more: Any) -> FastAPI:
        desk = Desk(
            self.database,
            more.get("clock", lambda: self.now + timedelta(seconds=self.seconds)),
            "",
            "https://desk.example",
        )

        @asynccontextmanager
        async def opened(at: datetime):
            async with surroundings(self.settings, at, load=False) as context:
                yield context

        turnstile = Turnstile(self.bounds)
        means = Means(
            VAULT,
            lambda: fetcher_for(self.settings),
            Turnstile(self.intake, of="submissions"),
        )
        api = create_api(desk, Preflights(more.get("surroundings", opened), turnstile, self.body_seconds), means)
        return assemble(desk, names=LOOPBACK_NAMES, api=api)


def written(**parts: Any) -> dict[str, Any]:
    """An access request that holds but for what a person decides; parts replace those with the same name."""
    return {
        "external_id": "acme-1",
        "kind": "access",
        "partner": {"name": "Acme Inc", "website": "http://acme.test/", "contact_email": "jo@acme.test"},
        "integration": {"slug": "acme", "name": "Acme"},
        **parts,
    }


def graduation(slug: str, **parts: Any) -> dict[str, Any]:
    return written(kind="graduation", integration={"slug": slug, "name": slug}, **parts)


@contextmanager
def partner_site(pages: dict[str, str]) -> Iterator[str]:
    """address:port of a server that has these pages."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path, "").encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def story_over(database: Database, folder: Path) -> Iterator[Story]:
    """Acme and Other are live; Rosa of the team and one person of each company have a token for a year."""
    customers = folder / "customers.json"
    rows = [
        {"integration": slug, "customer": name, "last_success_at": "2026-11-20T09:00:00Z"}
        for slug in ("acme", "other", "unheard")
        for name in ("north", "south", "west")
    ]
    customers.write_text(json.dumps(rows))
    with database.write.begin() as session:
        for slug in ("acme", "other"):
            live(session, slug)
        for name, token in (("Rosa", ROSA), ("Jo", JO), ("Otto", OTHER)):
            company = {"Jo": "Acme Inc", "Otto": "Other Inc"}.get(name)
            partner = session.query(Partner).filter_by(name=company).one() if company else None
            who = person(session, name, Role.PARTNER if partner else Role.REVIEWER, partner=partner)
            issue_token(
                session,
                who,
                token=token,
                name="ci",
                scopes=[TokenScope.PREFLIGHT],
                at=NOW,
                until=NOW + timedelta(days=365),
            )
    pages = {"/": f"<title>Acme</title><p>{WORDS}</p>"}
    with partner_site(pages) as address:
        settings = Settings(
            _env_file=None, fetch_hosts={"acme.test": address}, customers_source=str(customers), data=folder
        )
        yield Story(database, settings, pages=pages)
