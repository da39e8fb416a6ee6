"""The commands count customers as the settings say; settings that can't be used are one line and exit code 2."""

import json

import pytest
from sqlalchemy import create_engine, text

from desk.cli.main import run
from flows.wiring import wire
from settings import Settings

QUERY = """
SELECT workspace AS customer, environment, max(last_success_at) AS last_success_at
FROM deliveries WHERE integration = :integration AND last_success_at >= :since GROUP BY 1, 2
"""
NOW = "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')"


@pytest.fixture
def graduation(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    document = {
        "external_id": "acme-1",
        "kind": "graduation",
        "partner": {"name": "Acme", "website": "https://acme.example"},
        "integration": {"slug": "acme", "name": "Acme"},
    }
    (tmp_path / "acme.json").write_text(json.dumps(document))
    return "acme.json"


def setting(monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(f"LAUNCH_REVIEW_CUSTOMERS_{name.upper()}", value)


def test_preflight_counts_with_a_query_on_a_warehouse(graduation, tmp_path, monkeypatch, capsys):
    engine = create_engine(f"sqlite:///{tmp_path / 'warehouse.sqlite'}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE deliveries (integration, workspace, environment, last_success_at)"))
        for name in ("Gullwing Rail", "Peat & Paper", "Velvet Anvil"):
            row = f"INSERT INTO deliveries VALUES ('acme', '{name}', 'production', {NOW})"
            connection.execute(text(row.replace(":", r"\:")))
    engine.dispose()
    (tmp_path / "customers.sql").write_text(QUERY)
    setting(monkeypatch, source="sqlite:///warehouse.sqlite", query="@customers.sql")
    assert run(["preflight", graduation, "--only", "customers.active", "--json"]) == 0
    said = capsys.readouterr().out
    [item] = json.loads(said)["items"]
    assert item["summary"] == "3 of 3 customers use acme actively"
    assert item["evidence"][0]["seen"].startswith("query on the file warehouse.sqlite, as of 20")
    assert "Gullwing" not in said


WRONG = {
    "no query": {"source": "postgresql+psycopg://reader:s3cret@warehouse.example/analytics"},
    "a query of another kind": {"source": "sqlite:///warehouse.sqlite", "query": "DELETE FROM deliveries"},
    "plain http": {"source": "http://usage.example/customers", "token": "s3cret"},
    "another file": {"source": "customers.xlsx"},
    "a token without use": {"source": "customers.csv", "token": "s3cret"},
}
COMMANDS = (["preflight", "acme.json"], ["up"], ["work", "--once"], ["audit", "run"])


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("wrong", WRONG)
def test_settings_that_can_not_be_used_are_one_line_at_start(graduation, monkeypatch, capsys, command, wrong):
    assert run(["db", "upgrade"]) == 0
    capsys.readouterr()
    setting(monkeypatch, **WRONG[wrong])
    assert run(command) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("launch-review: LAUNCH_REVIEW_CUSTOMERS_")
    assert err.count("\n") == 1
    assert "s3cret" not in err


def test_what_is_wired_shows_no_secret(tmp_path):
    settings = Settings(
        data=tmp_path,
        customers_source="postgresql+psycopg://reader:s3cret@warehouse.example/analytics",
        customers_query=QUERY,
        _env_file=None,
    )
    here = wire(settings)
    here.database.close()
    assert "s3cret" not in f"{settings!r}{here!r}"
