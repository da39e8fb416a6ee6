"""Acting over the API: each move by its own reasons, no stale form, and nothing twice."""

import threading
import time
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import func, select

from desk.api.means import UnderWay
from models.database import Database
from models.decision import Decision
from models.enums import EventName, SubmissionStage
from models.event import Event
from models.kept_answer import KeptAnswer
from models.people import Person, PersonRole
from models.submission import Submission
from review.actions.keeping import forget
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, problem, programme_in
from tests.integration.desk_story import NOW, before

APPROVE = {"decision": "approve", "reason": "All there."}


@pytest.fixture
def programme(database: Database, tmp_path) -> Programme:
    return programme_in(database, tmp_path)


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


def post(address: str, who: str, path: str, document=None, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    with client(address, who) as api:
        return api.post(path, json=document if document is not None else {}, headers=given)


def test_a_submission_is_taken_asked_about_answered_attested_and_approved(programme, address):
    quill = programme.story.ids["quillharbor"]
    path = f"/submissions/{quill}"
    steps = (
        ("rosa", "claim", {"message": "I am looking at it today."}, "submission.claimed"),
        ("rosa", "ask", {"text": "Which plan?"}, "submission.question_asked"),
        ("quill", "answer", {"text": "The large one."}, "submission.answered"),
        (
            "rosa",
            "attest",
            {"item": "docs.matches", "outcome": "passed", "reason": "It says the same."},
            "item.attested",
        ),
        (
            "idris",
            "waive",
            {"item": "test.volume", "reason": "Shown by hand.", "until": "2027-01-31"},
            "waiver.granted",
        ),
        ("rosa", "decide", APPROVE, "submission.approved"),
    )
    seen = set()
    for who, move, body, event in steps:
        tag = programme.version("quillharbor")
        answer = post(address, who, f"{path}/{move}", body, If_Match=tag)
        assert answer.status_code == 200, answer.text
        assert programme.events("quillharbor")[-1] == event
        assert answer.headers["ETag"] == programme.version("quillharbor") != tag
        seen.add(answer.headers["ETag"])
    assert len(seen) == len(steps)
    assert (answer.json()["stage"], answer.json()["turn"]) == ("approved", "")
    with client(address, "rosa") as api:
        assert api.get(path).json()["decisions"][-1]["by"] == "rosa@team.test"


def test_changes_are_requested_with_what_a_person_found(programme, address):
    quill = programme.story.ids["quillharbor"]
    body = {"decision": "request_changes", "reason": "Nearly.", "findings": [{"item": "docs.matches", "what": "No."}]}
    tag = programme.version("quillharbor")
    assert post(address, "rosa", f"/submissions/{quill}/decide", body, If_Match=tag).json()["turn"] == "partner"
    with client(address, "quill") as api:
        (finding,) = api.get(f"/submissions/{quill}").json()["findings"]
    assert (finding["item"], finding["what"], finding["stage"]) == ("docs.matches", "No.", "open")
    odd = body | {"decision": "reject"}
    tag = programme.version("quillharbor")
    problem(post(address, "rosa", f"/submissions/{quill}/decide", odd, If_Match=tag), "invalid-body")


def test_a_refused_move_names_every_reason_and_changes_nothing(programme, address):
    moss = programme.story.ids["mossbeacon"]
    was = programme.version("mossbeacon"), programme.events("mossbeacon")
    said = problem(post(address, "rosa", f"/submissions/{moss}/decide", APPROVE, If_Match="*"), "move-refused")
    assert said["move"] == "approve"
    last = "Rosa Lindqvist, changes requested, 2026-11-13 18:00 UTC"
    assert said["reasons"] == [f"it is changes requested ({last}); this needs it to be in review"]
    quill = programme.story.ids["quillharbor"]
    said = problem(
        post(address, "rosa", f"/submissions/{quill}/decide", APPROVE | {"reason": " "}, If_Match="*"), "move-refused"
    )
    assert said["reasons"] == ["a reason is needed; write one sentence that the reader understands"]
    said = problem(post(address, "mara", f"/submissions/{quill}/decide", APPROVE, If_Match="*"), "move-refused")
    assert said["reasons"] == ["Mara has the role manager; this needs admin or lead or reviewer"]
    assert (programme.version("mossbeacon"), programme.events("mossbeacon")) == was


def test_the_moves_that_are_free_are_told_with_the_same_reasons(programme, address):
    with client(address, "mara") as api:
        told = {one["move"]: one for one in api.get(f"/submissions/{programme.story.ids['quillharbor']}/moves").json()}
    assert told["approve"]["reasons"] == ["Mara has the role manager; this needs admin or lead or reviewer"]
    assert told["waive"] | {"who": []} == {
        "move": "waive",
        "says": "let an item not hold for a while",
        "free": True,
        "reasons": [],
        "who": [],
    }
    assert "launch" not in told


def test_where_it_matters_the_version_has_to_be_said(programme, address):
    quill = programme.story.ids["quillharbor"]
    said = problem(post(address, "rosa", f"/submissions/{quill}/decide", APPROVE), "no-if-match")
    assert said["detail"] == f"expected the `ETag` of submission {quill} as `If-Match`"
    assert post(address, "rosa", f"/submissions/{quill}/claim").status_code == 200


def test_a_stale_form_is_told_who_changed_what_and_when(programme, address):
    quill = programme.story.ids["quillharbor"]
    with client(address, "idris") as api:
        seen = api.get(f"/submissions/{quill}").headers["ETag"]
    post(address, "rosa", f"/submissions/{quill}/ask", {"text": "Which plan?"}, If_Match=seen)
    post(address, "quill", f"/submissions/{quill}/answer", {"text": "The large one."})
    answer = post(address, "idris", f"/submissions/{quill}/decide", APPROVE, If_Match=seen)
    said = problem(answer, "stale")
    assert [(one["by"], one["event"], one["at"]) for one in said["changed"]] == [
        ("Rosa Lindqvist", "submission.question_asked", "2026-11-23T18:00:00Z"),
        ("Oluwaseun Brandt", "submission.answered", "2026-11-23T18:00:00Z"),
    ]
    assert answer.headers["ETag"] == programme.version("quillharbor") != seen
    assert "since then: Rosa Lindqvist, submission.question_asked" in said["detail"]
    again = post(address, "idris", f"/submissions/{quill}/decide", APPROVE, If_Match=answer.headers["ETag"])
    assert again.status_code == 200


@pytest.mark.parametrize(
    ("tag", "status"), [("*", 200), ('W/"1.1"', 412), ('"5"', 412), ('"1.1", "2.2"', 412), ("5", 400)]
)
def test_only_a_strong_tag_of_now_or_any_matches(programme, address, tag, status):
    quill = programme.story.ids["quillharbor"]
    assert post(address, "rosa", f"/submissions/{quill}/ask", {"text": "Well?"}, If_Match=tag).status_code == status


def test_one_of_several_tags_is_enough(programme, address):
    quill = programme.story.ids["quillharbor"]
    tags = f'"1.1", {programme.version("quillharbor")}'
    assert post(address, "rosa", f"/submissions/{quill}/ask", {"text": "Well?"}, If_Match=tags).status_code == 200


def test_an_item_and_a_person_that_there_are_not_are_named(programme, address):
    path = f"/submissions/{programme.story.ids['quillharbor']}"
    attest = {"item": "docs.nothing", "outcome": "passed", "reason": "Yes."}
    assert (
        "'docs.nothing' is no item"
        in problem(post(address, "rosa", f"{path}/attest", attest, If_Match="*"), "unknown-item")["detail"]
    )
    assert (
        "nobody is called 'Bob'"
        in problem(post(address, "idris", f"{path}/assign", {"to": "Bob"}, If_Match="*"), "unknown-name")["detail"]
    )
    given = post(address, "idris", f"{path}/assign", {"to": "ada@team.test"}, If_Match="*")
    assert given.json()["assignee"] == "Ada"
    problem(post(address, "ada", f"{path}/release", {"why": 1}), "invalid-body")
    assert post(address, "ada", f"{path}/release").json()["assignee"] is None


def test_a_live_integration_is_taken_out_of_the_catalog_and_put_back(programme, address):
    path = f"/integrations/{programme.story.slugs['larkenfell']}"
    assert post(address, "mara", f"{path}/delist", {"reason": "They closed."}).json()["stage"] == "delisted"
    problem(post(address, "mara", f"{path}/delist", {"reason": "They closed."}), "move-refused")
    assert post(address, "mara", f"{path}/relist", {"reason": "They opened."}).json()["stage"] == "public_beta"
    problem(post(address, "rosa", f"{path}/delist", {"reason": "They closed."}), "token-may-not")


# --- the same request again


def kept(programme: Programme) -> int:
    with programme.database.read() as session:
        return session.scalar(select(func.count()).select_from(KeptAnswer))


def test_the_same_request_with_its_key_is_answered_again_and_done_once(programme, address):
    quill = programme.story.ids["quillharbor"]
    tag = programme.version("quillharbor")
    first, second = (
        post(address, "rosa", f"/submissions/{quill}/decide", APPROVE, If_Match=tag, Idempotency_Key="k-1")
        for _ in range(2)
    )
    assert (first.status_code, first.text, first.headers["ETag"]) == (200, second.text, second.headers["ETag"])
    with programme.database.read() as session:
        about = Event.submission_id == quill, Event.name == EventName.APPROVED.value
        assert session.scalar(select(func.count()).where(*about)) == 1
    assert kept(programme) == 1


def test_a_key_belongs_to_one_request_of_one_person(programme, address):
    path = f"/submissions/{programme.story.ids['quillharbor']}/claim"
    assert post(address, "rosa", path, {"message": "Mine."}, Idempotency_Key="k").status_code == 200
    said = problem(post(address, "rosa", path, {"message": "Ours."}, Idempotency_Key="k"), "key-used-otherwise")
    assert said["detail"] == "the key 'k' was used for another request less than a day ago"
    other = f"/submissions/{programme.story.ids['ambervane']}/claim"
    problem(post(address, "rosa", other, {"message": "Mine."}, Idempotency_Key="k"), "key-used-otherwise")
    assert post(address, "idris", other, {"message": "Mine."}, Idempotency_Key="k").status_code == 200


def test_a_refused_request_keeps_nothing_and_may_be_sent_again(programme, address):
    path = f"/submissions/{programme.story.ids['mossbeacon']}/claim"
    problem(post(address, "rosa", path, Idempotency_Key="k"), "move-refused")
    assert kept(programme) == 0


def test_a_day_later_a_key_is_free_and_the_answer_forgotten(programme, address):
    path = f"/submissions/{programme.story.ids['quillharbor']}/claim"
    post(address, "rosa", path, {"message": "Mine."}, Idempotency_Key="k")
    programme.now = before(days=-1)
    assert post(address, "rosa", path, {"message": "Ours."}, Idempotency_Key="k").status_code == 200
    with programme.database.write.begin() as session:
        assert forget(session, at=before(days=-1.5)) == 0
        assert forget(session, at=before(days=-2)) == 1
    assert kept(programme) == 0


@pytest.mark.parametrize("key", ["", "a b", "é", "x" * 201])
def test_a_key_is_a_short_text_without_spaces(address, key):
    answer = httpx.post(
        f"{address}/api/submissions/1/claim",
        headers=[(b"Idempotency-Key", key.encode()), (b"Authorization", f"Bearer lrt_rosa-{'x' * 40}".encode())],
    )
    assert "Idempotency-Key: expected" in problem(answer, "wrong-parameter")["detail"]


def test_while_the_first_is_worked_on_a_second_with_its_key_is_told_so(sqlite_database, tmp_path):
    programme = programme_in(sqlite_database, tmp_path)
    path = f"/submissions/{programme.story.ids['quillharbor']}/claim"
    answers: list[httpx.Response] = []

    def claim():
        answers.append(post(address, "rosa", path, {"message": "Mine."}, Idempotency_Key="k"))

    with served(programme.app()) as address:
        with client(address, "rosa") as api:
            api.get("/me")  # the first use of a token within the hour is noted, which is a write of its own
        with sqlite_database.write.begin() as session:
            session.connection()  # whoever writes now waits
            waiting = threading.Thread(target=claim)
            waiting.start()
            while not programme.under_way._keys:
                time.sleep(0.01)
            problem(post(address, "rosa", path, {"message": "Mine."}, Idempotency_Key="k"), "key-in-use")
        waiting.join()
    assert answers[0].status_code == 200


def test_of_twenty_with_one_key_at_once_one_is_done(programme, address):
    path = f"/submissions/{programme.story.ids['quillharbor']}/claim"
    answers: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: answers.append(
                post(address, "rosa", path, {"message": "Mine."}, Idempotency_Key="k").status_code
            )
        )
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(answers) <= {200, 409}
    assert 200 in answers
    said = [name for name in programme.events("quillharbor") if name == EventName.CLAIMED.value]
    assert len(said) == 2  # the story has one


