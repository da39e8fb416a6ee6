"""A query on the warehouse only reads, ends in time, and tells its troubles without secrets or names."""

import asyncio
import socket
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, text

from checklist.customers import CustomersUnreadable
from checklist.customers.query import CustomersQuery
from checklist.customers.statement import statement_of

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOW_TO = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "count-customers.md").read_text("utf-8")
SINCE = AT - timedelta(days=30)
COLUMNS = "customer, last_success_at FROM uses WHERE integration = :integration"


async def rows_of(address, query, *, slug="acme", **limits):
    return (await CustomersQuery(address, statement_of(query), **limits).usage(slug, SINCE, AT)).rows


async def trouble_of(address, query=f"SELECT {COLUMNS}", **limits) -> str:
    with pytest.raises(CustomersUnreadable) as raised:
        await rows_of(address, query, **limits)
    assert raised.value.__cause__ is None
    return str(raised.value)


def run(address, *statements):
    engine = create_engine(address, poolclass=NullPool)
    with engine.begin() as connection:
        found = [connection.execute(text(statement)) for statement in statements]
        rows = found[-1].all() if found[-1].returns_rows else []
    engine.dispose()
    return rows


TABLE = (
    "CREATE TABLE uses (integration TEXT, customer TEXT, last_success_at {instant})",
    "INSERT INTO uses VALUES ('acme', 'Gullwing Rail', '2026-11-20T09:00:00Z')",
    "INSERT INTO uses VALUES ('acme', 'Peat & Paper', '2026-08-20T09:00:00Z')",
)


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    address = f"sqlite:///{tmp_path / 'warehouse.sqlite'}"
    run(address, *(statement.format(instant="TEXT") for statement in TABLE))
    return address


@pytest.fixture
def postgres(postgres_server) -> Iterator[str]:
    with postgres_server.fresh() as url:
        address = url.render_as_string(hide_password=False)
        run(address, *(statement.format(instant="TIMESTAMPTZ") for statement in TABLE))
        yield address


EACH = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=EACH)
def warehouse(request) -> str:
    return request.getfixturevalue(request.param)


async def test_the_window_can_be_used_by_the_query(warehouse):
    found = await rows_of(
        warehouse, f"SELECT {COLUMNS} AND last_success_at >= :since AND last_success_at <= :until -- the window"
    )
    assert [row.customer for row in found] == ["Gullwing Rail"]


async def test_the_query_of_the_how_to_page_counts_successes_in_the_window(warehouse):
    query = HOW_TO.partition("```sql\n")[2].partition("```")[0]
    instant = "TIMESTAMPTZ" if warehouse.startswith("postgres") else "TEXT"
    run(
        warehouse,
        "CREATE TABLE deliveries (integration TEXT, workspace_company TEXT, environment TEXT, company_domain TEXT,"
        f" status TEXT, delivered_at {instant})",
        *(
            f"INSERT INTO deliveries VALUES ('acme', '{name}', 'production', NULL, '{status}', '{day}T09:00:00Z')"
            for name, status, day in (
                ("north", "success", "2026-11-20"),
                ("north", "success", "2026-11-21"),
                ("south", "refused", "2026-11-21"),
                ("west", "success", "2026-08-21"),
            )
        ),
    )
    [north] = await rows_of(warehouse, query)
    assert (north.customer, north.last_success_at) == ("north", datetime(2026, 11, 21, 9, tzinfo=UTC))


@pytest.mark.postgres
async def test_ids_may_be_numbers_or_uuids_and_domains_an_array(postgres):
    query = """SELECT 4711 AS customer, NULL::timestamptz AS last_success_at, ARRAY['a.example', 'b.example'] AS domain
        WHERE :integration <> '' UNION ALL SELECT 4712, NULL, NULL"""
    assert [(row.customer, row.domains) for row in await rows_of(postgres, query)] == [
        ("4711", ("a.example", "b.example")),
        ("4712", ()),
    ]
    query = "SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid AS customer, now() AS last_success_at, CAST(:integration AS text)"
    [row] = await rows_of(postgres, f"{query} AS integration")
    assert row.customer == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"


async def test_colons_in_literals_and_comments_are_left_alone(warehouse):
    query = "SELECT ':since' || customer AS customer, '2026-11-20T09:00:00Z' AS last_success_at -- not :until"
    found = await rows_of(warehouse, f"{query}\nFROM uses WHERE integration = :integration /* nor :day */ ;")
    assert [row.customer for row in found] == [":sinceGullwing Rail", ":sincePeat & Paper"]


WRITES = (
    "WITH it AS (SELECT :integration AS it) INSERT INTO uses SELECT it, 'x', NULL FROM it",
    "WITH it AS (SELECT :integration AS it) DELETE FROM uses WHERE integration IN (SELECT it FROM it)",
    "WITH it AS (SELECT :integration AS it) UPDATE uses SET customer = (SELECT it FROM it)",
)


@pytest.mark.parametrize("query", WRITES)
async def test_a_query_that_writes_is_refused_by_the_database(warehouse, query):
    before = run(warehouse, "SELECT * FROM uses")
    await trouble_of(warehouse, query)
    assert run(warehouse, "SELECT * FROM uses") == before


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("WITH gone AS (DELETE FROM uses RETURNING *) SELECT * FROM gone WHERE integration = :integration", ""),
        (f"SELECT {COLUMNS} AND lo_create(0) > 0", "tried to write"),
        (f"SELECT nextval('counter') AS n, {COLUMNS}", "tried to write"),
        (f"SELECT {COLUMNS} FOR UPDATE", ""),
        (f"SELECT set_config('transaction_read_only', 'off', true), {COLUMNS}", ""),
    ],
)
async def test_nothing_a_query_calls_writes_on_postgresql(postgres, query, told):
    run(postgres, "CREATE SEQUENCE counter")
    before = run(postgres, "SELECT * FROM uses")
    assert told in await trouble_of(postgres, query)
    assert run(postgres, "SELECT * FROM uses") == before
    assert run(postgres, "SELECT is_called FROM counter") == [(False,)]


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*), :integration FROM n"


