"""`launch-review report`: what it prints and writes, and how it says that a file can't be written."""

import csv
import json
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from desk.cli.errors import InputWrong
from desk.cli.main import run
from desk.cli.report import app
from flows.wiring import utc_now
from models.enums import Outcome, Role
from models.integration import Integration
from models.result import Waiver
from review.actions import auditing
from review.actions.auditing import Judged
from review.actions.companies import add_person
from review.actions.importing import import_catalog

REPORTS = ("sla", "readiness", "graduation")
RULEBOOK = Rulebook.load("v1")
HOSTILE = '=HYPERLINK("https://evil.example")<script>alert(1)</script>'


@pytest.fixture
def programme(sqlite_database, monkeypatch):
    """One ready, one that lacks the button and has a hostile name, one never audited, one waiver."""
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    now = utc_now()
    catalog = [
        {"slug": slug, "name": name, "website": f"https://{slug}.example", "status": "PUBLIC_BETA"}
        for slug, name in (("ready", "Ready"), ("nearly", HOSTILE), ("unseen", "Unseen"))
    ]
    with sqlite_database.write.begin() as session:
        import_catalog(session, catalog, at=now - timedelta(days=455))
        ids = {row.slug: row.id for row in session.scalars(select(Integration))}
        for slug, failed in (("ready", set()), ("nearly", {"oauth.button"})):
            results = [
                CheckResult(item.id, Outcome.FAILED if item.id in failed else Outcome.PASSED, "seen", fix=HOSTILE)
                for item in RULEBOOK.items
                if item.live
            ]
            audit = auditing.begin_run(session, [ids[slug]], rulebook=RULEBOOK, asked_by="schedule", at=now)
            auditing.take_judged(session, audit, Judged(ids[slug], results, {}), at=now)
        lead = add_person(session, name="Idris", email="idris@desk.example", roles=frozenset({Role.LEAD}), at=now)
        session.add(
            Waiver(
                integration_id=ids["ready"],
                item="docs.partner",
                reason="They move their site.",
                granted_by_id=lead.id,
                granted_at=now,
                until=now.date() + timedelta(days=9),
            )
        )


def ran(*arguments):
    return app([str(argument) for argument in arguments], exit_on_error=False, print_error=False)


def document(capsys, name):
    assert app([name, "--json"], result_action="return_value") == 0
    return json.loads(capsys.readouterr().out)


def test_graduation_begins_with_who_can_go_and_what_the_others_lack(programme, capsys):
    assert run(["report", "graduation"]) == 0

    first, *rest = capsys.readouterr().out.splitlines()
    assert first == ("3 in Public Beta: 1 ready now, 1 lacks only oauth.button and 1 can't be told (1 never audited)")
    assert "half of them have been there for 455 days or longer" in rest
    assert "unseen (unseen.example): can't be told, 455 days in Public Beta" in rest


def test_graduation_as_json_names_every_obstacle_with_its_fix(programme, capsys):
    told = document(capsys, "graduation")

    assert told["distances"] == {"ready": 1, "lacks_one": 1, "lacks_more": 0, "undecided": 1}
    assert [(one["item"], one["number"]) for one in told["lacks_only"]] == [("oauth.button", 1)]
    assert [one["integration"] for one in told["integrations"]] == ["ready", "nearly", "unseen"]
    assert told["integrations"][1]["lacks"] == [
        {"item": "oauth.button", "title": RULEBOOK.item("oauth.button").title, "seen": "seen", "fix": HOSTILE}
    ]


def test_readiness_as_json_counts_grades_and_owes_waivers(programme, capsys):
    told = document(capsys, "readiness")

    assert told["live"] == 3
    assert told["grades"] == {"regressed": 0, "suspected": 0, "undecided": 0, "never_audited": 1, "holds": 2}
    assert [(one["integration"], one["item"], one["days_left"]) for one in told["waivers"]] == [
        ("ready", "docs.partner", 9)
    ]


def test_readiness_begins_with_how_many_hold(programme, capsys):
    assert run(["report", "readiness"]) == 0

    assert capsys.readouterr().out.splitlines()[0] == "3 live: 1 never audited and 2 hold; 1 waiver to come back to"


