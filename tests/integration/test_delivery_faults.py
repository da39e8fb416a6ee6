"""Every fault of the reference component over real TLS on the loopback address: the exact outcome of every item."""

import asyncio
import base64
import json
import logging
import ssl
import tracemalloc
from datetime import UTC, datetime

import pytest

from checklist.case import Context
from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.delivery.suite import Pace
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits, honest_user_agent
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import GateName, Outcome
from sample.component import API_KEY, HOST, FaultUnknown, ReferenceComponent, ServedComponent, submission
from sample.faults import NAMES
from sample.serving import Request
from tests.integration.hostile_server import answer, hostile_server, sends

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
V1 = Rulebook.load("v1")
QUICK = V1.model_copy(update={"delivery": V1.delivery.model_copy(update={"answer_seconds": 0.8, "slow_seconds": 0.25})})
"""The rulebook with its times cut short, so that what is too slow is soon found out."""
ITEMS = ("test.https", "test.delivery", "test.auth", "test.malformed", "test.duplicate", "test.casing")
P, W, F, U, N = Outcome

EXPECTED = {
    #                        https delivery auth malformed duplicate casing
    "slow":                   (P, W, P, P, P, P),
    "slower":                 (P, U, U, U, U, U),
    "fails-on-track":         (P, F, P, P, P, P),
    "fails-at-first":         (P, W, W, W, P, W),
    "denies-declared":        (P, F, P, P, P, P),
    "takes-undeclared":       (P, W, P, P, P, P),
    "refuses-undeclared":     (P, W, P, P, P, P),
    "fails-on-undeclared":    (P, F, P, P, P, P),
    "takes-any-key":          (P, P, F, P, P, P),
    "misnames-wrong-key":     (P, P, W, P, P, P),
    "fails-on-wrong-key":     (P, P, F, P, P, P),
    "refuses-every-key":      (P, F, P, W, U, U),
    "takes-malformed":        (P, P, P, W, P, P),
    "explains-nothing":       (P, P, P, W, P, P),
    "fails-on-malformed":     (P, P, P, F, P, P),
    "refuses-repeats":        (P, P, P, P, F, P),
    "fails-on-repeats":       (P, P, P, P, F, P),
    "refuses-snake-case":     (P, P, P, P, P, F),
    "redirects":              (P, F, W, W, U, U),
    "is-down":                (P, F, U, U, U, U),
    "asks-for-peace":         (P, U, U, U, U, U),
    "limits-everything":      (P, U, U, U, U, U),
    "limits-load":            (P, P, P, P, P, P),
    "fails-under-load":       (P, P, P, P, P, P),
    "drips":                  (P, U, U, U, U, U),
    "hangs-up":               (P, U, U, U, U, U),
    "speaks-no-http":         (P, U, U, U, U, U),
    "huge-body":              (P, P, P, P, P, P),
    "repeats-the-key":        (P, P, P, P, P, P),
    "hides-owner":            (P, F, N, N, N, N),
}  # fmt: skip


async def looked_at(tmp_path, *faults, items=ITEMS, rulebook=QUICK, component=None, **context):
    """Item id to result, and how many requests came to the endpoint."""
    good = component or ReferenceComponent(V1, faults=faults, slow_seconds=0.35, slower_seconds=1.5)
    async with ServedComponent(good, tmp_path) as served:
        tls = ssl.create_default_context(cafile=str(served.ca_file))
        agent = honest_user_agent("https://review.example")
        async with Fetcher(hosts=served.hosts, tls=tls, limits=Limits(spacing_seconds=0), user_agent=agent) as fetcher:
            given = Context(fetcher, AT, pace=Pace(again_after_seconds=0.0), **context)
            dossier = Dossier.parse(submission())
            found = await run_checks(dossier, rulebook, GateName.PUBLIC_BETA, given, only=items)
    return {result.item: result for result in found}


def outcomes(found):
    return tuple(found[item].outcome for item in ITEMS)


def test_every_fault_has_its_expectation():
    assert set(EXPECTED) == set(NAMES)


