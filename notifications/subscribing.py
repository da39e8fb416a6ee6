"""What an endpoint has asked for: names of events and prefixes such as `submission.*` (pure)."""

from collections.abc import Iterable, Sequence

from models.enums import EventName
from notifications.public_events import PUBLIC_EVENTS

EVERYTHING = "*"


class EventsInvalid(ValueError):
    """A filter that can't be used. The message names the word and what there is."""


def asks_for(events: Iterable[str], name: EventName) -> bool:
    """Whether one of the words means this event."""
    return any(_means(word, name) for word in events)


def checked_events(words: Sequence[str], audible: Iterable[EventName] = PUBLIC_EVENTS) -> list[str]:
    """The words without repeats. EventsInvalid when there is none, or one that means none of the `audible` events."""
    audible = tuple(audible)
    chosen = list(dict.fromkeys(word.strip().lower() for word in words if word.strip()))
    if not chosen:
        raise EventsInvalid(
            "no event is named; expected names or prefixes, such as submission.approved or integration.*"
        )
    for word in chosen:
        if not any(_means(word, name) for name in audible):
            prefixes = sorted({f"{name.value.partition('.')[0]}.*" for name in audible})
            known = ", ".join([EVERYTHING, *prefixes, *(name.value for name in audible)])
            raise EventsInvalid(f"{word!r} means no event that is told there; expected some of {known}")
    return chosen


def _means(word: str, name: EventName) -> bool:
    if word == EVERYTHING:
        return True
    return name.value.startswith(word[:-1]) if word.endswith(".*") else name.value == word
