"""The contract of every source of customers: the same rows, the same refusals, whatever it is read from."""

import asyncio
import csv
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import NullPool, create_engine, text

from checklist.customers import CustomersUnreadable, Report
from checklist.customers.endpoint import CustomersEndpoint
from checklist.customers.fake import CustomersFake
from checklist.customers.file import CustomersFile
from checklist.customers.query import CustomersQuery
from checklist.customers.statement import statement_of
from tests.integration.hostile_server import Asked, answer, hostile_server

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SINCE = AT - timedelta(days=30)
INSTANT = "2026-11-20T09:00:00Z"

HOSTILE_SLUGS = ("x' OR '1'='1", "x&integration=acme", "../acme", "acme;DELETE FROM uses", ":since", "%", "acme\0", "é")


def row(name="Gullwing Rail", about="acme", **more):
    return {"integration": about, "customer": name, "last_success_at": INSTANT, **more}


def in_table(rows, address):
    """The rows as text in a table `uses`, with the columns that the first row has."""
    engine = create_engine(address, poolclass=NullPool)
    columns = list(rows[0])
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS uses"))
        connection.execute(text(f"CREATE TABLE uses ({', '.join(f'{name} TEXT' for name in columns)})"))
        values = [{name: given if given is None else str(given) for name, given in one.items()} for one in rows]
        names = ", ".join(f":{name}" for name in columns)
        connection.execute(text(f"INSERT INTO uses VALUES ({names})"), values)
    engine.dispose()


QUERY = "SELECT * FROM uses WHERE integration = :integration"


class Sources:
    """Makes a source of one kind that says some rows."""

    def __init__(self, kind, request, folder):
        self.kind, self._request, self._folder = kind, request, folder

    @asynccontextmanager
    async def saying(self, rows) -> AsyncIterator:
        if self.kind == "fake":
            yield CustomersFake(rows)
        elif self.kind == "csv":
            path = self._folder / "customers.csv"
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
            yield CustomersFile(path)
        elif self.kind == "json":
            path = self._folder / "customers.json"
            path.write_text(json.dumps(rows))
            yield CustomersFile(path)
        elif self.kind == "http":
            async with hostile_server() as server:
                server.routes = WhateverIsAsked(says(rows))
                yield CustomersEndpoint(f"http://{server.pair}/usage", "a-token")
        else:
            address = self._address()
            in_table(rows, address)
            yield CustomersQuery(address, statement_of(QUERY))

    def _address(self):
        if self.kind == "sqlite":
            return f"sqlite:///{self._folder / 'ware house.sqlite'}"
        return self._request.getfixturevalue("warehouse")


class WhateverIsAsked(dict):
    """One route for every path and question."""

    def __init__(self, route):
        self._route = route

    def get(self, path, default=None):
        return self._route


def says(rows):
    async def route(asked: Asked, writer: asyncio.StreamWriter) -> None:
        wanted = parse_qs(urlsplit(asked.path).query)["integration"][0]
        mine = [one for one in rows if one.get("integration") == wanted]
        writer.write(answer("200 OK", json.dumps({"rows": mine}).encode(), content_type="application/json"))

    return route


@pytest.fixture
def warehouse(postgres_server) -> Iterator[str]:
    with postgres_server.fresh() as url:
        yield url.render_as_string(hide_password=False)


KINDS = ("csv", "json", "http", "sqlite", "fake", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=KINDS)
def sources(request, tmp_path: Path) -> Sources:
    return Sources(request.param, request, tmp_path)


async def asked(source, slug="acme") -> Report:
    return await source.usage(slug, SINCE, AT)


async def trouble_of(source, slug="acme") -> str:
    with pytest.raises(CustomersUnreadable) as raised:
        await asked(source, slug)
    return str(raised.value)


