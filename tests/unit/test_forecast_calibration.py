"""What we would have said of past clocks, from what was known then, and how well it held."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.enums import SubmissionKind as Kind
from models.enums import TargetName as Target
from review.forecast.backtest import CHECKPOINTS, PREDICTIONS_AT_MOST, PastClock, Prediction, backtest
from review.forecast.calibration import CLOCKS_AT_LEAST, Reliability, calibration
from review.forecast.chance import History
from review.waiting import Wait

TARGET = 8
"""Divides by four, so that checkpoints are whole seconds."""

NOW = 80
FEW = settings(max_examples=settings().max_examples // 20)


def clock(number, started, stopped, *, answered=True, kind=Kind.LAUNCH, pauses=()):
    return PastClock(
        id=number,
        kind=kind,
        target_seconds=TARGET,
        started=started,
        stopped=stopped,
        answered=answered and stopped is not None,
        pauses=tuple(pauses),
    )


def programme(seed):
    """Sixty clocks as they stand at `NOW`, of few seconds, so that many things happen at the same one."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(60):
        started = int(rng.integers(0, NOW))
        stopped = started + int(rng.integers(0, 16))
        is_over = stopped <= NOW and rng.random() < 0.9
        end = stopped if is_over else NOW
        since = [int(rng.integers(started, end + 1)) for _ in range(rng.choice([0, 0, 1, 2]))]
        until = [at + int(rng.integers(0, 8)) for at in since]
        found.append(
            clock(
                number,
                started,
                stopped if is_over else None,
                answered=rng.random() < 0.8,
                kind=(Kind.LAUNCH, Kind.UPDATE)[rng.integers(0, 2)],
                pauses=[
                    (since, until if until <= end else end if is_over else None)
                    for since, until in zip(since, until, strict=True)
                ],
            )
        )
    return found


def used_by(clock, at):
    """Second by second: what a clock has used at a position."""
    end = at if clock.stopped is None else min(at, clock.stopped)
    return sum(
        not any(since <= second and (until is None or second < until) for since, until in clock.pauses)
        for second in range(clock.started, end)
    )


def known_then(clocks, at):
    """The history that a report at that position would have been made from."""
    return History(
        (
            Target.DECISION,
            clock.kind,
            Wait(used_by(clock, at), ended=clock.answered and clock.stopped is not None and clock.stopped < at),
        )
        for clock in clocks
        if clock.started < at
    )


@FEW
@given(st.integers(0, 2**32))
def test_each_prediction_is_what_a_report_would_have_told_then(seed):
    found = programme(seed)
    by_id = {clock.id: clock for clock in found}
    for said in backtest(found, now=NOW):
        clock = by_id[said.clock_id]
        assert used_by(clock, round(said.at)) == said.share * TARGET
        told = known_then(found, round(said.at)).chance(
            Target.DECISION, clock.kind, target_seconds=TARGET, used_seconds=said.share * TARGET
        )
        assert said.probability == (None if told.probability is None else pytest.approx(told.probability))
        assert said.breached == (used_by(clock, NOW) > TARGET)


@FEW
@given(st.integers(0, 2**32), st.integers(0, NOW))
def test_nothing_that_came_later_is_used(seed, cut):
    found = programme(seed)

    def otherwise(clock):
        """The same until the cut, and open ever since."""
        later = clock.stopped is None or clock.stopped >= cut
        pauses = [(since, until if until is not None and until < cut else None) for since, until in clock.pauses]
        kept = tuple((since, until) for since, until in pauses if until is not None or since < cut)
        return replace(clock, stopped=None, answered=False, pauses=kept) if later else clock

    changed = [otherwise(clock) for clock in found if clock.started < cut]
    as_it_was, as_it_might_have_been = (
        {(said.clock_id, said.share): said for said in backtest(world, now=2 * NOW)} for world in (found, changed)
    )

    for key in as_it_was.keys() & as_it_might_have_been.keys():
        one, other = as_it_was[key], as_it_might_have_been[key]
        if one.at < cut:
            assert (one.at, one.probability, one.base_rate) == (other.at, other.probability, other.base_rate)


