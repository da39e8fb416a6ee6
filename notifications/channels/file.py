"""Mails as files in a folder, for an installation without a mail server and for looking at."""

import asyncio
from pathlib import Path

from notifications.channels.letter import RecipientInvalid, Sender, letter
from notifications.message import Dead, Message, Result, Retry, Sent


class FileChannel:
    """Writes KEY.eml, and KEY.html beside it. A repeat takes the place of the first, so it is there once."""

    def __init__(self, folder: Path, mail_from: str) -> None:
        self._folder = folder
        self._sender = Sender(mail_from)

    async def send(self, message: Message, key: str) -> Result:
        try:
            mail = letter(message, key, self._sender)
        except RecipientInvalid as error:
            return Dead(str(error))
        try:
            await asyncio.to_thread(self._write, key, mail.as_bytes(), message.html)
        except OSError as error:
            return Retry(f"could not write into {self._folder}: {error.strerror or error}", of_channel=True)
        return Sent(reference=f"{key}.eml", exactly_once=True)

    def _write(self, key: str, mail: bytes, html: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        if html:
            _replace(self._folder / f"{key}.html", html.encode())
        _replace(self._folder / f"{key}.eml", mail)


def _replace(path: Path, content: bytes) -> None:
    """A reader finds the old content or the new, never half of it."""
    draft = path.with_name(f".{path.name}.part")
    draft.write_bytes(content)
    draft.replace(path)
