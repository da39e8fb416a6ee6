"""What the desk's pages cost: the queue and a submission, among 100,000 submissions with 1,000,000 item results.

    .venv/bin/python bench/desk.py [--copies 250] [--rounds 300] [--seconds 10] [--postgres ADDRESS]

On SQLite and on PostgreSQL (started here unless the address of an empty database is given), each filled by
`bench/filling/programme.py`: what the verbs write for 402 submissions, 12 of them open, so many times. Three things are
measured, with a lead signed in:

- in this process, one request after another through the whole application, in turn with its bare SQL: the page's own
  statements with the page's own parameters, asked of the driver. Their medians make the ratio.
- through a server in a process of its own, served as `launch-review up` serves it: one connection for how long a page
  takes, then several for how many queue pages come in a second. Whoever asks them needs a part of the two cores too.
- the statements of each page, which must be at most twelve, and saved views, filters and searches.

The last line is JSON; `ratio` is the queue's median over that of its bare SQL, on the worse of the two databases.
"""

# ruff: noqa: E402 - the path comes first
import sys
from pathlib import Path

# Run as a file, its own folder comes first on the path, where it would hide the package of the same name.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter
from typing import Any

from sqlalchemy import event, select

from bench.filling.programme import AT, on_postgresql, on_sqlite
from desk.assembling import assemble
from desk.holding import listening
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import cookie_name, new_secret
from desk.web_server import desk_server
from models.database import Database
from models.enums import Role, SignInWay, SubmissionStage
from models.people import Person, PersonRole
from models.submission import Submission
from review.actions.signing_in import begin_sign_in

MOST_QUERIES = 12
P95_MS, PAGES_A_SECOND = 50.0, 150.0
HOST = "127.0.0.1"
CONNECTIONS = 8
VIEWS = (
    "/?show=mine",
    "/?show=unassigned",
    "/?show=today",
    "/?show=breaching",
    "/?show=partner",
    "/?show=graduation",
    "/?kind=launch&stage=in_review",
    "/?q=gull+3-17",
    "/?q=nothing+like+it",
)


def said(words: str) -> None:
    print(words, flush=True)


@dataclass
class Milliseconds:
    """What something took, again and again."""

    taken: list[float] = field(default_factory=list)

    @contextmanager
    def timed(self) -> Iterator[None]:
        begun = perf_counter()
        yield
        self.taken.append(1_000 * (perf_counter() - begun))

    @property
    def p50(self) -> float:
        return round(median(self.taken), 2)

    @property
    def p95(self) -> float:
        return round(quantiles(self.taken, n=20)[-1], 2)


# --- in this process --------------------------------------------------------------------------------------------------


class Visitor:
    """Asks the application itself, without a server between."""

    def __init__(self, database: Database, cookie: str) -> None:
        self.app = application(database)
        self.cookie = cookie
        self.loop = asyncio.new_event_loop()

    def get(self, address: str) -> bytes:
        return self.loop.run_until_complete(self._get(address))

    async def _get(self, address: str) -> bytes:
        path, _, query = address.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(b"host", HOST.encode()), (b"cookie", self.cookie.encode())],
            "client": (HOST, 1),
            "server": (HOST, 80),
            "state": {},
        }
        answered: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            answered.append(message)

        await self.app(scope, receive, send)
        if answered[0]["status"] != 200:
            raise SystemExit(f"{address} answered {answered[0]['status']}")
        return b"".join(message.get("body", b"") for message in answered[1:])


def application(database: Database) -> Any:
    return assemble(Desk(database, lambda: AT), names=LOOPBACK_NAMES)


Statements = Sequence[tuple[str, Any]]


