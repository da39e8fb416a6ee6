"""Over any ladder, any pauses and any downtimes: what is passed is told once, no sooner, and never at night."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models.clock import Clock
from models.enums import EventName, Hearer, TargetName
from review.actions import clocks, watching
from review.calendars import compiled
from tests.building import NOW, clock_of, events, sent
from tests.fixtures.policies import a_policy, step

BUSINESS_DAY_SECONDS = 28_800
TARGET_SECONDS = 2 * BUSINESS_DAY_SECONDS
FIRED = (EventName.CLOCK_WARNED, EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED)

hearers = st.lists(st.sampled_from([hearer.value for hearer in Hearer]), min_size=1, max_size=3)
shares = st.sets(st.sampled_from([0.05, 0.25, 0.5, 0.6, 0.75, 0.9, 0.99, 1.0]), max_size=4)
lates = st.sets(st.sampled_from([0.1, 0.5, 1, 2.5, 3]), max_size=3)
waits = st.sampled_from([1, 17, 60, 240, 480, 961, 1_440, 2_900, 5_760]) | st.integers(1, 4_000)
acts = st.sampled_from(["sweep", "sweep", "sweep", "ask", "answer"])
lives = st.lists(st.tuples(waits, acts), min_size=1, max_size=25)
"""Minutes that pass, and what then happens; between two sweeps the watch is down."""


@st.composite
def ladders(draw: st.DrawFn) -> list[dict[str, Any]]:
    steps = [step(f"at_{share}".replace(".", "_"), *draw(hearers), fraction=share) for share in sorted(draw(shares))]
    return steps + [step(f"late_{days}".replace(".", "_"), *draw(hearers), days=days) for days in sorted(draw(lates))]


def level_of(one: dict[str, Any]) -> float:
    return one.get("fraction") or 1 + one["after_breach_business_days"]


def used_up_by(one: dict[str, Any]) -> float:
    """Open seconds after which the step is passed."""
    late = one.get("after_breach_business_days") or 0
    return (one.get("fraction") or 1) * TARGET_SECONDS + late * BUSINESS_DAY_SECONDS


@dataclass
class Life:
    """One clock, and what an honest watch would have told of it."""

    session: Session
    clock: Clock
    ladder: list[dict[str, Any]]
    pauses: list[list[datetime | None]] = field(default_factory=list)
    told: float = 0.0
    seen: int = 0

    def used(self, at: datetime) -> float:
        pauses = [(since, until or max(since, at)) for since, until in self.pauses]
        return compiled(self.clock.calendar).elapsed(NOW, at, pauses)

    def untold(self, at: datetime) -> list[dict[str, Any]]:
        return [one for one in self.ladder if level_of(one) > self.told and self.used(at) > used_up_by(one)]

    def sweeps(self, at: datetime) -> None:
        is_open = compiled(self.clock.calendar).is_open(at)
        untold = self.untold(at) if is_open else []
        assert watching.anything_due(self.session, at=at) or not untold
        while watching.sweep(self.session, at=at, limit=2).looked_at:
            pass
        fired = [one for one in events(self.session, *FIRED) if one.id > self.seen]
        assert [one.data["level"] for one in fired] == [level_of(one) for one in untold[-1:]]
        for one in fired:
            assert one.data["missed"] == [level_of(missed) for missed in untold[:-1]]
            assert one.data["tells"] == sorted({hearer for passed in untold for hearer in passed["tells"]})
            self.told, self.seen = one.data["level"], one.id
        assert not is_open or self.clock.breached == (self.used(at) > TARGET_SECONDS)
        self.looks_next(at)

    def looks_next(self, at: datetime) -> None:
        """The next look lies ahead and in open hours, and nothing is passed before it."""
        following = self.clock.next_fire_at
        if following is None:
            waiting = bool(self.pauses) and self.pauses[-1][1] is None
            assert waiting or self.told == max(map(level_of, self.ladder), default=self.told)
            return
        assert following >= at
        assert compiled(self.clock.calendar).is_open(following)
        assert self.untold(following) == self.untold(at)


@settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ladder=ladders(), life=lives)
def test_each_step_is_told_once_at_the_first_open_instant_that_anybody_watches(sqlite_database, ladder, life):
    with sqlite_database.write() as session:
        a_policy(session, {"first_response": ladder, "decision": []})
        submission = sent(session)
        clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
        lived, at = Life(session, clock, ladder), NOW
        for minutes, act in life:
            at += timedelta(minutes=minutes, seconds=1)
            if act == "sweep":
                lived.sweeps(at)
            elif act == "ask" and (not lived.pauses or lived.pauses[-1][1] is not None):
                clocks.pause(session, submission, at=at, because=EventName.QUESTION_ASKED)
                lived.pauses.append([at, None])
            elif act == "answer" and lived.pauses and lived.pauses[-1][1] is None:
                clocks.resume(session, submission, at=at, because=EventName.ANSWERED)
                lived.pauses[-1][1] = at
        session.rollback()
