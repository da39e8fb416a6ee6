"""What the queue can be asked for: a saved view, filters and a search, as conditions that the database answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, TextClause, bindparam, case, exists, func, or_, text, true
from sqlalchemy.orm import aliased

from models.base import Instant
from models.clock import Clock, Pause
from models.enums import OUR_PROMISES, GateName, SubmissionKind, SubmissionStage
from models.integration import Integration
from models.people import Partner
from models.submission import IS_QUEUED, Submission
from review.pressing import is_pressing
from review.worklist_rows import Holding


class View(StrEnum):
    """The saved views, by the word in their address."""

    ALL = "all"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    TODAY = "today"
    BREACHING = "breaching"
    PARTNER = "partner"
    GRADUATION = "graduation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Filters that are None or empty keep everything.

    `reader` is whose view MINE is; `until` is the end of the reader's day, for TODAY. `search` is looked for in the
    names of partner and integration, the slug and the external id; a number is a submission's as well.
    """

    view: View = View.ALL
    kind: SubmissionKind | None = None
    gate: GateName | None = None
    stage: SubmissionStage | None = None
    assignee: int | None = None
    search: str = ""
    reader: int | None = None
    until: datetime | None = None

    @property
    def is_narrowed(self) -> bool:
        return self.view is not View.ALL or bool(self.filters)

    @property
    def filters(self) -> frozenset[str]:
        """Names of those that are set, besides the view."""
        given = {name for name in ("kind", "gate", "stage", "assignee") if getattr(self, name) is not None}
        return frozenset(given | ({"search"} if self.search else set()))

    @property
    def has_ticking(self) -> bool:
        """Whether a submission with a clock that counts may be among them."""
        return self.view is not View.PARTNER

    def values(self, at: datetime) -> dict[str, Any]:
        """For the parameters of the conditions."""
        return {
            "at": at,
            "reader": self.reader,
            "until": self.until,
            "kind": self.kind,
            "gate": self.gate,
            "stage": self.stage,
            "assignee": self.assignee,
            "pattern": f"%{_escaped(self.search.lower())}%",
            "number": int(self.search) if self.search.isdecimal() and len(self.search) < 18 else -1,
        }


def conditions(view: View, filters: frozenset[str]) -> list[ColumnElement[bool]]:
    """The same for every request that asks the same of other people, so that a statement is built once."""
    return [VIEWS[view](), *(FILTERS[name]() for name in sorted(filters))]


def is_queued() -> TextClause:
    """Written out, because a database takes an index over some of the rows only where it can read that it may."""
    return text(f"submissions.{IS_QUEUED}")


def each(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition as a value that is worked out for each row that was reached.

    A planner would turn it round and begin with everything that fulfils it. What it guesses of how many that are is far
    off here: running clocks are those of open submissions, and it takes the two for independent.
    """
    return case((condition, 1), else_=0) != 0


def ticks(clock: type[Clock]) -> ColumnElement[bool]:
    """A promise of ours that counts now: it runs, and no partner is waited for."""
    waiting = exists().where(Pause.clock_id == clock.id, Pause.to_at.is_(None))
    return clock.stopped_at.is_(None) & clock.target.in_(sorted(OUR_PROMISES)) & each(~waiting)


def _is_unassigned() -> ColumnElement[bool]:
    """Nobody has it, or whoever had it let it lie."""
    return each(Holding.id.is_(None) | (Holding.leased_until <= bindparam("at")))


def _is_due_today() -> ColumnElement[bool]:
    """Due before the reader's day ends, what is late already among it."""
    clock = aliased(Clock)
    return each(exists().where(clock.submission_id == Submission.id, ticks(clock), clock.due_at < bindparam("until")))


def _is_breaching() -> ColumnElement[bool]:
    """A promise is exceeded, or was told to be nearly."""
    late = exists().where(Clock.submission_id == Submission.id, Clock.stopped_at.is_(None))
    return each(late.where(is_pressing(bindparam("at", type_=Instant))).correlate(Submission))


def _is_the_partners() -> ColumnElement[bool]:
    """As `whose_turn` has it."""
    clock = aliased(Clock)
    asked = exists().where(
        clock.submission_id == Submission.id,
        clock.stopped_at.is_(None),
        clock.target.in_(sorted(OUR_PROMISES)),
        exists().where(Pause.clock_id == clock.id, Pause.to_at.is_(None)),
    )
    is_checked = Submission.checked_revision >= Submission.revision
    in_review = (Submission.stage == SubmissionStage.IN_REVIEW) & is_checked & asked
    return each((Submission.stage == SubmissionStage.CHANGES_REQUESTED) | in_review)


def _is_found() -> ColumnElement[bool]:
    places = (Integration.name, Partner.name, Integration.slug, Submission.external_id)
    named = [func.lower(place).like(bindparam("pattern"), escape="\\") for place in places]
    return each(or_(*named, Submission.id == bindparam("number")))


def _escaped(words: str) -> str:
    for sign in ("\\", "%", "_"):
        words = words.replace(sign, f"\\{sign}")
    return words


VIEWS: Final[Mapping[View, Callable[[], ColumnElement[bool]]]] = {
    View.ALL: true,
    View.MINE: lambda: Holding.person_id == bindparam("reader"),
    View.UNASSIGNED: _is_unassigned,
    View.TODAY: _is_due_today,
    View.BREACHING: _is_breaching,
    View.PARTNER: _is_the_partners,
    View.GRADUATION: lambda: Submission.kind == SubmissionKind.GRADUATION,
}

FILTERS: Final[Mapping[str, Callable[[], ColumnElement[bool]]]] = {
    "kind": lambda: Submission.kind == bindparam("kind"),
    "gate": lambda: Submission.gate == bindparam("gate"),
    "stage": lambda: each(Submission.stage == bindparam("stage")),
    "assignee": lambda: Holding.person_id == bindparam("assignee"),
    "search": _is_found,
}
