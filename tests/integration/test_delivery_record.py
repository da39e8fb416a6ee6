"""An endpoint that shows whose it is by a DNS record: a real component, a real name server, both on the loopback address."""

import ssl
import time
from datetime import UTC, datetime

import pytest

from checklist.case import Context
from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits, NameServers
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import GateName, Outcome
from sample.component import HOST, ReferenceComponent, ServedComponent, submission
from tests.fixtures.name_server import name_server, silent, texts

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
V1 = Rulebook.load("v1")
DOSSIER = Dossier.parse(submission())
LINE = ownership.text_for(Endpoint.of(DOSSIER.components[0], DOSSIER.integration.slug), "Segment")
QUICK = Limits(spacing_seconds=0, records_seconds=0.5)


async def looked_at(folder, records):
    """What test.delivery says of a component that shows no file, and how many calls it received."""
    component = ReferenceComponent(V1, faults=["hides-owner"])
    async with ServedComponent(component, folder) as served:
        tls = ssl.create_default_context(cafile=str(served.ca_file))
        async with Fetcher(hosts=served.hosts, tls=tls, limits=QUICK, records=records) as fetcher:
            context = Context(fetcher, AT)
            (found,) = await run_checks(DOSSIER, V1, GateName.PUBLIC_BETA, context, only=["test.delivery"])
    return found, component.received


@pytest.mark.parametrize(
    ("answer", "outcome", "calls"),
    [
        (texts(LINE), Outcome.PASSED, 7),
        (texts("launch-review=" + "0" * 40, "v=spf1 -all"), Outcome.FAILED, 0),
        (texts(), Outcome.FAILED, 0),
        (silent, Outcome.UNKNOWN, 0),
    ],
)
async def test_calls_are_sent_only_to_whom_a_record_names(tmp_path, answer, outcome, calls):
    async with name_server() as server:
        server.over_udp = answer
        found, received = await looked_at(tmp_path, NameServers(server.address))
    assert (found.outcome, received) == (outcome, calls), found.summary
    assert {name for _, name in server.asked} == {f"_launch-review.{HOST}"}


async def test_a_made_up_host_is_told_at_once_that_it_shows_nothing(tmp_path):
    started = time.monotonic()
    found, received = await looked_at(tmp_path, None)
    assert (found.outcome, received) == (Outcome.FAILED, 0)
    assert f"a TXT record of _launch-review.{HOST}: {LINE}" in found.fix
    assert time.monotonic() - started < 20
