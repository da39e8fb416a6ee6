"""What a sentence is made of: what happened, as it was written down, and what puts it into words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checklist.rulebook import Rulebook
from desk.viewing.links import excerpt
from desk.viewing.team_time import TeamTime

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, so that it reads on after the name of who did it; then their own words, then details."""

    did: str
    quote: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Teller:
    """What a sentence may need besides the event: titles of items, names of people, the team's time."""

    rulebook: Rulebook
    time: TeamTime
    names: Mapping[int, str]

    def title(self, item_id: object) -> str:
        known = {item.id: item.title for item in self.rulebook.items}
        return known.get(str(item_id), str(item_id))

    def name(self, person_id: object) -> str:
        return self.names.get(person_id, "somebody") if isinstance(person_id, int) else "somebody"


Tell = Callable[[Teller, Data], Told]
Sentences = Mapping[str, Tell]


# Events of every release are read: what is not there, or of another kind, is nothing.


def text_in(data: Data, key: str) -> str:
    value = data.get(key)
    return excerpt(value) if isinstance(value, str) else ""


def part_in(data: Data, key: str) -> Data:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def rows_in(data: Data, key: str) -> Sequence[Data]:
    value = data.get(key)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def names_in(data: Data, key: str) -> list[str]:
    value = data.get(key)
    return [str(entry) for entry in value] if isinstance(value, list) else []


def found_in(rows: Iterable[Data]) -> tuple[str, ...]:
    """Items with what was seen of each."""
    return tuple(f"{text_in(row, 'title') or text_in(row, 'item')}: {text_in(row, 'what')}" for row in rows)


def member_of(kind: type[Any], value: object) -> Any:
    """The member of a closed list, or None for a value that this release doesn't know."""
    return next((member for member in kind if member.value == value), None)


def with_reason(did: str, key: str = "reason") -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        return Told(did, text_in(data, key))

    return tell
