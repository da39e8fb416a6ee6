"""One customer's use of one integration, as a source reports it (pure)."""

import re
import unicodedata
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


class Usage(BaseModel):
    """A row. What nobody reads is refused: a misspelt `environment` would count a trial as production.

    `last_success_at` has to be there, if only as null, for the same reason: without it everybody would fail.
    """

    # A warehouse's ids are often numbers.
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

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
