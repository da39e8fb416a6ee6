"""What is wrong with a document somebody wrote: where, what was seen, what was expected."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

SHOWN = 60
"""Characters of a wrong value that are repeated back; enough to find it, too few to flood a line."""

MOST = 50
"""Mistakes that are told at once; nobody reads on, and a file of wrong keys could make millions of characters."""

SECRET_KEYS = frozenset({"secret", "api_key", "password", "token"})

SECRET_TABLES = frozenset({"test_account", "components"})
"""Tables with secrets in them."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One wrong value of a document. `where` is the key path, as in `components.0.endpoint`."""

    where: str
    seen: str
    expected: str
    keys: tuple[str | int, ...] = field(default=(), compare=False)
    """The same path key by key, where it is one of a document that was read."""

    def __str__(self) -> str:
        return f"{self.where or 'the document'}: saw {self.seen}, expected {self.expected}"


def mistakes_of(error: ValidationError, model: type[BaseModel]) -> tuple[Mistake, ...]:
    """The errors of a validation as mistakes, in the order of the document; how many more, where they are too many."""
    details = error.errors(include_url=False, include_context=True)
    told = [_mistake(detail, model) for detail in details[:MOST]]
    if more := len(details) - len(told):
        told.append(Mistake("", f"{more:,} more mistakes", "these to be mended first"))
    return tuple(told)


def _mistake(detail: Any, model: type[BaseModel]) -> Mistake:
    keys: tuple[str | int, ...] = detail["loc"]
    where = ".".join(str(key) for key in keys)
    if detail["type"] == "missing":
        return Mistake(where, "nothing", "a value: this key is needed", keys)
    if detail["type"] == "extra_forbidden":
        return Mistake(where, "an unknown key", _known_keys(model, keys), keys)
    return Mistake(where, _shown(keys, detail["input"]), _expected(detail), keys)


LENGTHS: Final = {
    "string_too_short": ("min_length", "at least {} characters"),
    "string_too_long": ("max_length", "at most {:,} characters"),
    "too_short": ("min_length", "at least {} entries"),
    "too_long": ("max_length", "at most {:,} entries"),
}


def _expected(detail: Any) -> str:
    bounds = detail.get("ctx", {})
    if detail["type"] in LENGTHS:
        bound, words = LENGTHS[detail["type"]]
        return words.format(bounds[bound]) if bounds[bound] != 1 else "something there"
    cause = bounds.get("error")
    said = str(cause if cause is not None else detail["msg"])
    for lead in ("Input should be ", "Value should be ", "Value error, "):
        said = said.removeprefix(lead)
    return said[:1].lower() + said[1:]


def _shown(keys: Sequence[str | int], value: Any) -> str:
    if any(key in SECRET_KEYS for key in keys):
        return "a secret (not repeated here)"
    if isinstance(value, dict):
        return f"a table of {len(value)} keys"
    if next((key for key in reversed(keys) if isinstance(key, str)), None) in SECRET_TABLES:
        return f"a {type(value).__name__}, which is no table"  # it may be the secret that belongs into the table
    text = repr(value)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _known_keys(model: type[BaseModel], keys: Sequence[str | int]) -> str:
    owner: type[BaseModel] | None = model
    for key in keys[:-1]:
        if isinstance(key, str) and owner is not None:
            owner = _model_in(owner.model_fields[key].annotation) if key in owner.model_fields else None
    if owner is None:
        return "no such key"
    names = list(owner.model_fields)
    near = difflib.get_close_matches(str(keys[-1]), names, n=1)
    return f"`{near[0]}`, if that is what was meant" if near else f"one of {', '.join(names)}"


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model inside an annotation such as `tuple[Component, ...] | None`."""
    candidates: Iterable[Any] = [annotation]
    while candidates:
        for candidate in candidates:
            if isinstance(candidate, type) and issubclass(candidate, BaseModel):
                return candidate
        candidates = [inner for candidate in candidates for inner in get_args(candidate)]
    return None
