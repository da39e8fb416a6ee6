"""Which source the settings ask for, and what is said when they can't be meant."""

from pathlib import Path

import pytest

from checklist.customers import CustomersSourceInvalid
from checklist.customers.choosing import customers_source
from checklist.customers.endpoint import CustomersEndpoint
from checklist.customers.file import CustomersFile
from checklist.customers.query import CustomersQuery
from settings import Settings

QUERY = "SELECT customer, last_success_at FROM uses WHERE integration = :integration"
WAREHOUSE = "postgresql+psycopg://reader:s3cret@warehouse.example/analytics"


@pytest.mark.parametrize(
    ("source", "more", "kind"),
    [
        ("", {}, type(None)),
        ("customers.csv", {}, CustomersFile),
        ("/srv/Customers.JSON", {}, CustomersFile),
        ("https://usage.example/customers", {"token": "abc"}, CustomersEndpoint),
        ("HTTPS://usage.example:8443/customers?a=b", {}, CustomersEndpoint),
        ("http://127.0.0.1:8000/customers", {}, CustomersEndpoint),
        ("http://[::1]:8000/customers", {}, CustomersEndpoint),
        ("http://localhost/customers", {}, CustomersEndpoint),
        (WAREHOUSE, {"query": QUERY}, CustomersQuery),
        ("sqlite:////srv/warehouse.sqlite", {"query": f" {QUERY} ; "}, CustomersQuery),
    ],
)
def test_the_kind_of_source_is_told_by_its_address(source, more, kind):
    chosen = customers_source(source, **more)
    assert type(chosen) is kind
    assert "s3cret" not in repr(chosen)


@pytest.mark.parametrize(
    ("source", "more", "told"),
    [
        ("customers.xlsx", {}, "SOURCE: customers.xlsx is neither .csv nor .json"),
        ("http://usage.example/s3cret", {}, "SOURCE: http://usage.example is not HTTPS"),
        ("http://10.0.0.7/customers", {}, "SOURCE: http://10.0.0.7 is not HTTPS"),
        ("https://me:s3cret@usage.example/", {}, "SOURCE: the address carries a user name or password"),
        ("https://", {}, "SOURCE: "),
        ("https://usage.example/", {"token": "s3cret\n"}, "TOKEN: it holds a space or a letter that is no plain ASCII"),
        ("https://usage.example/", {"token": "s3crét"}, "TOKEN: it holds"),
        ("https://usage.example/", {"query": QUERY}, "QUERY is set, but"),
        ("customers.csv", {"query": QUERY}, "QUERY is set, but"),
        ("", {"query": QUERY}, "QUERY is set, but"),
        ("", {"token": "s3cret"}, "TOKEN is set, but"),
        (WAREHOUSE, {"query": QUERY, "token": "s3cret"}, "TOKEN is set, but"),
        (WAREHOUSE, {}, "QUERY is not set; expected the query"),
        ("postgresql+psycopg://u:s3cret@host:port/x", {"query": QUERY}, "SOURCE: this is no address"),
        ("://s3cret", {"query": QUERY}, "SOURCE: this is no address"),
        ("postgresql://u:s3cret@host/x", {"query": QUERY}, "write postgresql+psycopg://"),
        (
            "postgresql+asyncpg://u:s3cret@host/x",
            {"query": QUERY},
            "SOURCE: postgresql+asyncpg is a driver for asyncio",
        ),
        ("cloud://u:s3cret@host/x", {"query": QUERY}, "SOURCE: nothing here knows cloud:// addresses"),
        ("sqlite://", {"query": QUERY}, "SOURCE: a SQLite address names its file"),
        ("sqlite:///:memory:", {"query": QUERY}, "SOURCE: a SQLite address names its file"),
        (
            WAREHOUSE,
            {"query": "@nowhere/customers.sql"},
            "QUERY: nowhere/customers.sql could not be read: No such file",
        ),
        (WAREHOUSE, {"query": "SELECT 1"}, "QUERY: the query does not use :integration"),
        (WAREHOUSE, {"query": "SELECT ':integration' -- or :integration\n"}, "does not use :integration"),
        (WAREHOUSE, {"query": "  "}, "QUERY: the query is empty"),
        (WAREHOUSE, {"query": "-- nothing"}, "QUERY: the query is empty"),
        (WAREHOUSE, {"query": f"{QUERY}; DROP TABLE uses"}, "QUERY: the query holds more than one statement"),
        (WAREHOUSE, {"query": "DELETE FROM uses WHERE integration = :integration"}, "does not begin with SELECT"),
        (WAREHOUSE, {"query": "PRAGMA query_only = :integration"}, "does not begin with SELECT"),
        (WAREHOUSE, {"query": f"{QUERY} AND day > :day"}, "QUERY: the query has the parameter :day"),
    ],
)
def test_what_can_not_be_used_is_one_line_that_names_the_setting_and_no_secret(source, more, told):
    with pytest.raises(CustomersSourceInvalid) as raised:
        customers_source(source, **more)
    line = str(raised.value)
    assert line.startswith("LAUNCH_REVIEW_CUSTOMERS_")
    assert told in line
    assert "s3cr" not in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "query",
    [
        QUERY,
        f"/* ; */ {QUERY} -- ; and that's all",
        f"({QUERY})",
        f"with a as ({QUERY}) select * from a where x = ';' and y = \"a;b\" and z = $$;$$ and at::date = ':day';",
    ],
)
def test_one_statement_that_reads_is_taken_with_its_comments_and_literals(query):
    assert isinstance(customers_source(WAREHOUSE, query=query), CustomersQuery)


def test_the_query_may_stand_in_a_file(tmp_path: Path):
    file = tmp_path / "customers.sql"
    file.write_text(QUERY)
    assert isinstance(customers_source(WAREHOUSE, query=f"@{file}"), CustomersQuery)


def test_the_settings_show_neither_address_nor_token():
    settings = Settings(customers_source=WAREHOUSE, customers_token="s3cret", _env_file=None)
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in settings.model_dump_json()
