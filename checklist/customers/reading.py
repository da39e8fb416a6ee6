"""From what a source gave, as plain JSON values, to rows; or to one line that says what is wrong with it (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from checklist.customers.source import CustomersUnreadable
from checklist.customers.usage import Usage


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows a source gave, and as of when, if it says so."""

    rows: tuple[Usage, ...]
    as_of: datetime | None


def read(document: Any, source: str, *, most: int, integration: str | None = None) -> Answer:
    """Read `{"as_of": …, "rows": [{"integration": …, "customer": …, …}]}`, or the list alone.

    Rows without an `integration` are about the one that was asked for, if one was. Raises CustomersUnreadable when
    there are more than `most` rows or something is missing, misspelt or of another kind.
    """
    given = {"rows": document} if isinstance(document, list) else document
    rows = given.get("rows") if isinstance(given, Mapping) else None
    if isinstance(rows, list):
        if len(rows) > most:
            raise CustomersUnreadable(f"{source}: saw more than {most} rows, expected at most {most}")
        if integration is not None:
            about = {"integration": integration}
            given = {**given, "rows": [about | row if isinstance(row, dict) else row for row in rows]}
    try:
        found = _Document.model_validate(given)
    except ValidationError as error:
        raise CustomersUnreadable(f"{source}: {_mistake(error)}") from None
    return Answer(found.rows, found.as_of)


class _Document(BaseModel):
    # What else there is may say that these rows are not all, such as the address of a next page.
    model_config = ConfigDict(extra="forbid")

    rows: tuple[Usage, ...]
    as_of: AwareDatetime | None = None


_SAYS: Final = {
    "missing": "is missing",
    "extra_forbidden": "expected rows and as_of alone, all rows in one answer",
    "timezone_aware": "has no time zone; expected an instant such as 2026-11-23T09:00:00Z",
    "model_type": "expected an object with rows, or a list of rows",
}
"""Pydantic's words where they wouldn't help. Neither these nor those repeat what was seen: it may be a name."""


def _mistake(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(key)[:60] for key in first["loc"])
    return f"{where or 'the document'}: {_SAYS.get(first['type'], first['msg'].removeprefix('Value error, '))}"
