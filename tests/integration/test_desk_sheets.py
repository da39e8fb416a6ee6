"""The style sheets hold what the pages use, and each page loads those that style it."""

import re
from pathlib import Path

import httpx
from selectolax.lexbor import LexborHTMLParser

from desk.rendering import STATIC
from models.database import Database
from tests.fixtures.signing import ActingAs
from tests.integration.desk_story import NOW, desk_over, nobodys_desk, pages, story_in

SHEETS = {
    file.name: re.sub(r"/\*.*?\*/", "", file.read_text("utf-8"), flags=re.DOTALL) for file in STATIC.glob("*.css")
}
NAMES = {name: set(re.findall(r"\.([a-z][\w-]*)", re.sub(r"\{[^{}]*\}", "{}", text))) for name, text in SHEETS.items()}
STYLED = set().union(*NAMES.values())
SOURCES = [file for kind in ("html", "py", "js") for file in STATIC.parent.rglob(f"*.{kind}")]
MADE = ("is-", "says-")
"""Classes whose rest is a value: an outcome, a standing, a verdict."""


def test_every_class_in_a_sheet_is_used_by_a_template_or_its_code():
    written = set(re.findall(r"[a-zA-Z][\w-]*", " ".join(file.read_text("utf-8") for file in SOURCES)))
    dead = {name for name in STYLED - written if not name.startswith(MADE)}
    assert not dead


async def test_each_page_loads_the_sheets_that_style_it(sqlite_database: Database, sqlite_template: Path):
    story = story_in(sqlite_database, sqlite_template)
    partner = ActingAs(nobodys_desk(sqlite_database), sqlite_database, "tarek@mossbeacon.example", at=NOW)
    own = [f"/partner/submissions/{story.ids['mossbeacon']}{more}" for more in ("", "/revise")]
    of_partner = ["/partner", "/partner/new", "/partner/new/access", "/partner/integrations/mossbeacon", *own]
    for app, places in ((desk_over(sqlite_database), [*pages(story)]), (partner, of_partner)):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as desk:
            for address in places:
                page = LexborHTMLParser((await desk.get(address)).text)
                loaded = re.findall(r"/static/([a-z]+\.css)", page.html or "")
                styled = set().union(*(NAMES[name] for name in loaded))
                on_page = {name for node in page.css("[class]") for name in (node.attributes["class"] or "").split()}
                assert not (on_page & STYLED) - styled, address
