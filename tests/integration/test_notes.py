"""Notes of the team: who writes and reads them, and that nothing a partner can get ever has one."""

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.routing import Mount, Route

from desk.cli.main import run
from desk.signing.cookie import HOST_ONLY
from models.enums import ChosenCategory, DecisionKind, EventName, How, Outcome, Role
from models.note import Note
from models.people import Partner
from models.schema import metadata
from models.submission import Submission
from models.webhook_endpoint import WebhookEndpoint
from notifications.outbox import join_due, plan
from notifications.reading import Reader
from notifications.routing import ROUTES, Audience
from review.actions import asking, assigning, attesting, deciding, feeds, submitting
from review.actions.noting import NOTE_CHARACTERS, note
from review.actions.preferring import prefer
from review.lifecycle import MoveRefused
from review.notes import notes_of
from tests.building import NOW, VAULT, after, contact, dossier, events, in_review, person
from tests.fixtures.desk_server import served
from tests.fixtures.programme_rows import EVERYWHERE, an_event
from tests.fixtures.signing import secret_for
from tests.integration.api_story import JO, story_over, written

CANARY = "zq-canary-7731"
FEED = f"acme-{'x' * 38}"


# --- who writes, who reads


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.LEAD, Role.MANAGER, Role.ADMIN])
def test_the_team_writes_notes_and_no_event_tells_of_them(session, role):
    submission = in_review(session)
    before = len(events(session))
    note(session, submission, by=person(session, "Zoe", role), at=NOW, text="  Their lead is away. ")
    assert [one.text for one in notes_of(session, submission.id)] == ["Their lead is away."]
    assert len(events(session)) == before


def test_a_partners_person_is_refused_whatever_roles_they_have(session):
    submission = in_review(session)
    partner = submission.integration.partner
    for writer in (contact(session, submission), person(session, "Kim", Role.REVIEWER, partner=partner)):
        with pytest.raises(MoveRefused, match="is not of the team; notes are the team's alone"):
            note(session, submission, by=writer, at=NOW, text="Hello.")
    assert session.scalars(select(Note)).all() == []


@pytest.mark.parametrize(
    ("who", "text", "why"),
    [
        ({"name": "Aud", "roles": [Role.AUDITOR]}, "Hm.", "this needs admin or lead or manager or reviewer"),
        ({"name": "Gone", "active": False}, "Hm.", "no longer active"),
        ({"name": "Rosa"}, "  ", "saw nothing; write what"),
        ({"name": "Rosa"}, "x" * (NOTE_CHARACTERS + 1), "saw 10,001 characters, expected at most 10,000"),
    ],
)
def test_whoever_may_only_read_and_what_says_nothing_is_refused(session, who, text, why):
    submission = in_review(session)
    writer = person(session, who["name"], *who.get("roles", ()), active=who.get("active", True))
    with pytest.raises(MoveRefused, match=why):
        note(session, submission, by=writer, at=NOW, text=text)


