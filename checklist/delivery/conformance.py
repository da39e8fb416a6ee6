"""Whether a call has the shape that the Spec gives it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it ships no types
from referencing import Registry, Resource

from checklist.delivery.shapes import COMMON, schema
from models.enums import SpecCall

WORDS: Final = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "object": "an object",
    "array": "a list",
    "boolean": "true or false",
    "null": "nothing",
}
"""JSON's types for people."""


@dataclass(frozen=True, slots=True)
class Departure:
    """One place where a call is not as the Spec has it. `where` is a key path; no value is repeated."""

    where: str
    rule: str
    """The keyword of JSON Schema that does not hold, such as `required`."""
    seen: str


def departures(body: Mapping[str, Any], call: SpecCall) -> Iterator[Departure]:
    """What is wrong with the shape of a call, in the order of the schema."""
    for error in _validator(call).iter_errors(body):
        where = ".".join(str(key) for key in error.absolute_path)
        if error.validator != "required":
            yield Departure(where, error.validator, _told(error))
    # The library tells of each missing field with the same values; only the calls themselves require any.
    for name in schema(call).get("required", ()):
        if name not in body:
            yield Departure(name, "required", f"missing, and {call} calls need it")


def _told(error: Any) -> str:
    match error.validator:
        case "type":
            expected = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
            told = " or ".join(WORDS[name] for name in expected if name != "null")
            return f"{_word_of(error.instance)} where the Spec has {told}"
        case "const":
            return f"another type than {error.validator_value}"
        case "minLength":
            return "empty"
        case "maxLength":
            return f"longer than {error.validator_value} characters"
        case "pattern":
            return "no instant as in ISO 8601" if error.instance.strip() else "empty"
        case _:
            return "neither a userId nor an anonymousId"


def _word_of(value: object) -> str:
    match value:
        case bool():
            return WORDS["boolean"]
        case None:
            return WORDS["null"]
        case str():
            return WORDS["string"]
        case int() | float():
            return WORDS["number"]
        case list():
            return WORDS["array"]
        case _:
            return WORDS["object"]


@cache
def _validator(call: SpecCall) -> Any:
    return Draft202012Validator(schema(call), registry=_registry())


@cache
def _registry() -> Any:
    documents = [schema(name) for name in (COMMON, *SpecCall)]
    return Registry().with_resources([(document["$id"], Resource.from_contents(document)) for document in documents])
