"""Reading what people write: submissions and rulebooks as .toml, .yaml or .json, safely and with clear complaints."""

import json
import re
import tomllib
from collections import Counter
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
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that JSON can name and no database stores: NUL, and half of a pair."""
MOST_VALUES = 20_000
"""Tables, lists and values in a document; real ones have some hundred."""

_LONGEST_NUMBER = 40
# tomllib keeps every beginning of a dotted key: a line of 40,000 characters would take gigabytes.
_PART = r"""(?:[A-Za-z0-9_-]++|"(?:[^"\\\n]|\\.)*+"|'[^'\n]*+')"""
_DOTTED = re.compile(rf"""(?<![\w.-])(?:{_PART}[ \t]*+\.[ \t]*+){{{DEEPEST}}}[A-Za-z0-9_"'-]""")
_TOO_MANY = f"saw more than {MOST_VALUES:,} values, expected a short document"
_TOO_LONG = f"saw a number of more than {_LONGEST_NUMBER} digits, expected a shorter one"
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})


class DocumentUnreadable(Exception):
    """A file that is no document; the message says which file, what was seen and what was expected."""


def load_document(path: Path) -> Dossier:
    """The submission in a file; DocumentUnreadable or DossierInvalid, each naming the file."""
    return Dossier.parse(read_document(path), path.name)


def load_rulebook(path: Path) -> Rulebook:
    """The rulebook in a file, with everything in it something this release can do.

    Raises DocumentUnreadable or RulebookInvalid, each naming the file.
    """
    return usable_rulebook(read_document(path), path.name)


def usable_rulebook(document: Mapping[str, Any], name: str) -> Rulebook:
    """A rulebook that this release can do all of; RulebookInvalid with every mistake, each naming `name`."""
    rulebook = Rulebook.parse(document, name)
    if mistakes := tuple(unsupported(rulebook)):
        raise RulebookInvalid(name, mistakes)
    return rulebook


def read_document(path: Path) -> Mapping[str, Any]:
    """The table a file holds, by its ending."""
    name = path.name
    if path.suffix.lower() not in READERS:
        raise DocumentUnreadable(
            f"{name}: saw the ending {path.suffix or '(none)'!r}, expected one of {', '.join(READERS)}"
        )
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise DocumentUnreadable(f"{path}: could not be opened ({reason}); check the path") from error
    return parse_document(content, path.suffix.lower(), name)


def parse_document(content: bytes, ending: str, name: str) -> Mapping[str, Any]:
    """The table that bytes hold, read as a file with that ending (of READERS); `name` is what complaints call it."""
    if len(content) > LARGEST_FILE:
        raise DocumentUnreadable(f"{name}: saw more than {LARGEST_FILE:,} bytes, expected a short document")
    try:
        document = READERS[ending](content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise DocumentUnreadable(f"{name}: byte {error.start} is no UTF-8; save the file as UTF-8") from error
    except (ValueError, yaml.YAMLError) as error:
        raise DocumentUnreadable(f"{name}: {_in_one_line(error)}") from error
    except RecursionError as error:
        raise DocumentUnreadable(f"{name}: saw tables nested without end, expected at most {DEEPEST} levels") from error
    if not isinstance(document, Mapping):
        seen = "nothing" if document is None else f"a {type(document).__name__}"
        raise DocumentUnreadable(f"{name}: saw {seen}, expected a table of keys and values")
    if (trouble := _trouble(document)) is not None:
        raise DocumentUnreadable(f"{name}: {trouble}")
    return document


class _PlainLoader(yaml.SafeLoader):
    """YAML without anchors, which grow without bound, without the same key twice, and never without end."""

    nodes = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        self.nodes += 1
        if self.nodes > MOST_VALUES:
            raise ValueError(_TOO_MANY)
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="an alias (*name) is not read; write the value out", problem_mark=event.start_mark
            )
        node = super().compose_node(parent, index)
        if isinstance(node, yaml.ScalarNode) and node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            raise yaml.MarkedYAMLError(problem=_TOO_LONG, problem_mark=node.start_mark)
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's own signature
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()  # else its own complaint follows
        seen: set[str] = set()
        for key in (key for key, _ in pairs if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                problem = f"the key {key.value!r} stands here twice"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


def _yaml(text: str) -> Any:
    try:
        return yaml.load(text, _PlainLoader)  # noqa: S506 - a SafeLoader with less
    except (LookupError, AttributeError, ArithmeticError) as error:  # PyYAML's own, for `!!bool x` and the like
        raise ValueError("a value is not of the kind its tag names, or a character cannot exist") from error


def _toml(text: str) -> Any:
    if _DOTTED.search(text):
        raise ValueError(f"saw a key of more than {DEEPEST} parts, expected a flat document")
    return tomllib.loads(text)


def _json(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_once_each, parse_constant=_no_constant)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        counted = Counter(name for name, _ in pairs)
        raise ValueError(f"the key {counted.most_common(1)[0][0]!r} stands in one table twice")
    return table


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _in_one_line(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        mark = error.problem_mark
        return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}"
    return " ".join(str(error).split())


def _trouble(document: Any) -> str | None:
    """What nothing behind this reader could take: too deep, too much, numbers and characters nobody can store."""
    count, waiting = 0, [(document, 1)]
    while waiting:
        value, level = waiting.pop()
        count += 1
        if level > DEEPEST:
            return f"saw more than {DEEPEST} levels of tables, expected a flat document"
        if count > MOST_VALUES:
            return _TOO_MANY
        if isinstance(value, int) and value.bit_length() > 4 * _LONGEST_NUMBER:
            return _TOO_LONG
        if isinstance(value, str) and UNSTORABLE.search(value):
            return "saw a character that cannot be stored (NUL, or half of a pair), expected readable text"
        inner = value if isinstance(value, list) else ()
        if isinstance(value, Mapping):
            inner = [*value, *value.values()]
        waiting.extend((child, level + 1) for child in inner)
    return None


READERS: dict[str, Callable[[str], Any]] = {".toml": _toml, ".yaml": _yaml, ".yml": _yaml, ".json": _json}
