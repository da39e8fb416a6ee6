"""Customers from a file that the programme writes, as a warehouse's nightly export."""

import asyncio
import csv
import io
import json
import os
import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from checklist.customers.reading import read
from checklist.customers.source import CustomersSourceInvalid, CustomersUnreadable, Report
from checklist.customers.usage import ALWAYS, COLUMNS, Usage

LARGEST_FILE: Final = 20_000_000
"""Bytes of a customers file that are read."""

MOST_ROWS: Final = 100_000
"""Of all integrations together."""

SUFFIXES: Final = frozenset({".csv", ".json"})

_State = tuple[int, int]  # date and size


@dataclass(frozen=True, slots=True)
class _Read:
    """What the file said, or why it could not be read, when it had this date and size."""

    state: _State
    as_of: datetime
    rows: Mapping[str, tuple[Usage, ...]] = field(default_factory=dict)
    trouble: str = ""


class CustomersFile:
    """A `.csv` file with a header of Usage's names, or a `.json` one (see checklist.customers.reading.read).

    Without `as_of` the file's own date of change counts. It is read once for each of its states, however many
    integrations are asked for. Raises CustomersSourceInvalid for another kind of file.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in SUFFIXES:
            raise CustomersSourceInvalid(f"{path.name} is neither .csv nor .json")
        self._path = path
        self._read: _Read | None = None
        self._reading = threading.Lock()

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report:  # noqa: ARG002 - it has one state
        try:
            known, state = self._read, _state(self._path.stat())
            if known is None or known.state != state:
                known = await asyncio.to_thread(self._again)
        except OSError as error:
            raise self._unreadable(f"could not be read ({error.strerror or error})") from None
        if known.trouble:
            raise CustomersUnreadable(known.trouble)
        return Report(known.rows.get(slug, ()), f"file {self._path.name}", known.as_of)

    def _again(self) -> _Read:
        """Read the file, or take what another caller has read meanwhile. Raises OSError."""
        with self._reading, self._path.open("rb") as file:
            about = os.fstat(file.fileno())
            if self._read is None or self._read.state != _state(about):
                changed_at = datetime.fromtimestamp(about.st_mtime, UTC)
                try:
                    as_of, rows = self._rows(file.read(LARGEST_FILE + 1))
                    self._read = _Read(_state(about), as_of or changed_at, rows)
                except CustomersUnreadable as error:
                    self._read = _Read(_state(about), changed_at, trouble=str(error))
            return self._read

    def _rows(self, content: bytes) -> tuple[datetime | None, Mapping[str, tuple[Usage, ...]]]:
        if len(content) > LARGEST_FILE:
            raise self._unreadable(f"saw more than {LARGEST_FILE} bytes, expected at most that")
        answer = read(self._document(content), self._path.name, most=MOST_ROWS)
        rows: dict[str, list[Usage]] = defaultdict(list)
        for row in answer.rows:
            rows[row.integration].append(row)
        return answer.as_of, {slug: tuple(its) for slug, its in rows.items()}

    def _document(self, content: bytes) -> Any:
        try:
            text = content.decode("utf-8-sig")
            return self._table(text) if self._path.suffix.lower() == ".csv" else json.loads(text)
        except UnicodeDecodeError:
            raise self._unreadable("expected text in UTF-8") from None
        except csv.Error as error:
            raise self._unreadable(f"expected CSV ({error})") from None
        except (ValueError, RecursionError) as error:
            raise self._unreadable(f"expected JSON ({error})") from None

    def _table(self, text: str) -> list[dict[str, str | None]]:
        reader = csv.DictReader(io.StringIO(text, newline=""), restkey="")
        # An export that broke off leaves nothing; taken for a table without rows, everybody would fail.
        if missing := [name for name in ALWAYS if name not in (reader.fieldnames or ())]:
            raise self._unreadable(f"its first line names no {', '.join(missing)}; expected {', '.join(COLUMNS)}")
        return [{name: value or None for name, value in row.items()} for row in reader]

    def _unreadable(self, told: str) -> CustomersUnreadable:
        return CustomersUnreadable(f"{self._path.name}: {told}")


def _state(about: os.stat_result) -> _State:
    return about.st_mtime_ns, about.st_size
