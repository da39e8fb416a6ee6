"""`launch-review fetch URL [--json]` keeps its published shape and exit codes."""

import json
from collections.abc import AsyncIterator

import pytest

from desk.cli.errors import InputWrong
from desk.cli.fetch import fetch
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
    assert capsys.readouterr().out.isascii()


async def test_a_wrong_development_setting_is_wrong_input(server, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_FETCH_ALLOW", "nonsense")
    with pytest.raises(InputWrong, match="nonsense"):
        await fetch("http://partner.test/ok")
