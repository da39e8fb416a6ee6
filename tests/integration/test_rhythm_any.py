"""Whatever happens, whoever wants what, whenever the worker runs: told exactly once, and at an instant that suits."""

import asyncio
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from models.database import Database
from models.delivery import Delivery
from models.enums import ChannelName, ChosenCategory, DeliveryStage, EventName, How, Role
from models.people import Person
from models.submission import Submission
from notifications.habits import habit_of
from notifications.message import Category, Message, Result, Retry, Sent
from notifications.outbox import deliver_due, join_due, plan
from notifications.outbox.wishes import SWITCHED_OFF
from notifications.programme import ProgrammeSettings
from notifications.rhythm import RHYTHM, Quiet, Side, is_quiet, is_work, start_of_day, zone_of
from review.actions.preferring import be_quiet, prefer, side_of
from tests.fixtures.programme_rows import a_person, a_submission, an_assignment, an_event, an_integration

START = datetime(2026, 10, 23, 11, tzinfo=UTC)  # a Friday; clocks go back within the fortnight after it
EVENTS = {
    EventName.CLAIMED: {"person_id": 1, "leased_until": START.isoformat(), "message": "I have it."},
    EventName.QUESTION_ASKED: {"text": "Why?", "reminded_at": START.isoformat()},
    EventName.ANSWERED: {"text": "Because."},
    EventName.RESUBMITTED: {},
    EventName.CHANGES_REQUESTED: {"reason": "Nearly.", "findings": [], "reminded_at": START.isoformat()},
    EventName.APPROVED: {"reason": "Good."},
}
ZONES = ("Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland", "Etc/UTC")
QUIET = (None, Quiet(time(20), time(7)), Quiet(time(12), time(13)), Quiet(time(22, 30), time(10, 15)))
SIDES = {side: [category for of, category in RHYTHM if of is side] for side in Side}

people = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(ZONES),
        "quiet": st.sampled_from(("usual", *QUIET)),
        "hows": st.dictionaries(st.sampled_from(list(ChosenCategory)), st.sampled_from(list(How))),
    }
)
steps = st.tuples(
    st.integers(0, 1_500).map(lambda minutes: timedelta(minutes=minutes)),
    st.sampled_from([*EVENTS, EventName.CLAIMED, EventName.QUESTION_ASKED]),
    st.integers(0, 1),
    st.booleans(),
)


@dataclass
class Clocked:
    """Remembers when each message arrived; at times it is away, and then nothing does."""

    rng: random.Random
    away: float
    now: datetime = START
    got: list[tuple[datetime, str, Message]] = field(default_factory=list)

    async def send(self, message: Message, key: str) -> Result:
        if self.rng.random() < self.away:
            return Retry("away")
        self.got.append((self.now, key, message))
        return Sent(key)


class Life:
    """Two submissions of one partner, reviewed by one person, and a worker that doesn't always run."""

    def __init__(self, database, partner, reviewer, cap, away, seed):
        self.database, self.channel = database, Clocked(random.Random(seed), away)
        self.programme = ProgrammeSettings(
            base_url="https://desk.example",
            channels=frozenset({ChannelName.MAIL}),
            mails_a_day=cap,
            links_key=b"a key of this test alone",
        )
        with database.write.begin() as session:
            integration = an_integration(session)
            other = an_integration(session, "pinecone", partner=integration.partner)
            cora = a_person(
                session, "Cora", partner=integration.partner, roles=[Role.PARTNER], time_zone=partner["zone"]
            )
            rosa = a_person(session, "Rosa", roles=[Role.REVIEWER], time_zone=reviewer["zone"])
            self.submissions = []
            for about in (integration, other):
                submission = a_submission(session, about, by=cora)
                an_assignment(
                    session, submission, rosa, at=START - timedelta(days=1), leased_until=START + timedelta(days=99)
                )
                self.submissions.append(submission.id)
            for person, wishes in ((cora, partner), (rosa, reviewer)):
                if wishes["quiet"] != "usual":
                    be_quiet(session, person, wishes["quiet"])
                for category, how in wishes["hows"].items():
                    if category in SIDES[side_of(person)]:
                        prefer(session, person, category, how=how)

    def happens(self, name, which):
        with self.database.write.begin() as session:
            submission = session.get_one(Submission, self.submissions[which])
            an_event(session, name, submission=submission, at=self.channel.now, data=EVENTS[name])

    def run(self):
        at = self.channel.now
        with self.database.write.begin() as session:
            plan(session, at=at, programme=self.programme)
        with self.database.write.begin() as session:
            join_due(session, at=at, programme=self.programme)
        asyncio.run(
            deliver_due(
                self.database,
                {ChannelName.MAIL: self.channel},
                clock=lambda: at,
                worker="here",
                limit=5,
                rng=self.channel.rng,
                programme=self.programme,
            )
        )

    def next_instant(self):
        """When the next thing is due; what is due already waits for that."""
        later = select(func.min(Delivery.next_try_at)).where(
            Delivery.stage == DeliveryStage.PLANNED, Delivery.next_try_at > self.channel.now
        )
        with self.database.read() as session:
            return session.scalar(later)

    def runs_out(self):
        """On, at each instant at which something is due, until nothing waits."""
        self.run()
        for _ in range(400):
            following = self.next_instant()
            if following is None:
                return
            self.channel.now = following
            self.run()
        pytest.fail("something waits for ever")


