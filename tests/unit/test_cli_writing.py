"""What commands print of texts that people wrote: it is read, never obeyed by the terminal."""

import json

import pytest

from desk.cli.main import run
from desk.cli.writing import say, say_json, table, tell

STEERING = "a\x1b[31mb\u202ec\td\re\u2028f\x9bg"
"""An escape, a turned reading direction, a tab, a return, a line separator, an escape of one byte."""
READ = "a [31mb c d e f g"


def test_what_is_said_and_told_steers_no_terminal_and_keeps_its_lines(capsys):
    say(f"  {STEERING}", "first\nsecond")
    tell(STEERING)
    said = capsys.readouterr()
    assert said.out == f"  {READ}\nfirst\nsecond\n"
    assert said.err == f"{READ}\n"


def test_a_row_of_a_table_is_one_line_and_its_columns_stay_aligned():
    assert table(("name", "n"), [("two\nlines", 1), (STEERING, 2), (None, 3)]) == [
        "name               n",
        "two lines          1",
        f"{READ}  2",
        "                   3",
    ]


def test_json_says_what_was_written(capsys):
    say_json({"name": STEERING})
    assert json.loads(capsys.readouterr().out) == {"name": STEERING}


@pytest.mark.parametrize("command", ["due", "elapsed"])
def test_an_error_that_quotes_a_file_name_is_one_harmless_line(command, capsys):
    more = ["--seconds", "1"] if command == "due" else ["--end", "2026-11-23T09:00:00Z"]
    assert run(["calendar", command, "no\x1b[2J\u202efile.json", "--start", "2026-11-23T09:00:00Z", *more]) == 2
    said = capsys.readouterr().err
    assert said.startswith("launch-review: no [2J file.json: can't be read")
    assert said.removesuffix("\n").isprintable()


def test_the_name_of_a_holiday_steers_no_terminal(tmp_path, capsys):
    calendar = {
        "tz": "Etc/UTC",
        "week": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
        "holidays": {"2026-11-23": "Rest\x1b[31m\u202e"},
    }
    (tmp_path / "c.json").write_text(json.dumps(calendar))
    start = "2026-11-23T08:00:00Z"
    code = run(["calendar", "due", str(tmp_path / "c.json"), "--start", start, "--seconds", "60"])
    said = capsys.readouterr()
    assert code == 0, said.err
    assert "Rest [31m" in said.out
    assert "\x1b" not in said.out
    assert "\u202e" not in said.out
