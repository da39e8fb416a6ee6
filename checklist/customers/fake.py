"""A source that says what it is told to: for tests, and for whoever tries the programme's rules."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from checklist.customers.reading import read
from checklist.customers.source import CustomersUnreadable, Report


class CustomersFake:
    """Says `rows` (with the names of Usage), as of `as_of` or else of when it is asked; or raises `trouble`.

    `asked` holds what it was asked, in order.
    """

    SOURCE = "the fake customers"
    MOST_ROWS = 10_000

    def __init__(
        self, rows: Iterable[Mapping[str, Any]] = (), *, as_of: datetime | None = None, trouble: str = ""
    ) -> None:
        self.rows = list(rows)
        self.as_of = as_of
        self.trouble = trouble
        self.asked: list[tuple[str, datetime, datetime]] = []

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report:
        self.asked.append((slug, since, until))
        if self.trouble:
            raise CustomersUnreadable(f"{self.SOURCE}: {self.trouble}")
        answer = read(self.rows, self.SOURCE, most=self.MOST_ROWS)
        mine = tuple(row for row in answer.rows if row.integration == slug)
        return Report(mine, self.SOURCE, self.as_of or until)