def test_a_clock_is_asked_about_where_it_was_still_open():
    asked = [(said.share, said.at) for said in backtest([clock(1, 100, 105)], now=200)]

    assert asked == [(0.25, 102), (0.5, 104)]


def test_a_pause_moves_the_checkpoints_behind_it():
    found = clock(1, 100, 160, pauses=[(103, 150), (101, 104)])

    # Two seconds are used when the pause from 101 to 150 has passed.
    assert [said.at for said in backtest([found], now=200)] == [151, 153, 155]


def test_the_last_days_are_left_out_because_only_the_quick_ones_are_known():
    answered, late = clock(1, 100, 103), clock(2, 100, None)

    assert backtest([answered, late], now=107) == ()
    assert {said.clock_id for said in backtest([answered, late], now=109)} == {1, 2}


def test_an_open_clock_that_is_past_its_target_has_come_out():
    (*_, said) = backtest([clock(1, 100, None)], now=109)

    assert (said.share, said.breached) == (0.75, True)


def test_who_used_exactly_the_target_was_in_time():
    assert not any(said.breached for said in backtest([clock(1, 100, 108)], now=200))
    assert all(said.breached for said in backtest([clock(1, 100, 109)], now=200))


def test_what_was_withdrawn_in_time_is_not_asked_about_and_too_late_it_is():
    assert backtest([clock(1, 100, 105, answered=False)], now=200) == ()
    assert all(said.breached for said in backtest([clock(1, 100, 109, answered=False)], now=200))


def test_what_still_waits_for_its_partner_has_time_left():
    assert backtest([clock(1, 100, None, pauses=[(106, None)])], now=10_000) == ()


def test_the_base_rate_is_that_of_all_whose_time_was_up_by_then():
    # Three were late and one was quick, but the time of the quick one was up at 108 only.
    found = [*(clock(number, 90, 100) for number in (1, 2, 3)), clock(4, 100, 101), clock(5, 105, 115)]
    rates = {said.at: said.base_rate for said in backtest(found, now=200) if said.clock_id == 5}

    assert rates == {107: 3.5 / 4, 109: 3.5 / 5, 111: 3.5 / 5}


def test_what_had_just_used_its_target_and_waits_for_its_partner_is_not_known_yet():
    # Paused from 108 to 120 with nothing left and nothing exceeded, then answered in time.
    found = [clock(1, 100, 120, pauses=[(108, 120)]), clock(2, 108, 130)]
    rates = {said.at: said.base_rate for said in backtest(found, now=200) if said.clock_id == 2}

    assert rates == {110: 0.5, 112: 0.5, 114: 0.5}


def test_of_too_many_checkpoints_an_even_sample_is_taken():
    found = [clock(number, number * 10, number * 10 + 9) for number in range(2_500)]
    said = backtest(found, now=100_000)

    assert len(said) == PREDICTIONS_AT_MOST < 3 * len(found)
    gaps = np.diff([prediction.clock_id for prediction in said])
    assert gaps.max() == 1
    assert (said[0].clock_id, said[-1].clock_id) == (0, 2_499)


def test_of_no_clocks_nothing_is_said():
    assert backtest([], now=100) == ()
    assert calibration([]) is None


def prediction(probability, *, breached, number=1, base_rate=0.5):
    return Prediction(clock_id=number, share=0.5, at=0, probability=probability, base_rate=base_rate, breached=breached)


def test_the_score_is_the_mean_square_of_what_was_said_less_what_came():
    said = [
        prediction(0.8 if number % 2 else 0.3, breached=bool(number % 2), number=number, base_rate=0.4)
        for number in range(CLOCKS_AT_LEAST)
    ]
    found = calibration([*said, prediction(None, breached=True)])

    assert found.brier == pytest.approx((0.2**2 + 0.3**2) / 2)
    assert found.reference == pytest.approx((0.6**2 + 0.4**2) / 2)
    assert found.skill == pytest.approx(1 - 0.065 / 0.26)
    assert (found.predictions, found.clocks, found.untold) == (CLOCKS_AT_LEAST, CLOCKS_AT_LEAST, 1)
    assert found.table == (
        Reliability(low=0.3, high=0.4, number=15, predicted=pytest.approx(0.3), observed=0),
        Reliability(low=0.8, high=0.9, number=15, predicted=pytest.approx(0.8), observed=1),
    )


