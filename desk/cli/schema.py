"""`launch-review schema`: the shapes of the files people write, for editors and other programs."""

from collections.abc import Callable
from typing import Any, Literal

from checklist import dossier, rulebook
from desk.cli.writing import say_json

SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "submission": dossier.json_schema,
    "rulebook": rulebook.json_schema,
}


def schema(kind: Literal["submission", "rulebook"], /) -> None:
    """Print the JSON Schema of a submission file or of a rulebook.

    Parameters
    ----------
    kind
        Which file's shape.

    """
    say_json(SCHEMAS[kind]())
