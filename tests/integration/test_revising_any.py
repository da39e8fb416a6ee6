"""Whatever is changed while clocks run, wait and have stopped: the preview is what is done, in bulk as one by one."""

from datetime import date, timedelta
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from models.clock import CalendarVersion, Clock
from models.enums import DecisionKind, EventName, Role, SubmissionKind, TargetName
from models.people import Person
from models.submission import Submission
from review import policies, versions
from review.actions import asking, assigning, revising, submitting, watching
from review.actions.clocks import set_terms, state_of
from review.calendars import compiled
from review.clock import is_breached
from tests.building import (
    V1,
    VAULT,
    after,
    contact,
    decided,
    dossier,
    events,
    in_review,
    person,
    sent_back,
)

AT = after(days=7)
"""When it is changed: a Monday at ten again."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")
DATES = st.dates(date(2026, 11, 23), date(2026, 12, 11)).map(date.isoformat)
HOURS = st.sampled_from([[["09:00", "17:00"]], [["08:00", "12:00"], ["13:00", "18:00"]], [["00:00", "24:00"]]])
CALENDARS = st.fixed_dictionaries(
    {
        "tz": st.sampled_from(["America/Los_Angeles", "Europe/Berlin", "UTC"]),
        "week": HOURS.map(lambda hours: dict.fromkeys(WEEKDAYS, hours)),
        "holidays": st.lists(DATES, max_size=4, unique=True),
        "breaks": st.dictionaries(DATES, st.just([["12:00", "14:00"]]), max_size=2),
        "overrides": st.dictionaries(DATES, st.sampled_from([[], [["10:00", "12:00"]]]), max_size=2),
    }
)
DAYS = st.sampled_from([0.5, 1, 2, 5, 8])


class Figures(NamedTuple):
    submission: int
    target: TargetName
    due_at: object
    breach_at: object
    stopped_at: object
    breached: bool


@st.composite
def policy_documents(draw):
    document = V1.sla.model_dump(mode="json")
    for row in document["targets"]:
        row["business_days"] = draw(DAYS)
    ladder = draw(st.sampled_from(["usual", "early"]))
    document["ladders"]["early"] = [{"rung": "25", "fraction": 0.25, "tells": ["channel"]}]
    special = {"name": "decision", "calendar": draw(st.sampled_from(["team", "always"])), "ladder": ladder}
    document["targets"].insert(0, {**special, "kinds": ["launch"], "hours": draw(st.integers(1, 90))})
    return document


def populate(session):
    """Clocks in every state there is, a week before the change."""
    rosa, lead = person(session), person(session, "Lena", Role.LEAD)
    always = {"tz": "UTC", "week": {day: [["00:00", "24:00"]] for day in (*WEEKDAYS, "sat", "sun")}}
    revising.change_calendar(session, "always", always, by=lead, at=after(), because="A second calendar.")
    in_review(session, "plain")
    in_review(session, "access", SubmissionKind.ACCESS, at=after(hours=3))
    in_review(session, "fresh", at=after(days=6, hours=20))
    assigning.claim(session, in_review(session, "claimed"), by=rosa, at=after(days=1), message="Having a look.")
    assigning.claim(session, in_review(session, "slow"), by=rosa, at=after(days=4), message="Sorry to be late.")
    decided(session, in_review(session, "done"), DecisionKind.REJECT, at=after(days=1))
    withdrawn = in_review(session, "withdrawn")
    submitting.withdraw(session, withdrawn, by=contact(session, withdrawn), at=after(days=2))
    sent_back(session, "waiting", at=after(days=1))
    back = sent_back(session, "back", at=after(hours=4))
    sender = contact(session, back)
    submitting.resubmit(session, back, dossier("back", notes="Mended."), by=sender, at=after(days=2), vault=VAULT)
    asked = in_review(session, "asked", at=after(hours=1))
    for day in (1, 3):
        asking.ask_partner(session, asked, by=rosa, at=after(days=day), text="Which region?")
        asking.answer(session, asked, by=contact(session, asked), at=after(days=day, hours=5), text="Europe.")
    asking.ask_partner(session, in_review(session, "asking"), by=rosa, at=after(days=6, hours=22), text="Which?")
    watching.sweep(session, at=AT - timedelta(minutes=30), limit=100)
    return lead.id


def figures(session):
    session.flush()
    columns = (Clock.submission_id, Clock.target, Clock.due_at, Clock.breach_at, Clock.stopped_at, Clock.breached)
    return {number: Figures(*values) for number, *values in session.execute(select(Clock.id, *columns))}


def said_by(preview):
    return {(move.submission, move.target): (move.was, move.now) for move in preview.moves}


def difference(before, now):
    return {
        (one.submission, one.target): (one.due_at, now[number].due_at)
        for number, one in before.items()
        if one.due_at != now[number].due_at
    }


def lead_of(session, number):
    return session.get_one(Person, number)


def submission_of(session, clock):
    return session.get_one(Submission, clock.submission_id)


def late(session, number):
    clock = session.get_one(Clock, number)
    return is_breached(compiled(clock.calendar), state_of(clock), AT)


def checked_change(session, verb, preview):
    """Do it; what was seen before has to be what became of it. Gives the figures afterwards."""
    before = figures(session)
    was_late = {number for number in before if late(session, number)}
    happened = len(events(session, EventName.CLOCK_REVISED))
    seen = preview(session)
    _, done = verb(session)
    now = figures(session)
    assert seen == done
    assert said_by(done) == difference(before, now)
    assert len(events(session, EventName.CLOCK_REVISED)) - happened == len(done.moves)
    running = {number for number, one in before.items() if one.stopped_at is None}
    assert done.looked_at == len(running)
    assert all(now[number] == before[number] for number in before.keys() - running)
    late_now = {(now[number].submission, now[number].target) for number in running if late(session, number)}
    was = {(before[number].submission, before[number].target) for number in running & was_late}
    assert {(one.submission, one.target) for one in done.late_now} == late_now - was
    assert {(one.submission, one.target) for one in done.late_no_more} == was - late_now
    return now


def test_any_calendar(database):
    with database.write.begin() as session:
        lead_id = populate(session)

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(document=CALENDARS)
    def holds(document):
        with database.write() as session:
            lead = lead_of(session, lead_id)
            said = {"by": lead, "at": AT, "because": "So it shall be."}
            first = figures(session)
            bulk = checked_change(
                session,
                lambda session: revising.change_calendar(session, "team", document, **said),
                lambda session: revising.preview_calendar(session, "team", document, at=AT),
            )
            told = {clock.id: (clock.last_level, clock.next_fire_at) for clock in session.scalars(select(Clock))}
            revising.change_calendar(session, "team", V1.calendars["team"].as_spec(), **said)
            assert {n: one[:5] for n, one in figures(session).items()} == {n: one[:5] for n, one in first.items()}
            session.rollback()
            digest = versions.digest_of(document)
            version = CalendarVersion(name="team", version=2, digest=digest, spec=document, created_at=AT)
            session.add(version)
            for clock in session.scalars(select(Clock).where(Clock.stopped_at.is_(None))):
                clock.calendar = version
                set_terms(clock)
                assert (clock.due_at, clock.breach_at) == bulk[clock.id][2:4]
                level, fires = told[clock.id]
                assert level < clock.last_level or clock.next_fire_at == fires
            session.rollback()

    holds()


def test_any_policy(database):
    with database.write.begin() as session:
        lead_id = populate(session)

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    @given(document=policy_documents())
    def holds(document):
        with database.write() as session:
            lead = lead_of(session, lead_id)
            said = {"by": lead, "at": AT, "because": "So it shall be."}
            first = figures(session)
            checked_change(
                session,
                lambda session: revising.change_policy(session, "v1", document, **said),
                lambda session: revising.preview_policy(session, "v1", document, at=AT),
            )
            for clock in session.scalars(select(Clock).where(Clock.stopped_at.is_(None))):
                promise = policies.promise(clock.policy, submission_of(session, clock), clock.target)
                terms = (promise.seconds, promise.calendar, promise.ladder, promise.business_day_seconds)
                own = (clock.target_seconds, clock.calendar.name, clock.ladder, clock.business_day_seconds)
                assert own == terms
                stands = clock.due_at, clock.breach_at, clock.next_fire_at
                set_terms(clock)
                assert (clock.due_at, clock.breach_at, clock.next_fire_at) == stands
            revising.change_policy(session, "v1", V1.sla.model_dump(mode="json"), **said)
            assert {n: one[:5] for n, one in figures(session).items()} == {n: one[:5] for n, one in first.items()}
            session.rollback()

    holds()
