"""Changing calendars and policies: what a preview shows is what is done, to running clocks alone, and it is all kept."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy import event as happenings

from checklist import rulebook as rulebooks
from checklist.promises import PolicyInvalid
from checklist.rulebook import Rulebook, RulebookUnknown
from models.clock import CalendarVersion, Clock, ClockRevision, PolicyVersion
from models.enums import DecisionKind, EventName, Role, SubmissionKind, TargetName
from models.event import Event, UnplannedEvent
from notifications.samples import DATA
from review.actions import assigning, recomputing, revising, submitting, tiering, watching
from review.actions.tiering import TierInvalid
from review.calendar_spec import CalendarInvalid, CalendarSpec
from review.lifecycle import MoveRefused
from review.revision import NeverDue, Preview
from tests.building import (
    NOW,
    V1,
    after,
    clock_of,
    contact,
    decided,
    events,
    in_review,
    person,
    rulebook_file,
    sent,
    sent_back,
)

FRIDAY = {"2026-11-27": "Day after Thanksgiving"}
WHY = "The day after Thanksgiving is free this year."
CHANGED = frozenset({EventName.CALENDAR_CHANGED, EventName.POLICY_CHANGED, EventName.CLOCK_REVISED})


def lead(session):
    return person(session, "Lena", Role.LEAD)


def team(**changes):
    """The team's calendar as the rulebook writes it, said otherwise."""
    spec = V1.calendars["team"].as_spec()
    return {**spec, **changes, "holidays": spec["holidays"] | changes.get("holidays", {})}


def policy(*changes):
    document = deepcopy(V1.sla.model_dump(mode="json"))
    for change in changes:
        change(document)
    return document


def general(name, **values):
    """The general row of a promise says otherwise."""

    def change(document):
        next(row for row in document["targets"] if row["name"] == name).update(values)

    return change


def special(name, **values):
    """One more row for particular submissions, above the general one."""
    return lambda document: document["targets"].insert(0, {"name": name, "calendar": "team", **values})


def change(session, document, at=NOW, name="team", **more):
    return revising.change_calendar(session, name, document, by=lead(session), at=at, because=WHY, **more)


def change_policy(session, document, at=NOW, version="v1"):
    return revising.change_policy(session, version, document, by=lead(session), at=at, because=WHY)


def as_stored(session):
    """What each clock counts by, read from the database."""
    session.flush()
    columns = (Clock.due_at, Clock.breach_at, Clock.target_seconds, Clock.calendar_id, Clock.policy_id, Clock.revision)
    return {number: tuple(values) for number, *values in session.execute(select(Clock.id, *columns))}


# --- a calendar


def test_a_new_holiday_moves_running_clocks_to_the_next_version(session):
    submission = in_review(session)
    version, preview = change(session, team(holidays=FRIDAY), at=after(hours=1))
    decision, first = (clock_of(session, submission, name) for name in (TargetName.DECISION, TargetName.FIRST_RESPONSE))
    assert (version.version, version.because, version.created_by_id) == (2, WHY, lead(session).id)
    assert (decision.calendar, decision.revision, decision.due_at) == (version, 2, after(days=9))
    assert (first.calendar, first.revision, first.due_at) == (version, 2, after(days=2))
    assert (preview.looked_at, preview.summary) == (2, "1 due date moves, 0 met would have been missed")


def test_the_change_is_told_once_and_each_move_in_the_history_of_its_submission(session):
    submission = in_review(session)
    _, preview = change(session, team(holidays=FRIDAY))
    was, now = after(days=8).isoformat(), after(days=9).isoformat()
    (told,) = events(session, EventName.CALENDAR_CHANGED)
    assert told.data == {
        "name": "team",
        "version": 2,
        "because": WHY,
        "summary": preview.summary,
        "moves": [
            {"integration": "Acme", "submission": submission.id, "target": "decision", "was": was, "now": now},
        ],
        "more_moves": 0,
    }
    (moved,) = events(session, EventName.CLOCK_REVISED)
    assert (moved.submission_id, moved.integration_id) == (submission.id, submission.integration_id)
    assert moved.person_id == told.person_id == lead(session).id
    source = "calendar team, version 2"
    assert moved.data == {"target": "decision", "due_at": now, "was_due_at": was, "because": WHY, "source": source}


