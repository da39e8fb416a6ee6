"""Judging again from what is stored: the same rules say the same, other thresholds say what the check would say."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.again import How, Subject, judged_again
from checklist.case import CHECKS, Case, Context
from checklist.checks import load_all
from checklist.customers.fake import CustomersFake
from checklist.outcome import CheckResult
from checklist.recalling import RECALLS, Found
from checklist.rulebook import Rulebook
from checklist.verdict import Waiver
from models.enums import ComponentKind, GateName, ItemMode, Outcome, Severity
from review.simulating.effects import Effect, Rules, of_live
from tests.building import NOW, V1, dossier
from tests.unit.test_passed import HISTORIC, book, customers

load_all()
LIVE = [item.id for item in V1.items if item.live]
KINDS = frozenset({ComponentKind.SUBSCRIPTION})
CUSTOMERS = "customers.active"


def found(item: str, outcome: Outcome = Outcome.PASSED, rulebook: Rulebook = V1, **facts) -> Found:
    return Found(CheckResult(item, outcome, f"{item} seen", facts=facts), rulebook.item(item), rulebook, NOW)


def subject(*stored: Found, waived=(), document=None) -> Subject:
    return Subject({one.item.id: one for one in stored}, lambda: document, frozenset(waived))


def again(draft: Rulebook, item: str, *stored: Found, document=None):
    return judged_again([draft.item(item)], draft, subject(*stored, document=document), at=NOW)[item]


def tried(draft: Rulebook, *stored: Found, waivers=(), document=None, after: Rulebook | None = None):
    rules = Rules(before=V1, after=after or draft, raw=draft, today=NOW.date(), on=NOW.date(), at=NOW)
    return of_live(rules, subject(*stored, document=document), KINDS, waivers)


# --- the same rules


outcomes = st.dictionaries(st.sampled_from(LIVE), st.sampled_from(list(Outcome)), max_size=len(LIVE))


@given(outcomes, st.sets(st.sampled_from(LIVE)), st.sets(st.sampled_from(LIVE)), st.booleans())
def test_the_rules_in_force_change_nothing_of_their_own_evidence(said, waived, in_shadow, with_document):
    now = book(
        1,
        *(V1.item(item).model_copy(update={"shadow_until": date(2027, 1, 1)}) for item in in_shadow),
    ).model_copy(update={"version": "v1"})
    stored = [found(item, outcome, now) for item, outcome in said.items()]
    waivers = [Waiver(item, date(2027, 1, 1)) for item in waived]
    rules = Rules(before=now, after=now, raw=now, today=NOW.date(), on=NOW.date(), at=NOW)
    # What nobody has looked at, and what the document alone decides, is no evidence of an audit.
    document = dossier() if with_document and set(said) >= set(LIVE) else None
    looked = of_live(rules, subject(*stored, waived=waived, document=document), KINDS, waivers)
    assert looked.lines == ()
    assert (looked.before.ready, looked.before.launch.failed) == (looked.after.ready, looked.after.launch.failed)


# --- other thresholds


@pytest.mark.parametrize("at_least", HISTORIC)
@pytest.mark.parametrize("active", range(12))
def test_the_historic_thresholds_are_judged_from_the_customers_that_were_counted(at_least, active):
    before = Outcome.PASSED if active >= 3 else Outcome.FAILED
    one = again(book(2, customers(at_least)), CUSTOMERS, found(CUSTOMERS, before, active=active))
    assert one.result.outcome is (Outcome.PASSED if active >= at_least else Outcome.FAILED)
    assert one.how is (How.SAME if at_least == 3 else How.FACTS)
    assert one.at == NOW


ages = st.lists(st.integers(0, 80), max_size=12)


@given(ages, st.integers(1, 10), st.integers(1, 10), st.integers(1, 70), st.integers(1, 70), st.integers(0, 6))
def test_what_is_told_of_customers_is_what_the_check_would_have_said(ages, then, now, days, other_days, stale):
    """Whenever stored facts tell, they tell what counting again would; else they say that they can't."""

    def counted(rulebook):
        rows = [
            {"integration": "acme", "customer": f"customer {number}", "last_success_at": NOW - timedelta(days=age)}
            for number, age in enumerate(ages)
        ]
        source = CustomersFake(rows, as_of=NOW - timedelta(days=stale))
        check, item = CHECKS[CUSTOMERS], rulebook.item(CUSTOMERS)
        context = Context(fetcher=None, at=NOW, customers=source)
        return asyncio.run(check.run(Case(dossier(), rulebook, item, context, "", ())))

    def ruled(at_least, window):
        item = customers(at_least)
        return book(2, item.model_copy(update={"thresholds": {**item.thresholds, "window_days": window}}))

    before, after = ruled(then, days), ruled(now, other_days)
    stored = Found(counted(before), before.item(CUSTOMERS), before, NOW)
    one = again(after, CUSTOMERS, stored)
    if one.can_be_told:
        assert one.result.outcome is counted(after).outcome
    else:
        assert days != other_days


