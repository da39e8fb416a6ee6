"""Whose agenda has what: by role and by company, soonest first, and how often it has changed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.calendar_feed import CalendarFeed
from models.clock import ClockRevision
from models.database import Database
from models.enums import DecisionKind, Role, SubmissionKind, TargetName
from models.people import Person
from models.submission import Submission
from review.actions import asking, assigning, feeds, submitting, watching
from review.actions.clocks import set_terms
from review.actions.feeds import FeedRefused
from review.agenda import Agenda, Due, agenda_of, reader_of
from tests.building import (
    NOW,
    VAULT,
    after,
    clock_of,
    contact,
    decided,
    dossier,
    in_review,
    person,
    sent,
    sent_back,
)

FIRST, DECISION = TargetName.FIRST_RESPONSE, TargetName.DECISION
SECRET = "a secret of this test, as long as a real one"
NEARLY_LATE = datetime(2026, 11, 25, 1, tzinfo=UTC)
"""Past three quarters of what was promised for the first response at NOW, and told by the watch."""
LATE = datetime(2026, 11, 25, 18, 1, tzinfo=UTC)


def dues(session: Session, reader: Person, at: datetime = NOW) -> list[tuple[str, TargetName]]:
    session.flush()
    return [(due.integration, due.target) for due in agenda_of(session, reader, at=at).dues]


def due(session: Session, submission: Submission, target: TargetName, at: datetime) -> Due:
    """As the partner's person sees it."""
    session.flush()
    shown: Agenda = agenda_of(session, contact(session, submission), at=at)
    (found,) = [one for one in shown.dues if (one.submission_id, one.target) == (submission.id, target)]
    return found


def asked(session: Session, submission: Submission, *, at: datetime, by: Person | None = None) -> Submission:
    asking.ask_partner(session, submission, by=by or person(session), at=at, text="Which region?")
    return submission


# --- who sees what


def test_a_reviewer_sees_what_they_have_and_nothing_else(session):
    assigning.claim(session, in_review(session, "mine"), by=person(session), at=NOW)
    assigning.claim(session, in_review(session, "hers"), by=person(session, "Priya"), at=NOW)
    in_review(session, "nobodys")
    assert dues(session, person(session)) == [("Mine", FIRST), ("Mine", DECISION)]