def test_of_many_moves_ten_are_named_and_every_one_waits_at_the_outboxs_door(session):
    ids = [in_review(session, f"partner-{number}").id for number in range(12)]
    change(session, team(holidays=FRIDAY))
    (told,) = events(session, EventName.CALENDAR_CHANGED)
    assert (len(told.data["moves"]), told.data["more_moves"]) == (10, 2)
    moved = events(session, EventName.CLOCK_REVISED)
    assert [event.submission_id for event in moved] == ids
    waiting = select(UnplannedEvent.event_id, UnplannedEvent.subject).join(Event, Event.id == UnplannedEvent.event_id)
    rows = session.execute(waiting.where(Event.name.in_(CHANGED)).order_by(Event.id)).all()
    assert rows[0] == (told.id, "programme")
    assert rows[1:] == [(event.id, f"submission:{event.submission_id}") for event in moved]


def test_what_a_revision_tells_is_what_its_messages_ask_for(session):
    submission = in_review(session)
    change(session, team(holidays=FRIDAY))
    change_policy(session, policy(general("decision", business_days=3)))
    tiering.set_tier(session, submission.integration.partner, "select", by=lead(session), at=NOW)
    for name in (*CHANGED, EventName.PARTNER_TIER_CHANGED):
        told = events(session, name)
        assert told
        assert {frozenset(event.data) for event in told} == {frozenset(DATA[name])}


def test_what_was_believed_before_is_kept_with_what_holds_from_now(session):
    submission = in_review(session)
    version, _ = change(session, team(holidays=FRIDAY), at=after(hours=1))
    clock = clock_of(session, submission, TargetName.DECISION)
    rows = session.scalars(
        select(ClockRevision).where(ClockRevision.clock_id == clock.id).order_by(ClockRevision.revision)
    ).all()
    assert [(row.revision, row.recorded_at, row.because, row.due_at) for row in rows] == [
        (1, NOW, "started", after(days=8)),
        (2, after(hours=1), WHY, after(days=9)),
    ]
    assert rows[1].calendar_id == version.id != rows[0].calendar_id


def test_a_clock_without_its_first_terms_gets_them_before_it_is_revised(session):
    submission = in_review(session)
    clock = clock_of(session, submission, TargetName.DECISION)
    session.execute(delete(ClockRevision))
    change(session, team(holidays=FRIDAY), at=after(hours=1))
    first = session.get_one(ClockRevision, (clock.id, 1))
    assert (first.recorded_at, first.due_at, first.because) == (NOW, after(days=8), "started")
    assert first.calendar_id == session.scalars(select(CalendarVersion.id).where(CalendarVersion.version == 1)).one()


def test_a_stopped_clock_never_changes_and_is_counted_as_what_it_would_have_been(session):
    met, missed = in_review(session, "met"), in_review(session, "missed")
    for submission, minutes in ((met, -1), (missed, 1)):
        decided(session, submission, DecisionKind.REJECT, at=after(days=2, minutes=minutes))
    before = as_stored(session)
    longer = revising.preview_calendar(session, "team", team(holidays={"2026-11-24": "Shut"}), at=after(days=3))
    assert (longer.looked_at, longer.summary.rpartition(", ")[2]) == (0, "1 missed would have been met")
    week = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
    version, preview = change(session, team(week=week), at=after(days=3))
    assert preview.summary == "0 due dates move, 1 met would have been missed"
    assert [(one.integration, one.target) for one in preview.met_now_missed] == [("Met", TargetName.FIRST_RESPONSE)]
    assert as_stored(session) == before
    assert version.version == 2
    assert events(session, EventName.CLOCK_REVISED) == []


