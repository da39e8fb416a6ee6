"""`launch-review db`: what it says and how it exits, on every state a database can be in."""

import json

import pytest
from sqlalchemy import text

from desk.cli import db
from desk.cli.errors import InputWrong, Refused
from migrations import apply
from models.database import Database, engine_for

HEAD = apply.revisions()[-1]


@pytest.fixture
def use(monkeypatch, tmp_path):
    """Point the settings at a database; no `.env` of the folder one stands in interferes."""
    monkeypatch.chdir(tmp_path)

    def point(address: str) -> str:
        monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)
        return address

    return point


def address_of(database: Database) -> str:
    return database.engine.url.render_as_string(hide_password=False)


def change(address: str, statement: str) -> None:
    engine = engine_for(address)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_upgrade_says_from_where_to_where_and_then_that_it_is_there(use, blank_address, capsys):
    use(blank_address)
    db.upgrade()
    assert f"from nothing to revision {HEAD}" in capsys.readouterr().err
    db.upgrade()
    assert f"already at revision {HEAD}" in capsys.readouterr().err
    assert db.check() == 0


def test_check_holds_at_the_head(use, database, capsys):
    use(address_of(database))
    assert db.check() == 0
    assert capsys.readouterr() == ("", f"{database.engine.url}: at revision {HEAD}, equal to the models\n")


def test_check_in_json_tells_the_revisions_and_the_differences(use, sqlite_database, capsys):
    change(use(address_of(sqlite_database)), "DROP INDEX ix_submissions_stage")
    with pytest.raises(Refused):
        db.check(json=True)
    assert json.loads(capsys.readouterr().out) == {
        "current": HEAD,
        "head": HEAD,
        "differences": ["index ix_submissions_stage of submissions: missing in the database"],
    }


def test_check_names_each_difference_on_its_own_line(use, sqlite_database, capsys):
    change(use(address_of(sqlite_database)), "DROP TRIGGER events_refuse_delete")
    change(use(address_of(sqlite_database)), "DROP INDEX ix_submissions_stage")
    with pytest.raises(Refused, match="differences: 2"):
        db.check()
    assert capsys.readouterr().out.splitlines() == [
        "index ix_submissions_stage of submissions: missing in the database",
        "trigger events_refuse_delete: missing in the database, or switched off",
    ]


def test_check_of_a_database_that_was_never_migrated_says_what_to_run_and_creates_nothing(use, blank_address, tmp_path):
    use(blank_address)
    with pytest.raises(Refused, match="not migrated: run `launch-review db upgrade`"):
        db.check()
    assert list(tmp_path.iterdir()) == []


def test_check_of_a_database_that_is_behind_says_what_to_run(use, blank_address):
    apply.upgrade(blank_address)
    apply.downgrade(blank_address, apply.revisions()[-2])
    use(blank_address)
    with pytest.raises(Refused, match=f"this release needs {HEAD}: run `launch-review db upgrade`"):
        db.check()


@pytest.mark.parametrize("act", [db.check, db.upgrade])
def test_a_database_of_a_newer_release_is_left_alone(use, database, act):
    change(use(address_of(database)), "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Refused, match="at revision 9999, which this release doesn't know"):
        act()


@pytest.mark.parametrize("act", [db.check, db.upgrade])
def test_a_server_that_does_not_answer_is_one_line_without_the_password(use, act, unused_tcp_port):
    use(f"postgresql+psycopg://reviewer:hidden@127.0.0.1:{unused_tcp_port}/launches")
    with pytest.raises(Refused, match=r"^postgresql\+psycopg://reviewer:\*\*\*@.*refused") as refused:
        act()
    assert "\n" not in str(refused.value)
    assert "hidden" not in str(refused.value)


@pytest.mark.parametrize("act", [db.check, db.upgrade])
def test_a_file_that_is_no_database_is_one_line(use, act, tmp_path):
    (tmp_path / "notes.txt").write_text("These are the notes of last week's meeting, and no database.\n" * 40)
    use(f"sqlite:///{tmp_path / 'notes.txt'}")
    with pytest.raises(Refused, match=r"file is not a database$"):
        act()


def test_a_folder_that_cannot_be_made_is_one_line(use, tmp_path):
    (tmp_path / "file").touch()
    use(f"sqlite:///{tmp_path / 'file' / 'launch-review.sqlite'}")
    with pytest.raises(Refused, match="file"):
        db.upgrade()


@pytest.mark.parametrize(
    "address", ["mysql://reviewer:hidden@host/launches", "postgresql://reviewer:hidden@host/launches", "hidden"]
)
def test_an_address_of_another_kind_is_wrong_input_that_says_what_was_expected(use, address):
    use(address)
    with pytest.raises(InputWrong, match="expected sqlite:///path or postgresql") as wrong:
        db.check()
    assert ":hidden@" not in str(wrong.value)