def test_the_command_writes_one_and_show_and_history_have_it(sqlite_database, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    address = sqlite_database.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", address)
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests alone")
    with sqlite_database.write.begin() as session:
        number = str(in_review(session).id)
        person(session)
    assert run(["note", number, "Their lead is away.", "--as", "rosa@example.test"]) == 0
    assert run(["note", number, "Let me in.", "--as", "contact@acme.example"]) == 1
    refused = capsys.readouterr().err.splitlines()
    assert refused[0] == f"noted at submission {number}, for the team only"
    assert "is not of the team" in refused[1]
    assert len(refused) == 2

    def said(*arguments: str) -> str:
        assert run([*arguments]) == 0
        return capsys.readouterr().out

    assert "for the team only: Their lead is away." in said("show", number)
    assert "Rosa wrote a note, for the team only.\n    “Their lead is away.”" in said("history", number)
    (shown,) = json.loads(said("show", number, "--json"))["notes"]
    assert shown.items() >= {"by": "rosa@example.test", "text": "Their lead is away.", "team_only": True}.items()
    (told,) = [one for one in json.loads(said("history", number, "--json")) if one["event"] == "note"]
    assert told["data"] == {"text": "Their lead is away.", "team_only": True}


# --- whatever happens, a note stays where it is


def act(session: Session, submission: Submission, number: int, choice: str) -> None:
    at, rosa, theirs = after(minutes=number), person(session), contact(session, submission)
    acts: dict[str, Callable[[], Any]] = {
        "claim": lambda: assigning.claim(session, submission, by=rosa, at=at, message="I begin."),
        "release": lambda: assigning.release(session, submission, by=rosa, at=at),
        "ask": lambda: asking.ask_partner(session, submission, by=rosa, at=at, text="Why?"),
        "answer": lambda: asking.answer(session, submission, by=theirs, at=at, text="Because."),
        "attest": lambda: attesting.attest(
            session, submission, "docs.matches", Outcome.PASSED, by=rosa, at=at, reason="Tried it."
        ),
        "waive": lambda: attesting.waive(
            session, submission, "docs.partner", by=rosa, at=at, reason="Soon.", until=date(2027, 1, 31)
        ),
        "request changes": lambda: deciding.decide(
            session, submission, DecisionKind.REQUEST_CHANGES, by=rosa, at=at, reason="Nearly there."
        ),
        "resubmit": lambda: submitting.resubmit(
            session, submission, dossier(notes=f"{number}"), by=theirs, at=at, vault=VAULT
        ),
        "approve": lambda: deciding.decide(
            session, submission, DecisionKind.APPROVE, by=rosa, at=at, reason="Well done."
        ),
        "reject": lambda: deciding.decide(session, submission, DecisionKind.REJECT, by=rosa, at=at, reason="No."),
        "withdraw": lambda: submitting.withdraw(session, submission, by=theirs, at=at, reason=""),
    }
    try:
        acts[choice]()
    except MoveRefused:
        session.flush()


CHOICES = (
    "claim", "release", "ask", "answer", "attest", "waive", "request changes", "resubmit", "approve", "reject", "withdraw",
)  # fmt: skip


def everybody_listens(session: Session, submission: Submission) -> None:
    """The partner by mail, feed and webhook; the team in Slack and by mail; systems of both."""
    for role in (Role.LEAD, Role.MANAGER):
        person(session, role.value.title(), role)
    feeds.open_feed(session, contact(session, submission), secret=FEED, at=NOW)
    for partner in (None, submission.integration.partner):
        session.add(
            WebhookEndpoint(
                address="https://hooks.example/",
                partner_id=partner.id if partner else None,
                events=["*"],
                ciphertext=b"sealed",
                created_at=NOW,
            )
        )
    # Whoever gets digests gets what was held in another message.
    prefer(session, contact(session, submission), ChosenCategory.REMINDER, how=How.DIGEST)


def planned_to_the_end(session: Session) -> None:
    while plan(session, at=after(hours=1), programme=EVERYWHERE):
        pass
    for days in range(1, 8):
        join_due(session, at=after(days=days), programme=EVERYWHERE)
        while plan(session, at=after(days=days), programme=EVERYWHERE):
            pass


def all_but_notes(session: Session) -> Iterator[tuple[str, str]]:
    """Every table's rows as text: whatever anybody gets is made of these."""
    session.flush()
    for table in metadata.sorted_tables:
        if table.name != "notes":
            yield table.name, repr(session.execute(select(table)).all())


@given(
    steps=st.lists(st.sampled_from(CHOICES), max_size=8),
    noted_after=st.sets(st.integers(0, 8), min_size=1),
    around=st.sampled_from(["{}", "<b>{}</b>", "`{}`", "<!channel> {}", "{{{{ {} }}}}", "Ünï {}\n\n{}"]),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_the_team_and_the_partner_do_a_note_is_in_no_other_table(sqlite_database, steps, noted_after, around):
    with sqlite_database.write() as session:
        submission = in_review(session, said={"docs.partner": Outcome.FAILED})
        everybody_listens(session, submission)
        for number, choice in enumerate([*steps, ""]):
            if number in noted_after or not choice:
                text = around.format(CANARY, CANARY)
                note(session, submission, by=person(session), at=after(minutes=number), text=text)
            if choice:
                act(session, submission, number, choice)
        planned_to_the_end(session)
        leaks = [name for name, rows in all_but_notes(session) if CANARY in rows]
        written = len(notes_of(session, submission.id))
        session.rollback()
    assert leaks == []
    assert written


def test_no_message_of_any_event_by_any_channel_has_a_note(session):
    """Every row of the routing table, also those whose event no verb writes here."""
    submission = in_review(session, said={"docs.partner": Outcome.FAILED})
    everybody_listens(session, submission)
    note(session, submission, by=person(session), at=NOW, text=CANARY)
    for event in EventName:
        an_event(session, event, submission=submission, by=person(session, "Manager", Role.MANAGER))
        facts = Reader(session, NOW).newest(submission.id)
        assert CANARY not in repr(facts)
    planned_to_the_end(session)
    told = dict(all_but_notes(session))
    assert CANARY not in "".join(told.values())
    # Not for want of messages: the partner was told by mail, and so were both endpoints.
    partner_hears = [name for name, routes in ROUTES.items() if any(row.audience is Audience.PARTNER for row in routes)]
    assert len(partner_hears) > 15
    assert told["deliveries"].count("contact@acme.example") > 15
    assert "endpoint:1" in told["deliveries"]
    assert "endpoint:2" in told["deliveries"]


# --- every route


def addresses(routes: Any, values: dict[str, str], under: str = "") -> Iterator[str]:
    for route in routes:
        if isinstance(route, Mount):
            yield from addresses(route.routes or (), values, f"{under}{route.path}")
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from addresses(included.routes, values, under)
        elif isinstance(route, Route) and "GET" in (route.methods or ()):
            path = route.path
            for name, value in values.items():
                path = path.replace(f"{{{name}}}", value)
            assert "{" not in path, f"{route.path}: this test has to know a value for it"
            yield f"{under}{path}"


@pytest.mark.parametrize("reads", ["the team", "the partner", "nobody"])
def test_only_the_teams_own_page_of_a_submission_shows_a_note(sqlite_database, tmp_path, reads):
    with story_over(sqlite_database, tmp_path) as story:
        with sqlite_database.write.begin() as session:
            partner = session.scalars(select(Partner).where(Partner.name == "Acme Inc")).one()
            submission = in_review(session, "beacon")
            submission.integration.partner = partner
            feeds.open_feed(session, contact(session, submission), secret=FEED, at=NOW)
            lead = person(session, "Zoe", Role.LEAD)
            note(session, submission, by=lead, at=NOW, text=CANARY)
            planned_to_the_end(session)
            number = submission.id
            email = {"the team": lead.email, "the partner": contact(session, submission).email, "nobody": ""}[reads]
        desk = story.desk()
        desk.state.changes.close()  # its stream has no end
        values = {"submission_id": str(number), "slug": "beacon", "number": "1", "secret": FEED}
        values |= {
            "digest": "0" * 64,
            "name": "full",
            "key": "no-such-letter",
            "version": "v1",
            "report": "sla",
            "form": "json",
            "kind": "access",
        }
        values |= dict.fromkeys(
            ("submission", "partner", "delivery", "audit", "endpoint", "person", "token"), str(number)
        )
        values["calendar"] = "team"
        asked = list(addresses(desk.routes, values))
        with served(desk) as address, httpx.Client(base_url=address, timeout=60) as client:
            if email:
                client.headers["Cookie"] = f"{HOST_ONLY}={secret_for(sqlite_database, email, at=NOW)}"
            shown = {path for path in asked if CANARY in client.get(path, follow_redirects=True).text}
            page = client.get(f"/submissions/{number}").text
            headers = {"Authorization": f"Bearer {JO}"}
            answer = client.post("/api/preflight", json=written(), headers=headers, params={"only": "access.survey"})
    assert shown == ({f"/submissions/{number}"} if reads == "the team" else set())
    assert len(asked) > 10
    assert ("Team only" in page) == (reads == "the team")
    assert answer.status_code == 200
    assert CANARY not in answer.text
