"""Guards: reasons to refuse a move. Pure functions from facts to one sentence, or nothing.

A sentence says what stands in the way and what to do; the verb, the page, Slack and the CLI all show it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from models.enums import GateSays, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who wants to move something."""

    id: int
    name: str
    roles: frozenset[Role]
    partner_id: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who has the submission now, and until when."""

    id: int
    name: str
    until: datetime
    by_engine: bool = False
    """The engine gave it to them, and they have not taken it on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undoable:
    """A decision that can be taken back for a moment."""

    decided_by: int | None
    """None: the engine."""
    decided_by_name: str
    until: datetime
    told: bool = False
    """Whether anything of it went out to the partner or to another system."""
    since: str = ""
    """What happened after it, such as "Rosa, claimed"; empty while nothing has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that guards look at, gathered once. Fields that a move's guards don't read keep their defaults."""

    at: datetime
    actor: Actor | None = None
    """None: the engine itself."""
    partner_id: int | None = None
    submitters: frozenset[int] = frozenset()
    """Who sent it, any of its revisions."""
    revision: int = 1
    checked_revision: int = 0
    reason: str = ""
    version: int = 1
    seen_version: int | None = None
    """The version the person looked at; None when they did not say."""
    changed_last: str = ""
    """Who changed it last and what they did, for a person whose page is stale."""
    seen_holder: int | None = None
    """Who had it on the page the person looked at, 0 for nobody; None when they did not say."""
    handed_last: str = ""
    """Who took it, gave it or let it go last, for a person who saw somebody else with it."""
    says: GateSays | None = None
    failed: tuple[str, ...] = ()
    open_items: tuple[str, ...] = ()
    open_items_need_attesting: bool = False
    approved_by: frozenset[int] = frozenset()
    """Who approved this revision, where the gate asks for a second approval."""
    holder: Holder | None = None
    waiting_on_partner: bool = False
    gate_is_open_elsewhere: int | None = None
    """Another submission that occupies the same gate, by id."""
    integration_stage: str = ""
    undoable: Undoable | None = None
    """The last decision, where it was made with time to undo it and has not been undone."""
    launches_from: tuple[str, ...] = ()
    """Stages of the integration in which this kind of submission makes sense."""


Guard = Callable[[Facts], str | None]


def is_active(facts: Facts) -> str | None:
    if facts.actor is not None and not facts.actor.active:
        return f"{facts.actor.name} is no longer active; ask an admin"
    return None


def is_own_company(facts: Facts) -> str | None:
    """A partner's person acts for their own company only; the team acts for everybody."""
    actor = facts.actor
    if actor is None or actor.partner_id == facts.partner_id:
        return None
    if actor.partner_id is None:
        is_team = bool(actor.roles - {Role.PARTNER})
        return None if is_team else f"{actor.name} belongs to no partner yet; ask an admin to say to which"
    return f"{actor.name} belongs to another company; only people of the submitting partner may do this"


def is_not_the_submitter(facts: Facts) -> str | None:
    """Four eyes: nobody decides on what they submitted, nor on their own company's submission."""
    actor = facts.actor
    if actor is None:
        return None
    if actor.id in facts.submitters:
        return f"{actor.name} submitted this; somebody else has to decide"
    if actor.partner_id is not None and actor.partner_id == facts.partner_id:
        return f"{actor.name} belongs to the submitting partner; somebody of the team has to decide"
    return None


def has_not_approved_yet(facts: Facts) -> str | None:
    """Where two have to approve, the second one is somebody else."""
    if facts.actor is None or facts.actor.id not in facts.approved_by:
        return None
    return f"{facts.actor.name} has approved this already; somebody else has to give the second approval"


def says_why(facts: Facts) -> str | None:
    return None if facts.reason.strip() else "a reason is needed; write one sentence that the reader understands"


