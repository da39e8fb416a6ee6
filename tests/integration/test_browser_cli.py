"""The browser as an installation sets it: one setting, told at the start when it can't be used."""

import hashlib
import json

import pytest

from checklist.browser import BrowserUnusable, find_program
from desk.cli.main import run
from flows.wiring import browser_for
from settings import Settings
from tests.integration.browser_traps import needs_chromium
from tests.integration.test_preflight_cli import DOCS, acme, submission

__all__ = ["acme", "submission"]

SHELL = f"""<title>Acme</title><div id=root></div><script>root.innerHTML = {json.dumps(DOCS)}</script>"""
UNUSABLE = {
    "a browser": "'a browser' is neither system nor the full path of a browser, such as /usr/bin/chromium",
    "/nowhere/chromium": "/nowhere/chromium is no program that can be run; expected Chromium's, such as /usr/bin/chromium",
}


def launch(submission):
    return submission(kind="launch", documentation={"partner_url": "http://acme.test/docs"})


def test_there_is_none_until_one_is_set():
    assert find_program("") is None
    assert find_program("  ") is None
    assert browser_for(Settings(_env_file=None)) is None


def test_the_systems_browser_is_found_by_its_usual_names(tmp_path, monkeypatch):
    program = tmp_path / "chromium-browser"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program("system") == find_program("chromium") == find_program(str(program)) == program


def test_a_system_without_one_is_told_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BrowserUnusable, match="install it, give its path, or leave this empty"):
        find_program("system")


@pytest.mark.parametrize("written", UNUSABLE)
@pytest.mark.parametrize("command", [["preflight", "FILE"], ["up", "--port", "0"], ["work"], ["demo"]])
def test_one_that_cannot_be_used_is_told_in_one_line_at_the_start(
    acme, submission, capsys, monkeypatch, tmp_path, command, written
):
    monkeypatch.setenv("LAUNCH_REVIEW_BROWSER", written)
    monkeypatch.setenv("LAUNCH_REVIEW_DATA", str(tmp_path / "data"))
    code = run([submission() if word == "FILE" else word for word in command])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert err == f"launch-review: LAUNCH_REVIEW_BROWSER: {UNUSABLE[written]}\n"


def test_a_file_that_is_no_program_is_no_browser(tmp_path):
    (tmp_path / "notes").write_text("")
    with pytest.raises(BrowserUnusable, match="is no program that can be run"):
        find_program(str(tmp_path / "notes"))


def test_a_preflight_without_a_browser_says_that_there_is_none(acme, submission, capsys):
    acme["/docs"] = SHELL
    code = run(["preflight", launch(submission), "--only", "docs.partner", "--json"])
    [item] = json.loads(capsys.readouterr().out)["items"]
    assert (code, item["outcome"]) == (3, "unknown")
    assert "filled by scripts" in item["summary"]
    assert "no browser" in item["summary"]


@needs_chromium
@pytest.mark.slow
def test_a_preflight_with_one_shows_the_page_and_writes_its_picture(acme, submission, capsys, monkeypatch, tmp_path):
    acme["/docs"] = SHELL
    monkeypatch.setenv("LAUNCH_REVIEW_BROWSER", "system")
    pictures = tmp_path / "seen"
    code = run(["preflight", launch(submission), "--only", "docs.partner", "--json", "--pictures", str(pictures)])
    out, err = capsys.readouterr()
    [item] = json.loads(out)["items"]
    assert (code, item["outcome"]) == (0, "passed"), err
    digest = item["evidence"][-1]["picture"]
    [file] = pictures.iterdir()
    assert file.name == f"{digest}.png"
    assert hashlib.sha256(file.read_bytes()).hexdigest() == digest


@needs_chromium
@pytest.mark.slow
def test_pictures_that_cannot_be_written_are_told(acme, submission, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("LAUNCH_REVIEW_BROWSER", "system")
    (tmp_path / "file").write_text("")
    code = run(["preflight", launch(submission), "--only", "docs.partner", "--pictures", str(tmp_path / "file")])
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert "--pictures" in err
