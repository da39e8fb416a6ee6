"""What the journeys share."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.fixtures import axe


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with axe.browser() as running:
        yield running
