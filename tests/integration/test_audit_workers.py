"""Several workers on one audit, and at one host: nothing is done twice, nobody is asked by two at once."""

import asyncio
import itertools
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from checklist.rulebook import Rulebook
from flows import looking, sharing
from flows.audit import share_audits
from flows.host_turns import LEASE, HostTurns
from flows.wiring import using, utc_now
from models.audit import AuditEntry, AuditRun
from models.database import Database
from models.enums import EventName, IntegrationStage
from models.event import Event
from models.host_turn import HostTurn
from models.integration import Integration
from models.people import Partner
from models.result import ItemResult
from review.actions import auditing, batching
from tests.fixtures.worker import SPACING_SECONDS, a_worker, share

AT = utc_now()
MOST = 4


def listing(slug: str) -> dict[str, object]:
    site = f"https://{slug}.partner.test"
    return {
        "external_id": f"test:{slug}",
        "kind": "update",
        "partner": {"name": slug, "website": f"{site}/"},
        "integration": {"slug": slug, "name": slug},
        "components": [{"kind": "plugin", "methods": ["track"]}],
        "documentation": {"segment": f"# {slug}\n", "partner_url": f"{site}/docs"},
        "catalog": {"description": "A tool.", "categories": ["Analytics"], "logo": f"{site}/logo.svg", "website": site},
    }


def with_live(database: Database, how_many: int) -> list[int]:
    with database.write.begin() as session:
        rows = [
            Integration(
                slug=f"tool-{number}",
                name=f"Tool {number}",
                partner=Partner(name=f"Partner {number}", website="", created_at=AT),
                stage=IntegrationStage.PUBLIC_BETA,
                stage_since=AT,
                listing=listing(f"tool-{number}"),
            )
            for number in range(how_many)
        ]
        session.add_all(rows)
        session.flush()
        return [row.id for row in rows]


def begun(database: Database, how_many: int = 12) -> int:
    ids = with_live(database, how_many)
    with database.write.begin() as session:
        return auditing.begin_run(session, ids, rulebook=Rulebook.load("v1"), asked_by="schedule", at=utc_now()).id


def address_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


async def started(*words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.fixtures.worker", *map(str, words)), stdout=asyncio.subprocess.PIPE
    )


def taken_by(database: Database, run_id: int, worker: str, *, most: int = MOST, at=AT) -> list[int]:
    with database.write.begin() as session:
        return batching.take_batch(session, session.get_one(AuditRun, run_id), worker=worker, at=at, most=most)


# --- batches


def test_two_workers_never_have_the_same_integration_until_a_lease_ends(database):
    run_id = begun(database)
    one, two = taken_by(database, run_id, "one"), taken_by(database, run_id, "two")
    assert (len(one), len(two)) == (MOST, MOST)
    assert not set(one) & set(two)
    assert set(taken_by(database, run_id, "three", most=100)).isdisjoint({*one, *two})
    ended = AT + batching.LEASE
    assert {*one, *two} <= set(taken_by(database, run_id, "four", most=100, at=ended))


def test_a_sign_of_life_keeps_what_is_left_and_giving_back_frees_it(database):
    run_id = begun(database, 4)
    batch = taken_by(database, run_id, "one")
    later = AT + batching.LEASE - timedelta(seconds=1)
    with database.write.begin() as session:
        batching.keep_batch(session, run_id, batch, worker="one", at=later)
        batching.keep_batch(session, run_id, batch, worker="somebody else", at=later + batching.LEASE)
    assert taken_by(database, run_id, "two", at=later + timedelta(seconds=2)) == []
    with database.write.begin() as session:
        batching.give_back(session, run_id, batch, worker="one")
    assert taken_by(database, run_id, "two", at=later) == batch


def test_a_worker_that_joins_takes_its_share_of_what_is_left(database):
    run_id = begun(database, 4 * batching.FEWEST)
    assert len(taken_by(database, run_id, "one", most=batching.FEWEST)) == batching.FEWEST
    left = 3 * batching.FEWEST
    assert len(taken_by(database, run_id, "two", most=1_000)) == left // 2


