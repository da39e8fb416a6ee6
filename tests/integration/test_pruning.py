"""What goes when its time is over, and what never does."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from checklist.rulebook import Rulebook
from flows import pruning
from flows.tidy import tidy
from flows.wiring import using
from models.audit import AuditEntry
from models.database import Database
from models.delivery import Delivery
from models.draft import Draft
from models.enums import ChannelName, DeliveryStage, Outcome, ResultSource
from models.event import Event
from models.host_turn import HostTurn
from models.integration import Integration
from models.picture import Picture
from models.result import ItemResult
from models.submission import Submission
from review.actions import auditing
from review.retention import Retention
from tests.building import NOW, after, audited, live, person
from tests.fixtures.worker import a_worker

LONG_AGO = NOW - timedelta(days=401)
LATELY = NOW - timedelta(days=399)
PNG = b"\x89PNG"


def here_at(database: Database, at):
    return a_worker(database, "one", now=lambda: at)


def evidence(digest: str) -> list[dict[str, str]]:
    return [{"kind": "page", "seen": "a page", "picture": digest}]


def result(integration, *, superseded, digest="", run_id=None, submission_id=None, item="docs.partner", **values):
    return ItemResult(
        integration_id=integration.id,
        audit_run_id=run_id,
        submission_id=submission_id,
        item=item,
        source=ResultSource.CHECK,
        outcome=Outcome.PASSED,
        summary="it is there",
        evidence=evidence(digest),
        judged_at=values.pop("judged", LONG_AGO - timedelta(days=30)),
        superseded_at=superseded,
        **values,
    )


def kept(database: Database) -> dict[str, bool]:
    with database.read() as session:
        rows = session.scalars(select(ItemResult).where(ItemResult.item.like("test-%")))
        return {row.item: bool(row.evidence) for row in rows}


def test_evidence_goes_when_it_was_replaced_long_ago_unless_a_decision_rested_on_it(database):
    with database.write.begin() as session:
        integration = live(session)
        submission = session.scalars(select(Submission)).one()
        decided = submission.decided_at
        run = auditing.begin_run(session, [], rulebook=Rulebook.load("v1"), asked_by="schedule", at=LONG_AGO)
        rows = {"test-old": LONG_AGO, "test-late": LATELY, "test-now": None}
        for number, (item, superseded) in enumerate(rows.items()):
            digest = f"{number}" * 64
            session.add(result(integration, superseded=superseded, digest=digest, run_id=run.id, item=item))
            session.add(Picture(digest=digest, data=PNG, taken_at=LONG_AGO))
        rested_on = {"judged": decided - timedelta(hours=1), "submission_id": submission.id}
        unseen = {"judged": decided + timedelta(hours=1), "submission_id": submission.id}
        session.add(result(integration, superseded=decided + timedelta(hours=1), item="test-rested", **rested_on))
        session.add(result(integration, superseded=decided + timedelta(hours=2), item="test-unseen", **unseen))
        session.add(Picture(digest="a" * 64, data=PNG, taken_at=LATELY))
        events = session.scalar(select(func.count()).select_from(Event))
    at = max(NOW, decided + timedelta(days=402))
    would = pruning.would_go(here_at(database, NOW))
    assert (would["evidence of replaced results"], would["pictures"]) == (1, 0)
    gone = pruning.prune(here_at(database, NOW))
    assert (gone["evidence of replaced results"], gone["pictures"]) == (1, 1)
    assert kept(database)["test-old"] is False
    with database.read() as session:
        assert set(session.scalars(select(Picture.digest))) == {"1" * 64, "2" * 64, "a" * 64}

    pruning.prune(here_at(database, at))
    stands = kept(database)
    assert (stands["test-rested"], stands["test-unseen"], stands["test-now"]) == (True, False, True)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == events
        # Current evidence names it, whatever its age.
        assert set(session.scalars(select(Picture.digest))) == {"2" * 64}


def test_the_words_of_what_went_out_go_and_that_it_went_out_stays(database):
    message = {"title": "Mapleworks is live", "text": "It is live.", "html": "<p>", "card": [], "category": "status"}
    with database.write.begin() as session:
        live(session)
        event = session.scalars(select(Event)).first()
        stages = {DeliveryStage.SENT: LONG_AGO, DeliveryStage.DEAD: LONG_AGO, DeliveryStage.SKIPPED: LATELY}
        for stage, settled in stages.items():
            session.add(
                Delivery(
                    event_id=event.id,
                    channel=ChannelName.MAIL,
                    recipient=f"{stage.value}@partner.example",
                    subject="integration:1",
                    message=message,
                    stage=stage,
                    planned_at=LONG_AGO,
                    settled_at=settled,
                )
            )
    assert pruning.prune(here_at(database, NOW))["texts of messages"] == 1
    assert pruning.prune(here_at(database, NOW))["texts of messages"] == 0
    with database.read() as session:
        texts = {row.stage: (row.message["title"], row.message["text"]) for row in session.scalars(select(Delivery))}
    assert texts == {
        DeliveryStage.SENT: ("Mapleworks is live", ""),
        DeliveryStage.DEAD: ("Mapleworks is live", "It is live."),
        DeliveryStage.SKIPPED: ("Mapleworks is live", "It is live."),
    }


def test_old_looks_of_audits_go_but_the_latest_of_each_integration(database):
    with database.write.begin() as session:
        integration = live(session)
        for days in (0, 1, 2):
            audited(session, integration, at=after(minutes=60 * 24 * days))
    at = NOW + timedelta(days=500)
    assert pruning.prune(here_at(database, at))["looks of audits"] == 2
    with database.read() as session:
        (look,) = session.scalars(select(AuditEntry))
        assert look.done_at == session.scalars(select(Integration.last_audited_at)).one()


async def test_the_nightly_flow_takes_out_drafts_of_what_is_closed_and_hosts_asked_long_ago(database):
    with database.write.begin() as session:
        live(session)
        submission = session.scalars(select(Submission)).one()
        closed = submission.closed_at
        session.add(Draft(person_id=person(session).id, submission_id=submission.id, typed={}, saved_at=NOW))
        session.add(HostTurn(host="medium.com", held_by="", until=NOW))
    with using(here_at(database, closed + timedelta(days=29))):
        await tidy.fn()
    with database.read() as session:
        assert session.scalars(select(Draft)).all()
        assert session.scalars(select(HostTurn)).all() == []
    with using(here_at(database, closed + timedelta(days=31))):
        said = await tidy.fn()
    assert "1 drafts of closed submissions" in said.message
    with database.read() as session:
        assert session.scalars(select(Draft)).all() == []


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"evidense": "9"}, "'evidense' is nothing that is kept for a while; expected one of evidence, messages"),
        ({"audits": "6"}, "audits='6': expected whole days, 7 at least, such as audits=400"),
        ({"audits": "a year"}, "audits='a year'"),
        ({"audits": "²"}, "audits='²'"),
    ],
)
def test_days_that_can_not_be_used_are_named(days, said):
    with pytest.raises(ValueError, match=said):
        Retention.of(days)


def test_days_that_are_not_given_are_the_usual_ones():
    assert Retention.of({"drafts": "7"}) == Retention(drafts=7)
