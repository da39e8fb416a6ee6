"""Forms and tables over the API, and tables on the command line."""

import json
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from desk.api.turnstile import Bounds
from desk.cli.main import run
from models.event import Event
from models.submission import Submission
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, problem, programme_in

FORM = {
    "external_id": "form-1",
    "kind": "access",
    "partner_name": "Newcomer",
    "contact_email": "jo@newcomer.example",
    "slug": "newcomer",
    "name": "Newcomer",
    "privacy_policy": "on",
}
HEAD = "external_id,kind,partner_name,contact_email,slug,name"
ROWS = (
    "table-1,access,Newcomer,jo@newcomer.example,newcomer,Newcomer",
    "table-2,access,Latecomer,jo@latecomer.example,latecomer,Latecomer",
)
TABLE = "\n".join((HEAD, *ROWS, ""))
BROKEN = "\n".join((HEAD, *ROWS, "table-3,lunch,Third,jo@third.example,third,Third", ""))
CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def programme(database, tmp_path) -> Programme:
    return programme_in(database, tmp_path)


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


def rows(programme: Programme) -> tuple[int, int]:
    """How many submissions and events there are."""
    with programme.database.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(table)) for table in (Submission, Event))


@pytest.mark.parametrize("how", ["json", "data"])
def test_a_form_makes_a_submission_once(programme, address, how):
    with client(address, "mara") as api:
        first, again = (api.post("/intake/submissions", **{how: FORM}) for _ in range(2))
        assert (first.status_code, again.status_code) == (201, 200), first.text
        assert first.headers["Location"] == again.headers["Location"]
        shown = httpx.get(f"{address}{first.headers['Location']}", headers=api.headers).json()
    assert (shown["partner"], shown["integration"], shown["external_id"]) == ("Newcomer", "newcomer", "form-1")
    assert again.json() == first.json() | {"new": False, "due_at": again.json()["due_at"]}


def test_a_field_that_there_is_not_is_refused_by_its_name(programme, address):
    was = rows(programme)
    with client(address, "mara") as api:
        answer = api.post("/intake/submissions", data=FORM | {"contact_emial": "x"})
    (error,) = problem(answer, "invalid-submission")["errors"]
    assert error["pointer"] == "#/contact_emial"
    assert error["expected"] == "`contact_email`, if that is what was meant"
    assert rows(programme) == was


def test_fields_of_several_values_may_come_several_times(programme, address):
    launch = [
        *(FORM | {"kind": "launch", "component_kind": "stream"}).items(),
        ("methods", "track"),
        ("methods", "page"),
    ]
    body = "&".join(f"{name}={value.replace('@', '%40')}" for name, value in launch)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    with client(address, "mara") as api:
        assert api.post("/intake/submissions", content=body, headers=headers).status_code == 201
        twice = api.post("/intake/submissions", content=f"{body}&name=Other", headers=headers)
        assert "saw the field 'name' twice" in problem(twice, "unreadable-document")["detail"]
        for odd in (b"name=%ff", b"\xff", b"name=%00", b"&".join([b"a=1"] * 400)):
            problem(api.post("/intake/submissions", content=odd, headers=headers), "unreadable-document")
        problem(
            api.post("/intake/submissions", content=b"x", headers={"Content-Type": "text/plain"}), "unsupported-type"
        )


def test_intake_is_bounded_for_each_company(programme):
    programme.intake = Bounds(a_minute=2, at_once=2, at_once_of_all=4)
    with served(programme.app()) as address, client(address, "quill") as api, client(address, "mara") as mara:
        for _ in range(2):
            problem(api.post("/intake/submissions", json=FORM), "partner-of-another")
        answer = api.post("/intake/submissions", json=FORM)
        assert "there were 2 submissions of yours in the last minute" in problem(answer, "too-many")["detail"]
        assert answer.headers["Retry-After"] == "60"
        assert mara.post("/intake/submissions", json=FORM).status_code == 201
        programme.seconds = 61.0
        problem(api.post("/intake/submissions", json=FORM), "partner-of-another")


def test_the_fields_are_published_for_everybody(programme, address):
    with client(address, None) as api:
        answer = api.get("/schema/intake.json")
    assert answer.headers["Content-Type"] == "application/schema+json"
    assert "partner_name" in answer.json()["required"]


# --- tables


