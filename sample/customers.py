"""Who uses the sample integrations: a customers file as the programme's warehouse might write it every night."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from checklist.customers import Report, Usage


@dataclass(frozen=True, slots=True)
class SampleCustomer:
    """One customer's use of one integration. `quiet_hours` passed since its last delivery."""

    integration: str
    customer: str
    quiet_hours: int
    affiliated: bool = False
    environment: Literal["production", "staging"] = "production"

    def usage(self, at: datetime) -> Usage:
        return Usage(
            integration=self.integration,
            customer=self.customer,
            affiliated=self.affiliated,
            environment=self.environment,
            last_success_at=at - timedelta(hours=self.quiet_hours),
        )


CUSTOMERS: Final[tuple[SampleCustomer, ...]] = (
    SampleCustomer("ambervane", "Gullwing Rail", 1),
    SampleCustomer("ambervane", "Peat & Paper", 3),
    SampleCustomer("ambervane", "Sandmartin Travel", 30),
    SampleCustomer("ambervane", "Velvet Anvil", 80),
    SampleCustomer("quillharbor", "Fennimore Outdoor", 2),
    SampleCustomer("quillharbor", "Kettle & Crane", 5),
    SampleCustomer("quillharbor", "Old Orchard Press", 49),
    # Two count. The others show why a customer may not: their own company, a trial set-up, silent for too long.
    SampleCustomer("larkenfell", "Bramblegate Bikes", 2),
    SampleCustomer("larkenfell", "Northlight Pharmacy", 11),
    SampleCustomer("larkenfell", "Larkenfell", 1, affiliated=True),
    SampleCustomer("larkenfell", "Harrow & Pine", 4, environment="staging"),
    SampleCustomer("larkenfell", "Museum of Tides", 24 * 74),
)
"""As the walk begins."""

THIRD_CUSTOMER: Final = "Harrow & Pine"
"""Moves from trying the integration to using it when the walk says so."""


class SampleCustomers:
    """The file at `path`, written as of `at`; LAUNCH_REVIEW_CUSTOMERS_SOURCE names it."""

    def __init__(self, path: Path, *, at: datetime) -> None:
        self.path = path
        self._customers = CUSTOMERS
        self._write(at)

    def add_customer(self, *, at: datetime) -> None:
        """Larkenfell's third customer goes into production; the file is written anew as of `at`."""
        self._customers = tuple(
            replace(customer, environment="production") if customer.customer == THIRD_CUSTOMER else customer
            for customer in self._customers
        )
        self._write(at)

    def _write(self, at: datetime) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        rows = [customer.usage(at).model_dump(mode="json") for customer in self._customers]
        document = {"as_of": at.isoformat(), "rows": rows}
        # Replaced at once: an audit may be reading.
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(document, indent=1), "utf-8")
        fresh.replace(self.path)


class CustomersOfThePast:
    """A source that says for each instant what the file would have said then."""

    async def usage(self, slug: str, since: datetime, until: datetime) -> Report:  # noqa: ARG002 - all of them
        rows = tuple(customer.usage(until) for customer in CUSTOMERS if customer.integration == slug)
        return Report(rows, "the customers of the sample programme", until)
