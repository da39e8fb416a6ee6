"""Writing out how a browser showed the pages that a command looked at."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from checklist.browser import picture_type
from checklist.outcome import CheckResult
from desk.cli.errors import InputWrong

Pictures = Annotated[
    Path | None,
    Parameter(help="Write how a browser showed the pages into this folder; evidence names each file by its digest."),
]

ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg"}


def made(folder: Path) -> Path:
    """The folder, made before anything is looked at. InputWrong when it can't be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from None
    return folder


def write_pictures(results: Iterable[CheckResult], folder: Path) -> None:
    """One file per picture, named by its digest. InputWrong when the folder can't be written to."""
    pictures = (evidence.picture for result in results for evidence in result.evidence)
    files = {
        f"{picture.digest}{ENDINGS[kind]}": picture.data
        for picture in pictures
        if picture is not None and (kind := picture_type(picture.data)) is not None
    }
    try:
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as error:
        raise _unwritable(folder, error) from None


def _unwritable(folder: Path, error: OSError) -> InputWrong:
    return InputWrong(f"--pictures {folder} can't be written to ({error.strerror}); give another folder")
