"""The commands of the checklist as other programs use them: JSON on standard output, words on standard error, exit codes."""

import json
from pathlib import Path

import pytest

from checklist.document import read_document
from checklist.rulebook import Rulebook
from desk.cli.main import run
from tests.integration.api_story import partner_site

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
WORDS = "Our product shows teams where people leave, and why. " * 8
DOCS = f"""<title>Connect Segment with Acme</title><h1>Segment integration</h1><p>{WORDS}</p>
<p>Send events from Segment to Acme.</p><h2>Set up</h2>
<ol><li>Open your Segment workspace</li><li>Add Acme from Segment's catalog</li></ol>"""


@pytest.fixture
def acme(monkeypatch, tmp_path):
    """A loopback server behind the made-up name acme.test; pages by path."""
    pages = {"/": f"<title>Acme</title><p>{WORDS}</p>", "/docs": DOCS}

    monkeypatch.chdir(tmp_path)
    with partner_site(pages) as address:
        monkeypatch.setenv("LAUNCH_REVIEW_FETCH_HOSTS", f"acme.test={address}")
        yield pages


@pytest.fixture
def submission(tmp_path):
    def written(**parts):
        document = {
            "external_id": "acme-1",
            "kind": "access",
            "partner": {"name": "Acme", "website": "http://acme.test/", "contact_email": "jo@acme.test"},
            "integration": {"slug": "acme", "name": "Acme"},
            **parts,
        }
        path = tmp_path / "acme.json"
        path.write_text(json.dumps(document))
        return str(path)

    return written


