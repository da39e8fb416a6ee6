"""A reason as people write it, in a file or on the command line, with every mistake named."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from checklist import rulebook as rulebooks
from checklist.mistakes import MOST, Mistake, mistakes_of
from checklist.rulebook import Rulebook
from models.reason import KEY_CHARACTERS, MOST_FIX_BY_DAYS, TITLE_CHARACTERS
from notifications.plain import visible, without_controls

MOST_ENTRIES = 500
TEXT_CHARACTERS = 3_000
LINK_CHARACTERS = 2_048
MOST_LINKS = 5

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)


class ReasonInvalid(ValueError):
    """A reason, or a file of them, that can't be used; `mistakes` has one line for each."""

    def __init__(self, where: str, mistakes: Iterable[Mistake | str]) -> None:
        self.mistakes = tuple(f"{where}: {mistake}" for mistake in mistakes)
        super().__init__("; ".join(self.mistakes))


def _key(value: str) -> str:
    if not _KEY.fullmatch(value):
        raise ValueError("small letters, digits and single '-' between them, such as docs-page-missing")
    return value


def _line(value: str) -> str:
    line = value.strip()
    if not line or len(line.splitlines()) > 1 or visible(line) != line:
        raise ValueError("one line of words")
    return line


def _words(value: str) -> str:
    words = value.strip()
    if not words or without_controls(words) != words:
        raise ValueError("words that the partner understands, without control characters")
    return words


def _item(value: str) -> str:
    if value not in known_items():
        raise ValueError("the id of an item that a rulebook has, such as docs.partner (`rulebook show v1` lists them)")
    return value


def _link(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"} or re.search(r"[\s<>\"]", value) or parts.username:
        raise ValueError("a public address that begins with https://")
    return value


def _each_once(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


class ReasonEntry(BaseModel):
    """One reason, with the keys that a file of reasons has."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    key: Annotated[str, Field(max_length=KEY_CHARACTERS), AfterValidator(_key)]
    title: Annotated[str, Field(max_length=TITLE_CHARACTERS), AfterValidator(_line)]
    text: Annotated[str, Field(max_length=TEXT_CHARACTERS), AfterValidator(_words)]
    items: Annotated[
        tuple[Annotated[str, AfterValidator(_item)], ...], Field(strict=False), AfterValidator(_each_once)
    ] = ()
    links: Annotated[
        tuple[Annotated[str, Field(max_length=LINK_CHARACTERS), AfterValidator(_link)], ...],
        Field(strict=False, max_length=MOST_LINKS),
        AfterValidator(_each_once),
    ] = ()
    fix_by_business_days: Annotated[int, Field(ge=1, le=MOST_FIX_BY_DAYS)] | None = None

    @classmethod
    def parse(cls, document: Mapping[str, Any], where: str) -> Self:
        """The entry; ReasonInvalid with every mistake, each told with `where`."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise ReasonInvalid(where, mistakes_of(error, cls)) from None


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a file, called by its place and, where it says one, its key."""

    number: int
    content: Any

    def called(self, file: str) -> str:
        key = self.content.get("key") if isinstance(self.content, Mapping) else None
        return f"{file}: reason {self.number}{f' ({key[:KEY_CHARACTERS]})' if isinstance(key, str) and key else ''}"


def entries_of(document: Mapping[str, Any], file: str) -> list[ReasonEntry]:
    """The rows of a file's `reasons`. ReasonInvalid with a line for every mistake of every row; then none counts."""
    rows = document.get("reasons")
    if unknown := sorted(str(key) for key in document if key != "reasons"):
        raise ReasonInvalid(file, [f"saw the key {unknown[0]!r}, expected only `reasons`, a list of tables"])
    if not isinstance(rows, list) or not rows:
        raise ReasonInvalid(file, ["saw no `reasons`, expected a list of tables, each with key, title and text"])
    if len(rows) > MOST_ENTRIES:
        raise ReasonInvalid(file, [f"saw {len(rows):,} reasons, expected at most {MOST_ENTRIES}"])
    entries: list[ReasonEntry] = []
    wrong: list[str] = []
    first: dict[str, int] = {}
    for row in (_Row(number, content) for number, content in enumerate(rows, start=1)):
        where = row.called(file)
        if not isinstance(row.content, Mapping):
            wrong.append(f"{where}: saw a {type(row.content).__name__}, expected a table with key, title and text")
            continue
        try:
            entry = ReasonEntry.parse(row.content, where)
        except ReasonInvalid as invalid:
            wrong += invalid.mistakes
            continue
        if entry.key in first:
            wrong.append(f"{where}: saw the key of reason {first[entry.key]} again, expected each once")
        first.setdefault(entry.key, row.number)
        entries.append(entry)
    if wrong:
        raise Unusable(wrong)
    return entries


class Unusable(ReasonInvalid):
    """Rows of a file, whose mistakes say already where they are."""

    def __init__(self, mistakes: Iterable[str]) -> None:
        told = list(mistakes)
        more = len(told) - MOST
        self.mistakes = (*told[:MOST], *([f"and {more:,} more mistakes; mend these first"] if more > 0 else []))
        ValueError.__init__(self, "; ".join(self.mistakes))


@cache
def known_items() -> frozenset[str]:
    """The ids of all items of all rulebooks."""
    return frozenset(item.id for version in rulebooks.versions() for item in Rulebook.load(version).items)
