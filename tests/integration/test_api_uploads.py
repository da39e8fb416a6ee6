"""Files of a company over the API, and preflights and submissions that name them."""

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from desk.api.turnstile import Bounds
from desk.cli.main import run
from models.people import Partner
from models.submission import Submission
from models.upload import MOST_UPLOAD_BYTES, Upload
from review.actions.uploading import MOST_FILES
from sample.partners import document
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, problem, programme_in
from tests.integration.test_api_described import nowhere
from tests.integration.test_partner_pages import png

LOGO = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><rect width="400" height="100"/></svg>'
SHOT = png(1280, 800)
WITH_SCRIPT = LOGO.replace(b"<rect", b"<script>alert(1)</script><rect")


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    programme = programme_in(sqlite_database, tmp_path)
    programme.uploads = Bounds(a_minute=1_000, at_once=50, at_once_of_all=50)
    programme.surroundings = nowhere
    return programme


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


@pytest.fixture
def quill(address: str) -> Iterator[httpx.Client]:
    with client(address, "quill") as opened:
        yield opened


@pytest.fixture
def moss(address: str) -> Iterator[httpx.Client]:
    with client(address, "moss") as opened:
        yield opened


def put(api: httpx.Client, data: bytes, kind: str = "application/octet-stream", **headers: str) -> httpx.Response:
    return api.post("/uploads", content=data, headers={"Content-Type": kind, **headers})


def kept(programme: Programme) -> int:
    with programme.database.read() as session:
        return session.scalar(select(func.count()).select_from(Upload)) or 0


def launch(address: str, **changes: str) -> dict:
    found = document("quillharbor-launch")
    found["catalog"] |= {"logo": address, **changes}
    return found


def test_a_file_is_sent_listed_shown_and_taken_out(quill, programme):
    answer = put(quill, LOGO)
    assert answer.status_code == 201, answer.text
    digest = hashlib.sha256(LOGO).hexdigest()
    assert answer.headers["Location"] == f"/api/uploads/{digest}"
    assert answer.json() == {
        "address": f"upload:{digest}",
        "digest": digest,
        "partner": "Quillharbor",
        "media_type": "image/svg+xml",
        "bytes": len(LOGO),
        "uploaded_at": "2026-11-23T18:00:00Z",
    }
    assert put(quill, SHOT, "image/png").json()["media_type"] == "image/png"
    assert put(quill, LOGO).json() == answer.json(), "the same file is kept once"
    assert {one["bytes"] for one in quill.get("/uploads").json()["items"]} == {len(LOGO), len(SHOT)}
    shown = quill.get(f"/uploads/{digest}")
    assert (shown.content, shown.headers["Content-Type"]) == (LOGO, "image/svg+xml")
    assert shown.headers["Content-Disposition"].startswith("attachment")
    assert shown.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert quill.post(f"/uploads/{digest}/delete").json() == {"digest": digest}
    assert problem(quill.get(f"/uploads/{digest}"), "no-such-thing")
    assert problem(quill.post(f"/uploads/{digest}/delete"), "no-such-thing")
    assert kept(programme) == 1


def test_another_companys_files_are_not_there(quill, moss, address, programme):
    digest = put(quill, LOGO).json()["digest"]
    assert moss.get("/uploads").json()["items"] == []
    problem(moss.get(f"/uploads/{digest}"), "no-such-thing")
    problem(moss.post(f"/uploads/{digest}/delete"), "no-such-thing")
    assert put(moss, LOGO).json()["partner"] == "Mossbeacon"
    assert moss.post(f"/uploads/{digest}/delete").status_code == 200
    assert quill.get(f"/uploads/{digest}").status_code == 200, "what two sent alike is each one's own"
    with client(address, "rosa") as rosa:
        assert [one["partner"] for one in rosa.get("/uploads").json()["items"]] == ["Quillharbor"]
        assert rosa.get(f"/uploads/{digest}").content == LOGO
        problem(put(rosa, LOGO), "partner-only")
        problem(rosa.post(f"/uploads/{digest}/delete"), "partner-only")
    with client(address, "otis") as otis:
        problem(put(otis, LOGO), "token-may-not")


def test_files_come_in_pages(quill, moss, address):
    sent = {put(quill, png(8, n)).json()["digest"] for n in range(1, 6)} | {put(moss, LOGO).json()["digest"]}
    with client(address, "rosa") as rosa:
        found, cursor = [], None
        while True:
            said = rosa.get("/uploads", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
            found += [one["digest"] for one in said["items"]]
            if (cursor := said["next"]) is None:
                break
        assert len(found) == len(set(found))
        assert set(found) == sent
        problem(rosa.get("/uploads", params={"cursor": "WyJ1cGxvYWRzIiwxLCJcdTAwMDAiXQ"}), "unknown-cursor")


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (WITH_SCRIPT, "unsound-file", "export it without scripts"),
        (b"<html><p>Hello</p></html>", "unsound-file", "expected an SVG"),
        (b"Hello", "unsound-file", "expected a PNG, JPEG or WebP"),
        (b"", "unsound-file", "the file is empty"),
        (SHOT[:-9], "unsound-file", "the PNG is cut short"),
        (SHOT + b"PK\3\4", "unsound-file", "or has something else in it"),
        (b"x" * (MOST_UPLOAD_BYTES + 1), "too-large", "more than 3,000,000 bytes"),
    ],
    ids=["script", "page", "text", "empty", "cut", "archive", "large"],
)
def test_a_file_is_judged_by_its_content(quill, programme, data, name, said):
    for kind in ("image/png", "image/svg+xml"):
        assert said in problem(put(quill, data, kind), name)["detail"]
    assert kept(programme) == 0


