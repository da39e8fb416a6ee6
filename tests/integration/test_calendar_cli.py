"""`launch-review calendar`: what it prints, and how it says that its input is wrong."""

import json
from pathlib import Path

import pytest

from desk.cli.calendar import app
from desk.cli.errors import InputWrong

OFFICE = {
    "tz": "Europe/London",
    "week": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": {"2026-12-25": "Christmas Day"},
}
OPERATION = {
    "id": "one",
    "op": "add",
    "calendar": OFFICE,
    "start": "2026-11-23T09:00:00Z",
    "amount_seconds": 28_800,
}


@pytest.fixture
def office(tmp_path) -> Path:
    file = tmp_path / "office.json"
    file.write_text(json.dumps(OFFICE))
    return file


def run(*arguments: object) -> int | None:
    tokens = [str(argument) for argument in arguments]
    return app(tokens, exit_on_error=False, print_error=False, result_action="return_value")


def lines(*operations: object) -> str:
    return "".join(f"{json.dumps(operation)}\n" for operation in operations)


def test_due_prints_the_two_instants_and_the_ledger(office, capsys):
    run(
        "due",
        office,
        "--start",
        "2026-12-24T16:00:00Z",
        "--business-days",
        "1",
        "--pause",
        "2026-12-28T09:00:00Z/2026-12-28T10:00:00Z",
        "--json",
    )
    answer = json.loads(capsys.readouterr().out)
    assert (answer["due_at"], answer["breach_at"]) == ("2026-12-28T17:00:00Z", "2026-12-29T09:00:00Z")
    assert answer["ledger"][0]["from"] == "2026-12-24T16:00:00Z"
    assert [(row["reason"], row["counted"], row["name"], row["seconds"], row["total"]) for row in answer["ledger"]] == [
        ("week", True, None, 3600, 3600),
        ("holiday", False, "Christmas Day", 28_800, 3600),
        ("pause", False, None, 3600, 3600),
        ("week", True, None, 25_200, 28_800),
    ]


def test_due_in_words_says_why_time_did_not_count(office, capsys):
    run("due", office, "--start", "2026-12-24T16:00:00Z", "--seconds", "7200")
    printed = capsys.readouterr().out.splitlines()
    assert printed[:2] == ["due     2026-12-28T10:00:00Z", "breach  after 2026-12-28T10:00:00Z"]
    assert printed[3].endswith("does not count: holiday (Christmas Day)")


def test_due_counts_back_with_negative_seconds(office, capsys):
    run("due", office, "--start", "2026-11-24T09:00:00Z", "--seconds", "-3600", "--json")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["due_at"], answer["ledger"][-1]["total"]) == ("2026-11-23T16:00:00Z", 3600)


def test_elapsed_prints_whole_seconds_and_parts_of_them(office, capsys):
    run("elapsed", office, "--start", "2026-11-23T09:00:00Z", "--end", "2026-11-23T18:00:00+00:00", "--json")
    run("elapsed", office, "--start", "2026-11-23T09:00:00.5Z", "--end", "2026-11-23T09:00:00Z", "--json")
    run("elapsed", office, "--start", "2026-11-23T09:00:00Z", "--end", "2026-11-23T10:00:00Z")
    assert capsys.readouterr().out.splitlines() == ['{"seconds": 28800}', '{"seconds": -0.5}', "3600 seconds"]


def test_a_calendar_may_be_toml(tmp_path, capsys):
    file = tmp_path / "office.toml"
    file.write_text('tz = "UTC"\nholidays = [2026-12-25]\n[week]\nfri = [["09:00", "17:00"]]\n')
    run("elapsed", file, "--start", "2026-12-18T00:00:00Z", "--end", "2027-01-02T00:00:00Z", "--json")
    assert json.loads(capsys.readouterr().out) == {"seconds": 57_600}


