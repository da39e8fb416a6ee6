"""`launch-review schema`: the shapes of the files people write, for editors and other programs."""

from collections.abc import Callable
from typing import Any, Literal

from checklist import dossier, promises, rulebook
from desk.cli.writing import say_json
from review import calendar_spec

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "submission": dossier.json_schema,
    "rulebook": rulebook.json_schema,
    "calendar": calendar_spec.json_schema,
    "policy": promises.json_schema,
}


def schema(kind: Literal["submission", "rulebook", "calendar", "policy"], /) -> None:
    """Print the JSON Schema of a file that people write.

    Parameters
    ----------
    kind
        Which file's shape.

    """
    say_json(SCHEMAS[kind]())
