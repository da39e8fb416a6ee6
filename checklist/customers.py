"""Who actively uses an integration: the source's protocol, the rule's facts, and a source from a file."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

LARGEST_FILE = 20_000_000
"""Bytes of a customers file that are read."""

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class CustomersUnreadable(Exception):
    """The source gave no usable answer; the message says which source, what was seen and what was expected."""


class Usage(BaseModel):
    """One customer's use of one integration, as a source reports it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    integration: Name
    """The integration's slug."""
    customer: Name
    """The customer's own id: two workspaces of one company carry the same."""
    affiliated: bool = False
    """Whether the customer belongs to the partner."""
    environment: Literal["production", "staging", "development", "test"] = "production"
    last_success_at: AwareDatetime | None = None
    """The latest delivery that succeeded."""


@dataclass(frozen=True, slots=True)
class Report:
    """What a source said: the rows of one integration, from where, and as of when."""

    rows: tuple[Usage, ...]
    source: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Counted:
    """Customers by what keeps them from counting; `active` are those that count, each once."""

    active: tuple[str, ...]
    affiliated: tuple[str, ...]
    not_production: tuple[str, ...]
    not_recent: tuple[str, ...]


class CustomersSource(Protocol):
    """Where customers are counted. Raises CustomersUnreadable, never anything else of its own."""

    async def usage(self, slug: str, at: datetime) -> Report: ...


def count(rows: Iterable[Usage], *, at: datetime, window_days: int) -> Counted:
    """Distinct customers that count: unaffiliated, production, a success in the window that ends at `at`.

    A customer is affiliated when any of its rows says so; otherwise its best row decides.
    """
    since = at - timedelta(days=window_days)
    grades: dict[str, int] = {}
    affiliated: set[str] = set()
    for row in rows:
        if row.affiliated:
            affiliated.add(row.customer)
        recent = row.last_success_at is not None and since <= row.last_success_at <= at
        grade = 0 if row.environment != "production" else 2 if recent else 1
        grades[row.customer] = max(grade, grades.get(row.customer, 0))
    by_grade = [
        sorted(name for name, grade in grades.items() if grade == n and name not in affiliated) for n in range(3)
    ]
    return Counted(tuple(by_grade[2]), tuple(sorted(affiliated)), tuple(by_grade[0]), tuple(by_grade[1]))


class CustomersFile:
    """A source from a `.csv` or `.json` file: rows with the fields of Usage, and for JSON optionally `as_of`.

    JSON: `{"as_of": "2026-11-23T09:00:00Z", "rows": [{"integration": …, "customer": …}]}` or the list alone. CSV:
    a header with those names. Without `as_of` the file's own date of change counts.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int], Sequence[Usage], datetime | None] | None = None
        """What the file said when it had this date and size: an audit asks for hundreds of integrations."""

    async def usage(self, slug: str, at: datetime) -> Report:  # noqa: ARG002 - a file has one state, whenever asked
        try:
            about = self._path.stat()
            if about.st_size > LARGEST_FILE:
                raise CustomersUnreadable(
                    f"{self._path.name}: saw {about.st_size} bytes, expected at most {LARGEST_FILE}"
                )
            state = (about.st_mtime_ns, about.st_size)
            if self._read is None or self._read[0] != state:
                self._read = (state, *self._parsed(self._document(self._path.read_text("utf-8-sig"))))
        except (OSError, UnicodeDecodeError) as error:
            raise CustomersUnreadable(f"{self._path.name}: could not be read as a UTF-8 file ({error})") from error
        _, rows, as_of = self._read
        changed_at = datetime.fromtimestamp(about.st_mtime, UTC)
        mine = tuple(row for row in rows if row.integration == slug)
        return Report(mine, f"file {self._path.name}", as_of or changed_at)

    def _document(self, text: str) -> Any:
        if self._path.suffix == ".csv":
            return [_without_empty(row) for row in csv.DictReader(io.StringIO(text))]
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise CustomersUnreadable(f"{self._path.name}: expected JSON ({error})") from error

    def _parsed(self, document: Any) -> tuple[Sequence[Usage], datetime | None]:
        try:
            found = _FILE.validate_python({"rows": document} if isinstance(document, list) else document)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(key) for key in first["loc"])
            raise CustomersUnreadable(f"{self._path.name}: {where or 'the document'}: {first['msg']}") from error
        return found.rows, found.as_of


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rows: tuple[Usage, ...] = Field(max_length=100_000)
    as_of: AwareDatetime | None = None


_FILE = TypeAdapter(_File)


def _without_empty(row: Mapping[str | None, str | None]) -> dict[str, str]:
    return {name: value for name, value in row.items() if name and value}
