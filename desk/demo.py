"""The sample programme beside the real system: its sites are served, its customers counted, its people known."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import SecretStr

from desk.beside_demo import leading_there
from flows.wiring import utc_now, wire
from sample.customers import SampleCustomers
from sample.load import SampleProgramme
from sample.people import PEOPLE
from sample.sites import SampleSites
from settings import Settings


@asynccontextmanager
async def sites_served(settings: Settings) -> AsyncIterator[tuple[Settings, SampleSites, SampleCustomers]]:
    """Serve the sample sites; gives the settings that lead to them, also put into the environment, where the
    processes of single runs read them.
    """
    folder = settings.data.resolve() / "sample"
    customers = SampleCustomers(folder / "customers.json", at=utc_now())
    async with SampleSites(folder, at=utc_now()) as sites:
        led = settings.model_copy(
            update={
                "data": settings.data.resolve(),
                "fetch_hosts": settings.fetch_hosts | sites.hosts,
                "fetch_ca": sites.ca_file,
                "customers_source": SecretStr(str(customers.path)),
                "customers_query": "",
                "customers_token": SecretStr(""),
            }
        )
        os.environ["LAUNCH_REVIEW_FETCH_HOSTS"] = ",".join(f"{name}={at}" for name, at in led.fetch_hosts.items())
        os.environ["LAUNCH_REVIEW_FETCH_CA"] = str(led.fetch_ca)
        os.environ["LAUNCH_REVIEW_CUSTOMERS_SOURCE"] = str(customers.path)
        os.environ["LAUNCH_REVIEW_CUSTOMERS_QUERY"] = os.environ["LAUNCH_REVIEW_CUSTOMERS_TOKEN"] = ""
        with leading_there(led):
            yield led, sites, customers


@asynccontextmanager
async def sample_programme(settings: Settings) -> AsyncIterator[Settings]:
    """The sites, and the sample programme in the database; what is there already is left alone."""
    async with sites_served(settings) as (led, sites, _):
        here = wire(led)
        try:
            await SampleProgramme(here, sites, at=here.now()).load()
        finally:
            here.close()
        # Whoever tries the demo may send Mossbeacon's corrected submission at any time.
        sites.fix_pages()
        yield led


def demo_people() -> list[str]:
    """E-mail addresses of those whom the demo lets in by a button: one of each kind of work."""
    return [person.email for person in PEOPLE]


def people_to_act_as() -> list[str]:
    """A line each for whoever tries the demo."""
    return [f"{person.name:<18} {person.role.value:<10} {person.email}" for person in PEOPLE]
