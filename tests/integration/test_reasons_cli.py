"""`launch-review reasons`, and `decide --because`."""

import json

import pytest

from desk.cli.main import run
from models.enums import Outcome, Role
from sample.reasons import FILE
from tests.building import in_review, person

IDRIS = ["--as", "idris@example.test"]


@pytest.fixture(autouse=True)
def installation(monkeypatch, tmp_path):
    """No `.env` of the folder one stands in interferes."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def database(sqlite_database, monkeypatch):
    address = sqlite_database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests alone")
    with sqlite_database.write.begin() as session:
        person(session, "Idris", Role.LEAD)
        person(session, "Rosa")
    return sqlite_database


@pytest.fixture
def said(database, capsys):
    """Run a command, and give its exit code, its data and its words."""

    def command(*arguments: str):
        code = run([*arguments])
        out, err = capsys.readouterr()
        return code, json.loads(out) if "--json" in arguments and out else out, err

    return command


def written(said, key="docs-missing", *more: str):
    return said("reasons", "set", key, *IDRIS, "--title", "The page is missing", "--text", "Publish it.", *more)


def test_set_writes_a_reason_and_then_only_what_is_given(said):
    assert (
        written(said, "docs-missing", "--item", "docs.partner", "--fix-by", "3", "--link", "https://a.example/")[0] == 0
    )
    code, _, words = said("reasons", "set", "docs-missing", *IDRIS, "--text", "Please publish it.")
    assert (code, words) == (0, "reason docs-missing, version 2: changed (text)\n")
    _, shown, _ = said("reasons", "show", "docs-missing", "--json")
    assert (
        shown.items()
        >= {
            "key": "docs-missing",
            "version": 2,
            "text": "Please publish it.",
            "items": ["docs.partner"],
            "links": ["https://a.example/"],
            "fix_by_business_days": 3,
            "written_by": "idris@example.test",
            "retired_at": None,
        }.items()
    )
    said("reasons", "set", "docs-missing", *IDRIS, "--without", "fix-by", "--without", "items")
    _, shown, _ = said("reasons", "show", "docs-missing", "--json")
    assert (shown["fix_by_business_days"], shown["items"], shown["links"]) == (None, [], ["https://a.example/"])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["set", "docs-missing", *IDRIS, "--title", "T"], 2, "reasons set docs-missing: text: saw nothing"),
        (["set", "Docs!", *IDRIS, "--title", "T", "--text", "T"], 2, "reasons set Docs!: key: saw 'Docs!'"),
        (["set", "x", *IDRIS, "--item", "docs.x"], 2, "items.0: saw 'docs.x'"),
        (["set", "x", *IDRIS, "--item", "docs.partner", "--without", "items"], 2, "expected one of both"),
        (["set", "x", "--as", "rosa@example.test", "--title", "T", "--text", "T"], 1, "this needs admin or lead"),
        (["show", "gone"], 2, "there is no reason 'gone': `launch-review reasons list` shows"),
        (["retire", "gone", *IDRIS], 2, "there is no reason 'gone'"),
        (["list", "--for", "1", "--retired"], 2, "--retired goes without --for"),
        (["import", "gone.toml", *IDRIS], 2, "could not be opened"),
    ],
)
def test_what_is_wrong_is_one_clear_line(said, arguments, code, words):
    got, _, err = said("reasons", *arguments)
    assert got == code
    assert words in err
    assert err.count("\n") == 1


def test_a_list_is_by_key_or_what_fits_a_submission_first(said, database):
    assert said("reasons", "list") == (
        0,
        "",
        "the library is empty; write one with `reasons set`, or many with `reasons import FILE`\n",
    )
    for key, item in {"a-mark": "catalog.mark", "b-page": "docs.partner"}.items():
        written(said, key, "--item", item)
    with database.write.begin() as session:
        submission = in_review(session, said={"docs.partner": Outcome.FAILED}).id
    assert [one["key"] for one in said("reasons", "list", "--json")[1]] == ["a-mark", "b-page"]
    assert [one["key"] for one in said("reasons", "list", "--for", str(submission), "--json")[1]] == [
        "b-page",
        "a-mark",
    ]
    assert said("reasons", "retire", "a-mark", *IDRIS)[2] == "reason a-mark is retired\n"
    assert said("reasons", "retire", "a-mark", *IDRIS)[2] == "reason a-mark was retired already\n"
    assert "a-mark" not in said("reasons", "list")[1]
    assert "a-mark" in said("reasons", "list", "--retired")[1]


def test_import_is_shown_first_then_done_and_the_second_time_nothing_changes(said):
    code, out, words = said("reasons", "import", str(FILE), *IDRIS, "--dry-run")
    assert (code, words) == (0, "14 new; nothing was written\n")
    assert "own-docs-missing" in out
    assert said("reasons", "list", "--json")[1] == []
    assert said("reasons", "import", str(FILE), *IDRIS)[2] == "14 new\n"
    assert said("reasons", "import", str(FILE), *IDRIS) == (0, "", "14 same\n")
    said("reasons", "retire", "not-announced", *IDRIS)
    _, moved, _ = said("reasons", "import", str(FILE), *IDRIS, "--json")
    assert [one for one in moved if one["change"] != "same"] == [
        {"key": "not-announced", "change": "offered again", "changed": []}
    ]


def test_import_tells_each_wrong_row_in_a_line_and_writes_nothing(said, tmp_path):
    file = tmp_path / "library.yaml"
    file.write_text(
        "reasons:\n- {key: good, title: Good, text: Good.}\n- {key: Bad Key, title: B, text: B}\n- {key: c}\n"
    )
    code, out, words = said("reasons", "import", str(file), *IDRIS)
    assert (code, out) == (2, "")
    assert [line.partition(",")[0] for line in words.splitlines()] == [
        "launch-review: library.yaml: reason 2 (Bad Key): key: saw 'Bad Key'",
        "launch-review: library.yaml: reason 3 (c): title: saw nothing",
        "launch-review: library.yaml: reason 3 (c): text: saw nothing",
    ]
    assert said("reasons", "list", "--json")[1] == []


def test_import_is_for_those_who_may_also_when_nothing_is_written(said):
    for more in ([], ["--dry-run"]):
        code, _, words = said("reasons", "import", str(FILE), "--as", "rosa@example.test", *more)
        assert (code, "this needs admin or lead or manager" in words) == (1, True)


def test_decide_because_of_reasons_of_the_library(said, database):
    written(said, "docs-missing", "--item", "docs.partner", "--fix-by", "2")
    with database.write.begin() as session:
        submission = str(in_review(session, said={"docs.partner": Outcome.FAILED}).id)
    decide = ["decide", submission, "request-changes", "--as", "rosa@example.test"]
    assert said(*decide)[::2] == (2, "launch-review: decide: saw no reason, expected --reason TEXT, or --because KEY\n")
    approve = said("decide", submission, "approve", "--as", "rosa@example.test", "--because", "docs-missing")
    assert approve[::2] == (2, "launch-review: decide: --because goes with request-changes only\n")
    assert said(*decide, "--because", "gone")[0] == 2
    assert said(*decide, "--because", "docs-missing")[0] == 0
    _, shown, _ = said("show", submission, "--json")
    assert shown["findings"][0]["fix_by"]
    assert shown["decisions"][0]["reason"].startswith("The page is missing: Publish it.\nPlease do this by ")
