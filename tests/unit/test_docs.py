"""The pages for people, held against what is there: links lead somewhere, and commands are those of the program."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(#[^)\s]+)?\)")
CODE = re.compile(r"```[a-z]*\n(.*?)```|`([^`]+)`", re.DOTALL)
COMMAND = re.compile(r"(?:^|[\s/$(])launch-review[ \t]+(.*)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {"#" + re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def commands(page: Path) -> Iterator[str]:
    """As far as what follows a command on its line: a comment, a pipe, another command."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    for block in CODE.finditer(text):
        for line in (block[1] or block[2]).splitlines():
            if found := COMMAND.search(line):
                yield re.split(r"\s+#|[|>;&]", found[1])[0].strip()


def wrong_with(command: str) -> str:
    """The word that the program does not know; empty: it knows all of it."""
    at, words = app, command.split()
    while words and words[0] in set(at):
        at = at[words.pop(0)]
    if at is app or (at.default_command is None and words):
        return words[0]
    options = {word.partition("=")[0] for word in words if re.match(r"--[a-z]", word)}
    known = {name for argument in at.assemble_argument_collection() for name in argument.names}
    return next(iter(options - known - {"--help"}), "")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page):
    for path, anchor in LINK.findall(page.read_text("utf-8")):
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), path
        assert not anchor or there.suffix != ".md" or anchor in anchors(there), path + anchor


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_is_the_programs(page):
    wrong = {command: word for command in commands(page) if (word := wrong_with(command))}
    assert wrong == {}


@pytest.mark.parametrize("command", ["clam 7", "db sweep", "claim 7 --as-of rosa"])
def test_what_the_program_does_not_know_is_noticed(command):
    assert wrong_with(command)


def test_there_are_commands_on_the_pages():
    assert sum(len(list(commands(page))) for page in PAGES) > 100
