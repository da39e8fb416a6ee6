"""Many people at the same submissions at once: nothing that somebody did gets lost, every refusal says why."""

import pytest

from bench.clicks import measure
from models.database import Database


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize(("way", "refusals"), [("api", {"stale", "move-refused"}), ("forms", {"409", "422"})])
def test_of_what_many_click_at_once_nothing_is_lost(database: Database, way: str, refusals: set[str]):
    address = database.engine.url.render_as_string(hide_password=False)
    found = measure(address, way, clients=50, submissions=6, seconds=4)
    assert set(found["refused"]) <= refusals