class TestEverySource:
    async def test_says_who_uses_the_integration_that_is_asked_for_and_no_other(self, sources):
        async with sources.saying([row("a"), row("b", "other"), row("c")]) as source:
            assert [one.customer for one in (await asked(source)).rows] == ["a", "c"]
            assert [one.customer for one in (await asked(source, "other")).rows] == ["b"]
            assert (await asked(source, "unheard-of")).rows == ()

    async def test_says_all_it_knows_of_a_customer(self, sources):
        rows = [
            row("a", affiliated="true", environment="staging", domain="a.example,b.example"),
            row("b", affiliated="no", environment="production", domain=None),
        ]
        async with sources.saying(rows) as source:
            first, second = (await asked(source)).rows
        assert (first.affiliated, first.environment, first.domains) == (True, "staging", ("a.example", "b.example"))
        assert (second.affiliated, second.environment, second.domains) == (False, "production", ())
        assert first.last_success_at == datetime(2026, 11, 20, 9, tzinfo=UTC)

    async def test_takes_a_customer_without_a_success_for_one(self, sources):
        async with sources.saying([row("a", last_success_at=None)]) as source:
            assert [one.last_success_at for one in (await asked(source)).rows] == [None]

    @pytest.mark.parametrize("slug", HOSTILE_SLUGS)
    async def test_takes_a_slug_for_a_name_whatever_it_holds(self, sources, slug):
        async with sources.saying([row("a")]) as source:
            try:
                assert (await asked(source, slug)).rows == ()
            except CustomersUnreadable:
                assert "\0" in slug
            assert len((await asked(source)).rows) == 1

    async def test_names_itself_and_the_instant(self, sources):
        async with sources.saying([row()]) as source:
            report = await asked(source)
        assert report.source
        assert report.as_of.tzinfo is not None
        assert "a-token" not in f"{report.source}{source!r}"

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"last_success_at": "2026-11-20 09:00:00"}, "last_success_at: has no time zone"),
            ({"last_success_at": "soon"}, "last_success_at: "),
            ({"environment": "Prod"}, "environment: "),
            ({"affiliated": "perhaps"}, "affiliated: "),
            ({"customer": "\u200b"}, "customer: "),
            ({"enviroment": "staging"}, "'enviroment' is no column that is read; is it meant to be 'environment'?"),
        ],
    )
    async def test_is_refused_when_a_row_can_not_be_read_and_says_where_but_not_whose(self, sources, wrong, told):
        async with sources.saying([row("Gullwing Rail", **wrong)]) as source:
            trouble = await trouble_of(source)
        assert told in trouble
        assert "Gullwing" not in trouble

    async def test_may_give_more_columns_than_are_read(self, sources):
        async with sources.saying([row("Gullwing Rail", plan="business", seats="12")]) as source:
            assert [found.customer for found in (await asked(source)).rows] == ["Gullwing Rail"]

    @pytest.mark.parametrize("lost", ["customer", "last_success_at"])
    async def test_is_refused_when_a_column_is_missing(self, sources, lost):
        """Taken for silence, it would fail every partner."""
        rows = [{name: value for name, value in row().items() if name != lost}]
        async with sources.saying(rows) as source:
            assert lost in await trouble_of(source)

    async def test_is_refused_when_there_are_more_rows_than_anybody_counts(self, sources):
        most = 100_000 if sources.kind in {"csv", "json"} else 10_000
        async with sources.saying([row("a")] * (most + 1)) as source:
            assert f"expected at most {most}" in await trouble_of(source)

    async def test_serves_many_at_once(self, sources):
        rows = [row(f"customer {number}", f"tool-{number}") for number in range(40)]
        async with sources.saying(rows) as source:
            reports = await asyncio.gather(*(asked(source, f"tool-{number}") for number in range(40)))
        assert [one.rows[0].customer for one in reports] == [f"customer {number}" for number in range(40)]

    def test_serves_several_event_loops_of_a_process(self, sources):
        async def twice():
            async with sources.saying([row("a")]) as source:
                here = await asyncio.gather(*(asked(source) for _ in range(9)))
                found = []

                def elsewhere():
                    async def both():
                        return await asyncio.gather(*(asked(source) for _ in range(9)))

                    found.extend(asyncio.run(both()))

                await asyncio.to_thread(elsewhere)
                return [*here, *found]

        reports = asyncio.run(twice())
        assert [len(one.rows) for one in reports] == [1] * 18
