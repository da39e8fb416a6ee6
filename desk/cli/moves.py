"""Acting on a submission or an integration from the command line: every move that a person may make."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from cyclopts import Parameter
from sqlalchemy.orm import Session

from desk.cli.errors import InputWrong
from desk.cli.moments import day_of
from desk.cli.writing import AsPerson, Reason, SeenVersion, say
from desk.viewing.team_time import TeamTime
from desk.wiring import open_ports, writing
from flows.wiring import Ports
from models.enums import DecisionKind, Outcome
from models.fall import Fall
from models.people import Person
from models.submission import Submission
from review.actions import (
    asking,
    assigning,
    attesting,
    conversing,
    deciding,
    falling,
    launching,
    revealing,
    submitting,
    undoing,
)
from review.actions.requesting_changes import PersonsFinding
from review.actions.revealing import TEST_ACCOUNT
from review.finding_people import person_called
from review.finding_submissions import integration_called, submission_called

Act = Callable[[Session, Submission, Person, datetime], object]

Text = Annotated[str, Parameter(help="What it says.")]


def claim(
    submission: str,
    *,
    as_: AsPerson,
    message: Annotated[str, Parameter(help="A word to the partner; it counts as the first response.")] = "",
    version: SeenVersion = None,
) -> int:
    """Take a submission; others see who has it and until when."""
    return _act(
        submission,
        as_,
        lambda session, one, by, at: assigning.claim(session, one, by=by, at=at, message=message, seen_version=version),
    )


def assign(submission: str, *, to: str, as_: AsPerson, version: SeenVersion = None) -> int:
    """Give a submission to a reviewer; for leads."""
    return _act(
        submission,
        as_,
        lambda session, one, by, at: assigning.assign(
            session, one, to=person_called(session, to), by=by, at=at, seen_version=version
        ),
    )


def release(submission: str, *, as_: AsPerson) -> int:
    """Let go of a submission; anybody may take it."""
    return _act(submission, as_, lambda session, one, by, at: assigning.release(session, one, by=by, at=at))


def ask(submission: str, text: Text, *, as_: AsPerson, version: SeenVersion = None) -> int:
    """Ask the partner something; the clock pauses until they answer."""
    return _act(
        submission,
        as_,
        lambda session, one, by, at: asking.ask_partner(session, one, by=by, at=at, text=text, seen_version=version),
    )


def answer(submission: str, text: Text, *, as_: AsPerson) -> int:
    """Answer the reviewer's question; the clock runs on."""
    return _act(submission, as_, lambda session, one, by, at: asking.answer(session, one, by=by, at=at, text=text))


def attest(
    submission: str,
    item: str,
    outcome: Literal["passed", "warned", "failed", "not_applicable"],
    *,
    as_: AsPerson,
    reason: Reason,
    version: SeenVersion = None,
) -> int:
    """Say of an item that it holds or does not, where a person decides."""
    return _act(
        submission,
        as_,
        lambda session, one, by, at: attesting.attest(
            session, one, item, Outcome(outcome), by=by, at=at, reason=reason, seen_version=version
        ),
    )


def waive(
    submission: str,
    item: str,
    *,
    as_: AsPerson,
    reason: Reason,
    until: Annotated[str, Parameter(help="The last day it counts, such as 2027-01-31.")],
    version: SeenVersion = None,
) -> int:
    """Let an item not hold for a while."""
    last_day = day_of("--until", until)
    return _act(
        submission,
        as_,
        lambda session, one, by, at: attesting.waive(
            session, one, item, by=by, at=at, reason=reason, until=last_day, seen_version=version
        ),
    )


def decide(
    submission: str,
    decision: Literal["approve", "request-changes", "reject"],
    *,
    as_: AsPerson,
    reason: Reason = "",
    because: Annotated[
        list[str] | None,
        Parameter(negative="", help="A key of `reasons list`, with or instead of --reason; may be repeated."),
    ] = None,
    finding: Annotated[
        list[str] | None,
        Parameter(negative="", help="ITEM=WHAT, something you found that no check did; may be repeated."),
    ] = None,
    version: SeenVersion = None,
) -> int:
    """Decide on the current revision; the reason is what the partner reads."""
    findings = [_finding(text) for text in finding or ()]
    for option, given in (("--finding", findings), ("--because", because)):
        if given and decision != "request-changes":
            raise InputWrong(f"decide: {option} goes with request-changes only")
    if not reason and not because:
        library = ", or --because KEY" if decision == "request-changes" else ""
        raise InputWrong(f"decide: saw no reason, expected --reason TEXT{library}")
    ports = open_ports()
    return _act(
        submission,
        as_,
        lambda session, one, by, at: deciding.decide(
            session,
            one,
            DecisionKind(decision.replace("-", "_")),
            by=by,
            at=at,
            reason=reason,
            findings=findings,
            because=because or (),
            seen_version=version,
            undo_for=ports.undo_for,
        ),
        ports,
    )