def test_sla_without_any_promise_says_so(programme, capsys):
    told = document(capsys, "sla")

    assert [one["target"] for one in told["targets"]] == [
        "access",
        "first_response",
        "decision",
        "re_review",
        "partner_answer",
    ]
    assert all(one["number"] == 0 and one["attainment_percent"] is None for one in told["targets"])
    assert [one["name"] for one in told["reviewers"]] == ["Idris"]


@pytest.mark.parametrize("name", REPORTS)
def test_documents_have_the_keys_that_their_documentation_names(programme, capsys, name, request):
    text = (request.config.rootpath / "docs" / "reports.md").read_text()
    told = document(capsys, name)

    keys = {key for key in told if key not in {"report", "at"}}
    for entry in (value[0] for value in told.values() if isinstance(value, list) and value):
        keys |= set(entry)
    named = set(re.findall(r"[a-z0-9_]+", text))
    assert keys <= named, f"not in docs/reports.md: {', '.join(sorted(keys - named))}"


@pytest.mark.parametrize("name", REPORTS)
def test_a_sheet_has_a_header_and_no_cell_that_a_spreadsheet_would_run(programme, tmp_path, name):
    file = tmp_path / "report.csv"
    assert run(["report", name, "--csv", str(file)]) == 0

    with file.open(newline="", encoding="utf-8") as opened:
        head, *rows = list(csv.reader(opened))
    assert all(len(row) == len(head) for row in rows)
    assert rows
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_the_sheet_of_graduations_has_a_row_for_each(programme, tmp_path):
    file = tmp_path / "graduation.csv"
    run(["report", "graduation", "--csv", str(file)])

    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [(row["integration"], row["days"], row["distance"], row["lacks"]) for row in rows] == [
        ("ready", "455", "ready", ""),
        ("nearly", "455", "lacks_one", "oauth.button"),
        ("unseen", "455", "undecided", ""),
    ]
    assert rows[1]["name"] == f"'{HOSTILE}"


class Tags(HTMLParser):
    """The tags and attributes of a page, and those left open."""

    def __init__(self, text):
        super().__init__()
        self.found, self.open = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.mark.parametrize("name", REPORTS)
def test_a_page_stands_on_its_own_and_nothing_a_partner_wrote_becomes_markup(programme, tmp_path, name):
    file = tmp_path / "report.html"
    assert run(["report", name, "--html", str(file)]) == 0
    text = file.read_text("utf-8")
    tags = Tags(text)

    assert tags.open == []
    assert not [tag for tag, attributes in tags.found if tag in {"script", "link", "img"} or "style" in attributes]
    assert not [value for _, attributes in tags.found for key, value in attributes.items() if key in {"src", "href"}]
    assert [attributes["lang"] for tag, attributes in tags.found if tag == "html"] == ["en"]
    assert all(attributes.get("scope") for tag, attributes in tags.found if tag == "th")
    assert "<script>" not in text
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text


def test_a_page_tells_the_way_out(programme, tmp_path):
    file = tmp_path / "graduation.html"
    run(["report", "graduation", "--html", str(file)])

    text = file.read_text("utf-8")
    assert "No audit has looked at it yet: audit it." in text
    assert "Lacks one item" in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("option", ["--csv", "--html"])
def test_a_folder_is_refused_in_one_line(programme, tmp_path, capsys, option):
    assert run(["report", "readiness", option, str(tmp_path)]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"launch-review: {option}: {tmp_path} is a folder; give the name of a file in it\n"


def test_a_folder_that_is_not_there_is_said_before_anything_is_counted(tmp_path):
    with pytest.raises(InputWrong, match=r"--csv: the folder .*missing is not there"):
        ran("sla", "--csv", tmp_path / "missing" / "sla.csv")


def test_an_existing_file_is_replaced(programme, tmp_path, capsys):
    file = tmp_path / "sla.csv"
    file.write_text("last month's\n" * 1_000)

    assert run(["report", "sla", "--csv", str(file)]) == 0
    assert "last month" not in file.read_text()
    assert capsys.readouterr().err == f"written to {file}\n"