def test_a_change_of_ladder_alone_does_not_repeat_what_the_change_before_it_would_have_turned(session):
    decided(session, in_review(session), DecisionKind.REJECT, at=after(days=1, hours=7))
    shorter = general("first_response", business_days=1)
    _, first = change_policy(session, policy(shorter), at=after(days=3))
    assert first.summary == "0 due dates move, 1 met would have been missed"

    def later(document):
        document["ladders"]["usual"] = document["ladders"]["usual"][1:]

    seen = revising.preview_policy(session, "v1", policy(shorter, later), at=after(days=3))
    _, second = change_policy(session, policy(shorter, later), at=after(days=3))
    assert seen == second == Preview()


def test_a_promise_that_is_late_at_once_is_told_at_the_next_sweep(session):
    submission = in_review(session)
    at = after(days=1, hours=1)
    watching.sweep(session, at=at, limit=10)
    _, preview = change_policy(session, policy(general("first_response", business_days=1)), at=at)
    assert [one.target for one in preview.late_now] == [TargetName.FIRST_RESPONSE]
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    assert (clock.breached, clock.last_rung) == (False, "50")
    watching.sweep(session, at=at + timedelta(minutes=1), limit=10)
    assert (clock.breached, clock.breach_cause, clock.last_rung) == (True, "the promise was changed", "breach")
    (breach,) = events(session, EventName.CLOCK_BREACHED)
    assert breach.data["missed"] == [0.75, 0.9]


def telling_the_partner(document):
    for step in document["ladders"]["usual"]:
        step["tells"] = ["channel", "partner"]


def test_a_lateness_that_a_change_has_made_is_not_told_to_the_partner(session):
    in_review(session)
    change_policy(session, policy(telling_the_partner))
    at = after(days=1, hours=1)
    watching.sweep(session, at=at, limit=10)
    change_policy(session, policy(telling_the_partner, general("first_response", business_days=1)), at=at)
    watching.sweep(session, at=at + timedelta(minutes=1), limit=10)
    (warned,), (breach,) = events(session, EventName.CLOCK_WARNED), events(session, EventName.CLOCK_BREACHED)
    assert (warned.data["tells"], breach.data["tells"]) == (["channel", "partner"], ["channel"])


def test_what_would_have_been_late_without_the_change_too_has_its_own_cause_and_is_told_to_the_partner(session):
    submission = in_review(session)
    change_policy(session, policy(telling_the_partner, general("first_response", hours=12, business_days=None)))
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    watching.sweep(session, at=after(days=2, minutes=1), limit=10)
    assert (clock.breached, clock.breach_cause, clock.revision) == (True, "nobody had taken it", 2)
    (breach,) = events(session, EventName.CLOCK_BREACHED)
    assert breach.data["tells"] == ["channel", "partner"]


def test_a_promise_kept_after_a_change_made_it_late_has_that_for_its_cause(session):
    submission = in_review(session)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    at = after(days=1, hours=1)
    change_policy(session, policy(general("first_response", business_days=1)), at=at)
    decided(session, submission, DecisionKind.REJECT, at=at + timedelta(minutes=1))
    assert (clock.breached, clock.breach_cause) == (True, "the promise was changed")


def test_a_breach_that_is_none_any_more_is_taken_back_and_the_next_one_is_told(session):
    submission = in_review(session)
    at = after(days=2, minutes=1)
    watching.sweep(session, at=at, limit=10)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    assert (clock.breached, clock.last_rung) == (True, "breach")
    _, preview = change(session, team(holidays={"2026-11-24": "Shut"}), at=at)
    assert [one.target for one in preview.late_no_more] == [TargetName.FIRST_RESPONSE]
    assert (clock.breached, clock.breach_cause, clock.last_rung, clock.last_level) == (False, "", "90", 0.9)
    assert clock.due_at == clock.next_fire_at == datetime(2026, 11, 27, 18, tzinfo=UTC)
    watching.sweep(session, at=clock.due_at + timedelta(minutes=1), limit=10)
    assert clock.breached
    assert [event.data["missed"] for event in events(session, EventName.CLOCK_BREACHED)] == [[0.5, 0.75, 0.9], []]


