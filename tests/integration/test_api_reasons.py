"""The reasons library over the API: what a decision may name, written by the programme, told to nobody else."""

from collections.abc import Iterator

import httpx
import pytest

from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, detail, programme_in

LOGO = {"title": "The logo is a picture", "text": "Please send it as SVG.", "items": ["catalog.logo"]}
DOCS = {"title": "No page yet", "text": "Write it.", "items": ["docs.partner"], "fix_by_business_days": 5}


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    return programme_in(sqlite_database, tmp_path)


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


@pytest.fixture
def mara(address: str) -> Iterator[httpx.Client]:
    with client(address, "mara") as opened:
        yield opened


def test_a_reason_is_written_changed_retired_and_offered_again(mara):
    first = mara.post("/reasons/logo-picture/change", json=LOGO)
    assert first.status_code == 200, first.text
    written = first.json()
    assert (written["version"], written["written_by"], written["retired_at"]) == (1, "mara@team.test", None)
    assert first.headers["ETag"] == mara.get("/reasons/logo-picture").headers["ETag"]
    anew = LOGO | {"text": "An SVG, please."}
    second = mara.post("/reasons/logo-picture/change", json=anew, headers={"If-Match": first.headers["ETag"]})
    assert (second.json()["version"], second.json()["text"]) == (2, "An SVG, please.")
    retired = mara.post("/reasons/logo-picture/retire")
    assert retired.json()["retired_at"] is not None
    assert mara.get("/reasons").json() == []
    assert [one["key"] for one in mara.get("/reasons", params={"retired": True}).json()] == ["logo-picture"]
    again = mara.post("/reasons/logo-picture/change", json=anew, headers={"If-Match": retired.headers["ETag"]})
    assert (again.json()["version"], again.json()["retired_at"]) == (2, None)


def test_whoever_saw_older_words_does_not_undo_anothers(mara):
    tag = mara.post("/reasons/logo-picture/change", json=LOGO).headers["ETag"]
    mara.post("/reasons/logo-picture/change", json=LOGO | {"text": "Other words."}, headers={"If-Match": tag})
    late = mara.post("/reasons/logo-picture/change", json=LOGO, headers={"If-Match": tag})
    assert "Mara wrote version 2 at 2026-11-23T18:00:00Z" in detail(late, "stale")
    detail(mara.post("/reasons/logo-picture/change", json=LOGO), "no-if-match")
    assert mara.get("/reasons/logo-picture").json()["text"] == "Other words."


def test_what_is_offered_for_a_submission_fits_it_first(mara, programme, address):
    for key, words in (("a-logo", LOGO), ("docs-missing", DOCS)):
        mara.post(f"/reasons/{key}/change", json=words)
    number = programme.story.ids["hostile"]
    with client(address, "rosa") as rosa:
        offered = [one["key"] for one in rosa.get("/reasons", params={"submission": number}).json()]
        assert sorted(offered) == ["a-logo", "docs-missing"]
        assert [one["key"] for one in rosa.get("/reasons").json()] == ["a-logo", "docs-missing"]
        detail(rosa.get("/reasons", params={"submission": 999}), "no-such-thing")
        detail(rosa.get("/reasons", params={"submission": number, "retired": True}), "wrong-parameter")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": " "}, "title: saw"),
        ({"items": ["docs.none"]}, "expected the id of an item that a rulebook has"),
        ({"links": ["javascript:alert(1)"]}, "expected a public address"),
        ({"fix_by_business_days": 0}, "fix_by_business_days"),
        ({"color": "red"}, "color"),
    ],
)
def test_words_that_cannot_be_are_told(mara, change, said):
    assert said in detail(mara.post("/reasons/logo-picture/change", json=LOGO | change), "invalid-body")
    detail(mara.get("/reasons/logo-picture"), "no-such-thing")


def test_who_does_not_run_the_programme_reads_and_a_partner_does_not(mara, address):
    mara.post("/reasons/logo-picture/change", json=LOGO)
    for who in ("rosa", "otis"):
        with client(address, who) as api:
            assert api.get("/reasons/logo-picture").json()["title"] == LOGO["title"]
            detail(api.post("/reasons/logo-picture/retire"), "token-may-not")
    with client(address, "quill") as quill:
        detail(quill.get("/reasons"), "team-only")
        detail(quill.get("/reasons/logo-picture"), "team-only")
