"""What the sample partners' sites show: who they are, their pages, their pictures."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sample.pictures import screenshot

PAGES: Final = Path(__file__).parent / "pages"
MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

Place = tuple[str, str]
"""Host and path."""


@dataclass(frozen=True, slots=True)
class Site:
    """What all pages of a site share. `slug` names the partner in the links' UTM parameters."""

    name: str
    slug: str
    tagline: str
    navigation: tuple[tuple[str, str], ...]
    announced_days_ago: int = 0
    """Age of its blog post, in days, when the sites start: a post of tomorrow announces nothing."""

    @property
    def domain(self) -> str:
        return f"{self.slug}.example"

    @property
    def host(self) -> str:
        return f"www.{self.domain}"

    @property
    def utm(self) -> str:
        """The query of a link to the marketplace, after its UTM guide."""
        return f"utm_source={self.slug}&utm_medium=website&utm_campaign=partners"


QUILLHARBOR: Final = Site(
    "Quillharbor",
    "quillharbor",
    "e-mail journeys that follow your customers",
    (("Product", "/"), ("Integrations", "/integrations"), ("Blog", "/blog/segment-integration")),
    announced_days_ago=8,
)
MOSSBEACON: Final = Site(
    "Mossbeacon",
    "mossbeacon",
    "see where visitors look",
    (("Heatmaps", "/"), ("Works with", "/integrations"), ("Guide", "/guide/segments")),
    announced_days_ago=1,
)
LARKENFELL: Final = Site(
    "Larkenfell",
    "larkenfell",
    "one queue for chat, mail and telephone",
    (("Desk", "/"), ("Integrations", "/integrations"), ("News", "/news/segment-source")),
    announced_days_ago=462,
)
THISTLEWICK: Final = Site("Thistlewick", "thistlewick", "one question at the right place", (("Surveys", "/"),))
AMBERVANE: Final = Site(
    "Ambervane",
    "ambervane",
    "how fast it feels",
    (("Product", "/"), ("Partners", "/partners"), ("Blog", "/blog/ambervane-on-segment")),
    announced_days_ago=1010,
)
SITES: Final = {site.host: site for site in (QUILLHARBOR, MOSSBEACON, LARKENFELL, THISTLEWICK, AMBERVANE)}

SCREENSHOTS: Final = {
    (QUILLHARBOR.host, "/screenshots/journeys.png"): ((31, 111, 139), (34, 58, 72, 41, 90, 66, 52)),
    (QUILLHARBOR.host, "/screenshots/timeline.png"): ((31, 111, 139), (12, 18, 60, 22, 14, 80, 9, 31)),
    (MOSSBEACON.host, "/brand/heatmap.png"): ((90, 125, 42), (95, 70, 48, 33, 20, 12)),
    (LARKENFELL.host, "/press/queue.png"): ((162, 59, 114), (10, 25, 70, 92, 64, 80, 45, 15)),
    (AMBERVANE.host, "/screenshots/moments.png"): ((224, 159, 62), (22, 20, 31, 55, 48, 77, 61, 30, 18)),
}
"""By place: the partner's colour and the bars of the chart it shows."""


@cache
def picture(place: Place) -> bytes:
    """The PNG at a place of SCREENSHOTS."""
    accent, bars = SCREENSHOTS[place]
    return screenshot(accent, bars)


def files(version: str) -> dict[Place, Path]:
    """The file served at each place: pages without their suffix, index pages as their folder."""
    root = PAGES / version
    places = {}
    for file in root.rglob("*.*"):
        if file.is_file():
            host, *way = file.relative_to(root).parts
            path = "/" + "/".join(way)
            if file.suffix == ".html":
                path = path.removesuffix(".html").removesuffix("index").rstrip("/") or "/"
            places[host, path] = file
    return places


class Renderer:
    """Pages from their templates. `on` is the day from which the blog posts are dated back."""

    def __init__(self, on: date) -> None:
        self._on = on
        self._templates = Environment(
            loader=FileSystemLoader(PAGES), autoescape=True, undefined=StrictUndefined, auto_reload=False
        )
        self._templates.filters["written"] = _written

    def page(self, site: Site, file: Path) -> bytes:
        template = self._templates.get_template(file.relative_to(PAGES).as_posix())
        announced = date.fromordinal(self._on.toordinal() - site.announced_days_ago)
        return template.render(site=site, utm=site.utm, announced=announced).encode()

    def missing(self, site: Site) -> bytes:
        return self.page(site, PAGES / "missing.html")


def _written(day: date) -> str:
    """As in 6 October 2026: English whatever the machine's language is."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