def test_while_the_partner_is_waited_for_the_due_date_stands_and_their_own_moves(session):
    submission = sent_back(session)
    decision = clock_of(session, submission, TargetName.DECISION)
    due = decision.due_at
    version, preview = change(session, team(holidays=FRIDAY), at=after(hours=1))
    assert [move.target for move in preview.moves] == [TargetName.PARTNER_ANSWER]
    assert (decision.due_at, decision.next_fire_at, decision.calendar) == (due, None, version)
    submitting.withdraw(session, submission, by=contact(session, submission), at=after(hours=2))
    assert as_stored(session)[decision.id][0] == due


def test_clocks_of_every_version_are_moved_and_those_of_other_calendars_are_not(session):
    change(session, {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}, name="emea")
    old = in_review(session, "old")
    change(session, team(holidays=FRIDAY))
    new = in_review(session, "new", at=after(hours=1))
    version, preview = change(session, team(), at=after(hours=2))
    assert {clock_of(session, one, TargetName.DECISION).calendar for one in (old, new)} == {version}
    assert (version.version, preview.looked_at) == (3, 4)
    _, elsewhere = change(session, {"tz": "UTC", "week": {"tue": [["09:00", "17:00"]]}}, name="emea")
    assert elsewhere == Preview()


def test_a_change_costs_as_many_statements_for_many_clocks_as_for_few(session):
    asked = []

    def note(*arguments):
        asked.append(arguments[2])

    def statements(document):
        session.commit()
        by = lead(session)
        asked.clear()
        revising.change_calendar(session, "team", document, by=by, at=NOW, because=WHY)
        return len(asked)

    in_review(session, "first")
    happenings.listen(session.get_bind(), "before_cursor_execute", note)
    few = statements(team(holidays=FRIDAY))
    for number in range(20):
        in_review(session, f"partner-{number}")
    assert statements(team()) == few


def test_a_calendar_of_a_new_name_is_made(session):
    document = {"tz": "Europe/Dublin", "week": {"mon": [["09:00", "17:00"]]}}
    version, preview = change(session, document, name="emea", region="IE")
    assert (version.name, version.version, version.region) == ("emea", 1, "IE")
    assert version.spec == CalendarSpec.parse(document).as_document()
    assert preview == Preview()
    (told,) = events(session, EventName.CALENDAR_CHANGED)
    assert (told.data["name"], told.data["version"], told.data["moves"]) == ("emea", 1, [])


def test_a_calendar_that_was_never_needed_starts_from_what_the_rulebook_writes(session):
    version, _ = change(session, team(holidays=FRIDAY))
    first = session.scalars(select(CalendarVersion).order_by(CalendarVersion.version)).first()
    assert (first.spec, first.created_by_id, first.region) == (V1.calendars["team"].as_spec(), None, "US")
    assert (version.version, version.region) == (2, "US")
    submission = in_review(session)
    assert clock_of(session, submission, TargetName.DECISION).calendar == version


def test_a_document_that_says_what_is_in_force_is_refused_whatever_its_shape(session):
    in_review(session)
    shown = CalendarSpec.parse(team()).as_document()
    for document in (team(), shown, {**shown, "week": team()["week"]}):
        assert revising.preview_calendar(session, "team", document, at=NOW) == Preview()
        with pytest.raises(MoveRefused, match="calendar team: change is refused: version 1 says the same"):
            change(session, document)
    version, _ = change(session, shown, region="US-CA")
    assert (version.version, version.region) == (2, "US-CA")
    with pytest.raises(MoveRefused, match="version 2 says the same"):
        change(session, shown, region="US-CA")