def test_a_dry_run_tells_what_would_come_and_writes_nothing(programme, address):
    was = rows(programme)
    with client(address, "mara") as api:
        said = api.post("/import/submissions", params={"dry_run": True}, content=BROKEN, headers=CSV).json()
    assert (said["rows"], said["new"], said["known"], said["written"], said["dry_run"]) == (3, 2, 0, False, True)
    assert [(one["row"], one["came"], one["submission"]) for one in said["taken"]] == [
        (2, "new", None),
        (3, "new", None),
    ]
    (wrong,) = said["wrong"]
    assert (wrong["row"], wrong["column"], wrong["seen"]) == (4, "kind", "'lunch'")
    assert rows(programme) == was


def test_nothing_is_written_while_a_row_is_wrong_unless_asked_for(programme, address):
    was = rows(programme)
    with client(address, "mara") as api:
        answer = api.post("/import/submissions", content=BROKEN, headers=CSV)
        said = problem(answer, "invalid-rows")
        assert said["detail"].startswith("1 of 3 rows are wrong; the first: row 4, kind: saw 'lunch', expected ")
        assert [(one["row"], one["column"]) for one in said["rows"]] == [(4, "kind")]
        assert rows(programme) == was
        partly = api.post("/import/submissions", params={"partial": True}, content=BROKEN, headers=CSV).json()
    assert (partly["written"], partly["new"], len(partly["wrong"])) == (True, 2, 1)
    assert rows(programme)[0] == was[0] + 2


def test_the_same_table_again_changes_nothing(programme, address):
    with client(address, "mara") as api:
        first = api.post("/import/submissions", content=TABLE, headers=CSV).json()
        was = rows(programme)
        again = api.post("/import/submissions", content=TABLE, headers=CSV).json()
    assert (first["new"], again["new"], again["known"]) == (2, 0, 2)
    assert [one["submission"] for one in first["taken"]] == [one["submission"] for one in again["taken"]]
    assert rows(programme) == was


def test_what_the_lifecycle_refuses_is_a_wrong_row(programme, address):
    lines = (
        HEAD,
        "t-1,launch,Quillharbor,,quillharbor,Q",
        "t-2,update,Nobody,,nobody,N",
        "t-3,access,Other,,mossbeacon,M",
    )
    with client(address, "mara") as api:
        said = problem(api.post("/import/submissions", content="\n".join(lines), headers=CSV), "invalid-rows")
    told = {one["row"]: one["seen"] for one in said["rows"]}
    assert "for the same gate is not finished" in told[2]
    assert "no integration has the slug 'nobody'" in told[3]
    assert "belongs to another partner" in told[4]


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff", b'"', b"a,b\n1,2", b"=cmd|' /C calc'!A0\n", b"," * 6_000_000]
)
def test_a_hostile_table_is_one_clear_problem(address, content):
    with client(address, "mara") as api:
        answer = api.post("/import/submissions", content=content, headers=CSV)
    assert answer.status_code in {413, 422}
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "\n" not in answer.json()["detail"]


@pytest.fixture
def commands(sqlite_database, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    (tmp_path / "right.csv").write_text(TABLE)
    (tmp_path / "broken.csv").write_text(BROKEN)
    return sqlite_database


def test_the_command_takes_a_table_in(commands, capsys):
    assert run(["import", "submissions", "right.csv", "--dry-run"]) == 0
    assert capsys.readouterr().out == "2 new, 0 revisions, 0 known already\n"
    assert run(["import", "submissions", "right.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["written"] is True
    assert run(["import", "submissions", "right.csv"]) == 0
    assert capsys.readouterr().out == "0 new, 0 revisions, 2 known already\n"


def test_the_command_names_each_wrong_row(commands, capsys):
    assert run(["import", "submissions", "broken.csv"]) == 2
    said = capsys.readouterr()
    assert said.out == "nothing was taken in (2 new, 0 revisions, 0 known already without the wrong rows)\n"
    assert said.err.startswith("broken.csv: row 4, kind: saw 'lunch', expected 'access', 'launch'")
    with commands.read() as session:
        assert session.scalar(select(func.count()).select_from(Submission)) == 0
    assert run(["import", "submissions", "broken.csv", "--partial"]) == 2
    assert capsys.readouterr().out == "2 new, 0 revisions, 0 known already\n"
    assert run(["import", "submissions", "nothing.csv"]) == 2
    assert capsys.readouterr().err == "launch-review: nothing.csv: can't be read (No such file or directory)\n"
