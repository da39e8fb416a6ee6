"""The past looks as it looked: what the queue and the reports said then is what they say of then."""

from datetime import timedelta

from checklist.rulebook import Rulebook
from models.enums import DecisionKind, Outcome, Role
from review.actions import asking, assigning, checking, launching, submitting
from review.past.integrations import stood_at
from review.past.queue import queue_at
from review.reports.graduation import graduation
from review.reports.readiness import readiness
from review.reports.sla import sla
from review.worklist import queue
from tests.building import (
    VAULT,
    after,
    audited,
    contact,
    decided,
    dossier,
    in_review,
    live,
    person,
    results,
    sent,
    sent_back,
)

V1 = Rulebook.load("v1")
ONLY_NOW = {"version": 0, "leased_until": None, "by_engine": False}
"""What a line of then can't tell: it counts no versions, and a claim may have been renewed since."""


def lines(session, at, **asked):
    return [row._replace(**ONLY_NOW) for row in queue_at(session, at=at, **asked)]


UNTIL = (1, 3, 5, 6.5, 8, 9.5, 11, 31, 41, 61)
"""When the reader looks: hours after the beginning, a while after each act."""


def second_in_review(session, submission):
    checking.take_results(session, submission, results(submission), revision=1, inputs={}, at=after(hours=59))
    checking.open_review(session, submission, at=after(hours=59))
    return submission


def acts(session):
    """A story, act by act; each ends a while after the one before."""
    rosa, lena = person(session), person(session, "Lena", Role.LEAD)
    first = in_review(session, "acme")
    yield
    second = sent(session, "brook", at=after(hours=2))
    yield
    assigning.claim(session, first, by=rosa, at=after(hours=4))
    yield
    asking.ask_partner(session, first, by=rosa, at=after(hours=6), text="Which region?")
    yield
    submitting.acknowledge(session, second, at=after(hours=7))
    yield
    asking.answer(session, first, by=contact(session, first), at=after(hours=9), text="All of them.")
    yield
    third = sent_back(session, "cedar", at=after(hours=10))
    yield
    again = dossier("cedar", notes="Mended.")
    submitting.submit(session, again, by=contact(session, third), at=after(hours=30), rulebook=V1, vault=VAULT)
    yield
    decided(session, first, at=after(hours=40), by=lena)
    launching.take_effect(session, first, at=after(hours=40))
    yield
    decided(session, second_in_review(session, second), DecisionKind.REJECT, at=after(hours=60))
    yield


def test_each_moment_of_a_story_looks_as_it_looked_then(session):
    seen = []
    for hours, _ in zip(UNTIL, acts(session), strict=True):
        session.flush()
        at = after(hours=hours)
        seen.append((at, [row._replace(**ONLY_NOW) for row in queue(session, at=at)]))
    for at, then in seen:
        for got, had in zip(lines(session, at), then, strict=True):
            assert got._asdict() == had._asdict()
    assert lines(session, seen[0][0] - timedelta(days=9)) == []


def test_what_was_close_to_late_and_what_was_somebodys(session):
    rosa = person(session)
    in_review(session, "acme")
    mine = in_review(session, "brook", at=after(days=6))
    assigning.claim(session, mine, by=rosa, at=after(days=6, hours=1))
    at = after(days=6, hours=2)
    assert [row.slug for row in queue_at(session, at=at, breaching=True)] == ["acme"]
    assert [row.slug for row in queue_at(session, at=at, mine=rosa.id)] == ["brook"]
    assert queue_at(session, at=at, limit=1)[0].slug == "acme"


def test_a_decision_that_was_not_made_yet_is_not_known(session):
    submission = in_review(session, "acme")
    decided(session, submission, at=after(days=1))
    before, later = after(hours=5), after(days=2)
    assert [row.slug for row in queue_at(session, at=before)] == ["acme"]
    assert queue_at(session, at=later) == []
    assert {report.target.value: report.tally.open for report in sla(session, at=before, as_of_then=True).targets}[
        "decision"
    ] == 1
    assert {report.target.value: report.tally.met for report in sla(session, at=later, as_of_then=True).targets}[
        "decision"
    ] == 1


def test_what_audits_had_found_by_then(session):
    integration = live(session, "acme")
    audited(session, integration, {"oauth.button": Outcome.FAILED}, at=after(days=1))
    before = graduation(session, rulebook=V1, at=after(days=1, hours=1))
    delisted_at = after(days=5)
    launching.delist(
        session, integration, by=person(session, "Max", Role.MANAGER), at=delisted_at, reason="It is gone."
    )
    past = graduation(session, rulebook=V1, at=after(days=1, hours=1), past=True)
    assert past.lines == before.lines
    assert graduation(session, rulebook=V1, at=after(days=6), past=True).lines == ()
    assert graduation(session, rulebook=V1, at=after(hours=1), past=True).lines[0].audited_at is None
    assert len(readiness(session, rulebook=V1, at=after(days=2), past=True).lines) == 1
    assert readiness(session, rulebook=V1, at=after(days=6), past=True).lines == ()
    assert stood_at(session, at=after(days=6))[integration.id].since == delisted_at
