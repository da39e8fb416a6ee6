"""Running clocks under other terms: what moves, what stays told, and what a preview says of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import GateName, SubmissionKind, TargetName
from review import clock as rules
from review.calendar import Calendar, CalendarSpec
from review.clock import ClockState, Rung
from review.revision import Move, NeverDue, Outcome, Preview, Promised, Terms, Turned, differs, outcome

WEEK = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
DAY = 28_800
LADDER = (Rung("50", 0.5, 0.5), Rung("90", 0.9, 0.9), Rung("breach", 1.0, 1.0), Rung("late", 2.0, 1.0, DAY))
ONLY_LATE = (Rung("breach", 1.0, 1.0), Rung("late", 2.0, 1.0, DAY))


def office(**changes: Any) -> Calendar:
    return Calendar.compile(CalendarSpec.parse({"tz": "UTC", "week": WEEK, **changes}))


OFFICE = office()
FREE_FRIDAY = office(holidays={"2026-11-27": "Friday"})


def at(day_and_time: str) -> datetime:
    """A time in November 2026; the 23rd is a Monday."""
    return datetime.strptime(f"2026-11-{day_and_time}Z", "%Y-%m-%d %H:%M%z").astimezone(UTC)


def terms(calendar: Calendar = OFFICE, *, days: float = 2, rungs: tuple[Rung, ...] = LADDER) -> Terms:
    return Terms(
        calendar=calendar, target_seconds=round(days * DAY), business_day_seconds=DAY, ladder="usual", rungs=rungs
    )


def promised(started: str = "25 09:00", *, under: Terms | None = None, **changes: Any) -> Promised:
    """The decision on submission 7, as it would be stored."""
    own = under or terms()
    state = ClockState(at(started), own.target_seconds, changes.pop("pauses", ()), changes.pop("stopped_at", None))
    answered = replace(state, pauses=tuple(pause for pause in state.pauses if pause[1] is not None))
    values = {
        "clock_id": 1,
        "submission_id": 7,
        "integration_id": 3,
        "integration": "Mapleworks",
        "target": TargetName.DECISION,
        "gate": GateName.PUBLIC_BETA,
        "kind": SubmissionKind.LAUNCH,
        "tier": "standard",
        "calendar_id": 1,
        "policy_id": 1,
        "terms": own,
        "state": state,
        "due_at": rules.due_at(own.calendar, answered),
        "breach_at": rules.breach_at(own.calendar, answered),
        "told": None,
        "told_level": 0.0,
        "breached": False,
        "breach_cause": "",
        "revision": 1,
        "owed": True,
    }
    return Promised(**(values | changes))


def applied(one: Outcome) -> Promised:
    """The clock once its new terms are written."""
    revised = one.revised
    assert revised is not None
    return replace(
        one.promised,
        terms=one.terms,
        state=replace(one.promised.state, target_seconds=one.terms.target_seconds),
        due_at=revised.due_at,
        breach_at=revised.breach_at,
        told=revised.told,
        told_level=revised.told_level,
        breached=revised.breached,
        revision=one.promised.revision + 1,
    )


def test_a_holiday_before_the_due_date_moves_it_and_one_after_it_does_not():
    sooner, later = promised("24 09:00"), promised("26 09:00")
    assert outcome(sooner, terms(FREE_FRIDAY), at("24 12:00")).revised.due_at == sooner.due_at == at("25 17:00")
    one = outcome(later, terms(FREE_FRIDAY), at("26 12:00"))
    assert (later.due_at, one.revised.due_at) == (at("27 17:00"), at("30 17:00"))
    assert one.revised.next_fire_at == at("30 09:00")
    assert Preview.of([one]).moves == (Move(7, "Mapleworks", TargetName.DECISION, at("27 17:00"), at("30 17:00")),)


def test_another_target_moves_the_due_date_by_the_difference():
    one = outcome(promised("23 09:00"), terms(days=1), at("23 10:00"))
    assert (one.promised.due_at, one.revised.due_at) == (at("24 17:00"), at("23 17:00"))
    assert not one.is_late


def test_what_is_late_at_once_fires_at_the_next_sweep_and_is_not_marked_before():
    now = at("24 12:00")
    one = outcome(promised("23 09:00", told="50", told_level=0.5), terms(days=1), now)
    assert (one.was_late, one.is_late, one.revised.breached) == (False, True, False)
    assert one.revised.next_fire_at < now
    assert Preview.of([one]).late_now == (Turned(7, "Mapleworks", TargetName.DECISION),)


def test_steps_up_to_what_was_told_stay_silent():
    one = outcome(promised("26 09:00", told="90", told_level=0.9), terms(FREE_FRIDAY), at("27 12:00"))
    assert (one.revised.told, one.revised.told_level) == ("90", 0.9)
    assert one.revised.next_fire_at == rules.breach_at(FREE_FRIDAY, one.promised.state)


LATE = {"breached": True, "breach_cause": "with Rosa", "told": "late", "told_level": 2.0}


def test_what_is_late_no_more_is_in_time_again_and_a_later_breach_is_told_once_more():
    now = at("30 12:00")
    one = outcome(promised("25 13:00", **LATE), terms(days=5), now)
    assert (one.was_late, one.is_late, one.revised.breached) == (True, False, False)
    assert (one.revised.told, one.revised.told_level) == ("90", 0.9)
    assert one.revised.next_fire_at == one.revised.breach_at > now
    assert Preview.of([one]).late_no_more == (Turned(7, "Mapleworks", TargetName.DECISION),)
    only_late = outcome(promised("25 13:00", **LATE), terms(days=5, rungs=ONLY_LATE), now)
    assert (only_late.revised.told, only_late.revised.told_level) == (None, 0.0)


def test_what_stays_late_keeps_its_mark_and_what_was_told():
    one = outcome(promised("25 13:00", **LATE), terms(days=1), at("30 12:00"))
    assert (one.revised.breached, one.revised.told, one.revised.next_fire_at) == (True, "late", None)
    assert Preview.of([one]).late_no_more == ()


def test_a_partner_is_not_reminded_anew_when_they_have_more_time():
    theirs = promised("25 13:00", target=TargetName.PARTNER_ANSWER, **LATE)
    one = outcome(theirs, terms(days=5), at("30 12:00"))
    assert (one.revised.breached, one.revised.told_level) == (False, 2.0)
    # The watch looks when they are late again, to mark it; nobody is told by that.
    assert one.revised.next_fire_at == one.revised.breach_at


WAITS = ((at("26 13:00"), None),)


def test_while_the_partner_is_waited_for_the_last_known_due_date_stands():
    waiting = promised("26 09:00", pauses=WAITS)
    one = outcome(waiting, terms(FREE_FRIDAY), at("30 12:00"))
    assert (one.revised.due_at, one.revised.breach_at) == (waiting.due_at, waiting.breach_at)
    assert one.revised.next_fire_at is None
    assert Preview.of([one]).moves == ()
    assert not differs(one)


def test_a_due_date_of_shorter_terms_does_not_stand_while_the_partner_is_waited_for():
    waiting = promised("26 09:00", under=terms(days=0.25), pauses=WAITS)
    assert waiting.due_at == at("26 11:00")
    one = outcome(waiting, terms(), at("30 12:00"))
    assert one.revised.due_at == at("27 17:00")  # if they answered at once
    assert one.revised.breach_at == at("30 09:00")


def test_a_stopped_clock_is_only_asked_what_it_would_have_been():
    met = promised("23 09:00", stopped_at=at("24 12:00"))
    missed = promised("26 09:00", stopped_at=at("30 12:00"), breached=True)
    shorter, longer = terms(days=1), terms(FREE_FRIDAY)
    preview = Preview.of([outcome(met, shorter, at("30 12:00")), outcome(missed, longer, at("30 12:00"))])
    assert (preview.looked_at, preview.moves) == (0, ())
    assert (len(preview.met_now_missed), len(preview.missed_now_met)) == (1, 1)
    assert outcome(met, shorter, at("30 12:00")).revised is None


def test_what_an_earlier_change_would_have_turned_is_not_counted_once_more():
    met = promised("23 09:00", stopped_at=at("24 12:00"))
    missed = promised("26 09:00", stopped_at=at("30 12:00"), breached=True)
    shorter, longer = terms(days=1), terms(days=5)
    now = at("30 12:00")
    again = [outcome(met, shorter, now, before=shorter), outcome(missed, longer, now, before=longer)]
    assert Preview.of(again) == Preview()
    first = [outcome(met, shorter, now, before=terms()), outcome(missed, longer, now, before=terms())]
    assert (len(Preview.of(first).met_now_missed), len(Preview.of(first).missed_now_met)) == (1, 1)


def test_what_was_withdrawn_is_neither_met_nor_missed():
    withdrawn = promised("23 09:00", stopped_at=at("24 12:00"), owed=False)
    assert Preview.of([outcome(withdrawn, terms(days=1), at("30 12:00"))]) == Preview()


def test_a_calendar_that_runs_out_of_hours_is_refused_with_the_promise_it_would_break():
    few = Calendar.compile(
        CalendarSpec.parse({"tz": "UTC", "week": {}, "overrides": {"2026-11-25": [["09:00", "17:00"]]}})
    )
    with pytest.raises(NeverDue, match="Mapleworks, submission 7, decision: no open time is left after 2026-11-25"):
        outcome(promised(), terms(few), at("25 12:00"))


@pytest.mark.parametrize(
    ("moves", "turned", "words"),
    [
        (0, {}, "0 due dates move, 0 met would have been missed"),
        (1, {"met_now_missed": 1}, "1 due date moves, 1 met would have been missed"),
        (37, {"met_now_missed": 4}, "37 due dates move, 4 met would have been missed"),
        (2, {"missed_now_met": 1}, "2 due dates move, 0 met would have been missed, 1 missed would have been met"),
        (1, {"late_now": 1}, "1 due date moves, 0 met would have been missed, 1 late at once"),
        (2, {"late_no_more": 2}, "2 due dates move, 0 met would have been missed, 2 no longer late"),
    ],
)
def test_a_preview_is_summed_up_in_a_sentence(moves: int, turned: dict[str, int], words: str):
    move = Move(7, "Mapleworks", TargetName.DECISION, at("25 17:00"), at("26 17:00"))
    one = Turned(7, "Mapleworks", TargetName.DECISION)
    assert Preview(moves=(move,) * moves, **{field: (one,) * count for field, count in turned.items()}).summary == words


def test_moves_are_told_soonest_first():
    slow, fast = promised("26 09:00"), promised("25 13:00", submission_id=8)
    preview = Preview.of(outcome(one, terms(days=1), at("26 10:00")) for one in (slow, fast))
    assert [move.submission for move in preview.moves] == [8, 7]


# --- whatever the terms and the pauses are

MINUTES = st.integers(0, 14 * 1440).map(lambda minutes: datetime(2026, 11, 16, tzinfo=UTC) + timedelta(minutes=minutes))
CALENDARS = st.sampled_from(
    [
        OFFICE,
        FREE_FRIDAY,
        office(breaks={"2026-11-24": [["12:00", "14:00"]]}),
        office(overrides={"2026-11-28": [["08:00", "20:00"]], "2026-11-23": []}),
        office(tz="America/New_York"),
    ]
)
TERMS = st.builds(
    terms, CALENDARS, days=st.sampled_from([0.25, 1, 2, 5]), rungs=st.sampled_from([LADDER, ONLY_LATE, ()])
)


@st.composite
def clocks(draw: st.DrawFn) -> Promised:
    """A running clock as it is stored, before anything was revised."""
    started = draw(MINUTES)
    since, pauses = started, []
    for _ in range(draw(st.integers(0, 2))):
        since += timedelta(minutes=draw(st.integers(0, 2000)))
        until = since + timedelta(minutes=draw(st.integers(0, 2000)))
        pauses.append((since, until))
        since = until
    if draw(st.booleans()):
        pauses.append((since + timedelta(minutes=draw(st.integers(0, 2000))), None))
    own = draw(TERMS)
    fresh = promised("16 00:00", under=own)
    state = ClockState(started, own.target_seconds, tuple(pauses))
    answered = replace(state, pauses=tuple(pause for pause in pauses if pause[1] is not None))
    due, breach = rules.due_at(own.calendar, answered), rules.breach_at(own.calendar, answered)
    assert due is not None
    assert breach is not None
    return replace(fresh, state=state, due_at=due, breach_at=breach)


@given(clock=clocks(), other=TERMS, now=MINUTES)
def test_there_and_back_again_restores_the_due_date(clock: Promised, other: Terms, now: datetime):
    there = applied(outcome(clock, other, now))
    back = applied(outcome(there, clock.terms, now))
    assert (back.due_at, back.breach_at) == (clock.due_at, clock.breach_at)


@given(clock=clocks(), other=TERMS, now=MINUTES)
def test_a_running_clock_is_due_when_its_rules_say_so(clock: Promised, other: Terms, now: datetime):
    one = outcome(clock, other, now)
    assert one.revised is not None
    state = replace(clock.state, target_seconds=other.target_seconds)
    due, breach = rules.due_at(other.calendar, state), rules.breach_at(other.calendar, state)
    assert due in {None, one.revised.due_at}
    assert breach in {None, one.revised.breach_at}
    assert one.is_late == (breach is not None and now > breach)
    if state.paused_since is not None:
        assert due is not None or one.revised.due_at > state.paused_since
        assert breach is not None or one.revised.breach_at >= state.paused_since


@given(clock=clocks(), other=TERMS, now=MINUTES, level=st.sampled_from([0.0, 0.5, 0.9, 1.0, 2.0]))
def test_nothing_is_told_twice_except_a_breach_that_was_taken_back(
    clock: Promised, other: Terms, now: datetime, level: float
):
    late = level >= 1
    told = replace(clock, told="some", told_level=level, breached=late)
    revised = outcome(told, other, now).revised
    assert revised is not None
    assert revised.told_level <= level
    if revised.told_level < level:
        assert late
        assert not revised.breached
        assert all(rung.level >= 1 for rung in other.rungs if rung.level > revised.told_level)


@given(one=clocks(), now=MINUTES)
def test_the_same_terms_change_nothing(one: Promised, now: datetime):
    assert Preview.of([outcome(one, one.terms, now)]) == Preview(looked_at=1)
    assert not differs(outcome(one, one.terms, now))
