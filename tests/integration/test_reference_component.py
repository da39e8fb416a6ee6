"""`launch-review reference-component` as partners start it: a process of its own, led to by what it prints."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from desk.cli.main import run
from sample.component import API_KEY
from sample.faults import NAMES

COMMAND = [sys.executable, "-c", "from desk.cli.main import main; main()", "reference-component", "--port", "0"]
SUITE = ("test.https", "test.delivery", "test.auth", "test.malformed", "test.duplicate", "test.casing")
ONLY = [part for item in SUITE for part in ("--only", item)]


@contextmanager
def served(folder, *arguments) -> Iterator[dict]:
    """What it prints as JSON, while it runs; Ctrl-C ends it, and it ends well."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LAUNCH_REVIEW_")}
    process = subprocess.Popen(
        [*COMMAND, "--json", *arguments],
        env={**environment, "LAUNCH_REVIEW_DATA": str(folder)},
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        left = process.communicate(timeout=60)[0]
    assert (process.returncode, left) == (0, "")


def preflight(capsys, monkeypatch, where, *arguments):
    for name, value in where["environment"].items():
        monkeypatch.setenv(name, value)
    code = run(["preflight", where["submission"], *arguments, "--json"])
    out, err = capsys.readouterr()
    assert API_KEY not in out + err
    return code, {item["id"]: item for item in json.loads(out)["items"]}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_preflight_of_the_good_component_holds(tmp_path, capsys, monkeypatch):
    with served(tmp_path) as where:
        code, items = preflight(capsys, monkeypatch, where, *ONLY)
    assert where["faults"] == []
    assert (code, {item["outcome"] for item in items.values()}) == (0, {"passed"})


def test_a_preflight_of_one_with_faults_names_them(tmp_path, capsys, monkeypatch):
    with served(
        tmp_path, "--fault", "takes-any-key", "--fault", "fails-on-track", "--methods", "track", "page"
    ) as where:
        code, items = preflight(capsys, monkeypatch, where, *ONLY)
    assert code == 1
    assert {item for item, found in items.items() if found["outcome"] == "failed"} == {"test.delivery", "test.auth"}
    assert items["test.delivery"]["summary"] == "track: the endpoint fails (500)"
    assert {evidence["seen"].partition(":")[0] for evidence in items["test.delivery"]["evidence"]} >= {"track", "page"}


def test_a_whole_preflight_sends_no_load(tmp_path, capsys, monkeypatch):
    with served(tmp_path) as where:
        code, items = preflight(capsys, monkeypatch, where)
    assert code == 1
    assert items["test.volume"]["outcome"] == "unknown"
    assert "--only test.volume" in items["test.volume"]["summary"]
    assert {items[item]["outcome"] for item in SUITE} == {"passed"}


def test_what_shows_no_owner_is_told_how_to(tmp_path, capsys, monkeypatch):
    with served(tmp_path, "--fault", "hides-owner") as where:
        code, items = preflight(capsys, monkeypatch, where, *ONLY)
        alone = preflight(capsys, monkeypatch, where, "--only", "test.volume")
    assert code == 1
    assert [items[item]["outcome"] for item in SUITE] == ["passed", "failed", *["not_applicable"] * 4]
    assert "https://component.example/.well-known/launch-review.txt" in items["test.delivery"]["fix"]
    assert (alone[0], alone[1]["test.volume"]["outcome"]) == (1, "failed")
    assert alone[1]["test.volume"]["fix"] == items["test.delivery"]["fix"]


def test_its_faults_are_listed(capsys):
    assert run(["reference-component", "--list-faults", "--json"]) == 0
    listed = {row["fault"]: row["does"] for row in json.loads(capsys.readouterr().out)}
    assert listed == dict(NAMES)
    assert run(["reference-component", "--list-faults"]) == 0
    assert "refuses-snake-case" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--fault", "sulks"], "there is no fault 'sulks'; there are: slow, "),
        (["--host", "192.0.2.1"], "can't be listened on"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(capsys, arguments, said):
    assert run(["reference-component", "--port", "0", *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert said in err


def test_a_certificate_file_that_is_not_there_is_said_in_one_line(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_CA", str(tmp_path / "none.pem"))
    file = tmp_path / "a.json"
    file.write_text(
        json.dumps(
            {"external_id": "a", "kind": "access", "partner": {"name": "A"}, "integration": {"slug": "a", "name": "A"}}
        )
    )
    assert run(["preflight", str(file), "--only", "access.survey"]) == 2
    assert "LAUNCH_REVIEW_FETCH_CA" in capsys.readouterr().err
