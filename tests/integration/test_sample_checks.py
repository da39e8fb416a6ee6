"""The sample partners meet the checklist as they are meant to: one perfect, one with the usual faults, one stuck."""

from datetime import UTC, datetime

import pytest

from checklist.case import Context
from checklist.customers.file import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import GateName, ItemMode, Outcome
from sample.customers import SampleCustomers
from sample.partners import document
from sample.sites import SampleSites

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
V1 = Rulebook.load("v1")
QUICK = Limits(spacing_seconds=0.0)

TWO_POSTS = {"marketing.shared"}
"""The networks show posts to people only: a warning is the best that a machine can say."""

ON_REQUEST = {"test.volume"}
"""A load is sent to nobody unasked."""

A_PERSON_DECIDES = {item.id for item in V1.items if item.mode is not ItemMode.AUTOMATIC}


@pytest.fixture
async def sites(tmp_path):
    async with SampleSites(tmp_path, at=AT) as served:
        yield served


@pytest.fixture
def customers(tmp_path):
    return SampleCustomers(tmp_path / "customers.json", at=AT)


async def looked_at(sites, name, *, gate=None, customers=None):
    """Item id to result. Each look has its own door, as each run has: nothing is remembered between them."""
    dossier = Dossier.parse(document(name), name)
    async with Fetcher(hosts=sites.hosts, tls=sites.client_tls(), limits=QUICK, at=lambda: AT) as fetcher:
        source = CustomersFile(customers.path) if customers is not None else None
        context = Context(fetcher=fetcher, at=AT, customers=source)
        found = await run_checks(dossier, V1, gate or dossier.gate, context)
    return {result.item: result for result in found}


def having(results, *outcomes):
    return {item: result.summary for item, result in results.items() if result.outcome in outcomes}


def undecided_by_machine(results):
    unknown = having(results, Outcome.UNKNOWN)
    return {item: unknown[item] for item in unknown.keys() - A_PERSON_DECIDES - ON_REQUEST}


def to_mend(results):
    seen = having(results, Outcome.FAILED, Outcome.WARNED)
    return {item: seen[item] for item in seen.keys() - TWO_POSTS}


@pytest.mark.parametrize(
    "name",
    ["quillharbor-access", "thistlewick-access", "quillharbor-launch", "larkenfell-launch", "ambervane-launch"],
)
async def test_a_good_partner_has_nothing_to_mend(sites, name):
    results = await looked_at(sites, name)

    assert to_mend(results) == {}
    assert undecided_by_machine(results) == {}


async def test_the_webhook_of_a_good_partner_is_called_for_real(sites):
    results = await looked_at(sites, "quillharbor-launch")
    webhook = sites.webhooks["api.quillharbor.example", "/segment"]

    assert {results[f"test.{name}"].outcome for name in ("delivery", "auth", "malformed", "duplicate", "casing")} == {
        Outcome.PASSED
    }
    # Each once, and three more with other casings; the repeated one counts once.
    assert webhook.delivered == {"identify": 4, "track": 1, "group": 1}


async def test_the_usual_faults_are_found_and_each_comes_with_its_fix(sites):
    results = await looked_at(sites, "mossbeacon-launch")

    assert set(having(results, Outcome.FAILED)) == {
        "docs.segment",
        "docs.partner",
        "catalog.description",
        "catalog.mark",
        "marketing.blog_post",
    }
    assert set(having(results, Outcome.WARNED)) == {"catalog.categories", "marketing.utm"} | TWO_POSTS
    assert undecided_by_machine(results) == {}
    for result in results.values():
        if result.outcome is Outcome.FAILED:
            assert result.fix, result.item
            assert result.expected, result.item


async def test_the_corrected_submission_has_nothing_to_mend(sites):
    sites.fix_pages()
    results = await looked_at(sites, "mossbeacon-launch-corrected")

    assert to_mend(results) == {}
    assert undecided_by_machine(results) == {}


async def test_the_corrected_submission_alone_does_not_mend_the_pages(sites):
    results = await looked_at(sites, "mossbeacon-launch-corrected")

    assert {"docs.partner", "marketing.blog_post"} <= set(having(results, Outcome.FAILED))


async def test_the_stuck_one_lacks_exactly_the_button_and_a_customer(sites, customers):
    async def failed():
        results = await looked_at(sites, "larkenfell-launch", gate=GateName.PUBLIC, customers=customers)
        return set(having(results, Outcome.FAILED))

    assert await failed() == {"oauth.button", "customers.active"}
    sites.publish_button()
    assert await failed() == {"customers.active"}
    customers.add_customer(at=AT)
    assert await failed() == set()


@pytest.mark.parametrize("name", ["quillharbor-launch", "ambervane-launch"])
async def test_who_shows_the_button_and_has_customers_is_ready_for_public(sites, customers, name):
    results = await looked_at(sites, name, gate=GateName.PUBLIC, customers=customers)

    assert {results[item].outcome for item in ("oauth.button", "customers.active")} == {Outcome.PASSED}