START = ("--start", "2026-11-23T09:00:00Z")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("due", "FILE", *START), "either --seconds or --business-days"),
        (("due", "FILE", *START, "--seconds", "1", "--business-days", "1"), "either --seconds or --business-days"),
        (("due", "FILE", *START, "--seconds", "nan"), "expected a finite number"),
        (("due", "FILE", *START, "--seconds", "1e300"), "more than 600 years"),
        (("due", "FILE", "--start", "2026-11-23T09:00:00", "--seconds", "1"), "has no time zone"),
        (("due", "FILE", "--start", "today", "--seconds", "1"), "--start 'today': expected an instant"),
        (("due", "FILE", *START, "--seconds", "1", "--pause", "2026-11-23T10:00:00Z"), "two instants as FROM/TO"),
        (
            ("due", "FILE", *START, "--seconds", "1", "--pause", "2026-11-23T11:00:00Z/2026-11-23T10:00:00Z"),
            "expected its end at or after its start",
        ),
        (("elapsed", "FILE", *START, "--end", "0001-01-01T00:00:00Z"), "1800 to 2399"),
        (("elapsed", "FILE", *START, "--end", "0001-01-01T00:00:00+14:00"), "--end '0001-01-01T00:00:00+14:00'"),
    ],
)
def test_wrong_arguments_are_named_in_one_line(office, arguments, message):
    with pytest.raises(InputWrong) as raised:
        run(*(office if argument == "FILE" else argument for argument in arguments))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"{", "a.json: not JSON (Expecting property name"),
        ("a.json", b"[" * 100_000, "a.json: not usable JSON"),
        ("a.json", b'{"tz": "UTC"}', "a.json: calendar: week is missing"),
        ("a.json", b"\xff", "a.json: not UTF-8 at byte 0"),
        ("a.toml", b"tz =", "a.toml: not TOML"),
        ("a.toml", b'tz = "UTC"', "a.toml: calendar: week is missing"),
        ("a.json", None, "a.json: can't be read (No such file or directory)"),
    ],
)
def test_a_wrong_calendar_file_is_named_in_one_line(tmp_path, name, content, message):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InputWrong) as raised:
        run("elapsed", file, *START, "--end", "2026-11-24T09:00:00Z")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_batch_answers_line_by_line(tmp_path, capsys):
    file = tmp_path / "operations.jsonl"
    between = {
        "id": 2,
        "op": "between",
        "calendar": OFFICE,
        "start": "2026-11-23T09:00:00Z",
        "end": "2026-11-23T08:00:00Z",
    }
    pauses = [["2026-11-23T16:00:00Z", "2026-11-23T17:00:00Z"]]
    file.write_text(lines(OPERATION) + "\n" + lines(between, {**OPERATION, "id": None, "pauses": pauses}))
    assert run("batch", file) == 0
    printed = capsys.readouterr()
    assert [json.loads(line) for line in printed.out.splitlines()] == [
        {"id": "one", "result": "2026-11-23T17:00:00Z", "latest": "2026-11-24T09:00:00Z"},
        {"id": 2, "result": 0, "latest": None},
        {"id": None, "result": "2026-11-24T10:00:00Z", "latest": "2026-11-24T10:00:00Z"},
    ]
    assert printed.err == ""


@pytest.mark.parametrize("as_lines", [True, False])
def test_batch_answers_every_shared_vector(shared_data, tmp_path, capsys, as_lines):
    file = shared_data / "business_time_vectors.json"
    vectors = json.loads(file.read_text())["vectors"]
    if as_lines:
        file = tmp_path / "vectors.jsonl"
        file.write_text(lines(*vectors))
    assert run("batch", file) == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == [
        {"id": vector["id"], "result": vector["expected"], "latest": vector.get("expected_latest")}
        for vector in vectors
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("{", "not JSON (Expecting property name enclosed in double quotes at character 1)"),
        ("[]", "[]: expected an object with id, op, calendar and start"),
        (json.dumps({"id": 1}), "op is missing"),
        (json.dumps({**OPERATION, "op": "multiply"}), "op 'multiply': expected 'add' or 'between'"),
        (json.dumps({**OPERATION, "op": "between"}), "end None: expected an instant"),
        (json.dumps({**OPERATION, "amount_seconds": "1"}), "amount_seconds '1': expected a number"),
        (json.dumps({**OPERATION, "amount_seconds": True}), "amount_seconds True: expected a number"),
        (
            json.dumps({**OPERATION, "amount_seconds": float("inf")}),
            "amount_seconds inf: expected a finite number",
        ),
        (json.dumps({**OPERATION, "start": 5}), "start 5: expected an instant"),
        (json.dumps({**OPERATION, "pauses": [["2026-11-23T16:00:00Z"]]}), "expected a list of [from, to] pairs"),
        (json.dumps({**OPERATION, "calendar": {}}), "calendar: tz is missing"),
    ],
)
def test_batch_names_a_wrong_line_and_answers_the_others(tmp_path, capsys, wrong, message):
    file = tmp_path / "operations.jsonl"
    file.write_text(lines(OPERATION) + wrong + "\n" + lines({**OPERATION, "id": "last"}))
    assert run("batch", file) == 2
    printed = capsys.readouterr()
    assert [json.loads(line)["id"] for line in printed.out.splitlines()] == ["one", "last"]
    assert printed.err.startswith(f"{file} line 2: ")
    assert message in printed.err
    assert printed.err.count("\n") == 1
