"""Places in a document, named as `components.0.api_key`: reading, writing and taking out what stands there."""

from typing import Any


def at(document: Any, path: str) -> Any:
    """What stands there; KeyError when a part of the path is no key."""
    for key in path.split("."):
        document = document[key]
    return document


def at_or_none(document: Any, path: str) -> Any:
    for key in path.split("."):
        document = document.get(key) if isinstance(document, dict) else None
    return document


def is_within(path: str, part: str) -> bool:
    return path == part or path.startswith(f"{part}.")


def drop(document: Any, path: str) -> None:
    owner, last = _owner(document, path)
    owner.pop(last, None)


def put(document: Any, path: str, value: str) -> None:
    """What leads there is made where it is missing."""
    owner, last = _owner(document, path)
    owner[last] = value


def _owner(document: Any, path: str) -> tuple[Any, str]:
    *way, last = path.split(".")
    for key in way:
        document = document[int(key)] if isinstance(document, list) else document.setdefault(key, {})
    return document, last
