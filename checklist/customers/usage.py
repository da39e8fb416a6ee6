"""One customer's use of one integration, as a source reports it (pure)."""

import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

ALWAYS: Final = ("integration", "customer", "last_success_at")
COLUMNS: Final = (*ALWAYS, "affiliated", "environment", "domain")
"""What a source gives for each row, and of that what it always gives."""


def one_spelling(name: str) -> str:
    """The form in which two spellings of a name are one: Unicode NFKC, without case, invisible letters and needless
    spaces.
    """
    visible = "".join(letter for letter in name if unicodedata.category(letter) != "Cf")
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", visible).casefold())
    return " ".join(folded.split())


def _with_a_spelling(name: str) -> str:
    if not (name.isprintable() or one_spelling(name)):
        raise ValueError("holds nothing that can be seen")
    return name


def _listed(value: Any) -> Any:
    """One place, several in one text, a list of them, or nothing."""
    if isinstance(value, str):
        return tuple(filter(None, re.split(r"[\s,;]+", value)))
    return () if value is None else value


def _said(value: Any) -> Any:
    return False if value is None else value


Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


@lru_cache(maxsize=64)
def misspelt(columns: tuple[str, ...]) -> str:
    """The first column that reads like one of ours and is none, with ours beside it; empty when there is none."""
    for column in columns:
        if column in (*COLUMNS, "domains"):
            continue
        if not column:
            return "holds more values than the header has columns"
        if near := get_close_matches(column.strip().lower(), COLUMNS, n=1, cutoff=0.8):
            return f"{column[:60]!r} is no column that is read; is it meant to be {near[0]!r}?"
    return ""


class Usage(BaseModel):
    """A row. A warehouse may give more columns than are read; one that only misses its name by a letter is refused: a
    misspelt `environment` would count a trial as production.

    `last_success_at` has to be there, if only as null, for the same reason: without it everybody would fail.
    """

    # A warehouse's ids are often numbers.
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    integration: Name
    """The integration's slug."""
    customer: Annotated[Name, AfterValidator(_with_a_spelling)]
    """The customer's own id: two workspaces of one company carry the same."""
    last_success_at: AwareDatetime | None
    """The latest delivery that succeeded, with its time zone; null where there was none."""
    affiliated: Annotated[bool, BeforeValidator(_said)] = False
    """Whether the customer belongs to the partner."""
    environment: Literal["production", "staging", "development", "test"] = "production"
    domains: Annotated[tuple[Name, ...], Field(max_length=20), BeforeValidator(_listed)] = Field(
        default=(), validation_alias=AliasChoices("domain", "domains")
    )
    """Hosts, web or e-mail addresses of the customer, where the source knows any."""

    @model_validator(mode="before")
    @classmethod
    def _columns_are_spelt_right(cls, row: Any) -> Any:
        if isinstance(row, Mapping) and (told := misspelt(tuple(map(str, row)))):
            raise ValueError(told)
        return row
