"""A command beside a running demo finds the sample sites; without one, and after one that was killed, nothing changes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from desk.beside_demo import SERVED, as_beside_demo, leading_there
from settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "sample").mkdir()
    return Settings(data=tmp_path)


@pytest.fixture
def led(settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "fetch_hosts": {"partner.example": "127.0.0.1:8443"},
            "fetch_ca": settings.data / "sample" / "ca.pem",
            "customers_source": SecretStr("customers.json"),
        }
    )


def test_commands_find_the_sites_while_they_are_served_and_not_after(settings: Settings, led: Settings):
    with leading_there(led):
        beside = as_beside_demo(settings)
        assert beside.fetch_hosts == led.fetch_hosts
        assert beside.fetch_ca == led.fetch_ca
        assert beside.customers_source.get_secret_value() == "customers.json"
    assert as_beside_demo(settings) == settings


def test_what_is_set_stays_as_it_is(settings: Settings, led: Settings):
    own = settings.model_copy(
        update={"fetch_hosts": {"partner.example": "127.0.0.1:1"}, "customers_source": SecretStr("own.json")}
    )
    with leading_there(led):
        beside = as_beside_demo(own)
    assert beside.fetch_hosts == own.fetch_hosts
    assert beside.customers_source.get_secret_value() == "own.json"


@pytest.mark.parametrize("left", ["", "{", "{}", "killed"])
def test_what_a_killed_demo_left_behind_leads_nowhere(settings: Settings, led: Settings, left: str):
    with leading_there(led):
        said = json.loads((settings.data / SERVED).read_text())
    if left == "killed":
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        left = json.dumps(said | {"process": gone.pid})
    (settings.data / SERVED).write_text(left)
    assert as_beside_demo(settings) == settings
