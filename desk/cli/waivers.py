"""`launch-review waivers`: what need not hold of what is live, until when, and why."""

from typing import Annotated

from cyclopts import App, Parameter

from desk.cli.moments import day_of
from desk.cli.writing import AsJson, AsPerson, Reason, say, say_json, table, tell
from desk.reporting.readiness import debt_as_json
from desk.wiring import open_ports, writing
from desk.words import counted
from review.actions import waiving
from review.actions.waiving import end_early
from review.finding_people import person_called
from review.finding_submissions import integration_called
from review.reports.debt import Sought, debts, narrowed

app = App(name="waivers", help="Waivers of what is live: list, grant or renew, end early.")

SHOWN = ("integration", "item", "until", "days_left", "days_old", "renewals", "seen", "by", "reason")


@app.command(name="list")
def list_(
    *,
    slug: Annotated[str | None, Parameter(help="Only of this integration.")] = None,
    item: Annotated[str | None, Parameter(help="Only of this item.")] = None,
    partner: Annotated[str | None, Parameter(help="Only of partners whose name has this in it.")] = None,
    ends_within: Annotated[int | None, Parameter(help="Only those with so many days left, or fewer.")] = None,
    renewed: Annotated[int, Parameter(help="Only those renewed so often, or oftener.")] = 0,
    json: AsJson = False,
) -> int:
    """Waivers that count, soonest to run out first; how old they are, how often renewed, what the last audit saw."""
    ports = open_ports()
    at = ports.now()
    with ports.database.read() as session:
        owed = debts(session, rulebook=ports.rulebook(at.date()), at=at)
    sought = Sought(slug=slug or "", partner=partner or "", item=item or "", ends_within=ends_within, renewed=renewed)
    rows = [debt_as_json(debt) for debt in narrowed(owed, sought)]
    if json:
        say_json(rows)
    else:
        say(*table(SHOWN, [[row[name] for name in SHOWN] for row in rows]))
        tell(f"{len(rows)} of {counted(len(owed), 'waiver')}")
    return 0


@app.command
def grant(
    slug: str,
    item: str,
    *,
    until: Annotated[str, Parameter(help="The last day it counts, such as 2027-01-31.")],
    as_: AsPerson,
    reason: Reason,
) -> int:
    """Let an item of what is live not hold for a while; one that counts already is renewed."""
    last = day_of("--until", until)
    ports = open_ports()
    at = ports.now()
    with writing(ports) as session:
        integration, by = integration_called(session, slug), person_called(session, as_)
        waiver = waiving.waive_live(
            session, integration, item, by=by, at=at, reason=reason, until=last, rulebook=ports.rulebook(at.date())
        )
        renewed = f", renewed {waiver.renewals} times so far" if waiver.renewals else ""
        line = f"{integration.slug}: {item} waived until {last}{renewed}"
    say(line)
    return 0


@app.command
def end(slug: str, item: str, *, as_: AsPerson, reason: Reason) -> int:
    """End the waiver of an item before its last day: from now on the item counts."""
    ports = open_ports()
    with writing(ports) as session:
        integration = integration_called(session, slug)
        end_early(session, integration, item, by=person_called(session, as_), at=ports.now(), reason=reason)
        line = f"{integration.slug}: {item} counts again"
    say(line)
    return 0
