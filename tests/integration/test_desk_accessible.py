"""What WCAG 2.2 AA asks of the pages and can be read off their HTML and their one style sheet."""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser

from desk.rendering import STATIC
from models.database import Database
from tests.integration.desk_story import desk_over, pages, story_in

SHEET = (STATIC / "desk.css").read_text("utf-8")
TEXT_PAIRS = [
    *((ink, ground) for ink in ("ink", "soft", "link", "bad") for ground in ("page", "sheet")),
    *((name, f"{name}-wash") for name in ("good", "bad", "wary", "unsure", "plain")),
    ("sheet", "accent"),
]
TEXT_CONTRAST = 4.5
OUTLINE_PAIRS = [("accent", "page"), ("accent", "sheet"), ("bad", "sheet")]
OUTLINE_CONTRAST = 3.0


def colours(block: str) -> Mapping[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


LIGHT = colours(SHEET.partition("@media")[0])
DARK = colours(SHEET.partition("@media (prefers-color-scheme: dark)")[2].partition("box-sizing")[0])


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(scheme: Mapping[str, str]):
    low = {pair: round(contrast(scheme[pair[0]], scheme[pair[1]]), 2) for pair in TEXT_PAIRS}
    assert not {pair: value for pair, value in low.items() if value < TEXT_CONTRAST}


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_focus_and_lateness_are_seen(scheme: Mapping[str, str]):
    assert all(contrast(scheme[one], scheme[other]) >= OUTLINE_CONTRAST for one, other in OUTLINE_PAIRS)


def test_both_schemes_name_the_same_colours():
    assert LIGHT.keys() == DARK.keys()


def problems(body: str) -> list[str]:
    """What a reader of the page would stumble over."""
    page = LexborHTMLParser(body)
    found = []
    if page.css("html")[0].attributes.get("lang") != "en":
        found.append("no language")
    if not page.css_first("title").text(strip=True).endswith("· Launch Review"):
        found.append("no title")
    found += [f"{len(page.css(one))} {one}" for one in ("main", "h1", "header", "footer") if len(page.css(one)) != 1]
    levels = [int(node.tag[1]) for node in page.css("h1, h2, h3, h4, h5, h6")]
    found += [f"h{a} then h{b}" for a, b in pairwise(levels) if b > a + 1]
    ids = Counter(node.attributes["id"] for node in page.css("[id]"))
    found += [f"id {name} twice" for name, number in ids.items() if number > 1]
    named = [node.attributes["aria-labelledby"] for node in page.css("[aria-labelledby]")]
    found += [f"no element {name}" for name in named if name not in ids]
    skip = page.css_first("body > a").attributes["href"] or ""
    if skip.removeprefix("#") not in ids:
        found.append("the skip link leads nowhere")
    found += [f"unnamed {node.html}" for node in page.css("a, summary, h1, h2, h3") if not node.text(strip=True)]
    found += ["a nav without a name" for node in page.css("nav") if not node.attributes.get("aria-label")]
    found += [f"th without scope: {node.text()}" for node in page.css("th") if not node.attributes.get("scope")]
    found += ["a table of rows without a caption" for node in page.css("table.rows") if not node.css("caption")]
    cells = page.css("table.rows tbody th, table.rows tbody td")
    # Where cells stand as blocks the browser forgets that they were a table; the roles remind it.
    found += ["a cell without role and label" for node in cells if not {"role", "data-label"} <= node.attributes.keys()]
    found += ["a time without machine form" for node in page.css("time") if not node.attributes.get("datetime")]
    return found


async def test_every_page_can_be_read_without_seeing_it(sqlite_database: Database, sqlite_template: Path):
    story = story_in(sqlite_database, sqlite_template)
    transport = httpx.ASGITransport(desk_over(sqlite_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as desk:
        for address in pages(story):
            assert not problems((await desk.get(address)).text), address


async def test_each_page_says_where_it_is(sqlite_database: Database):
    transport = httpx.ASGITransport(desk_over(sqlite_database))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as desk:
        for address, name in (("/", "Queue"), ("/integrations", "Integrations"), ("/deliveries", "Deliveries")):
            page = LexborHTMLParser((await desk.get(address)).text)
            assert [node.text() for node in page.css("nav a[aria-current=page]")] == [name]


def test_the_problems_of_a_bad_page_are_found():
    bad = '<body><a href="#x">s</a><main><h1>a</h1><h3></h3><table><th>x</table><i id=b></i><i id=b></i></main>'
    assert {"no language", "h1 then h3", "id b twice", "the skip link leads nowhere"} <= set(
        problems(f"<title>x</title>{bad}")
    )
