"""What a command says when its database isn't there, isn't ready or can't be reached: which one, and what to do."""

import pytest

from desk.cli.main import run


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LAUNCH_REVIEW_DATA", raising=False)
    monkeypatch.delenv("LAUNCH_REVIEW_DATABASE_URL", raising=False)


def refused(capsys) -> str:
    assert run(["queue"]) == 1
    return capsys.readouterr().err


def test_a_folder_without_data_is_named_and_nothing_is_made_there(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATA", str(tmp_path / "data"))
    assert refused(capsys) == (
        f"launch-review: there is no data in {tmp_path / 'data'} yet: run `launch-review up` or "
        "`launch-review db upgrade` here, or set LAUNCH_REVIEW_DATA to the folder that has it\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_file_of_ones_own_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", f"sqlite:///{tmp_path / 'own.sqlite'}")
    said = refused(capsys)
    assert f"there is no database sqlite:///{tmp_path / 'own.sqlite'} yet: run `launch-review db upgrade`" in said
    assert "LAUNCH_REVIEW_DATABASE_URL" in said


def test_a_database_without_the_schema_is_named(tmp_path, monkeypatch, capsys):
    (tmp_path / "own.sqlite").touch()
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", f"sqlite:///{tmp_path / 'own.sqlite'}")
    assert f"the database sqlite:///{tmp_path / 'own.sqlite'} is not migrated" in refused(capsys)


def test_a_server_that_does_not_answer_is_named_without_its_password(monkeypatch, capsys):
    address = "postgresql+psycopg://desk:hidden-word@127.0.0.1:1/reviews?sslpassword=hidden-word"
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)
    said = refused(capsys)
    assert "the database postgresql+psycopg://desk:***@127.0.0.1:1/reviews can't be reached: " in said
    assert "hidden-word" not in said