def test_what_a_reviewer_let_go_of_leaves_their_agenda(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    assigning.release(session, submission, by=person(session), at=after(hours=1))
    assert dues(session, person(session)) == []


def test_a_promise_that_was_kept_leaves_every_agenda(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW, message="Having a look.")
    assert dues(session, person(session)) == [("Acme", DECISION)]
    assert dues(session, contact(session, submission)) == [("Acme", DECISION)]
    decided(session, submission)
    assert dues(session, person(session)) == []


@pytest.mark.parametrize("role", [Role.LEAD, Role.ADMIN])
def test_a_lead_sees_also_what_nobody_has_and_what_is_nearly_late(session, role):
    reader = person(session, "Idris", role)
    in_review(session, "nobodys", at=after(hours=2))
    assigning.claim(session, in_review(session, "early"), by=person(session), at=NOW)
    assigning.claim(session, in_review(session, "own", at=after(hours=1)), by=reader, at=after(hours=1))
    assert dues(session, reader) == [("Own", FIRST), ("Nobodys", FIRST), ("Own", DECISION), ("Nobodys", DECISION)]
    assigning.claim(session, in_review(session, "late", at=NOW - timedelta(days=5)), by=person(session), at=NOW)
    watching.sweep(session, at=NOW, limit=100)
    shown = dues(session, reader)
    assert shown[:2] == [("Late", FIRST), ("Own", FIRST)]
    assert "Early" not in dict(shown)


def test_what_somebody_let_lie_is_nobodys_and_still_theirs(session):
    assigning.claim(session, in_review(session), by=person(session), at=NOW)
    lead = person(session, "Idris", Role.LEAD)
    assert dues(session, lead, after(hours=3)) == []
    assert dues(session, lead, after(hours=4)) == dues(session, person(session), after(hours=4)) != []


def test_a_manager_sees_what_is_broken(session):
    manager = person(session, "Mara", Role.MANAGER)
    assigning.claim(session, in_review(session), by=person(session), at=NOW)
    watching.sweep(session, at=NEARLY_LATE, limit=100)
    assert dues(session, manager, NEARLY_LATE) == []
    assert dues(session, manager, LATE) == [("Acme", FIRST)], "also before the watch has seen it"
    watching.sweep(session, at=LATE, limit=100)
    assert dues(session, manager, LATE) == [("Acme", FIRST)]


def test_roles_add_up_and_other_roles_see_nothing(session):
    in_review(session, "fresh", at=LATE)
    assigning.claim(session, in_review(session, "broken"), by=person(session), at=LATE)
    both = person(session, "Both", Role.LEAD, Role.MANAGER)
    assert dues(session, both, LATE) == [("Broken", FIRST), ("Fresh", FIRST), ("Fresh", DECISION)]
    assert dues(session, person(session, "Ada", Role.AUDITOR), LATE) == []


def test_a_partner_sees_all_of_their_own_company_and_never_another(session):
    mine, other = in_review(session, "mine"), sent(session, "other", at=after(hours=1))
    watching.sweep(session, at=LATE, limit=100)
    reader = contact(session, mine)
    assert dues(session, reader, LATE) == [("Mine", FIRST), ("Mine", DECISION)]
    assert dues(session, contact(session, other), LATE) == [("Other", FIRST), ("Other", DECISION)]
    every_role = person(session, "Odd", *Role, partner=mine.integration.partner)
    assert dues(session, every_role, LATE) == dues(session, reader, LATE)


def test_a_partners_person_without_a_company_sees_nothing(session):
    in_review(session)
    assert dues(session, person(session, "Lost", Role.PARTNER)) == []


# --- while the partner is waited for


def test_while_the_partner_is_waited_for_their_own_time_is_due_and_ours_has_no_date(session):
    submission = in_review(session)
    assigning.claim(session, submission, by=person(session), at=NOW)
    asked(session, submission, at=after(hours=1))
    theirs = [("Acme", TargetName.PARTNER_ANSWER)]
    assert dues(session, contact(session, submission)) == dues(session, person(session)) == theirs
    asking.answer(session, submission, by=contact(session, submission), at=after(hours=4), text="Europe.")
    assert dues(session, person(session)) == [("Acme", DECISION)]


def test_a_partner_who_is_late_is_no_matter_of_leads_and_managers(session):
    sent_back(session)
    long_after = after(days=60)
    watching.sweep(session, at=long_after, limit=100)
    assert dues(session, person(session, "Idris", Role.LEAD, Role.MANAGER), long_after) == []


def test_a_broken_promise_that_waits_for_the_partner_comes_back_when_it_is_our_turn(session):
    submission = in_review(session)
    manager = person(session, "Mara", Role.MANAGER)
    late = datetime(2026, 12, 3, 18, tzinfo=UTC)
    assert dues(session, manager, late) == [("Acme", FIRST), ("Acme", DECISION)]
    asked(session, submission, at=late)
    assert dues(session, manager, late) == []
    asking.answer(session, submission, by=contact(session, submission), at=late + timedelta(days=1), text="Europe.")
    assert dues(session, manager, late + timedelta(days=1)) == [("Acme", DECISION)]


# --- what is said of each


def test_a_due_date_is_told_with_its_promise_and_how_far_it_is(session):
    submission = in_review(session)
    clock = clock_of(session, submission, FIRST)
    told = due(session, submission, FIRST, after(hours=1))
    assert (told.clock_id, told.due_at, told.started_at) == (clock.id, clock.due_at, NOW)
    assert (told.target_seconds, told.business_day_seconds) == (2 * 28_800, 28_800)
    assert (told.kind, told.is_ours) == (SubmissionKind.LAUNCH, True)
    assert (told.used, told.late, told.changes, told.changed_at) == (0.0, False, 0, NOW)
    half, late = due(session, submission, FIRST, after(days=1, minutes=1)), due(session, submission, FIRST, LATE)
    assert (half.used, half.late, half.changes, half.changed_at) == (0.5, False, 1, after(days=1))
    assert (late.used, late.late, late.changes, late.changed_at) == (1.0, True, 4, clock.breach_at)


def test_a_pause_moves_the_due_date_and_counts_as_a_change_when_it_begins_and_when_it_ends(session):
    submission = in_review(session)
    before = due(session, submission, DECISION, NOW)
    asked(session, submission, at=after(hours=1))
    back = after(days=2)
    asking.answer(session, submission, by=contact(session, submission), at=back, text="Europe.")
    moved = due(session, submission, DECISION, back)
    assert moved.clock_id == before.clock_id
    assert moved.due_at > before.due_at
    assert (before.changes, moved.changes, moved.changed_at) == (0, 2, back)


def test_new_terms_are_a_change_also_when_they_take_back_the_steps_that_were_passed(session):
    submission = in_review(session)
    before = due(session, submission, FIRST, LATE)
    clock = clock_of(session, submission, FIRST)
    clock.target_seconds *= 10
    clock.revision += 1
    set_terms(clock)
    session.add(
        ClockRevision(
            clock_id=clock.id,
            revision=clock.revision,
            calendar_id=clock.calendar_id,
            policy_id=clock.policy_id,
            target_seconds=clock.target_seconds,
            due_at=clock.due_at,
            breach_at=clock.breach_at,
            recorded_at=LATE,
            because="a test",
        )
    )
    moved = due(session, submission, FIRST, LATE)
    assert (before.used, moved.used) == (1.0, 0.0)
    assert moved.due_at > before.due_at
    assert moved.changes > before.changes
    assert moved.changed_at == LATE


def test_changes_never_go_back_whatever_happens_to_a_clock(session):
    submission = in_review(session)
    sender = contact(session, submission)
    seen: list[Due] = []
    for hour in range(24 * 12):
        at = after(hours=hour, minutes=1)
        if hour == 50:
            asked(session, submission, at=at)
        if hour == 75:
            asking.answer(session, submission, by=sender, at=at, text="Europe.")
        if hour == 100:
            decided(session, submission, DecisionKind.REQUEST_CHANGES, at=at)
        if hour == 150:
            submitting.resubmit(session, submission, dossier(notes="Mended."), by=sender, at=at, vault=VAULT)
        session.flush()
        seen += [one for one in agenda_of(session, sender, at=at).dues if one.target is DECISION]
    assert len({one.clock_id for one in seen}) == 1
    counted = [(one.changes, one.changed_at) for one in seen]
    assert counted == sorted(counted)
    by_changes = {one.changes: (one.due_at, one.used, one.late, one.changed_at) for one in seen}
    assert all(by_changes[one.changes] == (one.due_at, one.used, one.late, one.changed_at) for one in seen)
    assert len(by_changes) >= 5


# --- how much


def test_an_agenda_is_cut_after_the_soonest(session):
    for hours, slug in enumerate(("one", "two", "three")):
        in_review(session, slug, at=after(hours=hours))
    session.flush()
    cut = agenda_of(session, person(session, "Idris", Role.LEAD), at=after(hours=3), most=2)
    assert [(one.integration, one.target) for one in cut.dues] == [("One", FIRST), ("Two", FIRST)]


def test_an_agenda_asks_no_more_when_there_is_more_in_it(database: Database):
    asked_for: list[str] = []

    def note(_connection, _cursor, statement: str, *_more):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            asked_for.append(statement)

    def queries() -> int:
        asked_for.clear()
        with database.read() as session:
            reader = reader_of(session, SECRET)
            assert reader is not None
            assert agenda_of(session, reader, at=after(hours=9)).dues
        return len(asked_for)

    with database.write.begin() as session:
        in_review(session)
        feeds.open_feed(session, person(session, "Idris", Role.LEAD, Role.MANAGER), secret=SECRET, at=NOW)
    event.listen(database.engine, "before_cursor_execute", note)
    few = queries()
    with database.write.begin() as session:
        for number in range(5):
            submission = in_review(session, f"more-{number}", at=after(hours=number))
            asking.ask_partner(session, submission, by=person(session), at=after(hours=number), text="Which?")
            asking.answer(session, submission, by=contact(session, submission), at=after(hours=6), text="This.")
    assert queries() == few == 4


# --- the secret


def test_a_secret_opens_the_agenda_of_its_person_and_is_kept_nowhere(session):
    rosa = person(session)
    feed = feeds.open_feed(session, rosa, secret=SECRET, at=NOW)
    assert reader_of(session, SECRET) is rosa
    assert reader_of(session, feed.digest) is None
    assert SECRET not in {str(value) for value in vars(feed).values()}


def test_a_second_address_is_refused_until_the_first_is_renewed_or_closed(session):
    rosa = person(session)
    feeds.open_feed(session, rosa, secret=SECRET, at=NOW)
    with pytest.raises(FeedRefused, match="since 2026-11-23 18:00 UTC, and it was shown once: renew it"):
        feeds.open_feed(session, rosa, secret="another", at=after(hours=1))
    assert reader_of(session, "another") is None


def test_renewing_ends_the_former_address(session):
    rosa = person(session)
    feeds.renew_feed(session, rosa, secret=SECRET, at=NOW)
    feeds.renew_feed(session, rosa, secret="another", at=after(hours=1))
    assert (reader_of(session, SECRET), reader_of(session, "another")) == (None, rosa)
    rows = session.query(CalendarFeed).order_by(CalendarFeed.id)
    assert [(row.opened_at, row.closed_at) for row in rows] == [(NOW, after(hours=1)), (after(hours=1), None)]


def test_closing_twice_says_that_there_was_none(session):
    rosa = person(session)
    feeds.open_feed(session, rosa, secret=SECRET, at=NOW)
    assert feeds.close_feed(session, rosa, at=NOW)
    assert not feeds.close_feed(session, rosa, at=NOW)
    assert reader_of(session, SECRET) is None
    feeds.open_feed(session, rosa, secret="another", at=after(hours=1))
    assert reader_of(session, "another") is rosa


def test_who_is_no_longer_active_has_no_agenda_and_gets_no_address(session):
    rosa = person(session)
    feeds.open_feed(session, rosa, secret=SECRET, at=NOW)
    rosa.active = False
    session.flush()
    assert reader_of(session, SECRET) is None
    for act in (feeds.open_feed, feeds.renew_feed):
        feeds.close_feed(session, rosa, at=NOW)
        with pytest.raises(FeedRefused, match="no longer active"):
            act(session, rosa, secret="another", at=NOW)