@pytest.mark.parametrize("query", [ENDLESS, ENDLESS.replace("count(*)", "i").replace("FROM n)", "FROM n WHERE i > 0)")])
async def test_a_query_without_an_end_is_stopped(sqlite, query):
    started = time.monotonic()
    assert "after 0.3 seconds" in await trouble_of(sqlite, query, seconds=0.3, most_rows=10**9)
    assert time.monotonic() - started < 20


@pytest.mark.postgres
async def test_a_query_that_sleeps_is_really_stopped_on_postgresql(postgres):
    started = time.monotonic()
    told = await trouble_of(postgres, f"SELECT pg_sleep(60)::text AS environment, {COLUMNS}", seconds=0.3)
    assert "after 0.3 seconds" in told
    assert time.monotonic() - started < 20
    assert run(postgres, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)::%'") == [(1,)]


@pytest.mark.postgres
async def test_rows_that_trickle_are_stopped_too(postgres):
    """Each fetch ends in time; all of them together don't."""
    query = "SELECT 'c' || n AS customer, NULL AS last_success_at, pg_sleep(0.0005), :integration AS integration"
    told = await trouble_of(postgres, f"{query} FROM generate_series(1, 9000) AS n", seconds=1.5)
    assert "after 1.5 seconds" in told


async def test_of_too_many_rows_no_more_are_read_than_show_it(warehouse):
    query = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
    told = await trouble_of(warehouse, f"{query} SELECT i AS customer, NULL AS last_success_at, :integration FROM n")
    assert "expected at most 10000" in told


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("SELECT customer FROM usage_of WHERE integration = :integration", "usage_of"),
        ("SELECT custmer FROM uses WHERE integration = :integration", "custmer"),
        ("SELECT customer FROM uses WHERE integration = :integration", "last_success_at: is missing"),
        (
            "SELECT customer, last_success_at, 1 AS environments FROM uses WHERE integration = :integration",
            "'environments' is no column that is read; is it meant to be 'environment'?",
        ),
    ],
)
async def test_what_is_wrong_with_the_query_or_its_columns_is_named(warehouse, query, told):
    assert told in await trouble_of(warehouse, query)


async def test_an_instant_without_a_zone_is_refused(warehouse):
    query = "SELECT customer, '2026-11-20 09:00:00' AS last_success_at FROM uses WHERE integration = :integration"
    assert "last_success_at: has no time zone; expected an instant such as 2026" in await trouble_of(warehouse, query)


@pytest.mark.postgres
async def test_what_a_database_says_of_its_rows_is_not_repeated(postgres):
    told = await trouble_of(postgres, f"SELECT customer::int AS cost, {COLUMNS}")
    assert told.endswith("the query failed (InvalidTextRepresentation)")


async def test_text_that_is_no_utf_8_is_not_repeated(sqlite, tmp_path):
    connection = sqlite3.connect(tmp_path / "warehouse.sqlite")
    connection.execute("UPDATE uses SET customer = CAST(x'47756c6c77696e67ff' AS TEXT)")
    connection.commit()
    connection.close()
    assert "Gullwing" not in await trouble_of(sqlite)


async def test_a_file_that_is_not_there_is_told_and_not_made(tmp_path):
    assert "query on the file gone.sqlite: unable to open" in await trouble_of(f"sqlite:///{tmp_path}/gone.sqlite")
    assert list(tmp_path.iterdir()) == []


async def test_an_address_of_sqlites_own_kind_only_reads_too(sqlite, tmp_path):
    file = tmp_path / "warehouse.sqlite"
    assert len(await rows_of(f"sqlite:///file:{file}?uri=true&mode=rwc", f"SELECT {COLUMNS}")) == 2
    await trouble_of(f"sqlite:///file:{file}?uri=true&mode=rwc", WRITES[1])


def silent_port() -> tuple[socket.socket, int]:
    """Takes connections and never says a word."""
    listener = socket.create_server(("127.0.0.1", 0))
    return listener, listener.getsockname()[1]


async def test_a_server_that_never_answers_is_given_up_in_time():
    listener, port = silent_port()
    with listener:
        started = time.monotonic()
        told = await trouble_of(f"postgresql+psycopg://reader:s3cret@127.0.0.1:{port}/analytics", seconds=0.5)
        assert time.monotonic() - started < 20
    assert told.startswith(f"query on the warehouse 127.0.0.1:{port}/analytics: ")
    await asyncio.sleep(0)


async def test_a_server_that_is_not_there_is_told_without_its_password():
    listener, port = silent_port()
    listener.close()
    address = f"postgresql+psycopg://reader:s3cret@127.0.0.1:{port}/analytics?application_name=hidden"
    told = await trouble_of(address)
    assert "refused" in told
    assert "s3cret" not in told
    assert "hidden" not in told
    source = CustomersQuery(address, statement_of(f"SELECT {COLUMNS}"))
    assert repr(source) == f"<CustomersQuery: query on the warehouse 127.0.0.1:{port}/analytics>"
    assert "s3cret" not in repr(vars(source)["_engine"])
