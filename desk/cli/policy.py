"""`launch-review policy`: what the programme promises and who is told on the way, version by version."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from sqlalchemy.orm import Session

from checklist.document import read_document
from checklist.promises import PolicyInvalid, SlaPolicy
from checklist.rulebook import Rulebook
from checklist.rulebook_diff import Change, between
from desk.cli.errors import InputWrong
from desk.cli.previews import hand_out
from desk.cli.versioned import Because, DryRun, heading, print_history, tell_version
from desk.cli.versioned import history as history_of
from desk.cli.writing import AsJson, AsPerson, SeenVersion, say, say_json, table
from desk.published.terms import policy_document
from desk.wiring import open_ports, writing
from flows.wiring import Ports
from models.clock import PolicyVersion
from notifications.words import level_in_words
from review import policies, versions
from review.actions import revising
from review.finding_people import person_called

app = App(name="policy", help="What is promised: targets by gate, kind and tier, and whom their ladders tell.")

OfRulebook = Annotated[
    str | None, Parameter(help="Version of the rulebook whose submissions it is for; left out, the one in force.")
]


@app.command
def show(
    rulebook: OfRulebook = None,
    /,
    *,
    version: Annotated[int | None, Parameter(help="This version of the policy instead of the one in force.")] = None,
    json: AsJson = False,
) -> int:
    """A policy: promises, ladders, how long a claim may rest. --json prints the document, ready to edit."""
    ports = open_ports()
    of = _rulebook(ports, rulebook)
    with ports.database.read() as session:
        found = policies.as_it_stands(session, of) if version is None else _numbered(session, of, version)
        words = heading(session, found, "policy")
    policy = policies.policy_of(found)
    if json:
        say_json(policy_document(policy))
        tell_version(found, "policy")
    else:
        say(words, *_in_words(policy))
    return 0


@app.command
def history(rulebook: OfRulebook = None, /, *, json: AsJson = False) -> int:
    """Every version of a policy: who wrote it, when and why, and how many clocks it holds."""
    ports = open_ports()
    of = _rulebook(ports, rulebook)
    with ports.database.read() as session:
        rows = history_of(session, PolicyVersion, of.version)
        words = heading(session, policies.as_it_stands(session, of), "policy")
    print_history(rows, words, json=json)
    return 0


@app.command
def change(
    file: Annotated[Path, Parameter(help="The policy as it shall be, in JSON, TOML or YAML.")],
    /,
    *,
    as_: AsPerson,
    because: Because,
    rulebook: OfRulebook = None,
    version: SeenVersion = None,
    dry_run: DryRun = False,
    json: AsJson = False,
) -> int:
    """Write the next version of a policy, and choose every running clock's promise from it anew."""
    document = read_document(file)
    ports = open_ports()
    at, name = ports.now(), _rulebook(ports, rulebook).version
    if dry_run:
        with _named(file), ports.database.read() as session:
            by = person_called(session, as_)
            revising.refuse_policy(session, name, document, seen_version=version, by=by, at=at, because=because)
            preview = revising.preview_policy(session, name, document, at=at)
            before = policies.policy_of(policies.as_it_stands(session, Rulebook.load(name)))
            changes = _changes(before, SlaPolicy.model_validate(document))
        number, done = None, "nothing is written"
    else:
        with _named(file), writing(ports) as session:
            by = person_called(session, as_)
            written, preview = revising.change_policy(
                session, name, document, seen_version=version, by=by, at=at, because=because
            )
            number = written.version
            before = policies.policy_of(_numbered(session, Rulebook.load(name), number - 1))
            changes = _changes(before, policies.policy_of(written))
        done = f"policy {name} is at version {number}"
    hand_out(preview, done, json=json, changes=changes, name=name, version=number)
    return 0


def _rulebook(ports: Ports, version: str | None) -> Rulebook:
    return ports.rulebook(ports.now().date()) if version is None else Rulebook.load(version)


def _changes(before: SlaPolicy, after: SlaPolicy) -> tuple[Change, ...]:
    return between(policy_document(before), policy_document(after))


@contextmanager
def _named(file: Path) -> Iterator[None]:
    """What is wrong with a policy is told with the name of the file that says it."""
    try:
        yield
    except PolicyInvalid as error:
        raise PolicyInvalid(file.name, error.mistakes) from error


def _numbered(session: Session, of: Rulebook, version: int) -> PolicyVersion:
    found = versions.numbered(session, PolicyVersion, of.version, version)
    if found is None:
        raise InputWrong(
            f"policy {of.version} has no version {version}; `policy history {of.version}` lists those it has"
        )
    return found


def _in_words(policy: SlaPolicy) -> Iterator[str]:
    rows = [(row.name.value, row.holds_for or "any", str(row), row.calendar, row.ladder) for row in policy.targets]
    yield from table(("promise", "for", "within", "calendar", "ladder"), rows)
    yield ""
    steps = [
        (ladder, step.rung, level_in_words(step.level), ", ".join(hearer.value for hearer in step.tells))
        for ladder, rungs in policy.ladders.items()
        for step in rungs
    ]
    yield from table(("ladder", "step", "when", "tells"), steps)
    yield f"\na claim without any act rests for {policy.claim_lease_minutes} working minutes"
