"""Which program is the browser: what the setting names, found before the first page needs it."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

SETTING: Final = "LAUNCH_REVIEW_BROWSER"
BY_NAME: Final = frozenset({"system", "chromium"})
PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome")


class BrowserUnusable(ValueError):
    """The setting names no browser that can be used; the message says what to do."""

    exit_code = 2

    def __init__(self, seen: str) -> None:
        super().__init__(f"{SETTING}: {seen}")


def find_program(setting: str) -> Path | None:
    """The browser's executable; None where the setting is empty. Raises BrowserUnusable.

    `setting` is empty (no browser), "system" or "chromium" (the system's Chromium), or the path of an executable.
    """
    chosen = setting.strip()
    if not chosen:
        return None
    program = _by_name() if chosen in BY_NAME else _by_path(chosen)
    if find_spec("playwright") is None:
        raise BrowserUnusable("the Python package playwright is missing; install launch-review[browser]")
    return program


def _by_name() -> Path:
    found = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if found is None:
        looked_for = ", ".join(PROGRAMS)
        raise BrowserUnusable(
            f"this system has no Chromium (looked for {looked_for}); install it, give its path, or leave this empty"
        )
    return Path(found)


def _by_path(chosen: str) -> Path:
    path = Path(chosen)
    if not path.is_absolute():
        raise BrowserUnusable(f"{chosen!r} is neither system nor the full path of a browser, such as /usr/bin/chromium")
    if not path.is_file() or not os.access(path, os.X_OK):
        raise BrowserUnusable(f"{path} is no program that can be run; expected Chromium's, such as /usr/bin/chromium")
    return path
