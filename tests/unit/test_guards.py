"""Guards: each one's reason to refuse, and when it has none."""

from typing import Any

import pytest

from models.enums import GateSays, Role
from review import guards
from review.guards import Actor, Facts, Holder
from tests.building import NOW, after

OWN, OTHER = 1, 2


def someone(**changes: Any) -> Actor:
    return Actor(**{"id": 5, "name": "Rosa", "roles": frozenset({Role.REVIEWER}), **changes})


def facts(**known: Any) -> Facts:
    return Facts(**{"at": NOW, "actor": someone(), "partner_id": OWN, **known})


def test_an_inactive_person_may_not():
    assert guards.is_active(facts(actor=someone(active=False))) == "Rosa is no longer active; ask an admin"
    assert guards.is_active(facts()) is None
    assert guards.is_active(facts(actor=None)) is None


def test_a_partners_person_acts_for_their_own_company_only_and_the_team_for_everybody():
    partner = frozenset({Role.PARTNER})
    assert guards.is_own_company(facts(actor=someone(roles=partner, partner_id=OWN))) is None
    assert "another company" in (guards.is_own_company(facts(actor=someone(roles=partner, partner_id=OTHER))) or "")
    assert guards.is_own_company(facts()) is None
    assert guards.is_own_company(facts(actor=None)) is None


def test_a_partners_person_of_no_company_acts_for_none():
    said = guards.is_own_company(facts(actor=someone(roles=frozenset({Role.PARTNER}))))
    assert said == "Rosa belongs to no partner yet; ask an admin to say to which"


def test_nobody_decides_on_any_revision_they_sent_themselves():
    assert "somebody else has to decide" in (guards.is_not_the_submitter(facts(submitters=frozenset({4, 5}))) or "")
    assert guards.is_not_the_submitter(facts(submitters=frozenset({4}))) is None
    assert guards.is_not_the_submitter(facts(actor=None, submitters=frozenset({5}))) is None


def test_nobody_decides_on_what_their_own_company_sent():
    assert "of the team" in (guards.is_not_the_submitter(facts(actor=someone(partner_id=OWN))) or "")


def test_who_approved_first_does_not_approve_second():
    assert guards.has_not_approved_yet(facts(approved_by=frozenset({5}))) == (
        "Rosa has approved this already; somebody else has to give the second approval"
    )
    assert guards.has_not_approved_yet(facts(approved_by=frozenset({4}))) is None
    assert guards.has_not_approved_yet(facts(actor=None, approved_by=frozenset({5}))) is None


@pytest.mark.parametrize("reason", ["", " \n\t"])
def test_a_reason_has_to_say_something(reason):
    assert "a reason is needed" in (guards.says_why(facts(reason=reason)) or "")
    assert guards.says_why(facts(reason="Because.")) is None


def test_who_looked_at_something_older_is_told_what_changed():
    assert guards.is_current(facts(version=3, seen_version=2, changed_last="Priya, approved")) == (
        "changed meanwhile (version 3, you saw 2): Priya, approved; look again, then decide"
    )
    assert guards.is_current(facts(version=3, seen_version=2)) == (
        "changed meanwhile (version 3, you saw 2); look again, then decide"
    )
    assert guards.is_current(facts(version=3, seen_version=3)) is None
    assert guards.is_current(facts(version=3)) is None


def test_a_decision_waits_for_the_checks_of_its_revision():
    assert guards.is_checked(facts(revision=2, checked_revision=1)) == (
        "the checks of revision 2 have not finished; wait for them"
    )
    assert guards.is_checked(facts(revision=2, checked_revision=2)) is None


def test_a_failed_item_stands_against_an_approval_and_an_open_one_does_not():
    assert guards.nothing_failed(facts(says=GateSays.FAILS, failed=("docs.partner",))) == (
        "required items failed: docs.partner; request changes, or have each waived"
    )
    assert guards.nothing_failed(facts(says=GateSays.OPEN)) is None
    assert guards.nothing_failed(facts(says=GateSays.HOLDS)) is None


def test_open_items_stand_against_it_only_where_the_rulebook_asks_for_a_word_on_each():
    asked = facts(open_items=("docs.matches",), open_items_need_attesting=True)
    assert guards.open_items_are_attested(asked) == "nobody has decided docs.matches; attest or waive each"
    assert guards.open_items_are_attested(facts(open_items=("docs.matches",))) is None
    assert guards.open_items_are_attested(facts(open_items_need_attesting=True)) is None


def test_who_has_it_keeps_others_out_until_the_lease_ends():
    holder = Holder(id=7, name="Priya", until=after(hours=1))
    assert guards.nobody_else_holds_it(facts(holder=holder)) == (
        "Priya has it until 2026-11-23 19:00 UTC; ask them, or a lead to assign it"
    )
    assert guards.nobody_else_holds_it(facts(holder=holder, at=after(hours=1))) is None
    assert guards.nobody_else_holds_it(facts(holder=holder, actor=someone(id=7))) is None
    assert guards.nobody_else_holds_it(facts(holder=holder, actor=someone(roles=frozenset({Role.LEAD})))) is None
    assert guards.nobody_else_holds_it(facts()) is None
    assert guards.nobody_else_holds_it(facts(holder=holder, actor=None)) is not None


def test_nobody_takes_it_from_somebody_whom_they_did_not_see_with_it():
    holder = Holder(id=9, name="Priya", until=after(hours=1))
    assert guards.has_whom_they_saw(facts(holder=holder, seen_holder=0, handed_last="Priya, claimed")) == (
        "Priya has it by now (Priya, claimed), which is not what you saw; look again"
    )
    assert (
        guards.has_whom_they_saw(facts(seen_holder=9)) == "nobody has it by now, which is not what you saw; look again"
    )
    assert guards.has_whom_they_saw(facts(holder=holder, seen_holder=9)) is None
    assert guards.has_whom_they_saw(facts(seen_holder=0)) is None
    assert guards.has_whom_they_saw(facts(holder=holder)) is None


def test_a_question_is_asked_only_when_none_is_open_and_answered_only_when_one_is():
    assert guards.partner_is_not_waited_for(facts()) is None
    assert "open already" in (guards.partner_is_not_waited_for(facts(waiting_on_partner=True)) or "")
    assert guards.partner_is_waited_for(facts(waiting_on_partner=True)) is None
    assert guards.partner_is_waited_for(facts()) == "no question to the partner is open"


def test_one_submission_at_a_time_occupies_a_gate():
    assert "submission 7 for the same gate" in (guards.gate_is_free(facts(gate_is_open_elsewhere=7)) or "")
    assert guards.gate_is_free(facts()) is None


def test_a_submission_makes_sense_only_in_some_stages_of_its_integration():
    said = guards.integration_is_ready_for_it(
        facts(integration_stage="delisted", launches_from=("public_beta", "public"))
    )
    assert said == "the integration is delisted; this needs it to be public beta or public"
    assert guards.integration_is_ready_for_it(facts(integration_stage="public", launches_from=("public",))) is None
    assert guards.integration_is_ready_for_it(facts()) is None
