"""Keeping the pictures that evidence names, each one once."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from checklist.browser import is_picture
from checklist.outcome import CheckResult
from models.picture import MOST_PICTURE_BYTES, Picture


class NoPicture(ValueError):
    """Bytes that no browser of ours made were about to be kept as a picture."""

    def __init__(self, digest: str, size: int) -> None:
        super().__init__(f"{digest}: {size} bytes that are no PNG or JPEG of at most {MOST_PICTURE_BYTES}")


def keep_pictures(session: Session, results: Iterable[CheckResult], *, at: datetime) -> None:
    """Store what the results' evidence shows and is not stored yet. NoPicture for anything a browser does not make."""
    pictures = (evidence.picture for result in results for evidence in result.evidence)
    files = {picture.digest: picture.data for picture in pictures if picture is not None and picture.data}
    for digest, data in files.items():
        is_its_own = hashlib.sha256(data).hexdigest() == digest
        if not is_its_own or not is_picture(data) or len(data) > MOST_PICTURE_BYTES:
            raise NoPicture(digest, len(data))
    if not files:
        return
    # The same words on both databases, but each dialect has its own class for them. In one order everywhere, so that
    # two who keep the same pictures can't wait for each other.
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [{"digest": digest, "data": files[digest], "taken_at": at} for digest in sorted(files)]
    keeping = insert(Picture)
    # Named again it is needed again: pruning goes by this date.
    renewed = {"taken_at": keeping.excluded.taken_at}
    session.execute(keeping.on_conflict_do_update(index_elements=["digest"], set_=renewed), rows)
