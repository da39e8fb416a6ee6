"""`launch-review partners`: who builds integrations, and which tier's promises each gets."""

from typing import Annotated

from cyclopts import App, Parameter

from desk.cli.writing import AsJson, AsPerson, say, say_json, table, tell
from desk.published.people import partner_as_json, partners
from desk.wiring import open_ports, writing
from models.people import STANDARD_TIER, Partner
from review import policies
from review.actions.tiering import set_tier
from review.finding_people import partner_called, person_called

app = App(name="partners", help="Who builds integrations, and which tier's promises each gets.")


@app.command(name="list")
def list_(*, json: AsJson = False) -> int:
    """Every partner with its tier."""
    ports = open_ports()
    with ports.database.read() as session:
        found = session.execute(partners().order_by(Partner.name)).tuples().all()
    documents = [partner_as_json(*row) for row in found]
    head = ("name", "tier", "website", "integrations")
    if json:
        say_json(documents)
    elif documents:
        say(*table(head, [(one["name"], one["tier"], one["website"], one["integrations"]) for one in documents]))
    else:
        tell("no partner is known yet; one is once it has submitted")
    return 0


@app.command
def tier(
    name: Annotated[str, Parameter(help="The partner's name, as `partners list` shows it.")],
    tier: Annotated[str, Parameter(help="Such as select; the policy says what it is promised.")],
    /,
    *,
    as_: AsPerson,
) -> int:
    """Give a partner another tier: what starts from now on gets its promises, running clocks keep theirs."""
    ports = open_ports()
    at = ports.now()
    with writing(ports) as session:
        partner = partner_called(session, name)
        changed = set_tier(session, partner, tier, by=person_called(session, as_), at=at)
        line = f"{partner.name}: {partner.tier}"
        policy = policies.policy_of(policies.as_it_stands(session, ports.rulebook(at.date())))
    say(line)
    if changed:
        tell("promises that run are kept as they were made; those that start from now on are this tier's")
    else:
        tell("it has this tier already; nothing is written")
    if tier != STANDARD_TIER and not any(tier in row.tiers for row in policy.targets):
        tell(f"the policy in force promises the tier {tier} nothing of its own: `launch-review policy show`")
    return 0
