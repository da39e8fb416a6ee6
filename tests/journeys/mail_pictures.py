"""Pictures of every mail for the documentation: `make screenshots`, or `python -m tests.journeys.mail_pictures FOLDER`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from models.enums import ChannelName, EventName
from notifications.channels.letter import Sender
from notifications.previewing import Preview, previews
from notifications.programme import ProgrammeSettings
from notifications.rendering import Renderer
from tests.journeys import chromium
from tests.journeys.small_picture import small

WIDTH: Final = 640
SCHEMES: Final = ("light", "dark")
PROGRAMME: Final = ProgrammeSettings(base_url="https://desk.example", channels=frozenset(ChannelName))
SENDER: Final = Sender("Launch Review <launch-review@desk.example>")

HEAD: Final = """# Every mail, in light and in dark

Made by `make screenshots` from the sample data; change the templates and make them anew, not this page.
"""


def mails() -> Iterator[Preview]:
    """Every mail once, in the order of the events: what several audiences or events hear in the same words is one."""
    renderer, seen = Renderer(PROGRAMME), set()
    for event in EventName:
        for one in previews(event, renderer, SENDER):
            if one.channel is ChannelName.MAIL and one.template not in seen:
                seen.add(one.template)
                yield one


def index() -> str:
    """The page that shows the pictures side by side."""
    rows = [HEAD]
    for mail in mails():
        pictures = " | ".join(f"![in {scheme}]({picture_name(mail, scheme)})" for scheme in SCHEMES)
        rows += [f"## `{mail.template}`\n\n{mail.title}\n\n| light | dark |\n|---|---|\n| {pictures} |\n"]
    return "\n".join(rows)


def picture_name(mail: Preview, scheme: str) -> str:
    return f"{mail.template}.{scheme}.png"


def page(mail: Preview, scheme: str) -> bytes:
    return next(content for name, content in mail.files.items() if name.endswith(f".{scheme}.html"))


def write(folder: Path) -> None:
    """Pictures and page; those of mails that are no more are taken away."""
    found = chromium.program()
    if found is None:
        sys.exit(f"make screenshots: none of {', '.join(chromium.PROGRAMS)} is installed; `make browser` installs one")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    with TemporaryDirectory() as scratch, chromium.browser(found, Path(scratch, "profile")) as browser:
        for mail in mails():
            for scheme in SCHEMES:
                shown = Path(scratch, "mail.html")
                shown.write_bytes(page(mail, scheme))
                (folder / picture_name(mail, scheme)).write_bytes(taken(browser, shown.as_uri()))
    (folder / "README.md").write_text(index(), "utf-8")


def taken(browser: chromium.Browser, address: str) -> bytes:
    """The whole page, as high as it is."""
    browser.look(width=WIDTH, height=100)
    browser.visit(address)
    browser.look(width=WIDTH, height=browser.value("document.documentElement.scrollHeight"))
    return small(browser, browser.picture())


if __name__ == "__main__":
    write(Path(sys.argv[1]))
