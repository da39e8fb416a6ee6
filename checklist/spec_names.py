"""Whether an event's name is one of the Spec's, one that stands for it, or one of the stream's own. Pure."""

import re
from dataclasses import dataclass

from checklist.programme import SpecRule

_LITTLE_WORDS = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with")
)
_IRREGULAR = {"sent": "send", "sending": "send"}


@dataclass(frozen=True, slots=True)
class NameTrouble:
    """What is wrong with a name. `decides` tells a broken rule from advice."""

    seen: str
    decides: bool
    why: str = ""
    """What goes wrong with it."""


def name_trouble(name: str, spec: SpecRule) -> NameTrouble | None:
    """None for a name of the Spec, and for one of the stream's own in Proper Case.

    Names on the rulebook's list of look-alikes break the rule. One that differs from a name of the Spec in casing,
    spacing or tense alone is advice: it is near, but it may be meant otherwise.
    """
    events = [event for family in spec.events.values() for event in family]
    if name in events:
        return None
    for row in spec.lookalikes:
        if letters(name) in {letters(known) for known in row.names}:
            return NameTrouble(f"{name!r} stands for the Spec's {row.event!r}", decides=True, why=row.why)
    is_proper = _is_proper_case(name)
    near = next((event for event in events if stem(event) == stem(name)), None)
    # The Spec's own pages write some names in two casings: Proper Case is right for either.
    if near is not None and not (is_proper and near.lower() == name.lower()):
        return NameTrouble(f"{name!r} is close to the Spec's {near!r}; use that name if it is meant", decides=False)
    return None if is_proper else NameTrouble(f"{name!r} is not in Proper Case", decides=False)


def letters(name: str) -> str:
    """The name without casing, spaces and punctuation."""
    return re.sub(r"[\W_]+", "", name).lower()


def stem(name: str) -> str:
    """The same without the endings of tenses: Viewed, Viewing and View are one."""
    return "".join(_stem_of(word.lower()) for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name))


def _stem_of(word: str) -> str:
    word = _IRREGULAR.get(word, word)
    if word.endswith("ied"):
        word = f"{word[:-3]}y"
    elif word.endswith("ed") and len(word) > 4:
        word = word[:-2]
    elif word.endswith("ing") and len(word) > 5:
        word = word[:-3]
    # "cancelled" and "cancel", "tapped" and "tap", "share" and "shared".
    return re.sub(r"([b-df-hj-np-tv-z])\1$", r"\1", word).removesuffix("e")


def _is_proper_case(name: str) -> bool:
    words = name.split(" ")
    return all(word[:1].isupper() or word[:1].isdigit() or word in _LITTLE_WORDS for word in words) and "_" not in name