async def test_a_good_component_passes_everything(tmp_path):
    assert outcomes(await looked_at(tmp_path)) == (P,) * 6


@pytest.mark.parametrize("fault", EXPECTED)
async def test_a_fault_has_exactly_this_effect(tmp_path, fault):
    started = asyncio.get_running_loop().time()
    found = await looked_at(tmp_path, fault)
    assert outcomes(found) == EXPECTED[fault]
    assert asyncio.get_running_loop().time() - started < 5
    for result in found.values():
        if result.outcome is F:
            assert result.fix
            assert result.expected


async def test_several_faults_show_at_once(tmp_path):
    found = await looked_at(tmp_path, "fails-on-track", "takes-any-key", "refuses-snake-case")
    assert outcomes(found) == (P, F, F, P, P, F)


async def test_the_faults_of_a_component_can_be_switched(tmp_path):
    component = ReferenceComponent(V1, faults=["takes-any-key"])
    assert (await looked_at(tmp_path, component=component))["test.auth"].outcome is F
    component.switch([])
    assert outcomes(await looked_at(tmp_path, component=component)) == (P,) * 6
    with pytest.raises(FaultUnknown, match=r"there is no fault 'sulks'; there are: slow, slower, "):
        component.switch(["sulks"])


# --- bounds hold ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["drips", "hangs-up", "is-down"])
async def test_with_the_rulebooks_own_times_no_endpoint_keeps_a_preflight_waiting(tmp_path, fault):
    """The worst that one endpoint costs: one round of calls that nobody answers."""
    started = asyncio.get_running_loop().time()
    component = ReferenceComponent(V1, faults=[fault])
    found = await looked_at(tmp_path, component=component, rulebook=V1)
    assert asyncio.get_running_loop().time() - started < 9
    assert outcomes(found) == EXPECTED[fault]


async def test_a_body_without_an_end_costs_no_memory(tmp_path):
    tracemalloc.start()
    try:
        found = await looked_at(tmp_path, "huge-body")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert outcomes(found) == (P,) * 6
    assert peak < 32 * 1024 * 1024


def plainly(component):
    """The component's answers as those of a plain HTTP server."""

    async def route(asked, writer):
        reply = component.answer(Request(asked.method, HOST, asked.path, asked.headers, asked.body))
        writer.write(answer(f"{reply.status} {reply.status.phrase}", reply.body, content_type=reply.content_type))

    return route


async def test_a_server_of_ones_own_may_be_tried_without_tls():
    """The key leaves no machine on the loopback address, which only a development setting opens."""
    async with hostile_server() as server:
        document = submission()
        document["components"][0]["endpoint"] = f"{server.origin}/segment"
        dossier = Dossier.parse(document)
        endpoint = Endpoint.of(dossier.components[0], dossier.integration.slug)
        line = ownership.text_for(endpoint, "Segment").encode()
        server.routes = {
            "/segment": plainly(ReferenceComponent(V1)),
            ownership.PATH: sends(answer("200 OK", line, content_type="text/plain")),
        }
        async with Fetcher(allow={server.pair}) as fetcher:
            found = await run_checks(dossier, V1, GateName.PUBLIC_BETA, Context(fetcher, AT), only=ITEMS[1:])
        async with Fetcher() as stranger:
            refused = await run_checks(dossier, V1, GateName.PUBLIC_BETA, Context(stranger, AT), only=ITEMS[1:2])
    assert {result.outcome for result in found} == {P}
    assert (refused[0].outcome, "cannot be asked" in refused[0].summary) == (F, True)


# --- nothing secret is told -----------------------------------------------------------------------------------------


def told_of(found):
    """Everything that a run says, as it is stored and shown."""
    return json.dumps(
        [
            [
                result.summary,
                result.expected,
                result.fix,
                [one.as_json() for one in result.evidence],
                dict(result.facts),
            ]
            for result in found.values()
        ],
        default=str,
    )