# Each example is a life of weeks, so it is not made smaller: that would take minutes.
@settings(
    max_examples=60,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    people,
    people,
    st.integers(1, 4),
    st.sampled_from((0, 0.15)),
    st.lists(steps, min_size=1, max_size=12),
    st.integers(0, 2**16),
)
def test_each_message_comes_once_and_when_it_suits(
    sqlite_template, tmp_path_factory, partner, reviewer, cap, away, happenings, seed
):
    file = tmp_path_factory.mktemp("life") / "life.sqlite"
    shutil.copyfile(sqlite_template, file)
    database = Database(f"sqlite:///{file}")
    try:
        life = Life(database, partner, reviewer, cap, away, seed)
        for later, name, which, worker_runs in happenings:
            life.channel.now += later
            life.happens(name, which)
            if worker_runs:
                life.run()
        life.runs_out()
        with database.read() as session:
            holds(session, life, cap, away)
    finally:
        database.close()
        shutil.rmtree(file.parent)


def holds(session, life, cap, away):
    deliveries = {delivery.id: delivery for delivery in session.scalars(select(Delivery))}
    arrived = Counter(int(key.split("-")[1]) for _, key, _ in life.channel.got)
    came_at = {int(key.split("-")[1]): at for at, key, _ in life.channel.got}
    texts = {int(key.split("-")[1]): message.text for _, key, message in life.channel.got}
    habits = {person_id: habit_of(session, person_id) for person_id in session.scalars(select(Person.id))}
    a_day = Counter()
    for delivery in deliveries.values():
        habit = habits[delivery.person_id]
        zone = zone_of(habit.time_zone)
        # Exactly once: alone, within another, or not at all for a reason that is told.
        if delivery.stage is DeliveryStage.SKIPPED:
            assert arrived[delivery.id] == 0
            words = delivery.error.split()
            if delivery.error.startswith(("in digest delivery", "told with delivery")):
                carrier = int(words[3].rstrip(","))
                assert deliveries[carrier].stage is DeliveryStage.SENT
                assert texts[carrier].count(delivery.message["title"]) >= 1
                assert deliveries[carrier].person_id == delivery.person_id
            else:
                assert words[0] == "overtaken:" or delivery.error == SWITCHED_OFF
            continue
        assert (delivery.stage, arrived[delivery.id]) == (DeliveryStage.SENT, 1), delivery.error
        at = came_at[delivery.id]
        if delivery.urgent:
            assert away or at == delivery.planned_at
            continue
        assert habit.quiet is None or not is_quiet(at, zone, habit.quiet)
        if delivery.message["category"] == Category.DIGEST:
            assert is_work(at, zone, habit.quiet)
        else:
            assert habit.how(Category(delivery.message["category"])) is How.AT_ONCE
        if habit.side is Side.PARTNER:
            a_day[delivery.person_id, start_of_day(at, zone)] += 1
    assert all(number <= cap for number in a_day.values()), a_day
    in_order(deliveries, came_at)


def in_order(deliveries, came_at):
    """Of one subject nothing that came alone was overtaken, unless it was put off for its reader."""
    alone = sorted(
        (delivery for delivery in deliveries.values() if delivery.id in came_at), key=lambda delivery: delivery.id
    )
    for earlier in alone:
        for later in alone:
            same = (earlier.person_id, earlier.subject) == (later.person_id, later.subject)
            if same and earlier.id < later.id:
                assert came_at[earlier.id] <= came_at[later.id], (earlier.id, later.id)
