"""Reading what people write: submissions and rulebooks as .toml, .yaml or .json, safely and with clear complaints."""

import json
import tomllib
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

import yaml

from checklist.checks import unsupported
from checklist.dossier import Dossier
from checklist.rulebook import Rulebook, RulebookInvalid

LARGEST_FILE = 1_000_000
"""Bytes of a document that are read."""
DEEPEST = 40
"""Levels of tables and lists in a document."""


class DocumentUnreadable(Exception):
    """A file that is no document; the message says which file, what was seen and what was expected."""


def load_document(path: Path) -> Dossier:
    """The submission in a file; DocumentUnreadable or DossierInvalid, each naming the file."""
    return Dossier.parse(read_document(path), path.name)


def load_rulebook(path: Path) -> Rulebook:
    """The rulebook in a file, with everything in it something this release can do.

    Raises DocumentUnreadable or RulebookInvalid, each naming the file.
    """
    rulebook = Rulebook.parse(read_document(path), path.name)
    if mistakes := tuple(unsupported(rulebook)):
        raise RulebookInvalid(path.name, mistakes)
    return rulebook


def read_document(path: Path) -> Mapping[str, Any]:
    """The table a file holds, by its ending."""
    name, read = path.name, READERS.get(path.suffix.lower())
    if read is None:
        raise DocumentUnreadable(
            f"{name}: saw the ending {path.suffix or '(none)'!r}, expected one of {', '.join(READERS)}"
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DocumentUnreadable(f"{path}: could not be opened ({reason}); check the path") from error
    if len(content) > LARGEST_FILE:
        raise DocumentUnreadable(f"{name}: saw more than {LARGEST_FILE:,} bytes, expected a short document")
    try:
        document = read(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(f"{name}: byte {error.start} is no UTF-8; save the file as UTF-8") from error
    except (ValueError, yaml.YAMLError) as error:
        raise DocumentUnreadable(f"{name}: {_in_one_line(error)}") from error
    except RecursionError as error:
        raise DocumentUnreadable(f"{name}: saw tables nested without end, expected at most {DEEPEST} levels") from error
    if not isinstance(document, Mapping):
        seen = "nothing" if document is None else f"a {type(document).__name__}"
        raise DocumentUnreadable(f"{name}: saw {seen}, expected a table of keys and values")
    if _depth(document) > DEEPEST:
        raise DocumentUnreadable(f"{name}: saw more than {DEEPEST} levels of tables, expected a flat document")
    return document


class _PlainLoader(yaml.SafeLoader):
    """YAML without anchors, which grow without bound, and without the same key twice."""

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="an alias (*name) is not read; write the value out", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        keys = [key.value for key, _ in node.value]
        for position, key in enumerate(keys):
            if key in keys[:position]:
                mark = node.value[position][0].start_mark
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} stands here twice", problem_mark=mark)
        return super().construct_mapping(node, deep=deep)


def _yaml(text: str) -> Any:
    return yaml.load(text, _PlainLoader)  # noqa: S506 - a SafeLoader with less


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands in one table twice")
    return table


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _in_one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _depth(value: Any) -> int:
    deepest, waiting = 0, [(value, 1)]
    while waiting:
        inner, level = waiting.pop()
        deepest = max(deepest, level)
        if level > DEEPEST:
            return level
        children = inner.values() if isinstance(inner, Mapping) else inner if isinstance(inner, list) else ()
        waiting.extend((child, level + 1) for child in children if isinstance(child, Mapping | list))
    return deepest


READERS: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".yaml": _yaml, ".yml": _yaml, ".json": _json}
