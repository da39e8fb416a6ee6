"""Names of customers that earlier releases stored with the evidence are taken out of it by the upgrade."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from checklist.rulebook import Rulebook
from migrations import apply
from models.database import Database
from models.enums import IntegrationStage, Outcome, ResultSource
from models.integration import Integration
from models.people import Partner
from models.result import ItemResult
from review.actions import auditing

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
ORIGIN = "file customers.json, as of 2026-11-23T09:00:00Z"
BEFORE = apply.revisions()[apply.revisions().index("0005") - 1]


@pytest.fixture
def evidence_after(database: Database):
    """What becomes of an item's evidence."""
    address = database.engine.url.render_as_string(hide_password=False)

    def upgraded(item, evidence):
        with database.write.begin() as session:
            acme = Integration(
                slug="acme",
                name="Acme",
                partner=Partner(name="Acme", created_at=AT),
                stage=IntegrationStage.PUBLIC_BETA,
                stage_since=AT,
            )
            session.add(acme)
            session.flush()
            run = auditing.begin_run(session, [acme.id], rulebook=Rulebook.load("v1"), asked_by="a test", at=AT)
            session.add(
                ItemResult(
                    integration_id=acme.id,
                    audit_run_id=run.id,
                    item=item,
                    source=ResultSource.CHECK,
                    outcome=Outcome.PASSED,
                    summary="",
                    evidence=evidence,
                    judged_at=AT,
                )
            )
        database.close()
        apply.downgrade(address, BEFORE)
        apply.upgrade(address)
        with database.read() as session:
            return session.scalars(select(ItemResult.evidence)).one()

    return upgraded


def test_the_names_go_and_the_rest_stays(evidence_after):
    named = {"kind": "source", "seen": f"{ORIGIN}: Gullwing Rail, Quiz: the game", "at": "2026-11-23T09:00:00Z"}
    other = {"kind": "source", "seen": "nothing of that kind"}
    assert evidence_after("customers.active", [named, other]) == [{**named, "seen": ORIGIN}, other]


def test_no_evidence_stays_none(evidence_after):
    assert evidence_after("customers.active", []) == []


def test_other_items_are_left_alone(evidence_after):
    seen = [{"kind": "page", "seen": "as of 2026-11-23T09:00:00Z: something else"}]
    assert evidence_after("docs.partner", seen) == seen