def test_what_is_called_no_image_is_not_read(quill, programme):
    problem(put(quill, LOGO, "text/html"), "unsupported-type")
    problem(put(quill, LOGO, "image/svg+xml", **{"Content-Encoding": "gzip"}), "unsupported-type")
    assert kept(programme) == 0


def test_a_company_keeps_so_many_files_and_no_more(quill, programme):
    with programme.database.write.begin() as session:
        whose = session.scalars(select(Partner.id).where(Partner.name == "Quillharbor")).one()
        session.add_all(
            Upload(partner_id=whose, digest=f"{n:064}", media_type="image/png", data=b"x", uploaded_at=programme.now)
            for n in range(MOST_FILES)
        )
    assert "your company keeps 60 files" in problem(put(quill, LOGO), "refused")["detail"]


def test_so_many_come_in_a_minute(programme):
    programme.uploads = Bounds(a_minute=2, at_once=4, at_once_of_all=16)
    with served(programme.app()) as address, client(address, "quill") as quill:
        answers = [put(quill, png(8, n)) for n in (1, 2, 3)]
    assert [one.status_code for one in answers] == [201, 201, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert "there were 2 files of yours in the last minute" in problem(answers[2], "too-many")["detail"]


def test_what_something_names_is_not_taken_out(quill, programme):
    sent = put(quill, LOGO).json()
    with programme.database.write.begin() as session:
        one = session.get_one(Submission, programme.story.ids["quillharbor"])
        one.document = one.document | {"catalog": one.document["catalog"] | {"logo": sent["address"]}}
    told = problem(quill.post(f"/uploads/{sent['digest']}/delete"), "refused")["detail"]
    assert "is named by something that your company sent" in told
    assert quill.get(f"/uploads/{sent['digest']}").status_code == 200


# --- naming them


def preflighted(api: httpx.Client, body: dict, only: str = "catalog.logo") -> httpx.Response:
    return api.post("/preflight", json=body, params={"only": only}, headers={"Accept": "application/json"})


def test_a_preflight_reads_files_of_the_tokens_company(quill, address):
    sent = put(quill, LOGO).json()["address"]
    (item,) = preflighted(quill, launch(sent)).json()["items"]
    assert item["outcome"] == "passed", item
    with client(address, "rosa") as rosa:
        (item,) = preflighted(rosa, launch(sent)).json()["items"]
    assert item["outcome"] == "passed", "the team looks with the files of the integration's company"


def test_a_file_of_another_company_can_be_named_by_nobody_else(quill, moss):
    theirs = put(moss, LOGO).json()["address"]
    wrong = launch(theirs, mark="upload:" + "0" * 64)
    for answer in (preflighted(quill, wrong), quill.post("/submissions", json=wrong)):
        told = problem(answer, "invalid-submission")
        assert [one["pointer"] for one in told["errors"]] == ["#/catalog/logo", "#/catalog/mark"]
        assert "expected a file that your company keeps here" in told["detail"]


def test_the_team_sees_no_file_of_a_company_that_the_document_is_not_of(quill, moss, address):
    theirs = put(moss, LOGO).json()["address"]
    with client(address, "rosa") as rosa:
        (item,) = preflighted(rosa, launch(theirs)).json()["items"]
    assert item["outcome"] == "unknown"
    assert "the file that was sent is not kept here" in item["summary"]


# --- from the command line


def preflight_here(tmp_path, monkeypatch, body: dict, database_url: str = "") -> int:
    monkeypatch.chdir(tmp_path)
    if database_url:
        monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", database_url)
    (tmp_path / "launch.json").write_text(json.dumps(body))
    return run(["preflight", "launch.json", "--only", "catalog.logo", "--json"])


def test_the_command_reads_them_where_it_has_the_database(quill, programme, tmp_path, monkeypatch, capsys):
    sent = put(quill, LOGO).json()["address"]
    url = programme.database.engine.url.render_as_string(hide_password=False)
    assert preflight_here(tmp_path, monkeypatch, launch(sent), url) == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["outcome"] == "passed"


def test_elsewhere_the_command_says_what_to_do(tmp_path, monkeypatch, capsys):
    assert preflight_here(tmp_path, monkeypatch, launch("upload:" + "a" * 64)) == 3
    told = capsys.readouterr()
    assert json.loads(told.out)["items"][0]["outcome"] == "unknown"
    (line,) = [line for line in told.err.splitlines() if "catalog.logo" in line]
    assert "there is no data in" in line
    assert "Give their addresses, or look by the form of the desk or POST /api/preflight" in line


def test_the_command_without_such_files_asks_no_database(tmp_path, monkeypatch, capsys):
    assert preflight_here(tmp_path, monkeypatch, launch("http://127.0.0.1:9/logo.svg")) in {1, 3}
    assert "database" not in capsys.readouterr().err


def test_a_file_that_was_sent_long_ago_is_kept_while_it_is_sent_again(quill, programme):
    put(quill, LOGO)
    programme.now += timedelta(days=20)
    assert put(quill, LOGO).json()["uploaded_at"] == "2026-12-13T18:00:00Z"