CODED = base64.b64encode(f"{API_KEY}:".encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "fault",
    [None, "fails-on-track", "fails-at-first", "takes-any-key", "explains-nothing", "redirects", "drips", "huge-body"],
)
async def test_the_key_is_in_no_evidence_and_no_log(tmp_path, caplog, fault):
    caplog.set_level(logging.DEBUG)
    faults = ["repeats-the-key", *([fault] if fault is not None else [])]
    found = await looked_at(tmp_path, *faults)
    told = told_of(found) + repr(found) + caplog.text
    assert API_KEY not in told
    assert CODED[:12] not in told


class Treacherous:
    """A door that fails in our own code, with all it knows in the message and in the frames below."""

    user_agent = "LaunchReview/test"

    def __init__(self, door):
        self._door = door

    async def get(self, url, **more):
        return await self._door.get(url, **more)

    async def request(self, method, url, **more):
        if method == "POST":
            raise RuntimeError(f"broken while sending to {url}")
        return await self._door.request(method, url, **more)


async def test_when_our_own_code_breaks_neither_the_result_nor_the_log_has_the_key(tmp_path, caplog):
    component = ReferenceComponent(V1)
    async with ServedComponent(component, tmp_path) as served:
        tls = ssl.create_default_context(cafile=str(served.ca_file))
        async with Fetcher(hosts=served.hosts, tls=tls) as fetcher:
            dossier = Dossier.parse(submission())
            context = Context(Treacherous(fetcher), AT)
            found = await run_checks(dossier, V1, GateName.PUBLIC_BETA, context, only=ITEMS[1:])
    assert {result.outcome for result in found} == {U}
    assert "broken while sending" in caplog.text
    assert API_KEY not in caplog.text + repr(found) + repr(dossier) + repr(context)


# --- the load, for real -----------------------------------------------------------------------------------------------


def loaded(**thresholds):
    items = [
        item.model_copy(update={"thresholds": {**item.thresholds, **thresholds}}) if item.id == "test.volume" else item
        for item in QUICK.items
    ]
    # Room between a slow answer and none, also where the machine stands still for a second while hundreds are open.
    patient = QUICK.delivery.model_copy(update={"answer_seconds": 2.0})
    return QUICK.model_copy(update={"items": tuple(items), "delivery": patient})


async def under_load(tmp_path, *faults, **thresholds):
    component = ReferenceComponent(V1, faults=faults, slow_seconds=0.35, slower_seconds=2.5)
    given = {"ramp": (5, 50), "plateau_seconds": 0.8, "p95_seconds": 0.3, **thresholds}
    found = await looked_at(tmp_path, component=component, items=("test.volume",), rulebook=loaded(**given), load=True)
    return found["test.volume"], component.received


async def test_a_good_component_holds_the_load(tmp_path):
    found, received = await under_load(tmp_path)
    assert (found.outcome, found.summary, received) == (P, "held 50 calls a second", 44)


async def test_a_load_goes_on_in_step_however_long_answers_take(tmp_path):
    """Open loop: with answers after 0.35 seconds a closed one over the fetcher's 32 connections would fall behind."""
    started = asyncio.get_running_loop().time()
    found, received = await under_load(tmp_path, "slow", ramp=(150,), p95_seconds=1.0)
    assert (found.outcome, received) == (P, 120)
    assert asyncio.get_running_loop().time() - started < 3


@pytest.mark.parametrize(
    ("fault", "outcome", "told"),
    [
        ("limits-load", U, "it ended because it answered 429"),
        ("fails-under-load", F, "it ended because too many calls"),
        ("slow", F, "it ended because answers took too long"),
        # Waited for too long or given up in a row: whichever is seen first.
        ("slower", U, "it ended because"),
        ("drips", U, "it ended because"),
        ("hangs-up", U, "it ended because too many calls in a row failed"),
        ("hides-owner", F, "no test calls were sent"),
    ],
)
async def test_a_load_stops_by_itself(tmp_path, fault, outcome, told):
    started = asyncio.get_running_loop().time()
    found, received = await under_load(tmp_path, fault, ramp=(5, 100), plateau_seconds=1.0)
    assert (found.outcome, told in found.summary) == (outcome, True), found.summary
    assert received < 105
    assert asyncio.get_running_loop().time() - started < 6
    assert API_KEY not in repr(found)
