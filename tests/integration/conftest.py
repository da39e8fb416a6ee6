"""What tests with a database share."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from models.database import Database


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """On each kind of database; nothing of it is kept unless the test commits."""
    with database.write() as opened:
        yield opened
