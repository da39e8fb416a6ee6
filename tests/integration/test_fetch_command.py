"""`launch-review fetch URL [--json]` keeps its published shape and exit codes."""

import json
from collections.abc import AsyncIterator

import pytest

from desk.cli.errors import InputWrong
from desk.cli.fetch import fetch
from desk.cli.main import run
from tests.integration.hostile_server import HostileServer, hostile_server, redirects


@pytest.fixture
async def server(monkeypatch) -> AsyncIterator[HostileServer]:
    async with hostile_server() as running:
        monkeypatch.setenv("LAUNCH_REVIEW_FETCH_ALLOW", running.pair)
        monkeypatch.setenv("LAUNCH_REVIEW_FETCH_HOSTS", f"partner.test={running.pair}")
        monkeypatch.setenv("LAUNCH_REVIEW_BASE_URL", "https://review.test")
        yield running


@pytest.mark.parametrize(
    ("url", "told", "code"),
    [
        ("http://partner.test/cookie", ("ok", 200), 0),
        ("http://partner.test/404", ("ok", 404), 0),
        ("http://partner.test/tometa", ("refused", None), 1),
        ("http://169.254.169.254/", ("refused", None), 1),
        ("no address at all", ("refused", None), 1),
        ("https://review.test/oauth/callback", ("refused", None), 1),
        ("http://partner.test/pdf", ("unknown", 200), 3),
    ],
)
async def test_the_document_and_the_exit_code_tell_the_outcome(server, capsys, url, told, code):
    assert await fetch(url, json=True) == code
    document = json.loads(capsys.readouterr().out)
    assert {"outcome", "status", "final_url", "bytes", "reason", "hops"} <= set(document)
    assert (document["outcome"], document["status"]) == told
    assert bool(document["reason"]) == (told[0] != "ok")


async def test_hops_are_listed_with_where_they_point(server, capsys):
    await fetch("http://partner.test/cookie", json=True)
    (hop,) = json.loads(capsys.readouterr().out)["hops"]
    assert (hop["url"], hop["status"], hop["location"]) == ("http://partner.test/cookie", 302, "/ok")


async def test_people_read_the_reason_first(server, capsys):
    await fetch("http://partner.test/tometa")
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("refused: 169.254.169.254")
    assert any("302 http://partner.test/tometa -> " in line for line in rest)


async def test_words_of_strangers_do_not_steer_the_terminal(server, capsys):
    server.routes["/odd"] = redirects("/ok?\x9b31m")
    await fetch("http://partner.test/odd")
    await fetch("http://partner.test/\udc80")
    await fetch("http://partner.test/\x1b[31m\r")
    shown = capsys.readouterr().out
    assert shown.isascii()
    assert shown.replace("\n", "").isprintable()


async def test_an_authority_of_ones_own_is_trusted_for_development(server, monkeypatch, tmp_path):
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_CA", str(tmp_path / "missing.pem"))
    with pytest.raises(InputWrong, match=r"LAUNCH_REVIEW_FETCH_CA: .*missing\.pem holds no certificates"):
        await fetch("http://partner.test/ok")


def test_a_setting_that_can_not_be_read_is_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_HOSTS", "nonsense")
    assert run(["fetch", "http://partner.test/"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("launch-review: LAUNCH_REVIEW_FETCH_HOSTS: 'nonsense' is no name=address:port pair")
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [([], 2), (["a", "b"], 2), (["--nope", "http://a/"], 2), ([""], 1), ([" "], 1), (["--", "-x"], 1), (["null"], 1)],
)
def test_any_argument_gets_a_line_and_its_code(capsys, arguments, code):
    assert run(["fetch", *arguments]) == code
    told = capsys.readouterr()
    assert (told.out + told.err).strip()
    assert "fault of Launch Review" not in told.err


async def test_a_wrong_development_setting_is_wrong_input(server, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_ALLOW", "nonsense")
    with pytest.raises(InputWrong, match="nonsense"):
        await fetch("http://partner.test/ok")
