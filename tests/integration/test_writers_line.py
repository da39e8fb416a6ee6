"""On SQLite the writers of a process come one after the other, and a turn always ends."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from models.writers_line import WritersLine


def is_free(database):
    """Whether the next writer would not have to wait."""
    began = time.monotonic()
    with database.write.begin() as session:
        session.execute(text("SELECT 1"))
    return time.monotonic() - began < 5


def test_who_came_first_goes_first():
    line, order, threads = WritersLine(), [], []
    assert line.enter(1)

    def wait(number):
        assert line.enter(60)
        order.append(number)
        line.leave()

    for number in range(8):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        while len(line._waiting) <= number:
            time.sleep(0.001)
    line.leave()
    for thread in threads:
        thread.join()
    assert order == list(range(8))
    assert line.enter(0)


def test_who_waited_too_long_is_no_longer_in_line():
    line = WritersLine()
    assert line.enter(1)
    assert not line.enter(0.01)
    line.leave()
    assert line.enter(0)


@pytest.mark.parametrize("end", ["commit", "rollback", "error", "closed", "broken"])
def test_a_turn_ends_however_its_transaction_does(sqlite_database, end):
    session = sqlite_database.write()
    session.execute(text("SELECT 1"))
    if end == "error":
        with pytest.raises(OperationalError):
            session.execute(text("no SQL at all"))
        session.rollback()
    elif end == "broken":
        session.connection().invalidate()
        session.close()
    else:
        getattr(session, {"closed": "close"}.get(end, end))()
    session.close()
    assert is_free(sqlite_database)


def test_who_commits_and_goes_on_keeps_nobody_out(sqlite_database):
    with sqlite_database.write() as session:
        for _ in range(3):
            session.execute(text("SELECT 1"))
            session.commit()
            assert is_free(sqlite_database)


def test_who_only_reads_waits_for_nobody(sqlite_database):
    with sqlite_database.write.begin() as writing:
        writing.execute(text("SELECT 1"))
        with sqlite_database.read() as reading:
            assert reading.execute(text("SELECT 1")).scalar() == 1


def test_many_writers_all_get_their_turn(sqlite_database):
    with sqlite_database.write.begin() as session:
        session.execute(text("CREATE TABLE counted (n INTEGER)"))
        session.execute(text("INSERT INTO counted VALUES (0)"))

    def count(_):
        with sqlite_database.write.begin() as session:
            number = session.execute(text("SELECT n FROM counted")).scalar()
            session.execute(text("UPDATE counted SET n = :n"), {"n": number + 1})

    with ThreadPoolExecutor(30) as threads:
        list(threads.map(count, range(120)))
    with sqlite_database.read() as session:
        assert session.execute(text("SELECT n FROM counted")).scalar() == 120
