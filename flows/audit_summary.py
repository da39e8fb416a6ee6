"""What one audit run came to, as a page for Prefect: counts, what has fallen, what is ready, with links to the desk."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from sqlalchemy import select

from flows.wiring import Ports
from models.audit import AuditEntry
from models.enums import AuditGrade, IntegrationStage
from models.integration import Integration

MOST: Final = 50
"""So many of a list are named; the run's page has all."""


def markdown(here: Ports, run_id: int, counts: Mapping[str, int]) -> str:
    """The page; nothing in it is marked up but what we write ourselves."""
    desk = here.programme.base_url
    with here.database.read() as session:
        rows = session.execute(
            select(
                Integration.slug, Integration.stage, AuditEntry.grade, AuditEntry.ready_for_public, AuditEntry.outcomes
            )
            .join(AuditEntry.integration)
            .where(AuditEntry.audit_run_id == run_id)
            .order_by(Integration.slug)
        ).all()
    fallen = [
        f"{_link(desk, slug)}: {', '.join(outcomes.get('failed', ())) or 'see there'}"
        for slug, _, grade, _, outcomes in rows
        if grade is AuditGrade.REGRESSED
    ]
    ready = [_link(desk, slug) for slug, stage, _, ready, _ in rows if ready and stage is IntegrationStage.PUBLIC_BETA]
    parts = [
        f"# [Audit {run_id}]({desk}/audits/{run_id})\n",
        "| | integrations |\n|---|---:|",
        *(f"| {name.replace('_', ' ')} | {number} |" for name, number in counts.items()),
        *_listed("Has fallen", fallen),
        *_listed("Ready for Public", ready),
        _more(desk),
    ]
    return "\n".join(parts)


def _listed(title: str, lines: Iterable[str]) -> Iterator[str]:
    every = list(lines)
    yield f"\n## {title}: {len(every)}\n"
    yield from (f"- {line}" for line in every[:MOST])
    if len(every) > MOST:
        yield f"- and {len(every) - MOST} more"


def _link(desk: str, slug: str) -> str:
    return f"[{slug}]({desk}/integrations/{slug})"


def _more(desk: str) -> str:
    reports = ("readiness", "graduation", "drift")
    return "\n" + " · ".join(f"[{name.capitalize()}]({desk}/reports/{name})" for name in reports)