def asked_by(database: Database, visit: Callable[[], object]) -> Statements:
    """The statements of a page and their parameters, as the driver gets them."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    visit()
    event.remove(database.engine, "before_cursor_execute", note)
    return found


@contextmanager
def bare(database: Database, statements: Statements) -> Iterator[Callable[[], None]]:
    """The same statements asked of the driver in one transaction, every row fetched."""
    held = database.engine.raw_connection()
    cursor = held.cursor()

    def ask() -> None:
        for statement, parameters in statements:
            cursor.execute(statement, parameters)
            cursor.fetchall()

    if not database.is_postgresql:
        cursor.execute("BEGIN")
    yield ask
    held.rollback()
    held.close()


def beside_bare_sql(database: Database, visitor: Visitor, address: str, rounds: int) -> dict[str, Any]:
    for _ in range(15):
        visitor.get(address)
    statements = asked_by(database, lambda: visitor.get(address))
    page, sql = Milliseconds(), Milliseconds()
    with bare(database, statements) as ask:
        for _ in range(15):
            ask()
        for _ in range(rounds):
            with page.timed():
                visitor.get(address)
            with sql.timed():
                ask()
    if len(statements) > MOST_QUERIES:
        raise SystemExit(f"{address} asks {len(statements)} queries; {MOST_QUERIES} are allowed")
    return {
        "queries": len(statements),
        "page_p50_ms": page.p50,
        "page_p95_ms": page.p95,
        "bare_sql_p50_ms": sql.p50,
        "bare_sql_p95_ms": sql.p95,
        "ratio": round(page.p50 / sql.p50, 2),
    }


# --- through a server -------------------------------------------------------------------------------------------------


def serve(address: str, listener: socket.socket) -> None:
    """As `launch-review up` serves it, in a process of its own."""
    desk_server(application(Database(address))).run(sockets=[listener])


@contextmanager
def served(address: str) -> Iterator[int]:
    with listening(HOST, 0) as listener:
        port = listener.getsockname()[1]
        running = multiprocessing.get_context("fork").Process(target=serve, args=(address, listener), daemon=True)
        running.start()
    deadline = time.monotonic() + 20
    while True:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
            break
        except OSError:
            if time.monotonic() > deadline:
                raise SystemExit("the server did not start") from None
            time.sleep(0.05)
    try:
        yield port
    finally:
        running.terminate()
        running.join(10)


class Client:
    """One kept connection. It reads answers to their end and looks at nothing in them: it shares the cores."""

    def __init__(self, port: int, cookie: str) -> None:
        self.connection = socket.create_connection((HOST, port), timeout=30)
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.head = f"\r\nHost: {HOST}\r\nCookie: {cookie}\r\n\r\n".encode()

    def get(self, address: str) -> int:
        self.connection.sendall(b"GET " + address.encode() + b" HTTP/1.1" + self.head)
        received = self.connection.recv(1 << 18)
        while b"\r\n\r\n" not in received:
            received += self.connection.recv(1 << 18)
        head, _, body = received.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"{address} answered {head[:40]!r}")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        read = len(body)
        while read < length:
            read += len(self.connection.recv(1 << 18))
        return length


def over_the_wire(address: str, cookie: str, pages: dict[str, str], rounds: int, seconds: float) -> dict[str, Any]:
    with served(address) as port:
        client = Client(port, cookie)
        took = {name: Milliseconds() for name in pages}
        for number in range(rounds + 20):
            for name, page in pages.items():
                with took[name].timed():
                    client.get(page)
                if number < 20:
                    took[name].taken.clear()
    before = children_seconds()
    with served(address) as port:
        rate, under_load = rate_of(port, cookie, pages["queue"], seconds)
    cpu = 1_000 * (children_seconds() - before) / (rate * seconds)
    return {
        **{f"{name}_p50_ms": one.p50 for name, one in took.items()},
        **{f"{name}_p95_ms": one.p95 for name, one in took.items()},
        "queue_pages_a_second": rate,
        "p95_ms_under_that_load": under_load,
        "server_cpu_ms_a_queue_page": round(cpu, 2),
    }


def children_seconds() -> float:
    """CPU time of the servers that have ended: what a page costs, whatever else the machine does meanwhile."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def rate_of(port: int, cookie: str, page: str, seconds: float) -> tuple[float, float]:
    """Pages a second over several connections, and their p95 meanwhile."""
    took = [Milliseconds() for _ in range(CONNECTIONS)]
    until = perf_counter() + seconds

    def keep_asking(mine: Milliseconds) -> None:
        client = Client(port, cookie)
        while perf_counter() < until:
            with mine.timed():
                client.get(page)

    begun = perf_counter()
    threads = [threading.Thread(target=keep_asking, args=(one,)) for one in took]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = Milliseconds([value for one in took for value in one.taken])
    return round(len(every.taken) / (perf_counter() - begun), 1), every.p95


