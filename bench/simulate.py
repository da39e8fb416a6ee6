"""What trying a draft of the rules costs: the simulation beside reading the same rows and doing nothing with them.

    .venv/bin/python bench/simulate.py [--integrations 500 10000]

Made-up integrations, each with a result of every item that audits look at; the draft asks for ten customers and for
one new item. Time is that of one simulation on SQLite. The database is thrown away.

The last line is JSON: `ratio` is the cost of one integration among the most over that among the fewest, which is 1
where cost grows linearly; `over_reading` is the simulation's time over reading the rows alone, at the most.
"""

import argparse
import json
import resource
import tempfile
from datetime import UTC, datetime
from time import perf_counter

from sqlalchemy import insert, select

from checklist.rulebook import Rulebook
from migrations import apply
from models.audit import AuditEntry, AuditRun
from models.database import Database
from models.enums import AuditGrade, ComponentKind, IntegrationStage, Outcome, ResultSource
from models.integration import Component, Integration
from models.people import Partner
from models.result import ItemResult
from notifications.programme import ProgrammeSettings
from review.simulating.simulation import Simulation
from review.simulating.whole import simulate

AT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
NOW = Rulebook.load("v1")
LIVE = [item for item in NOW.items if item.live]
NOBODY = ProgrammeSettings(base_url="https://desk.bench.example", channels=frozenset())


def draft() -> Rulebook:
    """Ten customers, and a second page of documentation that nobody has looked at."""
    items = []
    for item in NOW.items:
        thresholds = {**item.thresholds, "at_least": 10} if item.id == "customers.active" else item.thresholds
        items.append(item.model_copy(update={"thresholds": thresholds}))
    new = NOW.item("marketing.integrations_page").model_copy(
        update={"id": "marketing.changelog", "check": "security.guidance"}
    )
    return NOW.model_copy(update={"version": "v2", "items": (*items, new), "grandfather": "ask"})


def fill(database: Database, number: int) -> None:
    """So many live integrations, half of them public, all looked at once."""
    with database.write.begin() as session:
        session.execute(insert(Partner), [{"name": "Bench", "website": "", "created_at": AT}])
        partner = session.scalars(select(Partner.id)).one()
        stages = (IntegrationStage.PUBLIC, IntegrationStage.PUBLIC_BETA)
        session.execute(
            insert(Integration),
            [
                {
                    "id": one,
                    "slug": f"tool-{one:05}",
                    "name": f"Tool {one}",
                    "partner_id": partner,
                    "stage": stages[one % 2],
                    "stage_since": AT,
                    "last_audited_at": AT,
                    "listing": listing(one),
                }
                for one in range(1, number + 1)
            ],
        )
        ids = range(1, number + 1)
        session.execute(
            insert(Component), [{"integration_id": one, "kind": ComponentKind.PLUGIN, "methods": []} for one in ids]
        )
        session.execute(insert(AuditRun), [{"id": 1, "started_at": AT, "rulebook": "v1", "asked_by": "schedule"}])
        session.execute(
            insert(AuditEntry),
            [
                {"audit_run_id": 1, "integration_id": one, "grade": AuditGrade.HOLDS, "outcomes": {}, "done_at": AT}
                for one in ids
            ],
        )
        for one in ids:
            session.execute(
                insert(ItemResult),
                [
                    {
                        "integration_id": one,
                        "audit_run_id": 1,
                        "item": item.id,
                        "source": ResultSource.CHECK,
                        "outcome": Outcome.PASSED,
                        "summary": f"{item.id} was seen to hold",
                        "judged_at": AT,
                        "facts": {"active": 3 + one % 12} if item.id == "customers.active" else {"title": "x" * 80},
                        "evidence": [{"kind": "page", "seen": "200 text/html", "at": "2026-11-23T02:17:00Z"}],
                    }
                    for item in LIVE
                ],
            )


def listing(number: int) -> dict[str, object]:
    slug = f"tool-{number:05}"
    return {
        "external_id": f"bench-{slug}",
        "kind": "launch",
        "partner": {"name": "Bench"},
        "integration": {"slug": slug, "name": f"Tool {number}"},
        "oauth": {"page": f"https://{slug}.example/"},
    }


def tried(database: Database) -> tuple[float, Simulation]:
    began = perf_counter()
    with database.read() as session:
        found = simulate(session, draft(), now=NOW, at=AT, programme=NOBODY)
    return perf_counter() - began, found


def read(database: Database) -> float:
    """The same rows, with nothing made of them."""
    columns = (ItemResult.integration_id, ItemResult.item, ItemResult.outcome, ItemResult.summary, ItemResult.facts)
    began = perf_counter()
    with database.read() as session:
        for _ in session.execute(select(*columns).where(ItemResult.superseded_at.is_(None))):
            pass
    return perf_counter() - began


def measured(number: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/bench.sqlite"
        apply.upgrade(address)
        database = Database(address)
        fill(database, number)
        alone = read(database)
        seconds, found = tried(database)
        database.close()
    assert found.live == number
    assert len(found.lines) > number
    print(
        f"{number:>6} integrations × {len(LIVE)} items: {seconds:.2f} s, {1000 * seconds / number:.2f} ms each, ",
        end="",
    )
    print(f"{seconds / alone:.1f} times reading alone, {len(found.lines)} effects")
    return {"seconds": seconds, "each": seconds / number, "over_reading": seconds / alone}


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--integrations", type=int, nargs="+", default=[500, 10_000])
    given = asked.parse_args()
    found = [measured(number) for number in sorted(given.integrations)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "bench": "simulate",
                "ratio": round(found[-1]["each"] / found[0]["each"], 2),
                "over_reading": round(found[-1]["over_reading"], 1),
                "seconds": [round(one["seconds"], 2) for one in found],
                "peak_mb": round(memory),
            }
        )
    )


if __name__ == "__main__":
    main()
