"""The checklist as a page: every gate and item of a rulebook, as partners and reviewers read it."""

from collections.abc import Iterator

from checklist.rulebook import Gate, Item, Rulebook
from models.enums import ItemMode, Severity

DECIDED_BY = {
    ItemMode.AUTOMATIC: "a check",
    ItemMode.ASSISTED: "a person, with what a check gathered",
    ItemMode.MANUAL: "a person",
}
SEVERITY = {
    Severity.REQUIRED: "required",
    Severity.ADVISED: "advised",
    Severity.BONUS: "bonus",
}


def markdown(rulebook: Rulebook) -> str:
    """The page, ending in a newline."""
    lines = [
        f"# The checklist, rulebook {rulebook.version}",
        "",
        f"In force from {rulebook.valid_from}. Made by `make docs` from the rulebook; change that, not this page.",
        "",
        "A gate holds when every required item does, fails when one failed and is not waived, and is open while a",
        "person still has to look. What a check can't tell is unknown and never counts as failed.",
    ]
    for gate in rulebook.gates:
        lines += ["", f"## {gate.title} (`{gate.name.value}`)", *_family_tables(rulebook, gate)]
    return "\n".join(lines) + "\n"


def _family_tables(rulebook: Rulebook, gate: Gate) -> Iterator[str]:
    items = rulebook.items_of(gate.name)
    for family, title in rulebook.families.items():
        of_family = [item for item in items if item.family == family]
        if not of_family:
            continue
        yield ""
        yield f"### {title}"
        yield ""
        yield "| item | asks | decided by | of | looked at again |"
        yield "|---|---|---|---|---|"
        for item in of_family:
            yield _row(item)


def _row(item: Item) -> str:
    cells = (
        f"`{item.id}` ({SEVERITY[item.severity]})",
        f"**{item.title}.** {item.help}",
        DECIDED_BY[item.mode],
        ", ".join(kind.value for kind in item.applies_to) or "all components",
        "yes" if item.live else "no",
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    import sys
    from datetime import date

    from checklist.rulebook import current

    sys.stdout.write(markdown(current(date.max)))