def test_whoever_makes_a_calendar_that_somebody_else_has_just_made_is_refused(session):
    document = {"tz": "UTC", "week": {"mon": [["09:00", "17:00"]]}}
    with pytest.raises(MoveRefused, match=r"none is in force, you saw version 1\); look again"):
        change(session, document, name="emea", seen_version=1)
    change(session, document, name="emea", seen_version=0)
    with pytest.raises(MoveRefused, match=r"changed meanwhile \(version 1 is in force, you saw none\); look again"):
        change(session, {**document, "tz": "Europe/Dublin"}, name="emea", seen_version=0)


def test_only_those_who_run_the_programme_may_and_they_say_why(session):
    before = as_stored(session)
    document = team(holidays=FRIDAY)
    for by, because, reason in (
        (person(session, "Rosa"), WHY, "Rosa has the role reviewer; this needs admin or lead or manager"),
        (person(session, "Cora", Role.PARTNER), WHY, "Cora has the role partner; this needs"),
        (person(session, "Gone", Role.LEAD, active=False), WHY, "Gone is no longer active"),
        (lead(session), " ", "a reason is needed"),
    ):
        said = {"by": by, "at": NOW, "because": because}
        for verb in (
            lambda said: revising.change_calendar(session, "team", document, **said),
            lambda said: revising.refuse_calendar(session, "team", document, **said),
            lambda said: revising.change_policy(session, "v1", policy(general("decision", business_days=3)), **said),
            lambda said: revising.refuse_policy(session, "v1", policy(), **said),
            lambda said: recomputing.recompute(session, **said),
        ):
            with pytest.raises(MoveRefused, match=reason):
                verb(said)
    for role in (Role.MANAGER, Role.ADMIN):
        by = person(session, role.value.capitalize(), role)
        document = team(holidays=FRIDAY | {"2026-12-24": f"for the {role.value}"})
        revising.change_calendar(session, "team", document, by=by, at=NOW, because=WHY)
    assert as_stored(session) == before
    assert len(events(session, EventName.CALENDAR_CHANGED)) == 2


@pytest.mark.parametrize(
    ("name", "document", "more", "said"),
    [
        ("team", {"tz": "Mars/Olympus", "week": {}}, {}, "tz: 'Mars/Olympus'; expected the name of a time zone"),
        ("team", team(week={}), {}, "calendar: no open hours"),
        ("team", team(), {"region": "us"}, "region: 'us'; expected a country such as 'US'"),
        ("the team", team(), {}, "name: 'the team'; expected up to 64 letters"),
    ],
)
def test_a_document_that_is_no_calendar_is_wrong_input(session, name, document, more, said):
    for verb in (
        lambda: change(session, document, name=name, **more),
        lambda: revising.refuse_calendar(session, name, document, by=lead(session), at=NOW, because=WHY, **more),
    ):
        with pytest.raises(CalendarInvalid, match=said):
            verb()


def test_a_calendar_without_hours_enough_for_a_running_promise_is_refused(session):
    in_review(session)
    few = {"tz": "UTC", "week": {}, "overrides": {"2026-11-24": [["09:00", "17:00"]]}}
    for verb in (lambda: change(session, few), lambda: revising.preview_calendar(session, "team", few, at=NOW)):
        with pytest.raises(NeverDue, match="Acme, submission 1, first_response: no open time is left after 2026-11-24"):
            verb()


def test_a_preview_needs_no_more_than_to_read(database):
    with database.write.begin() as session:
        in_review(session)
        by = lead(session)
    said = {"by": by, "at": NOW, "because": WHY}
    faster = policy(general("decision", business_days=3))
    with database.read() as session:
        revising.refuse_calendar(session, "team", team(holidays=FRIDAY), **said)
        revising.refuse_policy(session, "v1", faster, **said)
        assert len(revising.preview_calendar(session, "team", team(holidays=FRIDAY), at=NOW).moves) == 1
        assert len(revising.preview_policy(session, "v1", faster, at=NOW).moves) == 1
        assert recomputing.preview_recompute(session, at=NOW) == Preview(looked_at=2)