def is_current(facts: Facts) -> str | None:
    """Two reviewers, one decision: the second one looked at something older."""
    if facts.seen_version is None or facts.seen_version == facts.version:
        return None
    by = f": {facts.changed_last}" if facts.changed_last else ""
    return f"changed meanwhile (version {facts.version}, you saw {facts.seen_version}){by}; look again, then decide"


def has_whom_they_saw(facts: Facts) -> str | None:
    """Nobody takes it from, or lets it go for, somebody whom they did not see with it: a claim moves no version."""
    now = facts.holder
    if facts.seen_holder is None or facts.seen_holder == (now.id if now is not None else 0):
        return None
    by = f" ({facts.handed_last})" if facts.handed_last else ""
    return f"{now.name if now is not None else 'nobody'} has it by now{by}, which is not what you saw; look again"


def is_checked(facts: Facts) -> str | None:
    if facts.checked_revision >= facts.revision:
        return None
    return f"the checks of revision {facts.revision} have not finished; wait for them"


def nothing_failed(facts: Facts) -> str | None:
    if facts.says is not GateSays.FAILS:
        return None
    items = ", ".join(facts.failed)
    return f"required items failed: {items}; request changes, or have each waived"


def open_items_are_attested(facts: Facts) -> str | None:
    """Only where the rulebook asks for a word on each item; elsewhere the approval itself is that word."""
    if not facts.open_items_need_attesting or not facts.open_items:
        return None
    return f"nobody has decided {', '.join(facts.open_items)}; attest or waive each"


def nothing_is_open(facts: Facts) -> str | None:
    """What no check could decide is a person's to decide."""
    return f"nobody has decided {', '.join(facts.open_items)}" if facts.open_items else None


def nobody_else_holds_it(facts: Facts) -> str | None:
    holder = facts.holder
    if holder is None or holder.until <= facts.at or (facts.actor is not None and holder.id == facts.actor.id):
        return None
    if holder.by_engine:  # whose it is, until somebody is quicker
        return None
    if facts.actor is not None and facts.actor.roles & {Role.LEAD, Role.ADMIN}:
        return None
    until = holder.until.strftime("%Y-%m-%d %H:%M UTC")
    return f"{holder.name} has it until {until}; ask them, or a lead to assign it"


def partner_is_not_waited_for(facts: Facts) -> str | None:
    return "a question to the partner is open already; wait for the answer" if facts.waiting_on_partner else None


def partner_is_waited_for(facts: Facts) -> str | None:
    return None if facts.waiting_on_partner else "no question to the partner is open"


def gate_is_free(facts: Facts) -> str | None:
    if facts.gate_is_open_elsewhere is None:
        return None
    return (
        f"submission {facts.gate_is_open_elsewhere} for the same gate is not finished; "
        "answer or withdraw it, or wait until its decision has taken effect"
    )


def can_still_be_undone(facts: Facts) -> str | None:
    """While nobody outside has heard of it, and nobody has built on it."""
    last = facts.undoable
    if last is None:
        return "the last decision was made without time to undo it; decide again"
    if facts.at >= last.until or last.told:
        return "the time to undo it is over, the partner is told; decide again, or write to them"
    if last.since:
        return f"it has gone on since ({last.since}); decide again from here"
    return None


def decided_it_or_leads(facts: Facts) -> str | None:
    last, actor = facts.undoable, facts.actor
    if last is None or actor is None or actor.id == last.decided_by or actor.roles & {Role.LEAD, Role.ADMIN}:
        return None
    return f"{last.decided_by_name} decided this; ask {'a lead' if last.decided_by is None else 'them, or a lead'}"


def gate_was_not_taken_since(facts: Facts) -> str | None:
    other = facts.gate_is_open_elsewhere
    return None if other is None else f"submission {other} for the same gate has come in since; decide on that one"


def integration_is_ready_for_it(facts: Facts) -> str | None:
    if not facts.launches_from or facts.integration_stage in facts.launches_from:
        return None
    return (
        f"the integration is {facts.integration_stage.replace('_', ' ')}; "
        f"this needs it to be {' or '.join(stage.replace('_', ' ') for stage in facts.launches_from)}"
    )