def test_always_saying_the_base_rate_has_no_skill_and_worse_has_less_than_none():
    outcomes = [number % 4 == 0 for number in range(40)]
    same = calibration(prediction(0.25, breached=b, number=n, base_rate=0.25) for n, b in enumerate(outcomes))
    worse = calibration(prediction(0.75, breached=b, number=n, base_rate=0.25) for n, b in enumerate(outcomes))

    assert same.skill == 0
    assert worse.skill < 0


def test_a_chance_of_one_is_in_the_last_row():
    found = calibration(prediction(1.0, breached=True, number=number) for number in range(CLOCKS_AT_LEAST))

    assert [(row.low, row.high, row.number) for row in found.table] == [(0.9, 1, CLOCKS_AT_LEAST)]


def test_too_few_clocks_are_not_scored_however_often_they_were_asked_about():
    said = [prediction(0.5, breached=True, number=number % (CLOCKS_AT_LEAST - 1)) for number in range(1_000)]

    assert calibration(said) is None


KINDS = ((Kind.LAUNCH, 20_000), (Kind.UPDATE, 60_000))
"""With the mean of their times."""


def made_up(number, seed):
    """Clocks of two kinds with exponential times, a new one every five minutes. Some are withdrawn and some wait for
    the partner, at a time of their own that has nothing to do with how long the answer takes.
    """
    rng = np.random.default_rng(seed)
    now = number * 300
    found = []
    for index in range(number):
        kind, mean = KINDS[index % 2]
        started, answer, withdrawal = index * 300, int(rng.exponential(mean)), int(rng.exponential(400_000))
        used, asked = min(answer, withdrawal), int(rng.uniform(0, 120_000))
        pauses = [(started + asked, started + asked + int(rng.exponential(30_000)))] * (asked < used)
        stopped = started + used + sum(until - since for since, until in pauses)
        found.append(
            PastClock(
                id=index,
                kind=kind,
                target_seconds=40_000,
                started=started,
                stopped=stopped if stopped <= now else None,
                answered=stopped <= now and answer <= withdrawal,
                pauses=tuple((since, until if until <= now else None) for since, until in pauses if since < now),
            )
        )
    return found, now


def test_of_times_that_follow_one_law_as_many_are_breached_as_was_said():
    found, now = made_up(4_000, seed=3)
    said = backtest(found, now=now)
    scored = calibration(said)

    for row in scored.table:
        # Three predictions of one clock are no three; and what was said early rests on little. Three standard
        # deviations of a third of the number, and two points for the early ones.
        luck = 3 * (row.predicted * (1 - row.predicted) / (row.number / 3)) ** 0.5 + 0.02
        assert row.observed == pytest.approx(row.predicted, abs=luck)
    assert scored.untold < 0.03 * len(said)
    assert 0.1 < scored.skill < 0.5


@pytest.mark.parametrize("share", CHECKPOINTS)
@pytest.mark.parametrize(("kind", "mean"), KINDS)
def test_what_is_said_comes_near_the_law_that_the_times_follow(kind, mean, share):
    # Exponential times don't age: the rest of the target is exceeded with exp(-rest / mean). In the later half what is
    # said rests on hundreds of clocks, mostly the same ones: their luck is an sd of about 0.02.
    found, now = made_up(4_000, seed=3)
    kinds = {clock.id: clock.kind for clock in found}
    said = [
        prediction.probability
        for prediction in backtest(found, now=now)
        if prediction.at > now / 2 and prediction.share == share and kinds[prediction.clock_id] is kind
    ]

    assert np.mean(said) == pytest.approx(np.exp(-(1 - share) * 40_000 / mean), abs=0.04)
