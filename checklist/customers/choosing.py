"""The source that the settings ask for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from checklist.customers.endpoint import CustomersEndpoint, require_token
from checklist.customers.file import CustomersFile
from checklist.customers.query import CustomersQuery
from checklist.customers.source import CustomersSource, CustomersSourceInvalid
from checklist.customers.statement import statement_of

SOURCE, QUERY, TOKEN = (f"LAUNCH_REVIEW_CUSTOMERS_{part}" for part in ("SOURCE", "QUERY", "TOKEN"))


def customers_source(source: str, *, query: str = "", token: str = "") -> CustomersSource | None:
    """A file's path, an `https://…` address (with `token`) or a SQLAlchemy address (with `query`, or `@file.sql`).

    None when nothing is set. Nothing is connected or read yet, except the query's file. Raises CustomersSourceInvalid
    with the setting's name and never with its value, when it can't be used, or when one is set that would do nothing.
    """
    is_http = source.lower().startswith(("http://", "https://"))
    is_database = "://" in source and not is_http
    if query and not is_database:
        raise CustomersSourceInvalid(f"{QUERY} is set, but {SOURCE} is no database's address")
    if token and not is_http:
        raise CustomersSourceInvalid(f"{TOKEN} is set, but {SOURCE} is no https:// address")
    if not source:
        return None
    if is_database and not query:
        raise CustomersSourceInvalid(
            f"{QUERY} is not set; expected the query, or @ and the path of a file that holds it"
        )
    if is_http:
        with _setting(TOKEN):
            require_token(token)
        with _setting(SOURCE):
            return CustomersEndpoint(source, token)
    if is_database:
        with _setting(QUERY):
            statement = statement_of(_text_of(query))
        with _setting(SOURCE):
            return CustomersQuery(source, statement)
    with _setting(SOURCE):
        return CustomersFile(Path(source))


@contextmanager
def _setting(name: str) -> Iterator[None]:
    try:
        yield
    except CustomersSourceInvalid as error:
        raise CustomersSourceInvalid(f"{name}: {error}") from None


def _text_of(query: str) -> str:
    if not query.startswith("@"):
        return query
    try:
        return Path(query[1:]).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        told = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise CustomersSourceInvalid(f"{query[1:]} could not be read: {told}") from None
