"""What is known of a page, as frozen values."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class PageState(StrEnum):
    """What kind of answer a page is. Only USABLE lets a missing sign count against the partner."""

    USABLE = "usable"
    SOFT_404 = "soft_404"
    BOT_WALL = "bot_wall"
    LOGIN = "login"
    PARKED = "parked"
    NEEDS_BROWSER = "needs_browser"
    APP_DOWN = "app_down"
    EMPTY = "empty"
    TOO_DEEP = "too_deep"
    """The markup is too deep, or has too much of something, to be parsed safely."""
    UNREADABLE = "unreadable"
    """Reading it took too long, too much memory, or broke: ours, whatever the page is."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link. `text` is what a person reads on it: its words, or the alternative text of its image."""

    href: str
    text: str
    in_navigation: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """Something to press that is no plain link: a button, alone or of a form. `text` is what a person reads on it."""

    text: str
    method: str
    """get or post: what pressing it sends. script: only a script knows."""
    href: str = ""
    """Where it leads; empty when only a script knows."""
    fields: tuple[tuple[str, str], ...] = ()
    """Names and values that its form sends along unseen."""


@dataclass(frozen=True, slots=True)
class Published:
    """A publication date the page itself declares, and where: OpenGraph, JSON-LD, meta, time or front matter."""

    on: date
    declared_by: str


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Facts of one page. Addresses of links are absolute where the page's own address is known."""

    state: PageState
    state_reason: str
    url: str | None = None
    title: str = ""
    description: str = ""
    headings: tuple[str, ...] = ()
    main_heading: str = ""
    """The first h1, or the first heading where there is none."""
    text: str = ""
    """Visible words of the page, white space collapsed, navigation left out where it is marked as such."""
    links: tuple[Link, ...] = ()
    controls: tuple[Control, ...] = ()
    labels: tuple[str, ...] = ()
    """Short texts that stand alone, as on the tiles of a list: headings, alternative texts, names of cards."""
    pictures: tuple[str, ...] = ()
    """Names of the files of pictures that have no words, without folder and ending."""
    script_urls: tuple[str, ...] = ()
    scripts: str = ""
    """Text of inline scripts and of handlers: where a button's address may be built."""
    published: Published | None = None
    ordered_steps: int = 0
    """Entries of ordered lists: a sign of instructions."""
    samples: int = 0
    """Blocks of code: the same."""
    prose: int = 0
    """Characters of its paragraphs, entries and cells, links and notes on cookies aside."""
