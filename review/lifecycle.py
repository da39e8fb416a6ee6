"""The lifecycle as one table: what can move, from where to where, who may, and what stands in the way. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from models.enums import IntegrationStage as I
from models.enums import Role
from models.enums import SubmissionKind as K
from models.enums import SubmissionStage as S
from review import guards
from review.guards import Actor, Facts, Guard


class MoveName(StrEnum):
    SUBMIT = "submit"
    RESUBMIT = "resubmit"
    OPEN_REVIEW = "open_review"
    CLAIM = "claim"
    ASSIGN = "assign"
    RELEASE = "release"
    ASK_PARTNER = "ask_partner"
    ANSWER = "answer"
    ATTEST = "attest"
    WAIVE = "waive"
    APPROVE = "approve"
    APPROVE_UNASKED = "approve_unasked"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    UNDO = "undo"
    MESSAGE = "message"
    REVEAL = "reveal"
    WITHDRAW = "withdraw"
    GRANT_ACCESS = "grant_access"
    DECLINE_ACCESS = "decline_access"
    REAPPLY = "reapply"
    LAUNCH = "launch"
    UPDATE = "update"
    GRADUATE = "graduate"
    DELIST = "delist"
    RELIST = "relist"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A row of the table. `to` is None where the subject stays in its stage, and where `back` says it returns."""

    name: MoveName
    of: str
    """submission or integration."""
    sources: frozenset[StrEnum]
    to: StrEnum | None = None
    back: bool = False
    """Whether it returns to the stage it was delisted from."""
    who: frozenset[Role] = frozenset()
    """Roles that may; empty: the engine alone."""
    engine: bool = False
    """Whether the engine may as well."""
    guards: tuple[Guard, ...] = ()
    says: str
    """What it means, for the page's title and the generated documentation."""


class MoveRefused(Exception):
    """A move that must not happen now; `reasons` are whole sentences for whoever asked."""

    def __init__(self, move: str, subject: str, reasons: Iterable[str]) -> None:
        self.move = move
        self.subject = subject
        self.reasons = tuple(reasons)
        super().__init__(f"{subject}: {move.replace('_', ' ')} is refused: {'; '.join(self.reasons)}")


DECIDERS = frozenset({Role.REVIEWER, Role.LEAD, Role.ADMIN})
LEADS = frozenset({Role.LEAD, Role.ADMIN})
WAIVERS = frozenset({Role.REVIEWER, Role.LEAD, Role.MANAGER, Role.ADMIN})
PROGRAMME = frozenset({Role.LEAD, Role.MANAGER, Role.ADMIN})
SUBMITTERS = frozenset({Role.PARTNER, Role.REVIEWER, Role.LEAD, Role.MANAGER, Role.ADMIN})

LAUNCHES_FROM: dict[K, tuple[I, ...]] = {
    K.ACCESS: (I.REQUESTED, I.DECLINED),
    K.LAUNCH: (I.BUILDING,),
    K.UPDATE: (I.PUBLIC_BETA, I.PUBLIC),
    K.GRADUATION: (I.PUBLIC_BETA,),
}
"""In which stage of the integration each kind of submission makes sense."""

_SENDING = (guards.is_active, guards.is_own_company, guards.integration_is_ready_for_it)
_DECIDING = (
    guards.is_active,
    guards.is_not_the_submitter,
    guards.is_current,
    guards.nobody_else_holds_it,
    guards.is_checked,
    guards.says_why,
)