def preflight(capsys, *arguments):
    code = run(["preflight", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_preflight_prints_the_contracts_json(acme, submission, capsys):
    code, out, _ = preflight(capsys, submission(), "--json")
    said = json.loads(out)
    assert code == 1
    assert list(said) == ["rulebook", "gate", "verdict", "items"]
    assert (said["rulebook"], said["gate"], said["verdict"]) == ("v1", "access", "fails")
    assert [item["id"] for item in said["items"]] == [item.id for item in Rulebook.load("v1").items[:8]]
    for item in said["items"]:
        assert list(item) == ["id", "title", "outcome", "severity", "summary", "expected", "fix", "evidence"]
    outcomes = {item["id"]: item["outcome"] for item in said["items"]}
    assert (outcomes["access.website"], outcomes["access.email"], outcomes["access.survey"]) == (
        "passed",
        "passed",
        "failed",
    )


def test_preflight_of_one_item_holds_when_it_passes(acme, submission, capsys):
    code, out, _ = preflight(capsys, submission(), "--only", "access.website", "--json")
    assert code == 0
    assert [item["id"] for item in json.loads(out)["items"]] == ["access.website"]


def test_preflight_is_undecided_while_a_person_has_to_look(acme, submission, capsys):
    code, out, _ = preflight(capsys, submission(), "--only", "access.genuine", "--only", "access.email", "--json")
    assert (code, json.loads(out)["verdict"]) == (3, "open")


def test_preflight_names_an_item_that_is_not_asked(acme, submission, capsys):
    code, out, err = preflight(capsys, submission(), "--only", "docs.nothing")
    assert (code, out) == (2, "")
    assert "docs.nothing: no such item at the gate access" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", "{", "a.json: "),
        ("a.toml", 'kind = "lunch"', "a.toml: external_id: saw nothing"),
        ("a.txt", "", "saw the ending '.txt'"),
    ],
)
def test_preflight_of_a_wrong_file_says_so_in_one_line(tmp_path, capsys, name, content, said):
    path = tmp_path / name
    path.write_text(content)
    code, out, err = preflight(capsys, str(path))
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_preflight_tells_people_what_to_mend(acme, submission, capsys):
    code, out, err = preflight(capsys, submission())
    assert code == 1
    assert out.startswith("Access\n")
    assert "  ok    The company has a website (access.website)" in out
    assert "        fix: Read them, then set" in out
    assert "Not yet: mend what is marked FAIL" in err
    assert "\x1b" not in out + err


def test_preflight_looks_at_the_partners_pages(acme, submission, capsys):
    file = submission(kind="launch", documentation={"partner_url": "http://acme.test/docs"})
    code, out, _ = preflight(capsys, file, "--only", "docs.partner", "--json")
    assert code == 0
    evidence = json.loads(out)["items"][0]["evidence"][0]
    assert (evidence["url"], evidence["status"], len(evidence["digest"])) == ("http://acme.test/docs", 200, 64)
    acme["/docs"] = f"<title>Segments</title><p>{WORDS}</p>"
    assert preflight(capsys, file, "--only", "docs.partner")[0] == 1
    del acme["/docs"]
    code, out, _ = preflight(capsys, file, "--only", "docs.partner", "--json")
    assert (code, json.loads(out)["items"][0]["summary"]) == (
        1,
        "your documentation does not exist: http://acme.test/docs answers 404",
    )


def test_preflight_refuses_private_addresses(acme, submission, capsys):
    file = submission(kind="launch", documentation={"partner_url": "http://127.0.0.1/docs"})
    code, out, _ = preflight(capsys, file, "--only", "docs.partner", "--json")
    assert (code, json.loads(out)["items"][0]["outcome"]) == (1, "failed")


def test_preflight_shows_no_secret(acme, submission, capsys):
    file = submission(kind="launch", test_account={"username": "u", "secret": "s3cr3t-value"})
    _, out, err = preflight(capsys, file, "--only", "test.account", "--json")
    assert "s3cr3t-value" not in out + err


def test_judge_says_what_the_checks_make_of_a_saved_page(tmp_path, capsys):
    page = tmp_path / "page.html"
    page.write_text(DOCS)
    assert run(["judge", "docs", str(page), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert list(said) == ["outcome", "page_state", "signals", "summary"]
    assert (said["outcome"], said["page_state"]) == ("passed", "usable")
    page.write_text(f"<title>Segments</title><p>{WORDS}</p>")
    assert run(["judge", "docs", str(page)]) == 1
    assert run(["judge", "docs", str(page), "--status", "503"]) == 3
    page.write_text("<title>Just a moment...</title>")
    assert run(["judge", "oauth_button", str(page)]) == 3
    assert (
        run(["judge", "docs", str(page), "--name", "Acme", "--url", "https://acme.test/docs", "--status", "404"]) == 1
    )


def test_judge_of_a_draft_names_what_is_left_of_the_template(tmp_path, capsys):
    page = tmp_path / "draft.md"
    page.write_text("---\ntitle: X\n---\n(delete after reading)\n")
    assert run(["judge", "segment_doc", str(page)]) == 1
    assert "delete after reading" in capsys.readouterr().out


def test_judge_of_a_missing_page_is_wrong_input(tmp_path, capsys):
    assert run(["judge", "docs", str(tmp_path / "none.html")]) == 2
    assert "could not be opened" in capsys.readouterr().err
    assert run(["judge", "poem", str(tmp_path / "none.html")]) == 2


def test_rulebooks_are_listed_shown_validated_and_compared(tmp_path, capsys):
    def said(*arguments):
        assert run(["rulebook", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    shipped = Path(__file__).resolve().parents[2] / "checklist" / "rulebooks" / "v1.toml"
    mine = tmp_path / "mine.toml"
    mine.write_text(shipped.read_text("utf-8").replace("at_least = 3", "at_least = 10"))
    assert said("list") == [
        {"version": "v1", "valid_from": "2019-09-01", "items": 39, "programme": "Segment Developer Center"}
    ]
    assert said("show", "v1")["items"][0]["id"] == "access.website"
    assert said("validate", str(mine)) == {"valid": True, "version": "v1", "items": 39}
    assert said("diff", "v1", str(mine)) == [
        {"path": "items.customers.active.thresholds.at_least", "before": 3, "after": 10}
    ]
    assert run(["rulebook", "show", "v1"]) == 0
    assert "customers.active" in capsys.readouterr().out


def test_a_rulebook_that_asks_what_no_check_can_do_is_refused(tmp_path, capsys):
    mine = tmp_path / "mine.json"
    document = Rulebook.load("v1").model_dump(mode="json", exclude_none=True)
    document["items"][0]["check"] = "access.magic"
    mine.write_text(json.dumps(document))
    assert run(["rulebook", "validate", str(mine)]) == 2
    assert "mine.json: items.access.website.check: saw 'access.magic', expected one of" in capsys.readouterr().err
    assert run(["rulebook", "show", "v0"]) == 2


@pytest.mark.parametrize("kind", ["submission", "rulebook"])
def test_the_shape_of_each_file_is_published(capsys, kind):
    assert run(["schema", kind]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["type"] == "object"


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_lack_nothing_a_partner_writes(acme, tmp_path, capsys, example):
    """What the examples say by themselves holds; only their invented addresses are not there."""
    code, out, _ = preflight(capsys, str(example), "--json")
    said = json.loads(out)
    assert code in {1, 3}
    assert read_document(example)["kind"] in {"access", "launch", "graduation"}
    failed = {item["id"]: item["summary"] for item in said["items"] if item["outcome"] == "failed"}
    assert failed == {}