def undo(submission: str, *, as_: AsPerson, version: SeenVersion = None) -> int:
    """Take a decision back before the partner is told; everything stands as it did before it."""
    return _act(
        submission,
        as_,
        lambda session, one, by, at: undoing.undo(session, one, by=by, at=at, seen_version=version),
    )


def message(submission: str, text: Text, *, as_: AsPerson) -> int:
    """Write to the other side, the partner or the team, without asking for anything; whose turn it is stays."""
    return _act(
        submission, as_, lambda session, one, by, at: conversing.send_message(session, one, by=by, at=at, text=text)
    )


def reveal(submission: str, *, as_: AsPerson) -> int:
    """Show the test account's secret; who looked, and when, is kept."""
    ports = open_ports()
    with writing(ports) as session:
        one = submission_called(session, submission)
        by = person_called(session, as_)
        secret = revealing.reveal(session, one, TEST_ACCOUNT, by=by, at=ports.now(), vault=ports.vault)
    say(secret)
    return 0


def withdraw(
    submission: str,
    *,
    as_: AsPerson,
    reason: Annotated[str, Parameter(help="Why, if the reviewers should know.")] = "",
    version: SeenVersion = None,
) -> int:
    """Take a submission back."""
    return _act(
        submission,
        as_,
        lambda session, one, by, at: submitting.withdraw(
            session, one, by=by, at=at, reason=reason, seen_version=version
        ),
    )


def delist(slug: str, *, as_: AsPerson, reason: Reason) -> int:
    """Take an integration out of the catalog; it remembers where it was."""
    return _relist(slug, as_, reason, launching.delist)


def relist(slug: str, *, as_: AsPerson, reason: Reason) -> int:
    """Put an integration back where it was before it was delisted."""
    return _relist(slug, as_, reason, launching.relist)


def extend(
    slug: str,
    *,
    until: Annotated[str, Parameter(help="The new last day, as in 2026-12-31.")],
    as_: AsPerson,
    reason: Reason,
) -> int:
    """Give the partner until another day to mend what has fallen of an integration that is live; they are told."""
    return _about_falls(slug, until, as_, reason, falling.extend, "to be fixed by")


def dismiss(
    slug: str,
    *,
    until: Annotated[str, Parameter(help="The last day it is left alone; after it the team is asked again.")],
    as_: AsPerson,
    reason: Reason,
) -> int:
    """Leave an integration listed that was proposed for delisting; nobody is asked about it before that day is over."""
    return _about_falls(slug, until, as_, reason, falling.dismiss, "left listed until")


def _about_falls(slug: str, until: str, as_: str, reason: str, act: Callable[..., list[Fall]], came_to: str) -> int:
    day = day_of("--until", until)
    ports = open_ports()
    at = ports.now()
    rulebook = ports.rulebook(at.date())
    with writing(ports) as session:
        integration = integration_called(session, slug)
        today = at.astimezone(TeamTime.of(rulebook, at).zone).date()
        by = person_called(session, as_)
        falls = act(session, integration, until=day, by=by, reason=reason, rulebook=rulebook, today=today, at=at)
        line = f"{integration.slug}: {', '.join(fall.item for fall in falls)} {came_to} {day}"
    say(line)
    return 0


def _act(called: str, as_: str, act: Act, ports: Ports | None = None) -> int:
    ports = ports or open_ports()
    with writing(ports) as session:
        submission = submission_called(session, called)
        act(session, submission, person_called(session, as_), ports.now())
        session.flush()
        line = f"submission {submission.id}: {submission.stage.value}, version {submission.version}"
    say(line)
    return 0


def _relist(slug: str, as_: str, reason: str, act: Callable[..., None]) -> int:
    ports = open_ports()
    with writing(ports) as session:
        integration = integration_called(session, slug)
        act(session, integration, by=person_called(session, as_), at=ports.now(), reason=reason)
        line = f"{integration.slug}: {integration.stage.value}"
    say(line)
    return 0


def _finding(text: str) -> PersonsFinding:
    item, separator, what = text.partition("=")
    if not separator or not item.strip() or not what.strip():
        raise InputWrong(f"--finding: saw {text!r}, expected ITEM=WHAT, such as test.end_to_end='sign-up fails'")
    return PersonsFinding(item.strip(), what.strip())
