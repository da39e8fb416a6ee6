"""Saved views, filters, search and slices of the queue, answered by the database."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from desk.viewing.queue import end_of_day, queue_view
from desk.viewing.team_time import TeamTime
from models.database import Database
from models.enums import GateName, Outcome, Role, SubmissionKind, SubmissionStage
from review.actions import asking, assigning
from review.worklist import Asked, Cursor, Row, View, counted, open_count, queue, row_of, sliced, version_of
from tests.building import NOW, V1, after, checked, decided, in_review, person, sent, sent_back
from tests.integration.test_review_clocks import sweep

TIME = TeamTime.of(V1, NOW)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.write() as session:
        yield session
        session.rollback()


def slugs(session: Session, at: datetime = NOW, **asked: object) -> set[str]:
    wanted = Asked(**asked)  # type: ignore[arg-type]
    rows = sliced(session, wanted, at=at, limit=100).rows
    number, _ = counted(session, wanted, at=at, most=1_000)
    assert number == len(rows), "what is counted is what is listed"
    return {row.slug for row in rows}


def test_each_view_keeps_what_its_name_says(session: Session):
    rosa = person(session)
    taken, left = in_review(session, "taken"), in_review(session, "left")
    in_review(session, "free")
    asked = in_review(session, "asked")
    sent_back(session, "back")
    sent(session, "fresh")
    assigning.claim(session, taken, by=rosa, at=NOW)
    assigning.claim(session, left, by=person(session, "Idris"), at=after(days=-3))
    asking.ask_partner(session, asked, by=rosa, at=NOW, text="Which region?")
    assert slugs(session) == {"taken", "left", "free", "asked", "back", "fresh"}
    assert slugs(session, view=View.MINE, reader=rosa.id) == {"taken"}
    assert slugs(session, view=View.UNASSIGNED) == {"left", "free", "asked", "back", "fresh"}
    assert slugs(session, view=View.PARTNER) == {"asked", "back"}
    assert slugs(session, view=View.GRADUATION) == set()


def test_what_waits_for_the_partner_is_what_the_lines_say(session: Session):
    rosa = person(session)
    unchecked = sent(session, "unchecked")
    asking.ask_partner(session, in_review(session, "asked"), by=rosa, at=NOW, text="Which region?")
    asking.ask_partner(session, unchecked, by=rosa, at=NOW, text="Which region?")
    sent_back(session, "back")
    in_review(session, "ours")
    said = {row.slug for row in queue(session, at=NOW) if row.turn == "partner"}
    assert slugs(session, view=View.PARTNER) == said == {"asked", "back"}


def test_due_today_ends_with_the_readers_day(session: Session):
    """At six in the evening in London it is ten in the morning in Los Angeles: other days end first."""
    access = in_review(session, "access", SubmissionKind.ACCESS, at=after(days=-3))
    in_review(session, "launch")
    due = row_of(session, access, at=NOW).due_at
    assert due is not None
    in_london = replace(TIME, at=due - timedelta(hours=12), zone=ZoneInfo("Europe/London"))
    for zone in ("Europe/London", "Pacific/Auckland", "America/Los_Angeles"):
        time = replace(in_london, zone=ZoneInfo(zone))
        is_today = due.astimezone(time.zone).date() <= time.at.astimezone(time.zone).date()
        found = slugs(session, time.at, view=View.TODAY, until=end_of_day(time))
        assert ("access" in found) is is_today, zone
        assert "launch" not in found


def test_a_day_on_which_the_clock_changes_ends_at_its_midnight():
    madrid = ZoneInfo("Europe/Madrid")
    time = replace(TIME, at=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), zone=madrid)
    assert end_of_day(time) == datetime(2026, 10, 25, 23, tzinfo=UTC)


def test_what_breaches_comes_with_what_is_nearly_late(session: Session):
    in_review(session, "first")
    in_review(session, "second", at=after(hours=6))
    at = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
    sweep(session, at - timedelta(minutes=1))
    assert slugs(session, at, view=View.BREACHING) == {"first"}


def test_filters_narrow_and_can_be_used_together(session: Session):
    rosa = person(session)
    launch = in_review(session, "launch")
    in_review(session, "access", SubmissionKind.ACCESS)
    sent(session, "fresh")
    sent_back(session, "back")
    assigning.claim(session, launch, by=rosa, at=NOW)
    assert slugs(session, kind=SubmissionKind.ACCESS) == {"access"}
    assert slugs(session, gate=GateName.PUBLIC_BETA) == {"launch", "fresh", "back"}
    assert slugs(session, stage=SubmissionStage.SUBMITTED) == {"fresh"}
    assert slugs(session, stage=SubmissionStage.CHANGES_REQUESTED) == {"back"}
    assert slugs(session, assignee=rosa.id) == {"launch"}
    assert slugs(session, assignee=rosa.id, kind=SubmissionKind.ACCESS) == set()
    assert slugs(session, gate=GateName.PUBLIC_BETA, stage=SubmissionStage.IN_REVIEW, search="LAUN") == {"launch"}


def test_search_finds_names_slugs_ids_and_numbers(session: Session):
    one = in_review(session, "tidewater", external_id="form-77", integration={"slug": "tidewater", "name": "Tide 100%"})
    in_review(session, "gull_wing")
    in_review(session, "gullywing")
    for words in ("TIDE", "tidewater inc", "form-7", "100%", str(one.id)):
        assert "tidewater" in slugs(session, search=words), words
    assert slugs(session, search="gull_w") == {"gull_wing"}, "an underscore is no joker"
    assert slugs(session, search="0%") == {"tidewater"}
    assert slugs(session, search="\\") == set()
    assert slugs(session, search="9" * 40) == set()


def test_slices_come_to_every_line_once_and_in_order(session: Session):
    for number in range(7):
        in_review(session, f"ticking-{number}", at=after(hours=number % 3))
    for number in range(4):
        sent_back(session, f"back-{number}")
    everything = [row.submission_id for row in queue(session, at=NOW)]
    assert len(everything) == open_count(session) == 11
    for size in range(1, 13):
        found: list[Row] = []
        place: Cursor | None = None
        while True:
            part = sliced(session, Asked(), at=NOW, limit=size, after=place)
            assert len(part.rows) <= size
            found += part.rows
            place = part.after
            if place is None:
                break
        assert [row.submission_id for row in found] == everything, size
    ticking = [row.due_at for row in found if row.due_at is not None]
    assert all(a <= b for a, b in pairwise(ticking))


def test_a_slice_after_something_that_left_the_queue_goes_on_behind_it(session: Session):
    submissions = [in_review(session, f"one-{number}", at=after(hours=number)) for number in range(3)]
    first = sliced(session, Asked(), at=NOW, limit=1)
    decided(session, submissions[0])
    rest = sliced(session, Asked(), at=NOW, limit=5, after=first.after)
    assert [row.slug for row in rest.rows] == ["one-1", "one-2"]


def test_counting_goes_no_further_than_it_is_asked_to(session: Session):
    for number in range(4):
        in_review(session, f"one-{number}")
    assert counted(session, Asked(), at=NOW, most=3)[0] == 3


def test_what_failed_and_what_is_unknown_is_counted_as_it_stands_now(session: Session):
    said = {"catalog.mark": Outcome.FAILED, "catalog.logo": Outcome.FAILED}
    submission = in_review(session, said=said)
    before = row_of(session, submission, at=NOW)
    assert before.failed == 2
    assert before.unknown > 0
    again = sent_back(session, "again", said=said)
    checked_again = row_of(session, again, at=NOW)
    assert (checked_again.failed, checked_again.unknown) == (2, before.unknown)


def test_the_version_changes_with_whatever_moves_a_line(session: Session):
    rosa = person(session)
    seen = [version_of(session)]

    def happened() -> None:
        session.flush()
        seen.append(version_of(session))
        assert seen[-1] not in seen[:-1]

    submission = sent(session)
    happened()
    checked(session, submission)
    happened()
    assigning.claim(session, submission, by=rosa, at=NOW)
    happened()
    asking.ask_partner(session, submission, by=rosa, at=NOW, text="Which region?")
    happened()
    assert version_of(session) == seen[-1], "and with nothing else"


def test_the_reader_reads_instants_in_their_own_zone_and_sees_why_they_cant_take_it(session: Session):
    rosa, idris = person(session), person(session, "Idris", Role.LEAD)
    rosa.time_zone, idris.time_zone = "Asia/Kathmandu", "Nowhere/Atlantis"
    submission = in_review(session)
    assigning.claim(session, submission, by=idris, at=NOW)
    mine = queue_view(session, Asked(reader=rosa.id), time=TIME)
    assert mine.time.zone_name == "Asia/Kathmandu"
    assert mine.grey[submission.id].startswith("Idris has it until")
    assert not mine.may_assign
    theirs = queue_view(session, Asked(reader=idris.id), time=TIME)
    assert theirs.time.zone_name == TIME.zone_name, "an unknown zone is the team's"
    assert theirs.may_assign
    assert theirs.grey == {}


def test_nobody_takes_what_they_sent_themselves(session: Session):
    rosa = person(session)
    submission = sent(session, by=rosa)
    checked(session, submission)
    assert "somebody else has to decide" in queue_view(session, Asked(reader=rosa.id), time=TIME).grey[submission.id]
