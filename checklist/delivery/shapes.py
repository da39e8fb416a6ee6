"""The Spec's calls as JSON Schemas (2020-12) of our own, and what can be read from them.

Source: the programme's Spec. `schemas/common.json` is what every call carries, the others are one call each; an
`examples` in each is what test calls are made of.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from models.enums import SpecCall

COMMON: Final = "common"
CUSTOMER_FIELDS: Final = ("traits", "properties")
"""The parts of a call whose fields customers name."""

_FOLDER: Final = files("checklist") / "delivery" / "schemas"


@cache
def schema(name: str) -> dict[str, Any]:
    """The schema of a call, or of COMMON. Shared: not to be changed."""
    document: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return document


def example(name: str) -> dict[str, Any]:
    """What the schema gives as an example, fresh for each caller; without what COMMON has."""
    first: dict[str, Any] = json.loads(_example(name))
    return first


@cache
def _example(name: str) -> str:
    # Reading JSON makes a fresh value in a fifth of the time that copying one takes.
    return json.dumps(schema(name)["examples"][0])


def part_of_customers(call: SpecCall) -> str | None:
    """The part of this call whose fields customers name; none where it has none."""
    return next((part for part in CUSTOMER_FIELDS if part in schema(call)["properties"]), None)


def reserved(call: SpecCall) -> frozenset[str]:
    """Fields of traits or properties that the Spec names itself."""
    part = part_of_customers(call)
    return frozenset(schema(call)["properties"][part].get("properties", ())) if part is not None else frozenset()


def required(call: SpecCall) -> tuple[str, ...]:
    """What this call carries besides somebody it is about."""
    return tuple(name for name in schema(call).get("required", ()) if name != "userId")
