"""Pictures of the desk for the documentation: `make screenshots`, or `python -m tests.journeys.desk_pictures FOLDER`."""

import base64
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from migrations import apply
from models.database import Database
from tests.fixtures.desk_server import served
from tests.fixtures.signing import ActingAs
from tests.integration.desk_story import NOW, REVIEWER, Story, nobodys_desk, story_in
from tests.journeys import chromium
from tests.journeys.small_picture import small

WIDTH, HEIGHT = 1200, 800
PARTNER: Final = "tarek@mossbeacon.example"

PICTURES: Final[Mapping[str, tuple[str, Callable[[Story], str]]]] = {
    "queue": (REVIEWER, lambda _: "/"),
    "submission": (REVIEWER, lambda story: f"/submissions/{story.ids['quillharbor']}"),
    "graduation": (REVIEWER, lambda _: "/reports/graduation"),
    "partner": (PARTNER, lambda story: f"/partner/submissions/{story.ids['mossbeacon']}"),
}
"""By the picture's name: as whom the desk is read, and which page."""


def write(folder: Path) -> None:
    found = chromium.program()
    if found is None:
        sys.exit(f"make screenshots: none of {', '.join(chromium.PROGRAMS)} is installed; `make browser` installs one")
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as scratch:
        template = Path(scratch, "template.sqlite")
        apply.upgrade(f"sqlite:///{template}")
        database = Database(f"sqlite:///{Path(scratch, 'desk.sqlite')}")
        try:
            story = story_in(database, template)
            with chromium.browser(found, Path(scratch, "profile")) as browser:
                for name, (email, page_of) in PICTURES.items():
                    desk: Any = ActingAs(nobodys_desk(database), database, email, at=NOW)
                    with served(desk) as address:
                        browser.look(width=WIDTH, height=HEIGHT)
                        browser.visit(f"{address}{page_of(story)}")
                        picture = base64.b64decode(browser.call("Page.captureScreenshot", format="png")["data"])
                        # The desk's own page lets no picture in that is made small in it.
                        browser.visit("about:blank")
                        (folder / f"{name}.png").write_bytes(small(browser, picture))
        finally:
            database.close()


if __name__ == "__main__":
    write(Path(sys.argv[1]))