def desk(programme: Programme):
    """A process of its own knows only its own requests."""
    programme.under_way = UnderWay()
    return programme.app()


def test_two_desks_on_one_database_do_a_request_with_one_key_once(programme):
    path = f"/submissions/{programme.story.ids['quillharbor']}/claim"
    answers: list[int] = []
    with served(desk(programme)) as one, served(desk(programme)) as other:
        for address in (one, other):  # the framework makes a desk's routes at its first request, for itself alone
            with client(address, "rosa") as api:
                api.get("/me")

        def claim(address):
            answers.append(post(address, "rosa", path, {"message": "Mine."}, Idempotency_Key="k").status_code)

        threads = [threading.Thread(target=claim, args=(address,)) for address in (one, other) * 6]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert post(other, "rosa", path, {"message": "Mine."}, Idempotency_Key="k").status_code == 200
    assert set(answers) <= {200, 409}
    assert programme.events("quillharbor").count(EventName.CLAIMED.value) == 2  # the story has one


def test_a_secret_that_is_shown_once_is_kept_encrypted(programme):
    class Open:
        async def __aenter__(self):
            return self

        async def __aexit__(self, *_):
            """Nothing was opened."""

        def lacks_tls(self, _):
            return False

        async def why_not(self, _):
            return ""

    programme.fetcher = Open
    with served(programme.app()) as address:
        body = {"url": "https://hooks.example/launches?token=t0ken", "events": ["submission.*"]}
        first, second = (post(address, "mara", "/webhooks", body, Idempotency_Key="k") for _ in range(2))
    assert first.status_code == 201
    assert first.json()["secret"].startswith("whsec_")
    assert first.json() == second.json()
    assert "t0ken" not in first.text
    with programme.database.read() as session:
        (row,) = session.scalars(select(KeptAnswer))
    assert first.json()["secret"].encode() not in row.ciphertext


# --- who may


def test_a_role_that_was_taken_away_takes_its_scopes_along(programme, address):
    quill = programme.story.ids["quillharbor"]
    with programme.database.write.begin() as session:
        rosa = session.scalar(select(Person).where(Person.email == "rosa@team.test"))
        rosa.role_rows[:] = [PersonRole(role="auditor")]
    said = problem(post(address, "rosa", f"/submissions/{quill}/claim"), "token-may-not")
    assert "issued for review, and its person is no" in said["detail"]
    with client(address, "rosa") as api:
        me = api.get("/me").json()
    assert (me["scopes"], "review" in me["issued_for"]) == (["preflight", "read"], True)


def test_nobody_decides_twice(programme, address):
    quill = programme.story.ids["quillharbor"]
    tag = programme.version("quillharbor")
    assert post(address, "rosa", f"/submissions/{quill}/decide", APPROVE, If_Match=tag).status_code == 200
    problem(post(address, "ada", f"/submissions/{quill}/decide", APPROVE, If_Match=tag), "stale")
    with programme.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Decision).where(Decision.submission_id == quill)) == 1
        assert session.get_one(Submission, quill).stage is SubmissionStage.APPROVED
    assert programme.now == NOW