# --- both -------------------------------------------------------------------------------------------------------------


def measured(address: str, rounds: int, seconds: float) -> dict[str, Any]:
    database = Database(address)
    try:
        cookie, submission_id = signed_in(database)
        visitor = Visitor(database, cookie)
        pages = {"queue": "/", "submission": f"/submissions/{submission_id}"}
        found: dict[str, Any] = {name: beside_bare_sql(database, visitor, page, rounds) for name, page in pages.items()}
        for name, figures in found.items():
            said(f"  {name}: {figures}")
        found["views_p50_p95_ms"] = {}
        for view in VIEWS:
            took = Milliseconds()
            for number in range(8 + max(rounds // 10, 20)):
                with took.timed():
                    visitor.get(view)
                if number < 8:
                    took.taken.clear()
            found["views_p50_p95_ms"][view] = took.p50, took.p95
        said(f"  views, p50 and p95 in ms: {found['views_p50_p95_ms']}")
    finally:
        database.close()
    found["server"] = over_the_wire(address, cookie, pages, rounds, seconds)
    said(f"  through a server: {found['server']}")
    return found


def signed_in(database: Database) -> tuple[str, int]:
    """The cookie of a lead, and a submission that is in review."""
    secret = new_secret()
    with database.write.begin() as session:
        lead = session.scalars(select(Person).join(PersonRole).where(PersonRole.role == Role.LEAD)).first()
        assert lead is not None
        begin_sign_in(session, lead, secret=secret, way=SignInWay.LINK, at=AT)
        in_review = select(Submission.id).where(Submission.stage == SubmissionStage.IN_REVIEW).order_by(Submission.id)
        submission_id = session.scalars(in_review.limit(1)).one()
    return f"{cookie_name(f'http://{HOST}')}={secret}", submission_id


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--copies", type=int, default=250, help="how often the 402 submissions are there")
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=10.0, help="how long the server is kept busy")
    parser.add_argument("--postgres", default=os.environ.get("TEST_DATABASE_URL", ""))
    parser.add_argument("--filled", action="append", default=[], help="a database that was filled before; several")
    options = parser.parse_args()
    results: dict[str, Any] = {}
    for address in options.filled:
        said(address.partition(":")[0])
        results[address.partition(":")[0].partition("+")[0]] = measured(address, options.rounds, options.seconds)
    with ExitStack() as stack:
        for name, filled in (
            ("sqlite", lambda: on_sqlite(options.copies)),
            ("postgresql", lambda: on_postgresql(options.copies, options.postgres)),
        ):
            if options.filled:
                break
            said(name)
            address = stack.enter_context(filled())
            results[name] = measured(address, options.rounds, options.seconds)
    ratio = max(results[name]["queue"]["ratio"] for name in results)
    p95 = max(results[name]["server"][f"{page}_p95_ms"] for name in results for page in ("queue", "submission"))
    rate = min(results[name]["server"]["queue_pages_a_second"] for name in results)
    within = p95 <= P95_MS and rate >= PAGES_A_SECOND
    summary = {"bench": "desk", "ratio": ratio, "worst_p95_ms": p95, "queue_pages_a_second": rate, "within_aim": within}
    print(json.dumps({**summary, **results}))


if __name__ == "__main__":
    main()