def test_only_runs_with_something_free_are_shared_and_old_ones_rest(database):
    run_id, here = begun(database, 4), a_worker(database, "one")
    assert sharing.runs_to_share(here) == [run_id]
    taken_by(database, run_id, "two", at=utc_now())
    assert sharing.runs_to_share(here) == []
    late = a_worker(database, "one", now=lambda: utc_now() + batching.LEASE + timedelta(seconds=1))
    assert sharing.runs_to_share(late) == [run_id]
    too_late = a_worker(database, "one", now=lambda: utc_now() + batching.JOINED_WITHIN + timedelta(minutes=1))
    assert sharing.runs_to_share(too_late) == []


# --- one batch after another


async def test_the_next_batch_begins_while_the_last_one_waits_for_its_slowest_site(database):
    run_id, here = begun(database, 3 * MOST), a_worker(database, "one")
    judged, everything_begun = [], asyncio.Event()

    async def judge(batch, all_begun):
        judged.append(batch)
        all_begun()
        if len(judged) == 3:
            everything_begun.set()
        await everything_begun.wait()
        mark_done(database, run_id, batch)

    async with asyncio.timeout(60):
        await sharing.work_through(here, run_id, judge, most=MOST, to_the_end=False)
    assert [len(batch) for batch in judged] == [MOST, MOST, MOST]


async def test_a_batch_that_fails_ends_the_others_and_tells_its_own_error(database):
    run_id, here = begun(database, 2 * MOST), a_worker(database, "one")
    judged = []

    async def judge(batch, all_begun):
        judged.append(batch)
        all_begun()
        if len(judged) == 2:
            raise RuntimeError("the second one")
        await asyncio.Event().wait()

    async with asyncio.timeout(60):
        with pytest.raises(RuntimeError, match="the second one"):
            await sharing.work_through(here, run_id, judge, most=MOST, to_the_end=False)
    # The one that was told to stop has given back what it had, the one that failed keeps it until its lease ends.
    assert taken_by(database, run_id, "another", most=100, at=utc_now()) == judged[0]


async def test_all_of_a_batch_has_begun_before_all_of_it_is_done(database):
    run_id, here = begun(database, 6), a_worker(database, "one")
    done, done_when_begun = [], []
    async with here.fetcher() as fetcher:
        out = looking.Outlook(fetcher, places=asyncio.Semaphore(2))
        batch = taken_by(database, run_id, "one", most=6, at=utc_now())
        await looking.judge_batch(
            here, out, run_id, batch, lambda: done_when_begun.append(len(done)), done=lambda: done.append(1)
        )
    assert len(done) == 6
    assert done_when_begun[0] < 6
    assert_is_done(database, run_id)


def mark_done(database: Database, run_id: int, batch: Sequence[int]) -> None:
    with database.write.begin() as session:
        for integration_id in batch:
            session.get_one(AuditEntry, (run_id, integration_id)).done_at = AT


def assert_is_done(database: Database, run_id: int) -> None:
    with database.read() as session:
        assert batching.is_all_done(session, run_id)


async def test_whoever_shares_a_run_whose_worker_died_ends_it_once(database):
    run_id = begun(database, 3)
    here = a_worker(database, "one")
    with using(here):
        await share_audits.fn()
        again = await share_audits.fn()
    assert again.message == "no audit to share"
    assert_done_once(database, run_id, 3)


def assert_done_once(database: Database, run_id: int, how_many: int) -> None:
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.audit_run_id == run_id)).all()
        results = session.execute(select(ItemResult.integration_id, ItemResult.item)).all()
        ends = session.scalar(select(func.count()).select_from(Event).where(Event.name == EventName.AUDIT_FINISHED))
        run = session.get_one(AuditRun, run_id)
    assert len(entries) == how_many
    assert all(entry.done_at is not None for entry in entries)
    assert results
    assert max(Counter(map(tuple, results)).values()) == 1
    assert run.finished_at is not None
    assert ends == 1


