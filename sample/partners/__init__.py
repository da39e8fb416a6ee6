"""The submissions of the sample programme, as its made-up partners wrote them."""

import tomllib
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent

NAMES: Final = tuple(sorted(file.stem for file in FOLDER.glob("*.toml")))
"""Every document, as in `quillharbor-launch`."""


class DocumentUnknown(LookupError):
    """No sample document has that name; the message lists those that there are."""


def path(name: str) -> Path:
    """The file of a document. Raises DocumentUnknown."""
    if name not in NAMES:
        raise DocumentUnknown(f"no sample document {name!r}; there are: {', '.join(NAMES)}")
    return FOLDER / f"{name}.toml"


def document(name: str) -> dict[str, Any]:
    """A document's content, fresh for each caller. Raises DocumentUnknown."""
    return tomllib.loads(path(name).read_text("utf-8"))
