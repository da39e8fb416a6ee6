"""Reports written to files: a sheet for a spreadsheet program, a page that needs nothing beside it."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from desk.cli.errors import InputWrong
from desk.reporting.page import rendered
from desk.reporting.presented import Presented

FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""A cell that begins so, also in wide letters, is run by some spreadsheet program; partners choose their own names.
Source: OWASP, "CSV Injection".
"""


def sheet_of(report: Presented) -> str:
    """The report's rows as CSV (RFC 4180, UTF-8, with a header)."""
    return sheet(report.sheet_columns, report.sheet)


def sheet(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as CSV, with a header; nothing in it is run by a spreadsheet program."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row[name]) for name in columns] for row in rows)
    return text.getvalue()


def require_writable(option: str, file: Path | None) -> None:
    """InputWrong when nothing can be written there; asked before the work is done."""
    if file is None:
        return
    if file.is_dir():
        raise InputWrong(f"{option}: {file} is a folder; give the name of a file in it")
    if not file.parent.is_dir():
        raise InputWrong(f"{option}: the folder {file.parent} is not there; make it first")


def write_sheet(file: Path, report: Presented) -> None:
    """The report's rows as CSV."""
    _write(file, sheet_of(report))


def write_page(file: Path, report: Presented) -> None:
    """The report as one HTML file without any reference to another."""
    _write(file, rendered(report))


def _write(file: Path, text: str) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as opened:
            opened.write(text)
    except OSError as error:
        raise InputWrong(f"{file}: can't be written ({error.strerror})") from error


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA_SIGNS):
        return f"'{value}"
    return value
