"""Test calls on the path: in a review, in the answer to requested changes, and in audits of what is live."""

import json
import ssl
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from checklist.dossier import Dossier
from checklist.fetch import Fetcher, Limits
from flows import looking
from flows.steps import Steps
from flows.wiring import wire
from models.audit import AuditEntry
from models.enums import AuditGrade, DecisionKind, Outcome, SubmissionStage
from models.integration import Integration
from models.result import ItemResult
from models.submission import Submission
from review.actions.submitting import submit
from review.path import Step
from review.results import current_audit_results, current_results
from sample.component import API_KEY, SLUG, ReferenceComponent, ServedComponent, submission
from settings import Settings
from tests.building import NOW, V1, decided, document

SUITE = ("test.delivery", "test.auth", "test.malformed", "test.duplicate", "test.casing")
PASSED, WARNED, FAILED, UNKNOWN, NOT_APPLICABLE = Outcome


@pytest.fixture
def component():
    return ReferenceComponent(V1)


@pytest.fixture
async def here(database, tmp_path, component):
    """The ports, whose web leads to the reference component and nowhere else."""
    async with ServedComponent(component, tmp_path) as served:
        tls = ssl.create_default_context(cafile=str(served.ca_file))
        real = wire(Settings(data=tmp_path, _env_file=None))
        real.database.close()

        async def nowhere(_name):
            return ()

        def door():
            return Fetcher(
                hosts=served.hosts, tls=tls, resolve=nowhere, limits=Limits(spacing_seconds=0), at=lambda: NOW
            )

        yield replace(real, database=database, fetcher=door, now=lambda: NOW)


def launch(**change):
    components = submission()["components"]
    components[0] |= change
    return document(SLUG, components=components, external_id=f"{SLUG}-launch")


def sends(here, at=NOW, **change):
    with here.database.write.begin() as session:
        submit(session, Dossier.parse(launch(**change)), by=None, at=at, rulebook=V1, vault=here.vault)


async def engine_works(here):
    steps = Steps(here, SLUG)
    while due := await steps.due():
        for step in sorted(due, key=list(Step).index):
            await steps.take(step)


def found(here):
    """What the items of the suite say now."""
    with here.database.read() as session:
        rows = current_results(session, session.scalars(select(Submission)).one())
        return {row.item: row.outcome for row in rows if row.item in SUITE}


def decide(here, decision):
    with here.database.write.begin() as session:
        decided(session, session.scalars(select(Submission)).one(), decision)


async def test_a_review_sends_the_calls_with_the_key_that_was_kept_encrypted(here, component):
    sends(here)
    await engine_works(here)

    assert found(here) == dict.fromkeys(SUITE, PASSED)
    assert component.received == 14
    with here.database.read() as session:
        stored = [
            [row.summary, row.evidence, row.facts, row.inputs] for row in session.scalars(select(ItemResult)).all()
        ]
        documents = [one.document for one in session.scalars(select(Submission))]
    assert API_KEY not in json.dumps([stored, documents])


async def test_a_review_sends_no_load(here, component):
    sends(here)
    await engine_works(here)
    with here.database.read() as session:
        row = session.scalars(select(ItemResult).where(ItemResult.item == "test.volume")).one()
    assert (row.outcome, "on request" in row.summary) == (UNKNOWN, True)


async def test_once_the_line_is_there_the_next_revision_is_tested_although_it_says_the_same(here, component):
    component.switch(["hides-owner"])
    sends(here)
    await engine_works(here)
    assert found(here) == {**dict.fromkeys(SUITE, NOT_APPLICABLE), "test.delivery": FAILED}
    assert component.received == 0

    decide(here, DecisionKind.REQUEST_CHANGES)
    component.switch([])
    sends(here, at=NOW + timedelta(hours=1))
    await engine_works(here)
    assert found(here) == dict.fromkeys(SUITE, PASSED)


async def test_what_passed_is_not_sent_again_while_the_component_says_the_same(here, component):
    component.switch(["takes-any-key"])
    sends(here)
    await engine_works(here)
    assert found(here)["test.auth"] is FAILED

    decide(here, DecisionKind.REQUEST_CHANGES)
    before = component.received
    component.switch([])
    sends(here, at=NOW + timedelta(hours=1))
    await engine_works(here)
    assert found(here) == dict.fromkeys(SUITE, PASSED)
    assert component.received == before + 1


async def launched(here):
    """It was approved, as if its pages had held too."""
    sends(here)
    await engine_works(here)
    with here.database.write.begin() as session:
        one = session.scalars(select(Submission)).one()
        one.stage = SubmissionStage.APPROVED
    await engine_works(here)


async def audited(here):
    run_id = looking.begin(here, [SLUG], "a person")
    for batch in looking.batches(here, run_id, size=10):
        await looking.judge_all(here, run_id, batch)
    with here.database.read() as session:
        integration = session.scalars(select(Integration)).one()
        return {row.item: row for row in current_audit_results(session, integration.id)}


async def test_an_audit_sends_only_what_the_rulebook_marks_live(here, component):
    await launched(here)
    before = component.received
    results = await audited(here)
    assert {item for item in results if item.startswith("test.")} == {"test.https", "test.delivery"}
    assert results["test.delivery"].outcome is PASSED
    assert component.received == before + 7


async def test_a_line_that_was_taken_away_is_no_fall(here, component):
    await launched(here)
    component.switch(["hides-owner"])
    assert (await audited(here))["test.delivery"].outcome is UNKNOWN


async def test_a_call_that_is_no_longer_taken_is_a_fall(here, component):
    await launched(here)
    component.switch(["fails-on-track"])
    found = (await audited(here))["test.delivery"]
    assert (found.outcome, found.summary) == (FAILED, "track: the endpoint fails (500)")
    with here.database.read() as session:
        assert session.scalars(select(AuditEntry.grade)).all() == [AuditGrade.SUSPECTED]


async def test_the_same_found_again_keeps_its_row(here, component):
    await launched(here)
    first = (await audited(here))["test.delivery"].id
    assert (await audited(here))["test.delivery"].id == first
