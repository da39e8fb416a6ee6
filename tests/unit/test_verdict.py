from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.verdict import SKIPPED_BECAUSE, Waiver, verdict
from models.enums import GateName, GateSays, ItemMode, Outcome, Severity

V1 = Rulebook.load("v1")
TODAY = date(2026, 11, 23)
GATE = GateName.PUBLIC_BETA
IDS = [item.id for item in V1.items_of(GATE)]
REQUIRED = [item.id for item in V1.items_of(GATE) if item.severity is Severity.REQUIRED]
RANK = {GateSays.HOLDS: 0, GateSays.OPEN: 1, GateSays.FAILS: 2}

outcomes = st.dictionaries(st.sampled_from(IDS), st.sampled_from(list(Outcome)))
waivers = st.lists(st.builds(Waiver, st.sampled_from(IDS), st.dates(date(2026, 11, 20), date(2026, 11, 26))))
shadows = st.sets(st.sampled_from(IDS))


def results(said):
    return [CheckResult(item, outcome, "as drawn") for item, outcome in said.items()]


def all_passed(**but):
    said = dict.fromkeys(IDS, Outcome.PASSED) | {name.replace("__", "."): outcome for name, outcome in but.items()}
    return results(said)


def say(found, waived=(), attested=(), rulebook=V1):
    return verdict(rulebook, GATE, (), found, waived, attested, on=TODAY)


def with_shadow(ids):
    items = tuple(
        item.model_copy(update={"shadow_until": date(2027, 1, 1)}) if item.id in ids else item for item in V1.items
    )
    return V1.model_copy(update={"items": items})


def test_a_gate_holds_when_every_item_passed():
    assert say(all_passed()).says is GateSays.HOLDS


def test_a_gate_nobody_looked_at_is_open_for_every_required_item():
    said = say([])
    assert said.says is GateSays.OPEN
    assert list(said.unknown) == REQUIRED
    assert said.reasons[0].endswith("nobody has looked yet")


def test_a_required_item_that_failed_makes_the_gate_fail_and_says_why():
    said = say(all_passed(catalog__logo=Outcome.FAILED))
    assert (said.says, said.failed, said.reasons) == (
        GateSays.FAILS,
        ("catalog.logo",),
        ("catalog.logo failed: as drawn",),
    )


def test_an_advised_item_that_failed_is_told_and_holds_nothing():
    said = say(all_passed(replay__info=Outcome.FAILED))
    assert (said.says, said.warned) == (GateSays.HOLDS, ("replay.info",))


def test_a_waiver_ends_after_its_last_day():
    failed = all_passed(catalog__logo=Outcome.FAILED)
    assert say(failed, [Waiver("catalog.logo", TODAY)]).waived == ("catalog.logo",)
    assert say(failed, [Waiver("catalog.logo", date(2026, 11, 22))]).says is GateSays.FAILS


def test_a_person_decides_what_waits_for_a_person():
    waiting = all_passed(test__end_to_end=Outcome.UNKNOWN)
    assert say(waiting).says is GateSays.OPEN
    assert say(waiting, attested=results({"test.end_to_end": Outcome.PASSED})).says is GateSays.HOLDS
    assert say(waiting, attested=results({"test.end_to_end": Outcome.FAILED})).says is GateSays.FAILS


def test_a_persons_word_does_not_overrule_a_check_that_saw_a_failure():
    failed = all_passed(catalog__logo=Outcome.FAILED)
    assert say(failed, attested=results({"catalog.logo": Outcome.PASSED})).says is GateSays.FAILS


def test_a_skipped_item_is_quiet_while_the_one_it_waits_for_is_told():
    skipped = CheckResult("docs.matches", Outcome.NOT_APPLICABLE, "skipped", facts={SKIPPED_BECAUSE: "docs.partner"})
    failed = [result for result in all_passed(docs__partner=Outcome.FAILED) if result.item != "docs.matches"]
    assert say([*failed, skipped]).failed == ("docs.partner",)
    assert say([*failed, skipped]).unknown == ()
    assert say([*failed, skipped], [Waiver("docs.partner", TODAY)]).unknown == ("docs.matches",)


def test_the_later_result_of_an_item_counts():
    assert (
        say([*all_passed(catalog__logo=Outcome.FAILED), *results({"catalog.logo": Outcome.PASSED})]).says
        is GateSays.HOLDS
    )


@given(outcomes)
def test_unknown_never_makes_a_gate_fail(said):
    without_failures = {item: outcome for item, outcome in said.items() if outcome is not Outcome.FAILED}
    assert say(results(without_failures)).says is not GateSays.FAILS


@given(outcomes, waivers)
def test_a_waiver_never_makes_it_worse(said, waived):
    assert RANK[say(results(said), waived).says] <= RANK[say(results(said)).says]


@given(outcomes, waivers, shadows)
def test_shadow_items_decide_nothing(said, waived, shadow):
    rulebook = with_shadow(shadow)
    seen = say(results(said), waived, rulebook=rulebook)
    passed = said | dict.fromkeys(shadow, Outcome.PASSED)
    assert seen.says is say(results(passed), waived, rulebook=rulebook).says
    assert not shadow & {*seen.failed, *seen.unknown, *seen.waived}


@given(outcomes, waivers)
def test_each_item_is_told_at_most_once_in_the_rulebooks_order(said, waived):
    seen = say(results(said), waived)
    for told in (seen.failed, seen.unknown, seen.waived, seen.warned, seen.shadow):
        assert list(told) == [item for item in IDS if item in told]
    every = [*seen.failed, *seen.unknown, *seen.waived, *seen.warned, *seen.shadow]
    assert len(every) == len(set(every))


@given(outcomes)
def test_mending_an_item_never_makes_it_worse(said):
    for item in said:
        better = said | {item: Outcome.PASSED}
        assert RANK[say(results(better)).says] <= RANK[say(results(said)).says]


def test_manual_items_take_a_persons_word_over_an_older_result():
    manual = next(item.id for item in V1.items_of(GATE) if item.mode is ItemMode.MANUAL)
    found = say(
        results(dict.fromkeys(IDS, Outcome.PASSED) | {manual: Outcome.PASSED}),
        attested=results({manual: Outcome.FAILED}),
    )
    assert found.failed == (manual,)