# --- a policy


def test_each_running_clocks_promise_is_chosen_anew_by_gate_kind_and_tier(session):
    launch, access = in_review(session, "launch"), in_review(session, "access", SubmissionKind.ACCESS)
    favoured = in_review(session, "favoured")
    tiering.set_tier(session, favoured.integration.partner, "select", by=lead(session), at=NOW)
    document = policy(
        special("decision", kinds=["launch"], hours=30),
        special("decision", tiers=["select"], business_days=1),
        special("access", gates=["access"], business_days=2),
    )
    seen = revising.preview_policy(session, "v1", document, at=NOW)
    version, preview = change_policy(session, document)
    assert seen == preview
    assert {
        clock_of(session, one, target).target_seconds
        for one, target in ((launch, TargetName.DECISION), (favoured, TargetName.DECISION), (access, TargetName.ACCESS))
    } == {30 * 3600, 28_800, 2 * 28_800}
    assert clock_of(session, favoured, TargetName.DECISION).due_at == after(days=1)
    assert {clock.policy for clock in session.scalars(select(Clock))} == {version}
    (told,) = events(session, EventName.POLICY_CHANGED)
    assert (told.data["name"], told.data["version"], told.data["summary"]) == ("v1", 2, preview.summary)
    assert events(session, EventName.CLOCK_REVISED)[0].data["source"] == "policy v1, version 2"


