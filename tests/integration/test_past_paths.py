"""Random lives, looked back on: the past is told as it was seen then, whatever people and the engine did since."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test
from sqlalchemy import select

from models.database import Database
from models.decision import Decision
from models.integration import Integration
from models.undo import Undo
from review.past.integrations import stood_at
from review.past.live import LiveState
from review.past.queue import queue_at
from review.worklist import Row, queue
from tests.integration.test_review_paths import Life

ONLY_NOW = {"version": 0, "leased_until": None, "by_engine": False}
"""What a line of then can't tell: it counts no versions, and a claim may have been renewed since."""


class Remembered(Life):
    """Keeps what was to be seen after the last act of each instant, and holds the past against it in the end."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.seen: dict[datetime, tuple[Any, ...]] = {}

    @invariant()
    def it_is_remembered(self):
        self.session.flush()
        stages = {one.id: (one.stage, one.stage_since) for one in self.session.scalars(select(Integration))}
        self.seen[self.at] = (lines(queue(self.session, at=self.at)), stages, of_live(LiveState(self.session)))

    def teardown(self) -> None:
        try:
            self.look_back()
        finally:
            super().teardown()

    def look_back(self) -> None:
        undone = undone_between(self)
        for at, (rows, stages, live) in self.seen.items():
            stood = {number: (one.stage, one.since) for number, one in stood_at(self.session, at=at).items()}
            assert stood == stages
            assert of_live(LiveState(self.session, at)) == live
            then = lines(queue_at(self.session, at=at))
            if not undone(at):
                assert differing(then, rows) == {}
        assert lines(queue_at(self.session, at=self.at)) == lines(queue(self.session, at=self.at))


def undone_between(life: Remembered) -> Callable[[datetime], bool]:
    """Whether a decision stood at an instant that was taken back later: it never counted, so the past leaves it out."""
    undos = select(Decision.decided_at, Undo.undone_at).join(Decision, Decision.id == Undo.decision_id)
    spans = life.session.execute(undos.where(Undo.undone_at.is_not(None))).tuples().all()
    return lambda at: any(made <= at < taken_back for made, taken_back in spans)


def lines(rows: list[Row]) -> dict[int, dict[str, Any]]:
    return {row.submission_id: row._replace(**ONLY_NOW)._asdict() for row in rows}


def differing(then: dict[int, dict[str, Any]], seen: dict[int, dict[str, Any]]) -> dict[int, Any]:
    """What is told otherwise than it was seen, field by field."""
    return {
        number: {name: (then.get(number, {}).get(name), seen.get(number, {}).get(name)) for name in Row._fields}
        if number not in then or number not in seen
        else {name: (value, seen[number][name]) for name, value in then[number].items() if value != seen[number][name]}
        for number in then.keys() | seen.keys()
        if then.get(number) != seen.get(number)
    }


def of_live(state: LiveState) -> tuple[Any, ...]:
    return (
        {number: (one.stage, one.since) for number, one in state.stages.items()},
        {number: {result.item: result.outcome for result in state.results.get(number, ())} for number in state.stages},
        {number: one.id for number, one in state.entries.items() if number in state.stages},
        {number: {one.id for one in state.waivers.get(number, ())} for number in state.stages},
    )


@pytest.mark.timeout(300)
def test_the_past_is_told_as_it_was_seen(database):
    run_state_machine_as_test(
        lambda: Remembered(database), settings=settings(max_examples=20, stateful_step_count=25, deadline=None)
    )
