"""`launch-review nudge`: tell partners what an integration lacks for Public, before the month is over."""

from typing import Annotated, Any

from cyclopts import Parameter

from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, AsPerson, say, say_json, tell
from desk.viewing.nudging import Letter, Nudging, nudging
from desk.viewing.team_time import TeamTime
from desk.wiring import open_ports, writing
from desk.words import counted
from review.actions import nudging as verbs
from review.finding_people import person_called
from review.finding_submissions import integration_called


def nudge(
    *slugs: Annotated[str, Parameter(help="Integrations in Public Beta, by their slugs.")],
    lacking: Annotated[
        str, Parameter(help="In place of slugs: those that `report graduation --lacking` shows, such as only:ITEM.")
    ] = "",
    as_: AsPerson,
    dry_run: Annotated[bool, Parameter(negative="", help="Show the very messages, and send nothing.")] = False,
    json: AsJson = False,
) -> int:
    """Send each partner the message that says what lacks for Public; none hears of a second one within two weeks."""
    if bool(slugs) == bool(lacking):
        raise InputWrong("nudge: name integrations, or say which with --lacking; one of the two was expected")
    ports = open_ports()
    at = ports.now()
    rulebook = ports.rulebook(at.date())
    with writing(ports) as session:
        by = person_called(session, as_)
        for slug in slugs:
            integration_called(session, slug)
        found = nudging(
            session,
            slugs=slugs or None,
            lacking=lacking,
            rulebook=rulebook,
            programme=ports.programme,
            at=at,
        )
        seen = {one.slug: one.seen for one in found.letters}
        if not dry_run:
            zone = TeamTime.of(rulebook, at).zone
            verbs.nudge(session, list(seen), by=by, rulebook=rulebook, zone=zone, at=at, seen=seen)
    if json:
        say_json([*(_sent(one, sent=not dry_run) for one in found.letters), *_refused(found)])
    else:
        for one in found.letters:
            say(f"{one.slug}: to {', '.join(one.to)}")
            if dry_run:
                say(f"  Subject: {one.subject}", "", *(f"  {line}".rstrip() for line in one.text.splitlines()), "")
        tell(*(f"{one.slug}: not nudged: {one.why}" for one in found.refused))
        tell(f"{counted(len(found.letters), 'message')} {'would go' if dry_run else 'go'} out")
    return 1 if found.refused else 0


def _sent(letter: Letter, *, sent: bool) -> dict[str, Any]:
    return {
        "integration": letter.slug,
        "partner": letter.partner,
        "sent": sent,
        "refused": None,
        "to": list(letter.to),
        "subject": letter.subject,
        "text": letter.text,
    }


def _refused(found: Nudging) -> list[dict[str, Any]]:
    nothing: dict[str, Any] = {"sent": False, "to": [], "subject": None, "text": None}
    return [{"integration": one.slug, "partner": one.partner, **nothing, "refused": one.why} for one in found.refused]