@pytest.mark.parametrize(
    ("item", "facts", "threshold", "expected"),
    [
        ("catalog.mark", {"aspect": 1.08}, {"square_within": 0.1}, Outcome.PASSED),
        ("catalog.mark", {"aspect": 1.04}, {"square_within": 0.01}, Outcome.FAILED),
        ("catalog.logo", {"aspect": 1.4}, {"min_aspect": 2.0}, Outcome.WARNED),
        ("catalog.screenshots", {"sizes": [[800, 600]], "count": 1}, {"min_width": 900}, Outcome.FAILED),
        ("catalog.screenshots", {"sizes": [[800, 600]], "count": 1}, {"min_width": 100}, Outcome.PASSED),
        ("catalog.screenshots", {"count": 1}, {"min_width": 900}, None),
        ("marketing.utm", {"bare": ["https://segment.com/"]}, {"bare_links": "failed"}, Outcome.FAILED),
        ("marketing.utm", {"bare": ["https://segment.com/"]}, {"bare_links": "warned"}, Outcome.WARNED),
    ],
)
def test_other_thresholds_are_judged_from_what_was_measured(item, facts, threshold, expected):
    old = V1.item(item)
    draft = book(2, old.model_copy(update={"thresholds": {**old.thresholds, **threshold}}))
    other = book(1, old.model_copy(update={"thresholds": {**old.thresholds, **dict.fromkeys(threshold, "other")}}))
    one = again(draft, item, found(item, rulebook=other, **facts))
    assert (one.result.outcome if one.can_be_told else None) is expected


def test_every_threshold_of_a_check_that_asks_is_judged_from_facts_or_said_to_be_unknown():
    for name, check in CHECKS.items():
        if check.thresholds and asyncio.iscoroutinefunction(check.run):
            assert name in RECALLS or name == "marketing.blog_post", name


# --- new items and others


def test_a_new_item_is_judged_by_the_document_where_its_check_asks_nobody():
    new = V1.item("catalog.support").model_copy(update={"id": "catalog.help", "live": True})
    without = again(book(2, new), "catalog.help", document=dossier())
    given_one = again(book(2, new), "catalog.help", document=dossier(catalog={"support_email": "a@acme.example"}))
    assert (without.result.outcome, without.how) == (Outcome.FAILED, How.DOCUMENT)
    assert given_one.result.outcome is Outcome.PASSED


def test_a_new_item_with_a_check_that_has_run_is_judged_by_what_it_found():
    new = V1.item("docs.partner").model_copy(update={"id": "docs.elsewhere"})
    one = again(book(2, new), "docs.elsewhere", found("docs.partner", Outcome.FAILED))
    assert (one.result.item, one.result.outcome, one.at) == ("docs.elsewhere", Outcome.FAILED, NOW)


def test_what_was_never_looked_at_is_not_told():
    new = V1.item("oauth.button").model_copy(update={"id": "oauth.again"})
    one = again(book(2, new), "oauth.again", document=dossier(oauth={"page": "https://acme.example/"}))
    assert (one.result.outcome, one.how, one.at) == (Outcome.UNKNOWN, How.NOTHING, None)


def test_a_catalogs_silence_is_no_failure():
    new = V1.item("catalog.support").model_copy(update={"id": "catalog.help", "live": True})
    imported = dossier().model_copy(update={"external_id": "catalog:acme"})
    assert again(book(2, new), "catalog.help", document=imported).how is How.NOTHING


def test_nobody_opens_a_secret_for_it():
    new = V1.item("test.account").model_copy(update={"id": "test.login", "live": True})
    assert again(book(2, new), "test.login", document=dossier()).how is How.NOTHING


