"""What audits remember of an integration between two looks, read and written for many at once."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checklist.fetch import Validators
from checklist.outcome import CheckResult
from checklist.recall import GOOD, Asking, Basis, Seen
from checklist.rulebook import Rulebook
from models.last_look import LastLook, SeenPage
from models.result import ItemResult
from review.results import as_value

FORGOTTEN_AFTER: Final = timedelta(days=5)
"""A page that no audit has asked for so long belongs to nothing that is live. Addresses that hold a nonce are new rows
each time, so they must not be kept for long."""

_AT_ONCE: Final = 500
"""Values in one statement; databases bound them."""


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Memory:
    """What is known of one integration's earlier look: results and what they rested on by item, pages by key."""

    results: Mapping[str, CheckResult] = field(default_factory=dict)
    bases: Mapping[str, Basis] = field(default_factory=dict)
    pages: Mapping[str, Seen] = field(default_factory=dict)


def judged_by(rulebook: Rulebook, *, browser: bool) -> str:
    """A digest of all that decides besides the listing and the web: the rules, this release, a browser or none."""
    whole = hashlib.sha256(release().encode())
    whole.update(rulebook.model_dump_json().encode())
    whole.update(b"browser" if browser else b"")
    return whole.hexdigest()


@cache
def release() -> str:
    """A digest of the checks and of all they are made of. Nobody has to remember to count it up."""
    whole = hashlib.sha256()
    for name, content in sorted(_sources(files("checklist"))):
        whole.update(f"{name}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def _sources(folder: Traversable, at: str = "") -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _sources(entry, f"{at}{entry.name}/")
        elif not entry.name.endswith(".pyc"):
            yield f"{at}{entry.name}", entry.read_bytes()


def memories(session: Session, by: Mapping[int, str]) -> dict[int, Memory]:
    """The memory of each of these integrations, by id, that the same rules and release (`judged_by`) left."""
    bases: dict[int, dict[str, Basis]] = {}
    results: dict[int, dict[str, CheckResult]] = {}
    pages: dict[str, Seen] = {}
    for ids in _few(sorted(by)):
        for look in session.scalars(select(LastLook).where(LastLook.integration_id.in_(ids))):
            if look.judged_by != by[look.integration_id]:
                continue
            bases[look.integration_id] = {item: Basis.of(document) for item, document in look.bases.items()}
    for ids in _few(bases):
        rows = select(ItemResult).where(
            ItemResult.integration_id.in_(ids),
            ItemResult.audit_run_id.is_not(None),
            ItemResult.superseded_at.is_(None),
            ItemResult.outcome.in_(GOOD),
        )
        for row in session.scalars(rows):
            results.setdefault(row.integration_id, {})[row.item] = as_value(row)
    wanted = {key for of_items in bases.values() for basis in of_items.values() for key in basis.pages}
    for keys in _few(sorted(wanted)):
        for page in session.scalars(select(SeenPage).where(SeenPage.key.in_(keys))):
            pages[page.key] = _seen(page)
    return {
        number: Memory(
            results.get(number, {}),
            of_items,
            {key: pages[key] for basis in of_items.values() for key in basis.pages if key in pages},
        )
        for number, of_items in bases.items()
    }


def remember(session: Session, integration_id: int, by: str, bases: Mapping[str, Basis]) -> None:
    """Keep what the latest results of an integration rest on, in place of what was kept before."""
    document = {item: basis.as_json() for item, basis in sorted(bases.items())}
    look = session.get(LastLook, integration_id)
    if look is None:
        session.add(LastLook(integration_id=integration_id, judged_by=by, bases=document))
    elif (look.judged_by, look.bases) != (by, document):
        look.judged_by, look.bases = by, document


def keep_pages(session: Session, seen: Mapping[str, Seen]) -> None:
    """Keep how each page was seen, by key; the latest word counts."""
    if not seen:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    made = insert(SeenPage)
    told = ("etag", "last_modified", "content", "fetched_at")
    # In one order everywhere, so that two who keep the same pages can't wait for each other.
    rows = [
        {
            "key": key,
            "asked": page.asking.as_json(),
            "etag": page.validators.etag,
            "last_modified": page.validators.last_modified,
            "content": page.content,
            "fetched_at": page.at,
        }
        for key, page in sorted(seen.items())
    ]
    session.execute(
        made.on_conflict_do_update(index_elements=["key"], set_={name: made.excluded[name] for name in told}), rows
    )


def forget_pages(session: Session, *, at: datetime) -> None:
    """Drop pages that no audit asks for any more."""
    session.execute(delete(SeenPage).where(SeenPage.fetched_at < at - FORGOTTEN_AFTER))


def _few(values: Iterable[_T]) -> Iterator[list[_T]]:
    iterator = iter(values)
    while some := list(islice(iterator, _AT_ONCE)):
        yield some


def _seen(page: SeenPage) -> Seen:
    return Seen(Asking.of(page.asked), Validators(page.etag, page.last_modified), page.content, page.fetched_at)
