"""Submissions out of a CSV file: read strictly, every mistake told by its line and column."""

import csv
import difflib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from checklist.document import UNSTORABLE
from checklist.dossier import Dossier
from desk.intake.fields import FIELDS, NEEDED, FlatInvalid, dossier_of

LARGEST_TABLE: Final = 5_000_000
"""Bytes of a file."""
MOST_ROWS: Final = 500
"""Submissions in a file; more take several files, because they come in together or not at all."""
MOST_MISTAKES: Final = 200
SEPARATORS: Final = ",;\t"
NAMES: Final = tuple(field.name for field in FIELDS)


class TableUnreadable(Exception):
    """A file that is no table of submissions; the message says where, what was seen and what was expected."""


@dataclass(frozen=True, slots=True)
class RowMistake:
    """One wrong cell, or, without a column, a wrong row. `row` is the file's line on which the row begins, from 1."""

    row: int
    column: str | None
    seen: str
    expected: str

    def __str__(self) -> str:
        where = f"row {self.row}, {self.column}" if self.column else f"row {self.row}"
        return f"{where}: saw {self.seen}, expected {self.expected}"


@dataclass(frozen=True, slots=True)
class TableRow:
    row: int
    dossier: Dossier


@dataclass(frozen=True, slots=True)
class Table:
    """The rows that make a submission, and what is wrong with the others."""

    rows: tuple[TableRow, ...]
    mistakes: tuple[RowMistake, ...]
    number: int
    """Rows of the file, right or wrong."""


def read_table(content: bytes) -> Table:
    """The submissions in a file. TableUnreadable when it can't be taken row by row."""
    lines = list(_cells(_text(content)))
    if not lines:
        raise TableUnreadable(f"saw nothing, expected a first line with {', '.join(NEEDED)} and others")
    (_, head), *below = lines
    _refuse_head(head)
    if len(below) > MOST_ROWS:
        raise TableUnreadable(f"saw {len(below):,} rows, expected at most {MOST_ROWS}: give several files")
    rows: list[TableRow] = []
    mistakes: list[RowMistake] = []
    first_with: dict[str, int] = {}
    for line, cells in below:
        found = _row(line, head, cells)
        if isinstance(found, TableRow) and (before := first_with.setdefault(found.dossier.external_id, line)) != line:
            seen = f"{found.dossier.external_id!r}, as in row {before}"
            found = [RowMistake(line, "external_id", seen, "an id of its own")]
        if isinstance(found, TableRow):
            rows.append(found)
        else:
            mistakes += found
    return Table(tuple(rows), tuple(mistakes[:MOST_MISTAKES]), len(below))


def _text(content: bytes) -> str:
    if len(content) > LARGEST_TABLE:
        raise TableUnreadable(f"saw more than {LARGEST_TABLE:,} bytes, expected a shorter file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise TableUnreadable(f"line {line}: saw bytes that are no UTF-8, expected the file saved as UTF-8") from None
    if (odd := UNSTORABLE.search(text)) is not None:
        line = text.count("\n", 0, odd.start()) + 1
        raise TableUnreadable(f"line {line}: saw a character that cannot be stored (NUL), expected readable text")
    return text


def _cells(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line on which it begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text), strict=True)
    begins = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            told = f"line {max(1, reader.line_num)}: saw a row that can't be read ({error}), expected CSV"
            raise TableUnreadable(told) from None
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _separator(text: str) -> str:
    """What stands most often in the first line; spreadsheets of some countries write semicolons."""
    first = text.lstrip("\r\n").partition("\n")[0]
    return max(SEPARATORS, key=first.count)


def _refuse_head(head: Sequence[str]) -> None:
    names = [name.strip() for name in head]
    for name in names:
        if name not in NAMES:
            near = difflib.get_close_matches(name, NAMES, n=1)
            meant = f"`{near[0]}`, if that is what was meant" if near else f"one of {', '.join(NAMES)}"
            raise TableUnreadable(f"first line: saw the column {name[:60]!r}, expected {meant}")
        if names.count(name) > 1:
            raise TableUnreadable(f"first line: saw the column {name!r} twice, expected it once")
    if missing := [name for name in NEEDED if name not in names]:
        raise TableUnreadable(f"first line: saw no column {', '.join(missing)}, expected them")


def _row(line: int, head: Sequence[str], cells: Sequence[str]) -> TableRow | list[RowMistake]:
    if len(cells) != len(head):
        return [RowMistake(line, None, f"{len(cells)} cells", f"{len(head)}, as the first line has")]
    given = {name.strip(): cell.strip() for name, cell in zip(head, cells, strict=True)}
    try:
        return TableRow(line, dossier_of(given))
    except FlatInvalid as error:
        return [RowMistake(line, one.where or None, one.seen, one.expected) for one in error.mistakes]
