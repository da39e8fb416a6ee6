"""Which integrations in Public Beta a reader wants to see, and in which order."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from desk.cli.errors import InputWrong
from desk.reporting.presented import Document
from review.reports.graduation import Distance

ONLY: Final = "only:"

SORTS: Final[Mapping[str, Callable[[Document], Any]]] = {
    "longest": lambda entry: (-entry["days"], entry["integration"]),
    "newest": lambda entry: (entry["days"], entry["integration"]),
    "name": lambda entry: (entry["name"].casefold(), entry["integration"]),
    "partner": lambda entry: (entry["partner"].casefold(), entry["integration"]),
    "steps": lambda entry: (len(entry["way_out"]), -entry["days"], entry["integration"]),
}
"""By the word in the address. Without one: nearest to Public first."""

SORT_WORDS: Final = {
    "": "nearest to Public first",
    "longest": "longest in Public Beta first",
    "newest": "newest in Public Beta first",
    "name": "by name",
    "partner": "by partner",
    "steps": "fewest steps first",
}


class Choice(NamedTuple):
    """A row of the form above the report."""

    value: str
    words: str


def narrowed(entries: Collection[Document], lacking: str, sort: str) -> list[Document]:
    """InputWrong when one of the two is not known; an item that nobody lacks keeps nothing."""
    kept = [entry for entry in entries if _fits(entry, lacking)]
    if not sort:
        return kept
    if sort not in SORTS:
        raise InputWrong(f"sort {sort!r}: expected one of {', '.join(SORTS)}")
    return sorted(kept, key=SORTS[sort])


def choices(document: Document) -> list[Choice]:
    """What the report can be narrowed to, with how many each keeps."""
    distances = document["distances"]
    return [
        Choice("", f"all ({document['in_beta']})"),
        Choice(Distance.READY.value, f"ready now ({distances[Distance.READY.value]})"),
        *(
            Choice(f"{ONLY}{one['item']}", f"lack only: {one['title']} ({one['number']})")
            for one in document["lacks_only"]
        ),
        *(
            Choice(one["item"], f"lack, alone or with others: {one['title']} ({one['number']})")
            for one in document["lacks"]
        ),
        Choice(Distance.UNDECIDED.value, f"can’t be told ({distances[Distance.UNDECIDED.value]})"),
    ]


def _fits(entry: Document, lacking: str) -> bool:
    items = [one["item"] for one in entry["lacks"]]
    if lacking.startswith(ONLY):
        return entry["distance"] == Distance.LACKS_ONE.value and items == [lacking.removeprefix(ONLY)]
    if not lacking or "." in lacking:
        return not lacking or lacking in items
    if lacking not in set(Distance):
        known = ", ".join(Distance)
        raise InputWrong(f"lacking {lacking!r}: expected an item such as oauth.button, {ONLY}ITEM, or one of {known}")
    return bool(entry["distance"] == lacking)
