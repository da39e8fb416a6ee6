"""`launch-review report`: what it prints and writes, and how it says that a file can't be written."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from desk.cli.errors import InputWrong
from desk.cli.main import run
from desk.cli.report import app
from flows.wiring import utc_now
from models.enums import ChannelName, Outcome, Role, SubmissionKind, TargetName
from models.integration import Integration
from models.result import Waiver
from notifications.outbox import plan
from notifications.programme import ProgrammeSettings
from review.actions import auditing
from review.actions.asking import ask_partner
from review.actions.assigning import claim
from review.actions.auditing import Judged
from review.actions.companies import add_person
from review.actions.importing import import_catalog
from tests.building import in_review, person

REPORTS = ("sla", "readiness", "graduation", "heatmap", "pareto", "drift", "dwell")
RULEBOOK = Rulebook.load("v1")
WHAT_IF_EXPECTED = (
    f"expected TARGET=AMOUNT, a target among {', '.join(TargetName)}, an amount such as 1bd or 8h; "
    "or calendar.NAME=FILE"
)
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


@pytest.fixture
def history(programme, sqlite_database):
    """Besides: one answered late and one in time, one with a question that nobody was told, one access request."""
    long_ago = datetime(2024, 3, 4, 17, tzinfo=UTC)  # a Monday at nine where the team is
    with sqlite_database.write.begin() as session:
        for slug, hours in (("late", 72), ("soon", 3)):
            submission = in_review(session, slug, at=long_ago)
            claim(session, submission, by=person(session), at=long_ago + timedelta(hours=hours), message="Mine.")
        asked = in_review(session, "asked", at=long_ago)
        ask_partner(session, asked, by=person(session), at=long_ago + timedelta(hours=1), text=HOSTILE)
        in_review(session, "wants", SubmissionKind.ACCESS, at=long_ago)
        session.flush()
        plan(
            session, at=long_ago, programme=ProgrammeSettings("https://desk.example", frozenset({ChannelName.CONSOLE}))
        )


def ran(*arguments):
    return app([str(argument) for argument in arguments], exit_on_error=False, print_error=False)


def document(capsys, *command):
    assert app([*command, "--json"], result_action="return_value") == 0
    return json.loads(capsys.readouterr().out)


def test_graduation_begins_with_who_can_go_and_what_the_others_lack(programme, capsys):
    assert run(["report", "graduation"]) == 0

    first, *rest = capsys.readouterr().out.splitlines()
    assert first == (
        "3 in Public Beta: 1 ready now, 1 lacks only “Customers can enable it with one button” and 1 can't be told (1 never audited)"
    )
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
    assert told["grades"] == {
        "regressed": 0,
        "suspected": 0,
        "undecided": 0,
        "never_audited": 1,
        "drifted": 0,
        "holds": 2,
    }
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


def keys_in(told):
    """The keys of a document and of everything in it."""
    if isinstance(told, list):
        return {key for entry in told for key in keys_in(entry)}
    if not isinstance(told, dict):
        return set()
    return {*told, *(key for value in told.values() for key in keys_in(value))}


@pytest.mark.parametrize("command", [(name,) for name in REPORTS] + [("pauses",), ("sla", "--what-if", "access=1h")])
def test_documents_have_the_keys_that_their_documentation_names(history, capsys, command, request):
    text = (request.config.rootpath / "docs" / "reports.md").read_text()
    told = document(capsys, *command)

    keys = keys_in(told) - {"report", "at"}
    named = set(re.findall(r"[a-z0-9_]+", text))
    assert keys <= named, f"not in docs/reports.md: {', '.join(sorted(keys - named))}"


@pytest.mark.parametrize("name", REPORTS)
def test_a_sheet_has_a_header_and_no_cell_that_a_spreadsheet_would_run(programme, tmp_path, name):
    file = tmp_path / "report.csv"
    assert run(["report", name, "--csv", str(file)]) == 0

    with file.open(newline="", encoding="utf-8") as opened:
        head, *rows = list(csv.reader(opened))
    assert all(len(row) == len(head) for row in rows)
    assert rows or name == "drift"  # of this programme everything holds
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


def test_sla_tells_where_time_goes_and_who_waits(history, capsys):
    told = document(capsys, "sla")

    assert [(one["stage"], one["number"], one["still"]) for one in told["stages"]] == [
        ("submitted", 4, 0),
        ("in_review", 4, 4),
        ("changes_requested", 0, 0),
    ]
    assert told["turns"]["longest"][0]["turn"] == "reviewer"
    assert [(one["cause"], one["number"]) for one in told["causes"]] == [
        ("not noted yet", 3),
        ("nobody had taken it", 1),
    ]
    assert told["causes"][-1]["cumulative_percent"] == 100
    assert (told["rounds"]["number"], told["rounds"]["looked_at"]) == (4, 0)
    assert told["what_if"] is told["since"] is told["until"] is None


def test_sla_prints_a_table_for_each_question(history, capsys):
    assert run(["report", "sla"]) == 0

    heads = [block.splitlines()[0].split("  ")[0] for block in capsys.readouterr().out.split("\n\n")]
    assert heads == [
        "2 of 6 promises kept (33.3 %); 4 open, 3 of them past the target",
        "started",
        "target",
        "stage",
        "waited for",
        "longest with",
        "kind",
        "rounds of changes",
        "1 pause taken: 0 in the last tenth of a target, 1 without a message to the partner",
        "reviewer",
    ]


def test_a_what_if_is_told_first_in_words(history, capsys):
    assert run(["report", "sla", "--what-if", "first_response=1bd", "--what-if", "access=9999h"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "what if first_response=1bd, access=9999h"
    assert lines[3].split() == ["access", "all", "0.0", "%", "0", "0", "0"]
    assert [line.split()[:2] for line in lines[3:7]] == [
        ["access", "all"],
        ["access", "2024-03"],
        ["first_response", "all"],
        ["first_response", "2024-03"],
    ]


def test_a_what_if_stands_in_the_document_and_beside_each_row_of_the_sheet(history, capsys, tmp_path):
    file = tmp_path / "sla.csv"
    assert run(["report", "sla", "--what-if", "first_response=2h", "--csv", str(file), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["what_if"]

    (change,) = told["targets"]
    assert told["supposed"] == ["first_response=2h"]
    assert (change["was"]["met"], change["would_be"]["met"], change["met_to_missed"]) == (2, 1, 1)
    with file.open(newline="", encoding="utf-8") as opened:
        rows = {(row["target"], row["month"]): row for row in csv.DictReader(opened)}
    assert rows["first_response", "all"]["what_if_met"] == rows["first_response", "2024-03"]["what_if_met"] == "1"
    assert rows["first_response", "all"]["met"] == "2"
    assert rows["decision", "all"]["what_if_met"] == ""


def test_without_a_what_if_the_sheet_has_no_columns_for_it(history, tmp_path):
    file = tmp_path / "sla.csv"
    run(["report", "sla", "--csv", str(file)])

    assert "what_if" not in file.read_text().splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ["sla", "--what-if", "first_respons=1bd"],
            f"--what-if 'first_respons=1bd': {WHAT_IF_EXPECTED}",
        ),
        (["sla", "--what-if", "decision=1d"], "--what-if 'decision=1d': expected TARGET=AMOUNT"),
        (["sla", "--since", "yesterday"], "--since 'yesterday': expected a day, as in 2026-10-01"),
        (
            ["pauses", "--since", "2026-10-02", "--until", "2026-10-01"],
            "--until 2026-10-01: expected a day at or after --since 2026-10-02",
        ),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_code_2(programme, capsys, arguments, line):
    assert run(["report", *arguments]) == 2

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith(f"launch-review: {line}")
    assert told.err.count("\n") == 1


def test_hours_are_supposed_for_a_calendar_that_is_there(history, capsys, tmp_path):
    file = tmp_path / "monday.json"
    file.write_text(json.dumps({"tz": "Etc/UTC", "week": {"mon": [["00:00", "24:00"]]}}))

    # Open on Mondays alone, from 17:00 to midnight: what took three days used seven hours.
    assert run(["report", "sla", "--json", "--what-if", f"calendar.team={file}"]) == 0
    told = json.loads(capsys.readouterr().out)["what_if"]
    first = next(one for one in told["targets"] if one["target"] == "first_response")
    assert first["missed_to_met"] == 1

    assert run(["report", "sla", "--what-if", f"calendar.tem={file}"]) == 2
    assert capsys.readouterr().err == "launch-review: --what-if 'calendar.tem=…': expected a calendar among team\n"


def test_a_period_is_told_with_what_began_in_it(history, capsys, tmp_path):
    file = tmp_path / "sla.html"
    assert run(["report", "sla", "--json", "--since", "2024-03-05", "--html", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)

    assert (told["since"], told["until"]) == ("2024-03-05", None)
    assert not any(one["number"] for one in told["targets"])
    assert "since 2024-03-05" in file.read_text("utf-8")


def test_pauses_are_told_with_who_and_why(history, capsys):
    assert run(["report", "pauses"]) == 0

    headline, head, *rows = capsys.readouterr().out.splitlines()
    assert headline == "1 pause taken: 0 in the last tenth of a target, 1 without a message to the partner"
    assert head.startswith("submission  integration  target")
    assert [row.split()[1:4] for row in rows] == [["asked", "decision", "Rosa"]]
    assert "no message" in rows[0]


def test_pauses_as_a_document_a_sheet_and_a_page(history, capsys, tmp_path):
    sheet, page = tmp_path / "pauses.csv", tmp_path / "pauses.html"
    assert run(["report", "pauses", "--json", "--csv", str(sheet), "--html", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)

    (pause,) = told["noted"]
    assert (told["taken"], told["late"], told["untold"]) == (1, 0, 1)
    assert (pause["integration"], pause["by"], pause["reason"]) == ("asked", "Rosa", HOSTILE)
    assert (pause["from"], pause["to"]) == ("2024-03-04T18:00:00Z", None)
    with sheet.open(newline="", encoding="utf-8") as opened:
        assert [row["reason"] for row in csv.DictReader(opened)] == [f"'{HOSTILE}"]
    assert "<script>" not in page.read_text("utf-8")
    assert "&lt;script&gt;" in page.read_text("utf-8")


def test_without_any_pause_it_is_said(programme, capsys):
    assert run(["report", "pauses"]) == 0

    assert capsys.readouterr().out == "no pause was taken\n"
