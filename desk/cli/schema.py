"""`launch-review schema`: the shapes of the files people write and of what other systems get, for programs."""

from collections.abc import Callable
from typing import Any, Literal

from checklist import dossier, promises, rulebook
from desk.cli.writing import say_json
from notifications import webhook_body
from review import calendar_spec

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "submission": dossier.json_schema,
    "rulebook": rulebook.json_schema,
    "calendar": calendar_spec.json_schema,
    "policy": promises.json_schema,
    "webhook": webhook_body.json_schema,
}


def schema(kind: Literal["submission", "rulebook", "calendar", "policy", "webhook"], /) -> None:
    """Print the JSON Schema of a file that people write, or of what webhook endpoints get.

    Parameters
    ----------
    kind
        Whose shape.

    """
    say_json(SCHEMAS[kind]())
