"""A customers file is read once for each of its states, and what is wrong with it is told without its names."""

import asyncio
import os
from datetime import UTC, datetime, timedelta

import pytest

from checklist.customers import CustomersUnreadable
from checklist.customers.file import CustomersFile

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HEAD = "integration,customer,last_success_at"


async def asked(source, slug="acme"):
    return await source.usage(slug, AT - timedelta(days=30), AT)


def written(path, content, at=AT):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    os.utime(path, (at.timestamp(), at.timestamp()))
    return CustomersFile(path)


async def test_it_is_as_of_what_it_says_or_else_of_its_last_change(tmp_path):
    says = written(tmp_path / "c.json", '{"as_of": "2026-11-22T02:00:00Z", "rows": []}')
    assert (await asked(says)).as_of == datetime(2026, 11, 22, 2, tzinfo=UTC)
    assert (await asked(written(tmp_path / "c.csv", HEAD))).as_of == AT


async def test_it_is_read_once_and_again_when_it_has_changed(tmp_path):
    source = written(tmp_path / "c.csv", f"{HEAD}\nacme,north,")
    assert [row.customer for row in (await asked(source)).rows] == ["north"]
    written(tmp_path / "c.csv", f"{HEAD}\nacme,south,")
    assert [row.customer for row in (await asked(source)).rows] == ["north"], "same date and size: not read again"
    written(tmp_path / "c.csv", f"{HEAD}\nacme,south,", AT + timedelta(seconds=1))
    reports = await asyncio.gather(*(asked(source) for _ in range(50)))
    assert {row.customer for report in reports for row in report.rows} == {"south"}


async def test_what_could_not_be_read_is_read_again_when_it_is_mended(tmp_path):
    source = written(tmp_path / "c.json", "{")
    with pytest.raises(CustomersUnreadable):
        await asked(source)
    written(tmp_path / "c.json", '[{"integration": "acme", "customer": "a", "last_success_at": null}]')
    assert len((await asked(source)).rows) == 1


async def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path):
    source = written(tmp_path / "C.CSV", f"\ufeff{HEAD},affiliated\r\nacme,a,2026-11-20T09:00:00+01:00,TRUE\r\n")
    [row] = (await asked(source)).rows
    assert (row.affiliated, row.last_success_at) == (True, datetime(2026, 11, 20, 8, tzinfo=UTC))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("c.json", "{", "expected JSON"),
        ("c.json", "", "expected JSON"),
        ("c.json", "[" * 100_000, "expected JSON"),
        ("c.json", '{"rows": [{"customer": "Gullwing"}]}', "rows.0.integration: is missing"),
        ("c.json", '{"Gullwing": []}', "rows: is missing"),
        ("c.json", '"Gullwing"', "expected an object with rows, or a list of rows"),
        ("c.csv", "", "its first line names no integration, customer, last_success_at"),
        ("c.csv", "acme,Gullwing,2026-11-20T09:00:00Z", "its first line names no integration"),
        ("c.csv", "integration,customer\nacme,Gullwing", "its first line names no last_success_at"),
        ("c.csv", f"{HEAD}\nacme,Gullwing,soon", "rows.0.last_success_at: "),
        ("c.csv", f"{HEAD}\nacme,a,,Gullwing", "holds more values than the header has columns"),
        ("c.csv", f"{HEAD},environment\nacme,Gullwing,,", "rows.0.environment: "),
        ("c.csv", f'{HEAD}\nacme,"{"a" * 200_000}",', "expected CSV"),
        ("c.csv", b"\xff\xfe", "expected text in UTF-8"),
        ("c.csv", b"x" * 20_000_001, "saw more than 20000000 bytes"),
    ],
)
async def test_a_file_that_can_not_be_read_says_what_is_wrong_and_not_whose_it_is(tmp_path, name, content, told):
    with pytest.raises(CustomersUnreadable) as raised:
        await asked(written(tmp_path / name, content))
    assert str(raised.value).startswith(f"{name}: ")
    assert told in str(raised.value)
    assert "Gullwing" not in str(raised.value)


async def test_a_file_that_is_not_there_or_is_a_folder_is_told_without_its_place(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, told in (("missing.csv", "No such file"), ("folder.csv", "Is a directory")):
        with pytest.raises(CustomersUnreadable) as raised:
            await asked(CustomersFile(tmp_path / name))
        assert told in str(raised.value)
        assert str(tmp_path) not in str(raised.value)