MOVES: dict[MoveName, Move] = {
    move.name: move
    for move in (
        Move(
            name=MoveName.SUBMIT,
            of="submission",
            sources=frozenset({S.DRAFT}),
            to=S.SUBMITTED,
            who=SUBMITTERS,
            engine=True,
            guards=(*_SENDING, guards.gate_is_free),
            says="ask to pass a gate; acknowledged at once, the clock starts",
        ),
        Move(
            name=MoveName.RESUBMIT,
            of="submission",
            sources=frozenset({S.CHANGES_REQUESTED}),
            to=S.IN_REVIEW,
            who=SUBMITTERS,
            engine=True,
            guards=(guards.is_active, guards.is_own_company),
            says="answer the requested changes; place and clock are kept, only what failed or changed runs again",
        ),
        Move(
            name=MoveName.OPEN_REVIEW,
            of="submission",
            sources=frozenset({S.SUBMITTED}),
            to=S.IN_REVIEW,
            engine=True,
            guards=(guards.is_checked,),
            says="bring it to a reviewer with every item checked",
        ),
        Move(
            name=MoveName.CLAIM,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW}),
            who=DECIDERS,
            guards=(
                guards.is_active,
                guards.is_not_the_submitter,
                guards.is_current,
                guards.has_whom_they_saw,
                guards.nobody_else_holds_it,
            ),
            says="take it; others see who has it and until when",
        ),
        Move(
            name=MoveName.ASSIGN,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED}),
            who=LEADS,
            engine=True,
            guards=(guards.is_active, guards.is_current, guards.has_whom_they_saw),
            says="give it to a reviewer; the engine gives a graduation that it opens",
        ),
        Move(
            name=MoveName.RELEASE,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED}),
            who=DECIDERS,
            guards=(guards.is_active, guards.has_whom_they_saw, guards.nobody_else_holds_it),
            says="let go of it; anybody may take it",
        ),
        Move(
            name=MoveName.ASK_PARTNER,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW}),
            who=DECIDERS,
            guards=(
                guards.is_active,
                guards.is_not_the_submitter,
                guards.is_current,
                guards.nobody_else_holds_it,
                guards.partner_is_not_waited_for,
                guards.says_why,
            ),
            says="ask the partner something; the clock pauses until they answer",
        ),
        Move(
            name=MoveName.ANSWER,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW}),
            who=SUBMITTERS,
            guards=(guards.is_active, guards.is_own_company, guards.partner_is_waited_for, guards.says_why),
            says="answer the reviewer's question; the clock runs on",
        ),
        Move(
            name=MoveName.ATTEST,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW}),
            who=DECIDERS,
            guards=(
                guards.is_active,
                guards.is_not_the_submitter,
                guards.is_current,
                guards.nobody_else_holds_it,
                guards.says_why,
            ),
            says="say of an item that it holds or does not",
        ),
        Move(
            name=MoveName.WAIVE,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED}),
            who=WAIVERS,
            guards=(guards.is_active, guards.is_not_the_submitter, guards.is_current, guards.says_why),
            says="let an item not hold for a while",
        ),
        Move(
            name=MoveName.APPROVE,
            of="submission",
            sources=frozenset({S.IN_REVIEW}),
            to=S.APPROVED,
            who=DECIDERS,
            guards=(
                *_DECIDING,
                guards.has_not_approved_yet,
                guards.integration_is_ready_for_it,
                guards.nothing_failed,
                guards.open_items_are_attested,
            ),
            says="let it through the gate",
        ),
        Move(
            name=MoveName.APPROVE_UNASKED,
            of="submission",
            sources=frozenset({S.IN_REVIEW}),
            to=S.APPROVED,
            engine=True,
            guards=(
                guards.is_checked,
                guards.nobody_else_holds_it,
                guards.partner_is_not_waited_for,
                guards.integration_is_ready_for_it,
                guards.nothing_failed,
                guards.nothing_is_open,
            ),
            says="a graduation that the rulebook lets the engine decide, once all held long enough",
        ),
        Move(
            name=MoveName.REQUEST_CHANGES,
            of="submission",
            sources=frozenset({S.IN_REVIEW}),
            to=S.CHANGES_REQUESTED,
            who=DECIDERS,
            guards=_DECIDING,
            says="tell the partner what to fix; it is their turn, the clock pauses",
        ),
        Move(
            name=MoveName.REJECT,
            of="submission",
            sources=frozenset({S.IN_REVIEW}),
            to=S.REJECTED,
            who=DECIDERS,
            guards=_DECIDING,
            says="close it without passing the gate",
        ),
        Move(
            name=MoveName.UNDO,
            of="submission",
            sources=frozenset({S.CHANGES_REQUESTED, S.APPROVED, S.REJECTED}),
            to=S.IN_REVIEW,
            who=DECIDERS,
            guards=(
                guards.is_active,
                guards.is_current,
                guards.decided_it_or_leads,
                guards.can_still_be_undone,
                guards.gate_was_not_taken_since,
            ),
            says="take a decision back before the partner is told; everything stands as before it",
        ),
        Move(
            name=MoveName.MESSAGE,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED}),
            who=SUBMITTERS,
            guards=(guards.is_active, guards.is_own_company, guards.says_why),
            says="write to the other side without asking for anything; whose turn it is stays",
        ),
        Move(
            name=MoveName.REVEAL,
            of="submission",
            sources=frozenset({S.SUBMITTED, S.IN_REVIEW}),
            who=DECIDERS,
            guards=(guards.is_active, guards.is_not_the_submitter),
            says="look at a secret of the test account; who did, and when, is kept",
        ),
        Move(
            name=MoveName.WITHDRAW,
            of="submission",
            sources=frozenset({S.DRAFT, S.SUBMITTED, S.IN_REVIEW, S.CHANGES_REQUESTED}),
            to=S.WITHDRAWN,
            who=SUBMITTERS,
            guards=(guards.is_active, guards.is_own_company, guards.is_current),
            says="take it back",
        ),
        Move(
            name=MoveName.GRANT_ACCESS,
            of="integration",
            sources=frozenset({I.REQUESTED}),
            to=I.BUILDING,
            engine=True,
            says="the access request was approved: the partner may build",
        ),
        Move(
            name=MoveName.DECLINE_ACCESS,
            of="integration",
            sources=frozenset({I.REQUESTED}),
            to=I.DECLINED,
            engine=True,
            says="the access request was rejected",
        ),
        Move(
            name=MoveName.REAPPLY,
            of="integration",
            sources=frozenset({I.DECLINED}),
            to=I.REQUESTED,
            who=SUBMITTERS,
            engine=True,
            guards=(guards.is_active, guards.is_own_company),
            says="a new access request after a declined one",
        ),
        Move(
            name=MoveName.LAUNCH,
            of="integration",
            sources=frozenset({I.BUILDING}),
            to=I.PUBLIC_BETA,
            engine=True,
            says="approved and seen live in the catalog: Public Beta",
        ),
        Move(
            name=MoveName.UPDATE,
            of="integration",
            sources=frozenset({I.PUBLIC_BETA, I.PUBLIC}),
            engine=True,
            says="an approved update is live; the stage stays",
        ),
        Move(
            name=MoveName.GRADUATE,
            of="integration",
            sources=frozenset({I.PUBLIC_BETA}),
            to=I.PUBLIC,
            engine=True,
            says="the graduation was approved and seen live in the catalog: Public",
        ),
        Move(
            name=MoveName.DELIST,
            of="integration",
            sources=frozenset({I.PUBLIC_BETA, I.PUBLIC}),
            to=I.DELISTED,
            who=PROGRAMME,
            guards=(guards.is_active, guards.says_why),
            says="take it out of the catalog",
        ),
        Move(
            name=MoveName.RELIST,
            of="integration",
            sources=frozenset({I.DELISTED}),
            back=True,
            who=PROGRAMME,
            guards=(guards.is_active, guards.says_why),
            says="put it back where it was",
        ),
    )
}


def refusals(move: MoveName, stage: StrEnum, facts: Facts) -> list[str]:
    """Every reason why the move must not happen now; empty: it may."""
    row = MOVES[move]
    if stage not in row.sources:
        by = f" ({facts.changed_last})" if facts.changed_last else ""
        return [f"it is {_said(stage)}{by}; this needs it to be {_listed(row.sources)}"]
    if wrong := _may_not(row, facts):
        return [wrong]
    return [reason for guard in row.guards if (reason := guard(facts))]


def _may_not(row: Move, facts: Facts) -> str | None:
    if facts.actor is None:
        return None if row.engine else "only a person may do this"
    if not row.who:
        return "only the engine does this, once what it waits for has happened"
    return lacks_role(facts.actor, row.who)


def lacks_role(actor: Actor, who: frozenset[Role]) -> str | None:
    """Why none of the person's roles is one of those that may."""
    if actor.roles & who:
        return None
    has = f"the role {_listed(actor.roles)}" if actor.roles else "no role"
    return f"{actor.name} has {has}; this needs {_listed(who)}"


def _said(value: StrEnum) -> str:
    return value.value.replace("_", " ")


def _listed(values: Iterable[StrEnum]) -> str:
    return " or ".join(sorted(_said(value) for value in values))
