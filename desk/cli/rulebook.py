"""`launch-review rulebook`: which rules there are, what they say, and what a new version changes."""

from collections.abc import Iterator
from pathlib import Path

from cyclopts import App

from checklist.document import load_rulebook
from checklist.rulebook import Rulebook, RulebookUnknown, versions
from checklist.rulebook_diff import diff
from desk.cli.differences import change_in_words, changes_as_document
from desk.cli.errors import InputWrong, Refused
from desk.cli.writing import AsJson, say, say_json, table, tell
from review.shadows import shadows

app = App(name="rulebook", help="The rules as versioned data: list, show, validate, compare, simulate.")
# What opens the database is read only when it is called for.
app.command("desk.cli.simulating:simulate", name="simulate")


@app.command(name="list")
def list_versions(*, json: AsJson = False) -> None:
    """The shipped versions, oldest first."""
    rulebooks = [Rulebook.load(version) for version in versions()]
    rows = [(book.version, book.valid_from.isoformat(), len(book.items), book.programme.name) for book in rulebooks]
    if json:
        say_json([dict(zip(("version", "valid_from", "items", "programme"), row, strict=True)) for row in rows])
    else:
        say(*table(("version", "from", "items", "programme"), rows))


@app.command
def show(version: str, /, *, json: AsJson = False) -> None:
    """One rulebook, item by item."""
    rulebook = _found(version)
    if json:
        say_json(rulebook.model_dump(mode="json"))
    else:
        say(*_in_words(rulebook), *_shadows_in_words(rulebook))


@app.command
def validate(file: Path, /, *, json: AsJson = False) -> None:
    """Whether a rulebook can be used: its shape, its references, and that this release has each check it names."""
    rulebook = load_rulebook(file)
    if json:
        say_json({"valid": True, "version": rulebook.version, "items": len(rulebook.items)})
    else:
        say(f"{file.name}: version {rulebook.version}, {len(rulebook.items)} items, valid")


@app.command(name="diff")
def compare(before: str, after: str, /, *, json: AsJson = False) -> None:
    """What changes between two rulebooks; each a shipped version or a file."""
    changes = diff(_found(before), _found(after))
    if json:
        say_json(changes_as_document(changes))
    else:
        say(*([change_in_words(change) for change in changes] or ["no difference"]))


def _found(name: str) -> Rulebook:
    """A shipped version, or else the file of that name; RulebookUnknown or DocumentUnreadable otherwise."""
    if name in versions():
        return Rulebook.load(name)
    if Path(name).suffix:
        return load_rulebook(Path(name))
    raise RulebookUnknown(f"no rulebook {name!r} is shipped; there are: {', '.join(versions())}, or give a file")


def _shadows_in_words(rulebook: Rulebook) -> Iterator[str]:
    """What items in shadow would do, where there are any and a database to count in."""
    if not any(item.shadow_until for item in rulebook.items):
        return
    from desk.wiring import open_ports  # noqa: PLC0415 - most rulebooks are shown without opening anything

    try:
        ports = open_ports()
    except (InputWrong, Refused) as error:
        tell(f"what items in shadow would do is not counted: {error}")
        return
    with ports.database.read() as session:
        counted = shadows(session, rulebook, on=ports.now().date())
    if counted:
        yield "\nIn shadow"
        yield from table(("item", ""), [(one.item, one.told) for one in counted.values()])


def _in_words(rulebook: Rulebook) -> Iterator[str]:
    yield f"{rulebook.version}: {rulebook.programme.name}, in force from {rulebook.valid_from}"
    kept = {"keep": "not asked", "ask": "asked, too"}.get(
        str(rulebook.grandfather), f"asked from {rulebook.grandfather}"
    )
    yield f"what has passed under an older version is {kept} of what is new or stricter"
    for gate in rulebook.gates:
        yield f"\n{gate.title} ({gate.name.value})"
        rows = [
            (
                item.id,
                item.mode.value,
                item.severity.value,
                ", ".join(item.applies_to) or "all",
                f"shadow until {item.shadow_until}" if item.shadow_until else "",
                item.title,
            )
            for item in rulebook.items_of(gate.name)
        ]
        yield from table(("item", "mode", "severity", "components", "", "title"), rows)
    yield "\nPromises"
    for target in rulebook.sla.targets:
        whom = f" for {target.holds_for}" if target.holds_for else ""
        yield f"{target.name.value}{whom}: {target} of the calendar {target.calendar}"
    yield "as this rulebook writes them; `launch-review policy show` has what is in force"
