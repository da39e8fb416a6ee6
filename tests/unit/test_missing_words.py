"""A command that lacks a word says which, and what it is for."""

import pytest

from desk.cli.main import run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["claim", "x"], "launch-review: claim: --as is missing: Who acts: an e-mail address or name that"),
        (["claim", "x", "--as"], 'launch-review: Command "claim" parameter --as requires an argument.'),
        (["calendar", "due"], "launch-review: calendar due: --calendar is missing: A calendar in JSON or TOML"),
    ],
)
def test_what_is_missing_is_named_with_its_purpose(words: list[str], said: str, capsys: pytest.CaptureFixture[str]):
    assert run(words) == 2
    assert capsys.readouterr().err.startswith(said)
