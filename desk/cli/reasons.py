"""`launch-review reasons`: what reviewers choose from when they ask for changes, kept by the programme."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from checklist.document import read_document
from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, AsPerson, say, say_json, table, tell
from desk.published.reasons import reason_as_json
from desk.wiring import open_ports, writing
from review.actions import reasoning
from review.actions.reasoning import Change, Difference
from review.finding_people import person_called
from review.finding_submissions import submission_called
from review.reasons import ReasonUnknown, library, offered, reason_called
from review.reasons_entry import ReasonEntry, ReasonInvalid, entries_of

app = App(name="reasons", help="The reasons library: what is said to partners again and again, with links and days.")

WRONG_INPUT = 2
HEAD = ("key", "version", "fix_by_business_days", "items", "title")


@app.command(name="list")
def list_(
    *,
    for_: Annotated[
        str | None, Parameter(name="--for", help="A submission: what fits it comes first, as it is offered there.")
    ] = None,
    retired: Annotated[bool, Parameter(negative="", help="Also those that are offered no more.")] = False,
    json: AsJson = False,
) -> int:
    """Every reason that is offered, by key."""
    if for_ is not None and retired:
        raise InputWrong("reasons list: --retired goes without --for; what is retired is offered nowhere")
    ports = open_ports()
    with ports.database.read() as session:
        entries = {entry.row.key: entry for entry in library(session, retired=retired)}
        if for_ is not None:
            fitting = offered(session, submission_called(session, for_), ports.now())
            entries = {reason.key: entries[reason.key] for reason in fitting}
        documents: list[dict[str, Any]] = [{**reason_as_json(entry)} for entry in entries.values()]
    if json:
        say_json(documents)
    elif documents:
        say(*table(HEAD, [[_cell(one[column]) for column in HEAD] for one in documents]))
    else:
        tell("the library is empty; write one with `reasons set`, or many with `reasons import FILE`")
    return 0


@app.command
def show(key: str, /, *, json: AsJson = False) -> int:
    """One reason in the words it has now."""
    ports = open_ports()
    with ports.database.read() as session:
        document = reason_as_json(reason_called(session, key))
    if json:
        say_json(document)
        return 0
    width = max(len(name) for name in document)
    say(*(f"{name.ljust(width)}  {_cell(value)}".rstrip() for name, value in document.items()))
    return 0


@app.command(name="set")
def set_(
    key: str,
    /,
    *,
    as_: AsPerson,
    title: Annotated[str | None, Parameter(help="One line, as reviewers choose it.")] = None,
    text: Annotated[str | None, Parameter(help="What the partner reads.")] = None,
    item: Annotated[
        list[str] | None, Parameter(negative="", help="The id of an item it speaks of; may be repeated.")
    ] = None,
    link: Annotated[
        list[str] | None, Parameter(negative="", help="Where the partner reads more; may be repeated.")
    ] = None,
    fix_by: Annotated[
        int | None, Parameter(help="Business days of the team's calendar, counted from the decision.")
    ] = None,
    without: Annotated[
        list[Literal["items", "links", "fix-by"]] | None,
        Parameter(negative="", help="What a reason that is there shall have no more; may be repeated."),
    ] = None,
    json: AsJson = False,
) -> int:
    """Write a reason, or change one: what is not given stays. Decisions keep the words they were made with."""
    given = {"title": title, "text": text, "items": item, "links": link, "fix_by_business_days": fix_by}
    said = {name: value for name, value in given.items() if value is not None}
    cleared = _cleared(without or [], said)
    ports = open_ports()
    with writing(ports) as session:
        person = person_called(session, as_)
        try:
            stands = reasoning.as_entry(reason_called(session, key)).model_dump()
        except ReasonUnknown:
            stands = {"key": key}
        entry = ReasonEntry.parse({**stands, **cleared, **said}, f"reasons set {key}")
        differs = reasoning.set_reason(session, entry, by=person, at=ports.now())
        document = reason_as_json(reason_called(session, key))
    if json:
        say_json({**document, "change": differs.change.value})
    else:
        tell(f"reason {key}, version {document['version']}: {_in_words(differs)}")
    return 0


@app.command
def retire(key: str, /, *, as_: AsPerson) -> int:
    """Offer a reason no more; decisions made with it stay as they are. `reasons set KEY` offers it again."""
    ports = open_ports()
    with writing(ports) as session:
        changed = reasoning.retire(session, key, by=person_called(session, as_), at=ports.now())
    tell(f"reason {key} is retired" if changed else f"reason {key} was retired already")
    return 0


@app.command(name="import")
def import_(
    file: Path,
    /,
    *,
    as_: AsPerson,
    dry_run: Annotated[bool, Parameter(negative="", help="Only show what would change; nothing is written.")] = False,
    json: AsJson = False,
) -> int:
    """Write the reasons of a .toml, .yaml or .json file: all of them, or none when a row is wrong. Twice is once."""
    try:
        entries = entries_of(read_document(file), file.name)
    except ReasonInvalid as invalid:
        tell(*(f"launch-review: {' '.join(mistake.split())}" for mistake in invalid.mistakes))
        return WRONG_INPUT
    ports = open_ports()
    with writing(ports) as session:
        person, at = person_called(session, as_), ports.now()
        if dry_run:
            reasoning.refuse("of a file", by=person, at=at)
            differ = [reasoning.difference(session, entry) for entry in entries]
        else:
            differ = reasoning.set_all(session, entries, by=person, at=at)
    if json:
        say_json([{"key": one.key, "change": one.change.value, "changed": list(one.parts)} for one in differ])
        return 0
    if moved := [one for one in differ if one.change is not Change.SAME]:
        say(*table(("key", "change"), [(one.key, _in_words(one)) for one in moved]))
    tell(_summed_up(differ, dry_run=dry_run))
    return 0


def _cleared(without: Sequence[str], said: dict[str, Any]) -> dict[str, Any]:
    """What `--without` empties. InputWrong for what is given as well."""
    empty: dict[str, tuple[str, Any]] = {
        "items": ("items", ()),
        "links": ("links", ()),
        "fix-by": ("fix_by_business_days", None),
    }
    for name in without:
        if empty[name][0] in said:
            raise InputWrong(f"reasons set: --without {name} and a value for it; expected one of both")
    return dict(empty[name] for name in without)


def _in_words(differs: Difference) -> str:
    parts = ", ".join(part.replace("_", " ") for part in differs.parts)
    return f"{differs.change.value} ({parts})" if parts else differs.change.value


def _summed_up(differ: Sequence[Difference], *, dry_run: bool) -> str:
    counts = [(sum(one.change is change for one in differ), change.value) for change in Change]
    told = ", ".join(f"{count} {name}" for count, name in counts if count)
    return f"{told}; nothing was written" if dry_run else told


def _cell(value: Any) -> str:
    return ", ".join(value) if isinstance(value, list) else "" if value is None else str(value)
