"""What passed stays passed: what a newer version asks of what came in under an older one."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.passed import asked_of_passed, is_tightened
from checklist.rulebook import Rulebook
from models.enums import GateName, Severity
from tests.building import V1

TODAY = date(2026, 11, 25)
CUSTOMERS = "customers.active"
DOCS = V1.item("docs.partner")
BOTH = {GateName.PUBLIC_BETA: "v1", GateName.PUBLIC: "v1"}
HISTORIC = (3, 2, 10, 1)
"""Customers that the real programme asked for, one rule after the other."""


def book(number: int, *changed, without: tuple[str, ...] = (), grandfather="keep", base: Rulebook = V1) -> Rulebook:
    """Version `number`: `base` with these items in place of those of the same id, new ones at the end."""
    by_id = {item.id: item for item in changed}
    items = [by_id.pop(item.id, item) for item in base.items if item.id not in without]
    update = {"version": f"v{number}", "items": (*items, *by_id.values()), "grandfather": grandfather}
    return base.model_copy(update=update)


def customers(at_least: int, **update):
    item = V1.item(CUSTOMERS)
    return item.model_copy(update={"thresholds": {**item.thresholds, "at_least": at_least}, **update})


def asked(*line: Rulebook, on: date = TODAY, passed=BOTH) -> Rulebook:
    return asked_of_passed(line, passed, on=on)


def needed(rulebook: Rulebook) -> int:
    return rulebook.item(CUSTOMERS).threshold("at_least", int)


def test_a_tightened_item_keeps_its_older_form_for_who_passed_before():
    assert needed(asked(V1, book(2, customers(10)))) == 3


def test_who_has_not_passed_the_gate_is_asked_what_is_in_force():
    assert needed(asked(V1, book(2, customers(10)), passed={GateName.PUBLIC_BETA: "v1"})) == 10
    assert needed(asked(V1, book(2, customers(10)), passed={GateName.PUBLIC: "v2"})) == 10
    assert needed(asked(V1, book(2, customers(10)), passed={})) == 10


def test_a_version_may_ask_everybody_at_once_or_from_a_day_on():
    assert needed(asked(V1, book(2, customers(10), grandfather="ask"))) == 10
    dated = book(2, customers(10), grandfather=date(2027, 3, 1))
    assert needed(asked(V1, dated, on=date(2027, 2, 28))) == 3
    assert needed(asked(V1, dated, on=date(2027, 3, 1))) == 10


def test_an_item_may_say_otherwise_than_its_version():
    assert needed(asked(V1, book(2, customers(10, grandfather="ask")))) == 10
    assert needed(asked(V1, book(2, customers(10, grandfather="keep"), grandfather="ask"))) == 3


def test_what_is_eased_or_taken_away_reaches_everybody_at_once():
    assert needed(asked(V1, book(2, customers(1)))) == 1
    assert CUSTOMERS not in {item.id for item in asked(V1, book(2, without=(CUSTOMERS,))).items}


def test_a_new_item_runs_in_shadow_for_who_passed_before():
    new = DOCS.model_copy(update={"id": "docs.changelog"})
    kept = asked(V1, book(2, new)).item("docs.changelog")
    assert kept.live
    assert kept.is_shadow(date(2999, 1, 1))
    dated = asked(V1, book(2, new, grandfather=date(2027, 3, 1))).item("docs.changelog")
    assert dated.shadow_until == date(2027, 3, 1)
    assert not asked(V1, book(2, new.model_copy(update={"severity": Severity.ADVISED}))).item(new.id).is_shadow(TODAY)


def test_an_item_leaving_its_shadow_does_not_fall_on_who_passed_while_it_was_in_it():
    in_shadow = DOCS.model_copy(update={"shadow_until": date(2027, 1, 1)})
    assert asked(V1, book(2, in_shadow)).item(DOCS.id).shadow_until == date(2027, 1, 1)
    line = (V1, second := book(2, in_shadow), book(3, DOCS, base=second))
    assert asked(*line, passed={GateName.PUBLIC_BETA: "v2"}).item(DOCS.id).is_shadow(TODAY)


def test_the_programmes_real_history_never_asks_more_of_who_passed():
    """3, then 2, then 10, then 1: who passed with three needs two, still two when others need ten, and then one."""
    line = [V1.model_copy(update={"version": "v1"})]
    line += [book(number, customers(at_least)) for number, at_least in enumerate(HISTORIC[1:], 2)]
    assert [needed(asked(*line[: end + 1])) for end in range(4)] == [3, 2, 2, 1]


def test_a_step_back_that_is_still_more_than_before_stays_unasked():
    assert needed(asked(V1, book(2, customers(10)), book(3, customers(5)))) == 3


def test_what_one_version_asks_of_all_stays_asked_when_the_next_says_nothing_of_it():
    asks = book(2, customers(10), grandfather="ask")
    assert needed(asked(V1, asks, book(3, base=asks))) == 10


@pytest.mark.parametrize(
    ("change", "tighter"),
    [
        ({"title": "Another title"}, False),
        ({"severity": Severity.ADVISED}, False),
        ({"live": False}, False),
        ({"shadow_until": date(2030, 1, 1)}, False),
        ({"check": "marketing.utm"}, True),
        ({"thresholds": {"anything": "else"}}, True),
    ],
)
def test_what_counts_as_tightened(change, tighter):
    assert is_tightened(DOCS, DOCS.model_copy(update=change)) is tighter


@given(st.lists(st.integers(1, 20), min_size=1, max_size=6))
def test_who_passed_needs_the_fewest_that_any_version_since_has_asked(thresholds):
    line = [book(number, customers(at_least)) for number, at_least in enumerate(thresholds, 1)]
    assert needed(asked(*line)) == min(thresholds)


@given(st.sampled_from([item.id for item in V1.items]), st.sampled_from(["keep", "ask", date(2026, 1, 1)]))
def test_a_version_that_changes_nothing_asks_everybody_the_same(item_id, grandfather):
    line = (V1, book(2, V1.item(item_id), grandfather=grandfather))
    assert asked(*line).items == V1.items