async def test_a_worker_killed_in_the_middle_costs_nothing_and_nothing_is_judged_twice(database):
    run_id = begun(database, 24)
    doomed, other = (
        await started("audit", address_of(database), "doomed", run_id, MOST),
        await started("audit", address_of(database), "other", run_id, MOST),
    )
    try:
        await asyncio.wait_for(until_works(database, run_id, "doomed"), 60)
        doomed.kill()
        await doomed.wait()
        with database.read() as session:
            left = session.scalar(
                select(func.count())
                .select_from(AuditEntry)
                .where(AuditEntry.taken_by == "doomed", AuditEntry.done_at.is_(None))
            )
        assert left, "it was killed in the middle of a batch"
        # The lease of the dead ends for one whose clock says so.
        survivor = a_worker(database, "survivor", now=lambda: utc_now() + batching.LEASE + timedelta(seconds=5))
        await asyncio.wait_for(share(survivor, run_id, MOST), 90)
        assert await asyncio.wait_for(other.wait(), 60) == 0
    finally:
        for process in (doomed, other):
            if process.returncode is None:
                process.kill()
                await process.wait()
    assert_done_once(database, run_id, 24)


async def until_works(database: Database, run_id: int, worker: str) -> None:
    while True:
        with database.read() as session:
            if session.scalar(
                select(func.count())
                .select_from(AuditEntry)
                .where(
                    AuditEntry.audit_run_id == run_id,
                    AuditEntry.taken_by == worker,
                    AuditEntry.done_at.is_(None),
                )
            ):
                return
        await asyncio.sleep(0.02)


# --- hosts


class Recorder:
    """A site that notes when it is asked and when it has answered."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float, str]] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                begun = loop.time()
                await asyncio.sleep(0.05)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nok")
                self.spans.append((begun, loop.time(), head.split(b"/")[1].decode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def site() -> AsyncIterator[tuple[Recorder, str]]:
    recorder = Recorder()
    server = await asyncio.start_server(recorder.answer, "127.0.0.1", 0)
    try:
        yield recorder, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def test_two_processes_never_ask_one_host_at_once_and_pause_in_between(database):
    async with site() as (recorder, address):
        workers = [await started("pages", address_of(database), name, address, 8) for name in ("one", "two")]
        said = [(await asyncio.wait_for(worker.communicate(), 120))[0].decode().split() for worker in workers]
    assert said == [["ok"] * 8] * 2
    spans = sorted(recorder.spans)
    assert Counter(who for _, _, who in spans) == {"one": 8, "two": 8}
    gaps = [later - earlier for (_, earlier, _), (later, _, _) in itertools.pairwise(spans)]
    # What the site sees of a pause is shorter by what an answer takes on its way.
    assert min(gaps) > SPACING_SECONDS / 2


async def test_a_host_of_a_worker_that_died_is_free_when_its_lease_ends(database):
    at = [utc_now()]
    turns = [HostTurns(database, worker=name, now=lambda: at[0], spacing_seconds=0.0) for name in ("one", "two")]
    await turns[0].take("medium.com")
    waiting = asyncio.create_task(turns[1].take("medium.com"))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    at[0] += LEASE
    await asyncio.wait_for(waiting, 10)
    assert turns[1].holds("medium.com")
    for one in turns:
        await one.aclose()


async def test_a_host_that_is_not_asked_any_more_goes_to_who_waits_for_it(database):
    turns = [HostTurns(database, worker=name, now=utc_now, spacing_seconds=0.0) for name in ("one", "two")]
    await turns[0].take("medium.com")
    turns[0].leave("medium.com")
    await asyncio.wait_for(turns[1].take("medium.com"), 10)
    assert not turns[0].holds("medium.com")
    for one in turns:
        await one.aclose()
    with database.read() as session:
        assert [row.held_by for row in session.scalars(select(HostTurn))] == [""]


async def test_who_gives_up_waiting_leaves_nothing_taken(database):
    turns = [HostTurns(database, worker=name, now=utc_now, spacing_seconds=0.0) for name in ("one", "two")]
    await turns[0].take("medium.com")
    waiting = asyncio.create_task(turns[1].take("medium.com"))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await turns[1].aclose()
    await turns[0].aclose()
    await asyncio.wait_for(turns[0].take("medium.com"), 10)
    await turns[0].aclose()