def test_a_promise_that_counts_by_another_calendar_moves_to_the_version_of_it_in_force(session):
    around_the_clock = {"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}}
    change(session, around_the_clock, name="always")
    always, _ = change(session, {**around_the_clock, "holidays": ["2026-11-26"]}, name="always")
    submission = in_review(session)
    first = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    team_version = first.calendar
    document = policy(general("decision", calendar="always", hours=24, business_days=None))
    seen = revising.preview_policy(session, "v1", document, at=NOW)
    _, preview = change_policy(session, document)
    decision = clock_of(session, submission, TargetName.DECISION)
    assert (decision.calendar, decision.due_at) == (always, after(days=1))
    assert first.calendar == team_version
    assert seen == preview
    assert preview.summary == "1 due date moves, 0 met would have been missed"


def test_another_ladder_moves_no_due_date_and_tells_at_other_times(session):
    submission = in_review(session)
    clock = clock_of(session, submission, TargetName.FIRST_RESPONSE)
    due = clock.due_at

    def early(document):
        document["ladders"]["early"] = [{"rung": "10", "fraction": 0.1, "tells": ["channel"]}]

    change_policy(session, policy(early, general("first_response", ladder="early")))
    assert (clock.ladder, clock.due_at, clock.revision) == ("early", due, 2)
    assert clock.next_fire_at == after(hours=1.6)
    assert events(session, EventName.CLOCK_REVISED) == []
    assert len(events(session, EventName.POLICY_CHANGED)) == 1


def test_a_policy_reaches_the_clocks_of_its_own_rulebook_alone(session, tmp_path):
    rulebook_file(tmp_path, "v9")
    with rulebooks.also_from(tmp_path):
        ours, theirs = in_review(session, "ours"), in_review(session, "theirs", rulebook=Rulebook.load("v9"))
        _, preview = change_policy(session, policy(general("decision", business_days=3)), version="v9")
        assert {move.submission for move in preview.moves} == {theirs.id}
        assert clock_of(session, ours, TargetName.DECISION).revision == 1
        assert clock_of(session, theirs, TargetName.DECISION).target_seconds == 3 * 28_800


def test_a_policy_that_says_what_is_in_force_or_what_can_not_be_is_refused(session):
    with pytest.raises(MoveRefused, match="policy v1: change is refused: version 1 says the same; nothing changes"):
        change_policy(session, policy())
    assert revising.preview_policy(session, "v1", policy(), at=NOW) == Preview()
    with pytest.raises(PolicyInvalid, match=r"policy v1: targets.decision.calendar: saw 'moon', expected .*\(team\)"):
        change_policy(session, policy(general("decision", calendar="moon")))
    with pytest.raises(PolicyInvalid, match="targets: saw nothing"):
        revising.preview_policy(session, "v1", {}, at=NOW)
    with pytest.raises(RulebookUnknown, match="there is no rulebook 'v99'"):
        change_policy(session, policy(), version="v99")
    assert session.scalars(select(PolicyVersion.version)).all() == [1]


def test_a_policy_changed_before_it_was_needed_is_what_the_first_clock_gets(session):
    version, _ = change_policy(session, policy(general("decision", business_days=3)))
    clock = clock_of(session, sent(session), TargetName.DECISION)
    assert (clock.policy, clock.policy.version, clock.target_seconds) == (version, 2, 3 * 28_800)


def test_a_lease_is_as_long_as_the_policy_in_force_says(session):
    submission = in_review(session)
    change_policy(session, policy(lambda document: document.update(claim_lease_minutes=60)))
    assert assigning.claim(session, submission, by=person(session), at=NOW).leased_until == after(hours=1)


# --- a tier


def test_another_tier_is_for_promises_that_start_from_now(session):
    change_policy(session, policy(special("decision", tiers=["select"], business_days=1)))
    first = in_review(session)
    partner = first.integration.partner
    running = clock_of(session, first, TargetName.DECISION)
    assert tiering.set_tier(session, partner, "select", by=lead(session), at=NOW)
    assert not tiering.set_tier(session, partner, "select", by=lead(session), at=NOW)
    assert running.target_seconds == 5 * 28_800
    decided(session, first, DecisionKind.REJECT)
    second = in_review(session, external_id="again")
    assert clock_of(session, second, TargetName.DECISION).target_seconds == 28_800
    (told,) = events(session, EventName.PARTNER_TIER_CHANGED)
    assert told.data == {"partner": "Acme Inc", "tier": "select", "was": "standard"}


def test_a_tier_is_set_by_those_who_run_the_programme(session):
    partner = in_review(session).integration.partner
    with pytest.raises(MoveRefused, match="partner Acme Inc: set tier is refused: Rosa has the role reviewer"):
        tiering.set_tier(session, partner, "select", by=person(session), at=NOW)
    with pytest.raises(TierInvalid, match="tier 'Select!': expected"):
        tiering.set_tier(session, partner, "Select!", by=lead(session), at=NOW)
    assert partner.tier == "standard"


# --- computing anew


def test_computing_anew_mends_what_came_out_otherwise_and_leaves_the_rest_alone(session):
    submission = in_review(session)
    decision, first = (clock_of(session, submission, name) for name in (TargetName.DECISION, TargetName.FIRST_RESPONSE))
    decision.due_at = decision.breach_at = after(days=20)  # as older time zone data would have had it
    seen = recomputing.preview_recompute(session, at=after(hours=1))
    done = recomputing.recompute(session, by=lead(session), at=after(hours=1), because="tzdata 2026c")
    assert seen == done
    assert [(move.was, move.now) for move in done.moves] == [(after(days=20), after(days=8))]
    assert (decision.due_at, decision.revision, first.revision) == (after(days=8), 2, 1)
    (moved,) = events(session, EventName.CLOCK_REVISED)
    assert (moved.data["because"], moved.data["source"]) == ("tzdata 2026c", "a recomputation of running clocks")


def test_computing_anew_what_comes_out_the_same_records_nothing(session):
    sent_back(session)
    before, happened = as_stored(session), len(events(session))
    assert recomputing.recompute(session, by=lead(session), at=after(hours=1), because="tzdata 2026c").moves == ()
    assert as_stored(session) == before
    assert len(events(session)) == happened
