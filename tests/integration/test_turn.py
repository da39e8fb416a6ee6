"""Whose turn an integration is: one worker at a time, nothing forgotten, a person hears when it won't work."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from flows.turn import FIRST_RETRY, LEASE, STUCK_AFTER, Turn, due_slugs, let_go
from flows.wiring import wire
from models.enums import EventName
from models.event import Event
from models.integration import Integration
from models.submission import Submission
from review.actions.companies import IntegrationUnknown
from review.actions.record import wake
from settings import Settings
from tests.building import NOW, checked, decided, sent
from tests.fixtures.hands import Hands


@pytest.fixture
def clock():
    return Hands(NOW)


@pytest.fixture
def here(database, tmp_path, clock):
    real = wire(Settings(data=tmp_path, _env_file=None))
    real.database.close()
    with database.write.begin() as session:
        sent(session, "acme")
    return replace(real, database=database, now=clock)


def integration(here):
    with here.database.read() as session:
        return session.scalars(select(Integration)).one()


def due(here):
    with here.database.read() as session:
        return list(due_slugs(session, at=here.now(), limit=10))


async def run(here, *, during=None, error=None):
    async with Turn(here, "acme").taken() as is_ours:
        if during is not None:
            during()
        if error is not None:
            raise error
        return is_ours


async def test_a_run_that_ends_well_leaves_nothing_due(here):
    assert due(here) == ["acme"]
    assert await run(here)
    assert due(here) == []


async def test_what_wakes_the_integration_during_a_run_is_not_forgotten(here, clock):
    def somebody_decides():
        clock.now += timedelta(seconds=3)
        with here.database.write.begin() as session:
            wake(session, session.scalars(select(Integration)).one(), clock.now)

    assert await run(here, during=somebody_decides)
    assert due(here) == ["acme"]


async def test_a_decision_that_can_be_undone_takes_effect_after_a_run_that_came_too_early_for_it(here, clock):
    with here.database.write.begin() as session:
        one = session.scalars(select(Submission)).one()
        checked(session, one)
        stands_at = clock.now + timedelta(seconds=60)
        decided(session, one, undo_for=timedelta(seconds=60))
    assert integration(here).next_run_at == NOW
    assert await run(here)
    assert integration(here).next_run_at == stands_at
    assert due(here) == []
    clock.now = stands_at
    assert due(here) == ["acme"]


async def test_a_second_worker_stays_away_until_the_lease_ends(here, clock):
    async with Turn(here, "acme").taken() as is_ours:
        assert is_ours
        assert due(here) == []
        assert not await run(here)
        clock.now += LEASE
        assert due(here) == ["acme"]


async def test_a_worker_that_died_lets_go_after_the_lease_or_when_the_system_starts_alone(here, clock):
    with here.database.write.begin() as session:
        session.execute(update(Integration).values(run_leased_until=clock.now + LEASE))
    assert not await run(here)
    with here.database.write.begin() as session:
        let_go(session)
    assert await run(here)


async def test_a_run_that_fails_is_tried_again_later_and_later_and_the_fifth_time_a_person_hears_of_it(here, clock):
    waits = []
    for _ in range(STUCK_AFTER):
        with pytest.raises(OSError, match="the catalog is away"):
            await run(here, error=OSError("the catalog is away"))
        waits.append(integration(here).next_run_at - clock.now)
        clock.now = integration(here).next_run_at

    assert waits == [FIRST_RETRY * 2**tries for tries in range(STUCK_AFTER)]
    with here.database.read() as session:
        stuck = session.scalars(select(Event).where(Event.name == EventName.PATH_STUCK.value)).all()
    assert [event.data["error"] for event in stuck] == ["OSError: the catalog is away"]


async def test_a_run_that_succeeds_forgets_the_failures_before_it(here, clock):
    with pytest.raises(OSError, match="away"):
        await run(here, error=OSError("away"))
    clock.now = integration(here).next_run_at
    assert await run(here)
    assert integration(here).failed_runs == 0


async def test_a_slug_that_names_nothing_is_said(here):
    with pytest.raises(IntegrationUnknown, match="no integration has the slug 'nothing'"):
        async with Turn(here, "nothing").taken():
            pass