def test_a_rule_that_a_check_reads_of_the_whole_rulebook_makes_its_outcome_stale():
    utm = V1.utm.model_copy(update={"required": (*V1.utm.required, "utm_term")})
    draft = V1.model_copy(update={"version": "v2", "utm": utm})
    assert not again(draft, "marketing.utm", found("marketing.utm", links=2)).can_be_told
    assert again(draft, "marketing.utm", found("marketing.utm", links=0)).result.outcome is Outcome.PASSED
    assert again(draft, "docs.partner", found("docs.partner")).how is How.SAME
    spoken = V1.programme.model_copy(update={"support": "another@segment.example"})
    same = V1.model_copy(update={"version": "v2", "programme": spoken})
    assert again(same, "docs.partner", found("docs.partner")).how is How.SAME


# --- what it does to an integration


def every(**said) -> list[Found]:
    facts = {CUSTOMERS: {"active": 5}}
    return [found(item, said.get(item, Outcome.PASSED), **facts.get(item, {})) for item in LIVE]


def effects(looked) -> list[tuple[str, Effect]]:
    return [(line.item, line.effect) for line in looked.lines]


def test_more_customers_fail_who_has_fewer_and_say_since_when():
    looked = tried(book(2, customers(10)), *every())
    assert effects(looked) == [(CUSTOMERS, Effect.FAILS)]
    assert looked.lines[0].since == NOW
    assert (looked.before.ready, looked.after.ready) == (True, False)


def test_fewer_customers_pass_who_lacked_one():
    stored = [*every(), found(CUSTOMERS, Outcome.FAILED, active=2)]
    looked = tried(book(2, customers(2)), *stored)
    assert effects(looked) == [(CUSTOMERS, Effect.PASSES)]
    assert (looked.before.ready, looked.after.ready) == (False, True)


def test_who_is_kept_would_fail_were_it_asked():
    draft = book(2, customers(10), grandfather=date(2027, 3, 1))
    looked = tried(draft, *every(), after=V1)
    assert effects(looked) == [(CUSTOMERS, Effect.IN_SHADOW)]
    assert looked.lines[0].asked_from == date(2027, 3, 1)
    assert looked.after.ready


def test_a_removed_item_passes_who_failed_it():
    looked = tried(book(2, without=("docs.partner",)), *every(**{"docs.partner": Outcome.FAILED}))
    assert ("docs.partner", Effect.PASSES) in effects(looked)


def test_what_is_only_advised_now_passes_who_failed_it_and_the_other_way_round():
    advised = V1.item("docs.partner").model_copy(update={"severity": Severity.ADVISED})
    failing = every(**{"docs.partner": Outcome.FAILED})
    assert ("docs.partner", Effect.PASSES) in effects(tried(book(2, advised), *failing))


def test_a_manual_item_needs_a_person_for_everybody():
    manual = V1.item("test.end_to_end").model_copy(update={"live": True})
    assert manual.mode is ItemMode.MANUAL
    looked = tried(book(2, manual), *every(), document=dossier())
    assert effects(looked) == [("test.end_to_end", Effect.NEEDS_PERSON)]


def test_an_item_in_shadow_would_fail_from_its_day_on():
    new = V1.item("docs.partner").model_copy(update={"id": "docs.elsewhere", "shadow_until": date(2027, 1, 1)})
    looked = tried(book(2, new), *every(**{"docs.partner": Outcome.FAILED}))
    (line,) = [line for line in looked.lines if line.item == "docs.elsewhere"]
    assert (line.effect, line.asked_from) == (Effect.IN_SHADOW, date(2027, 1, 1))


def test_an_item_for_other_components_is_not_asked():
    other = V1.item("docs.partner").model_copy(update={"applies_to": (ComponentKind.STREAM,)})
    looked = tried(book(2, other), *every(**{"docs.partner": Outcome.FAILED}))
    assert ("docs.partner", Effect.PASSES) in effects(looked)
    assert GateName.PUBLIC_BETA in {line.gate for line in looked.lines}


def test_the_age_of_what_was_looked_at_is_told():
    old = datetime(2026, 1, 1, tzinfo=UTC)
    stored = Found(CheckResult(CUSTOMERS, Outcome.PASSED, "", facts={"active": 5}), V1.item(CUSTOMERS), V1, old)
    assert again(book(2, customers(10)), CUSTOMERS, stored).at == old
