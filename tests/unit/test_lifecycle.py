"""The table of moves: it is whole, it says no with reasons, and its page tells the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import GATE_OF_KIND, GateSays, IntegrationStage, Role, SubmissionKind, SubmissionStage
from review.guards import Actor, Facts, Holder, Undoable
from review.lifecycle import LAUNCHES_FROM, MOVES, MoveName, MoveRefused, refusals
from review.lifecycle_table import markdown
from tests.building import NOW, after

DOCS = Path(__file__).resolve().parents[2] / "docs"
STAGES = {"submission": SubmissionStage, "integration": IntegrationStage}
CLOSED = {SubmissionStage.APPROVED, SubmissionStage.REJECTED, SubmissionStage.WITHDRAWN}
LEAD = Actor(id=1, name="Idris", roles=frozenset({Role.LEAD}))

ids = st.integers(1, 4)
people = st.builds(
    Actor,
    id=ids,
    name=st.sampled_from(["Rosa", "Idris", "Priya"]),
    roles=st.frozensets(st.sampled_from(Role)),
    partner_id=st.none() | ids,
    active=st.booleans(),
)
situations = st.builds(
    Facts,
    at=st.just(NOW),
    actor=st.none() | people,
    partner_id=ids,
    submitters=st.frozensets(ids, max_size=2),
    revision=st.integers(1, 3),
    checked_revision=st.integers(0, 3),
    reason=st.sampled_from(["", "  ", "Because it does."]),
    version=st.integers(1, 3),
    seen_version=st.none() | st.integers(1, 3),
    changed_last=st.sampled_from(["", "Rosa, approved, 2026-11-23 09:12 UTC"]),
    says=st.none() | st.sampled_from(GateSays),
    failed=st.sampled_from([(), ("docs.partner",)]),
    open_items=st.sampled_from([(), ("docs.matches",)]),
    open_items_need_attesting=st.booleans(),
    approved_by=st.frozensets(ids, max_size=2),
    holder=st.none() | st.builds(Holder, id=ids, name=st.just("Rosa"), until=st.sampled_from([NOW, after(hours=1)])),
    waiting_on_partner=st.booleans(),
    undoable=st.none()
    | st.builds(
        Undoable,
        decided_by=ids,
        decided_by_name=st.just("Rosa"),
        until=st.sampled_from([NOW, after(hours=1)]),
        told=st.booleans(),
        since=st.sampled_from(["", "Per, claimed"]),
    ),
    gate_is_open_elsewhere=st.none() | ids,
    integration_stage=st.sampled_from([stage.value for stage in IntegrationStage]),
    launches_from=st.sampled_from([tuple(stage.value for stage in stages) for stages in LAUNCHES_FROM.values()]),
)


def test_every_name_has_one_row_and_every_row_starts_and_ends_in_stages_of_its_subject():
    assert set(MOVES) == set(MoveName)
    for name, move in MOVES.items():
        stages = set(STAGES[move.of])
        assert move.name is name
        assert move.sources
        assert move.sources <= stages
        assert move.to is None or move.to in stages
        assert move.to not in move.sources


def test_every_row_can_be_made_by_somebody():
    assert all(move.who or move.engine for move in MOVES.values())


def test_nothing_but_undoing_moves_a_submission_that_is_closed():
    moving = {name for name, move in MOVES.items() if move.of == "submission" and move.sources & CLOSED}
    assert moving == {MoveName.UNDO}
    assert SubmissionStage.WITHDRAWN not in MOVES[MoveName.UNDO].sources


def test_every_stage_can_be_reached_and_every_open_one_be_left():
    for of, first in (("submission", SubmissionStage.DRAFT), ("integration", IntegrationStage.REQUESTED)):
        moves = [move for move in MOVES.values() if move.of == of and move.name is not MoveName.UNDO]
        reached = {move.to for move in moves if move.to is not None} | {first}
        left = frozenset().union(*(move.sources for move in moves if move.to is not None or move.back))
        assert reached == set(STAGES[of])
        assert set(STAGES[of]) - left == (CLOSED if of == "submission" else set())


def test_only_people_decide_and_only_the_team():
    for name in (MoveName.APPROVE, MoveName.REQUEST_CHANGES, MoveName.REJECT, MoveName.ATTEST, MoveName.WAIVE):
        assert not MOVES[name].engine
        assert Role.PARTNER not in MOVES[name].who
        assert Role.AUDITOR not in MOVES[name].who


def test_every_kind_of_submission_has_a_gate_and_a_stage_to_start_from():
    assert set(LAUNCHES_FROM) == set(SubmissionKind) == set(GATE_OF_KIND)


@pytest.mark.parametrize("name", MoveName)
def test_a_move_from_a_stage_that_the_table_does_not_name_is_refused_and_says_who_changed_it(name):
    for stage in STAGES[MOVES[name].of]:
        if stage not in MOVES[name].sources:
            said = refusals(name, stage, Facts(at=NOW, actor=LEAD, changed_last="Rosa, approved"))
            assert said[0].startswith(f"it is {stage.value.replace('_', ' ')} (Rosa, approved); this needs it to be ")


@pytest.mark.parametrize("name", MoveName)
def test_a_role_that_the_row_does_not_name_is_refused_with_the_roles_that_may(name):
    stage = next(iter(MOVES[name].sources))
    (said,) = refusals(name, stage, Facts(at=NOW, actor=Actor(id=9, name="Ada", roles=frozenset({Role.AUDITOR}))))
    if MOVES[name].who:
        assert said.startswith("Ada has the role auditor; this needs ")
    else:
        assert said == "only the engine does this, once what it waits for has happened"


def test_somebody_without_any_role_is_told_so():
    (said,) = refusals(
        MoveName.CLAIM, SubmissionStage.IN_REVIEW, Facts(at=NOW, actor=Actor(id=9, name="Ada", roles=frozenset()))
    )
    assert said == "Ada has no role; this needs admin or lead or reviewer"


@pytest.mark.parametrize("name", [name for name, move in MOVES.items() if not move.engine])
def test_the_engine_makes_no_move_that_is_a_persons(name):
    assert refusals(name, next(iter(MOVES[name].sources)), Facts(at=NOW)) == ["only a person may do this"]


@given(st.sampled_from(MoveName), situations, st.data())
def test_whatever_the_situation_a_reason_is_a_sentence_for_a_person(name, facts, data):
    stage = data.draw(st.sampled_from(STAGES[MOVES[name].of]))
    reasons = refusals(name, stage, facts)
    assert len(reasons) == len(set(reasons))
    for reason in reasons:
        assert len(reason.split()) >= 4
        assert reason == reason.strip()
        assert not reason.endswith((".", ":", ";"))
        assert "_" not in reason
        assert "None" not in reason


@given(situations)
def test_nobody_ever_approves_what_they_sent_or_what_their_own_company_sent(facts):
    if facts.actor is not None and not refusals(MoveName.APPROVE, SubmissionStage.IN_REVIEW, facts):
        assert facts.actor.id not in facts.submitters
        assert facts.actor.partner_id != facts.partner_id
        assert facts.says is not GateSays.FAILS
        assert facts.reason.strip()


@given(st.sampled_from(MoveName), situations, st.data())
def test_an_inactive_person_moves_nothing(name, facts, data):
    stage = data.draw(st.sampled_from(sorted(MOVES[name].sources)))
    if facts.actor is not None and not facts.actor.active:
        assert refusals(name, stage, facts)


def test_a_refusal_says_what_was_asked_of_what_and_every_reason():
    refused = MoveRefused(MoveName.REQUEST_CHANGES, "submission 7", ["this stands against it", "and that"])
    assert str(refused) == "submission 7: request changes is refused: this stands against it; and that"
    assert refused.reasons == ("this stands against it", "and that")


def test_the_page_about_the_lifecycle_is_the_table():
    page = (DOCS / "lifecycle.md").read_text("utf-8")
    assert page == markdown(), "renew it: python -m review.lifecycle_table > docs/lifecycle.md"


def test_the_page_names_every_move_every_guard_and_where_relisting_leads():
    page = markdown()
    for move in MOVES.values():
        assert f"| {move.name.replace('_', ' ')} |" in page
        assert all(guard.__name__.replace("_", " ") in page for guard in move.guards)
    assert "delisted --> public_beta: relist" in page
    assert "delisted --> public: relist" in page
