"""Events in plain words: one row of a table for each that can happen, never its data as it is stored."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload

from checklist.rulebook import Rulebook
from desk.viewing.links import excerpt
from desk.viewing.team_time import TeamTime
from desk.words import counted, happened, listed, said, within
from models.enums import (
    LIVE,
    AuditGrade,
    DecisionKind,
    EventName,
    GateSays,
    IntegrationStage,
    Outcome,
    SubmissionKind,
    TargetName,
)
from models.event import Event
from models.people import Person
from notifications.words import level_in_words, moments_in_words

ENGINE: Final = "Launch Review"
"""Who did it when no person did."""

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """What happened, so that it reads on after the name of who did it; then their own words, then details."""

    did: str
    quote: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    who: str
    told: Told


@dataclass(frozen=True, slots=True)
class Teller:
    """What a sentence may need besides the event: titles of items, names of people, the team's time."""

    rulebook: Rulebook
    time: TeamTime
    names: Mapping[int, str]

    def title(self, item_id: object) -> str:
        known = {item.id: item.title for item in self.rulebook.items}
        return known.get(str(item_id), str(item_id))

    def name(self, person_id: object) -> str:
        return self.names.get(person_id, "somebody") if isinstance(person_id, int) else "somebody"

    def line(self, event: Event) -> HistoryLine:
        """An event that only a newer release knows is told by its name alone."""
        who = event.person.name if event.person is not None else ENGINE
        tell = SENTENCES.get(event.name)
        told = tell(self, event.data) if tell else Told(happened(event.name))
        return HistoryLine(event.at, who, told)


def event_rows(session: Session, about: ColumnElement[bool], *, limit: int) -> Sequence[Event]:
    """Newest first, each with who did it."""
    return session.scalars(
        select(Event)
        .where(about)
        .options(joinedload(Event.person).lazyload(Person.role_rows))
        .order_by(Event.id.desc())
        .limit(limit)
    ).all()


def history(events: Iterable[Event], teller: Teller) -> tuple[HistoryLine, ...]:
    return tuple(teller.line(event) for event in events)


def _text(data: Data, key: str) -> str:
    value = data.get(key)
    return excerpt(value) if isinstance(value, str) else ""


def _part(data: Data, key: str) -> Data:
    value = data.get(key)
    return value if isinstance(value, Mapping) else {}


def _rows(data: Data, key: str) -> Sequence[Data]:
    value = data.get(key)
    return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []


def _names(data: Data, key: str) -> list[str]:
    value = data.get(key)
    return [str(entry) for entry in value] if isinstance(value, list) else []


def _found(rows: Iterable[Data]) -> tuple[str, ...]:
    """Items with what was seen of each."""
    return tuple(f"{_text(row, 'title') or _text(row, 'item')}: {_text(row, 'what')}" for row in rows)


def _received(teller: Teller, data: Data) -> Told:
    del teller
    kind = _member(SubmissionKind, data.get("kind"))
    return Told(f"sent it in: {within(kind) if kind else 'a submission'}")


def _acknowledged(teller: Teller, data: Data) -> Told:
    due, target = teller.time.read(data.get("due_at")), _member(TargetName, data.get("target"))
    promised = f"; promised: {within(target)} by {due}" if due and target else ""
    return Told(f"told the partner that it came in{promised}")


def _checked(teller: Teller, data: Data) -> Told:
    del teller
    counts = _part(data, "counts")
    found = [f"{counts[outcome.value]} {within(outcome)}" for outcome in Outcome if counts.get(outcome.value)]
    failed = tuple(f"Failed: {_text(row, 'title')}" for row in _rows(data, "failed"))
    return Told(f"checked revision {data.get('revision', '?')}: {listed(found) or 'no items'}", lines=failed)


def _opened(teller: Teller, data: Data) -> Told:
    del teller
    says = _member(GateSays, _part(data, "verdict").get("says"))
    return Told(f"brought it to the reviewers{f': {within(says)}' if says else ''}")


def _claimed(teller: Teller, data: Data) -> Told:
    until = teller.time.read(data.get("leased_until"))
    return Told(f"took it{f', until {until}' if until else ''}", _text(data, "message"))


def _assigned(teller: Teller, data: Data) -> Told:
    return Told(f"gave it to {teller.name(data.get('person_id'))}")


def _released(teller: Teller, data: Data) -> Told:
    return Told(f"let it go; {teller.name(data.get('person_id'))} had it")


def _changes(teller: Teller, data: Data) -> Told:
    """The reviewer's own words; of each reason of the library its title, because the decision has it in full."""
    findings, reasons = _rows(data, "findings"), _rows(data, "reasons")
    asked = f": {counted(len(findings), 'thing')} to fix" if findings else ""
    words = _text(data, "words" if reasons else "reason")
    given = tuple(f"Because: {_text(row, 'title')}{_by_day(teller, row)}" for row in reasons)
    found = tuple(f"{line}{_by_day(teller, row)}" for line, row in zip(_found(findings), findings, strict=True))
    return Told(f"asked for changes{asked}", words, (*given, *found))


def _by_day(teller: Teller, row: Data) -> str:
    try:
        return f" (by {teller.time.day(date.fromisoformat(_text(row, 'fix_by')))})"
    except ValueError:
        return ""


def _resubmitted(teller: Teller, data: Data) -> Told:
    del teller
    changed = [part.replace("_", " ") for part in _names(data, "changed")]
    what = f"; changed: {listed(changed)}" if changed else "; nothing in it changed"
    return Told(f"sent revision {data.get('revision', '?')}{what}")


def _decided(did: str) -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        settled = tuple(f"Settled by the approval: {teller.title(item)}" for item in _names(data, "open_items"))
        waived = tuple(f"Waived: {teller.title(item)}" for item in _names(data, "waived"))
        seen = tuple(f"{teller.title(row.get('item'))}: {_text(row, 'summary')}" for row in _rows(data, "evidence"))
        return Told(did, _text(data, "reason"), (*(settled if did == APPROVED else ()), *waived, *seen))

    return tell


APPROVED: Final = "approved it"


def _undone(teller: Teller, data: Data) -> Told:
    del teller
    decision = _member(DecisionKind, data.get("decision"))
    made_by = _text(data, "decided_by")
    whose = f" of {made_by}" if made_by else ""
    what = f": {within(decision)}" if decision else ""
    return Told(f"took back the decision{whose}{what}; the partner was told nothing")


def _attested(teller: Teller, data: Data) -> Told:
    outcome = _member(Outcome, data.get("outcome"))
    return Told(
        f"judged “{teller.title(data.get('item'))}”: {within(outcome) if outcome else 'something'}",
        _text(data, "reason"),
    )


def _closed(teller: Teller, data: Data) -> Told:
    return Told(f"saw that “{teller.title(data.get('item'))}” is fixed")


def _waived(teller: Teller, data: Data) -> Told:
    until = data.get("until")
    last = f" until {teller.time.day(date.fromisoformat(until))}" if isinstance(until, str) else ""
    renewals = data.get("renewals")
    again = f", renewed {counted(renewals, 'time')} so far" if isinstance(renewals, int) and renewals > 0 else ""
    return Told(f"waived “{teller.title(data.get('item'))}”{last}{again}", _text(data, "reason"))


def _waiver_ended(teller: Teller, data: Data) -> Told:
    return Told(f"ended the waiver of “{teller.title(data.get('item'))}”: {_text(data, 'because')}")


def _live(did: str) -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        missing = tuple(f"Missing for Public: {_text(row, 'title')}" for row in _rows(data, "missing_for_public"))
        return Told(did, lines=missing)

    return tell


def _proposed(teller: Teller, data: Data) -> Told:
    rows = _rows(data, "evidence")
    return Told(
        "proposed the graduation to Public",
        lines=tuple(f"{teller.title(row.get('item'))}: {_text(row, 'summary')}" for row in rows),
    )


def _regressed(teller: Teller, data: Data) -> Told:
    del teller
    items = _rows(data, "items")
    return Told(f"saw {counted(len(items), 'item')} fallen since the launch", lines=_found(items))


def _about_falls(did: str) -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        until = _text(data, "fix_by")
        return Told(
            f"{did}{f', until {until}' if until else ''}", _text(data, "reason"), lines=_found(_rows(data, "items"))
        )

    return tell


def _dismissed(teller: Teller, data: Data) -> Told:
    until = data.get("until")
    again = f"; asked again after {teller.time.day(date.fromisoformat(until))}" if isinstance(until, str) else ""
    return Told(f"left it listed{again}", _text(data, "reason"), lines=_found(_rows(data, "items")))


def _partly_recovered(teller: Teller, data: Data) -> Told:
    del teller
    mended = listed([_text(row, "title") for row in _rows(data, "mended")])
    still = _rows(data, "items")
    return Told(f"saw {mended} hold again; {counted(len(still), 'item')} still to mend", lines=_found(still))


def _with_reason(did: str, key: str = "reason") -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        return Told(did, _text(data, key))

    return tell


def _created(teller: Teller, data: Data) -> Told:
    del teller
    stage = _member(IntegrationStage, data.get("stage"))
    return Told(f"added the integration{f', {within(stage)}' if stage else ''}")


def _imported(teller: Teller, data: Data) -> Told:
    del teller
    stage = _member(IntegrationStage, data.get("stage"))
    return Told(f"took it in from the catalog{f' as {said(stage)}' if stage else ''}")


def _seen_in_catalog(teller: Teller, data: Data) -> Told:
    del teller
    stage = _member(IntegrationStage, data.get("stage"))
    seen = f"had it as {said(stage)}" if stage is not None and stage in LIVE else "had it no longer"
    return Told(f"the catalog's history {'' if data.get('is_exact') else 'by then '}{seen}")


def _clock(did: str) -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        cause = _text(data, "cause")
        also = (f"Also {_how_far(teller, one)}" for one in _rows(data, "also"))
        lines = (*([f"Cause: {cause}"] if cause else ()), *also)
        return Told(f"{did} {_how_far(teller, data)}", lines=lines)

    return tell


def _how_far(teller: Teller, told: Data) -> str:
    """A promise, and how much of its time was used when that was told."""
    target, level = _member(TargetName, told.get("target")), told.get("level")
    due = teller.time.read(told.get("due_at"))
    promise = f"({within(target) if target else 'a promise'}{f', due {due}' if due else ''})"
    missed = told.get("missed")
    levels = [one for one in missed if isinstance(one, int | float)] if isinstance(missed, list) else []
    unsaid = f"; no word went out {moments_in_words(levels)}" if levels else ""
    return f"{promise}{f': {level_in_words(level)}' if isinstance(level, int | float) else ''}{unsaid}"


def _revised(teller: Teller, data: Data) -> Told:
    target = _member(TargetName, data.get("target"))
    was, due = teller.time.read(data.get("was_due_at")), teller.time.read(data.get("due_at"))
    return Told(
        f"moved a due date ({within(target) if target else 'a promise'}): {was} is now {due}",
        _text(data, "because"),
        lines=(f"By {source}",) if (source := _text(data, "source")) else (),
    )


def _summed_up(did: str) -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        summary = _text(data, "summary")
        return Told(f"{did}{f': {summary}' if summary else ''}", _text(data, "because"))

    return tell


def _tiered(teller: Teller, data: Data) -> Told:
    del teller
    return Told(f"made {_text(data, 'partner')} a partner of the tier {_text(data, 'tier')}")


def _reason_set(teller: Teller, data: Data) -> Told:
    del teller
    changed = [part.replace("_", " ") for part in _names(data, "changed")]
    what = f"; changed: {listed(changed)}" if changed else ""
    version = data.get("version")
    return Told(f"wrote the reason {_text(data, 'key')}{f', version {version}' if version else ''}{what}")


def _reason_retired(teller: Teller, data: Data) -> Told:
    del teller
    return Told(f"retired the reason {_text(data, 'key')}")


def _person_added(teller: Teller, data: Data) -> Told:
    del teller
    return Told(f"added {_text(data, 'email')} as {listed(_names(data, 'roles'))}")


def _person_changed(teller: Teller, data: Data) -> Told:
    del teller
    was, now = (_stood(data.get(when)) for when in ("was", "now"))
    return Told(f"changed {_text(data, 'email')}: now {now}, was {was}", _text(data, "because"))


def _stood(kept: object) -> str:
    """Such as "lead and reviewer"; "inactive" in front for who may no longer act."""
    if not isinstance(kept, dict):
        return "?"
    roles = listed(_names(kept, "roles")) or "without a role"
    return roles if kept.get("active", True) else f"inactive, {roles}"


def _about_a_person(did: str) -> "Tell":
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        name = _text(data, "name")
        return Told(f"{did} {_text(data, 'email')}{f' ({name})' if name else ''}")

    return tell


def _reminded(teller: Teller, data: Data) -> Told:
    since, count = teller.time.read(data.get("since")), data.get("count")
    waited = f", waited for since {since}" if since else ""
    return Told(f"reminded the partner{f' (reminder {count})' if count else ''}{waited}", _text(data, "text"))


def _replays(teller: Teller, data: Data) -> Told:
    del teller
    asked = tuple(f"Not told yet: {name.replace('_', ' ')}" for name in _names(data, "missing"))
    return Told("asked the partner how it takes replays", lines=asked)


def _button(teller: Teller, data: Data) -> Told:
    return Told(f"asked the partner for “{teller.title(data.get('item'))}”", _text(data, "what"))


def _lacking(teller: Teller, data: Data) -> Told:
    del teller
    items = _rows(data, "items")
    last = "; no more of it until something changes" if data.get("is_last") else ""
    did = "nudged the partner: told" if data.get("nudged") else "told the partner"
    return Told(f"{did} what is missing for Public{last}", lines=_found(items))


def _silent(teller: Teller, data: Data) -> Told:
    since = teller.time.read(data.get("since"))
    return Told(f"told the team that the partner has not answered{f' since {since}' if since else ''}")


def _link_asked(_teller: Teller, data: Data) -> Told:
    return Told(f"mailed {_text(data, 'email') or 'somebody'} a link to sign in")


def _audited(teller: Teller, data: Data) -> Told:
    del teller
    counts = _part(data, "counts")
    found = [f"{counts[grade.value]} {within(grade)}" for grade in AuditGrade if counts.get(grade.value)]
    return Told(f"finished an audit: {listed(found) or 'nothing to look at'}")


def _member(kind: type[Any], value: object) -> Any:
    """The member of a closed list, or None for a value that this release doesn't know."""
    return next((member for member in kind if member.value == value), None)


Tell = Callable[[Teller, Data], Told]


def _endpoint_disabled(_teller: Teller, data: Data) -> Told:
    return Told(
        f"stopped sending to the webhook endpoint at {_text(data, 'host') or 'an address'}", _text(data, "because")
    )


SENTENCES: Final[Mapping[str, Tell]] = {
    EventName.SUBMISSION_RECEIVED: _received,
    EventName.SUBMISSION_ACKNOWLEDGED: _acknowledged,
    EventName.SUBMISSION_CHECKED: _checked,
    EventName.REVIEW_OPENED: _opened,
    EventName.CLAIMED: _claimed,
    EventName.ASSIGNED: _assigned,
    EventName.RELEASED: _released,
    EventName.QUESTION_ASKED: _with_reason("asked the partner", "text"),
    EventName.ANSWERED: _with_reason("answered", "text"),
    EventName.CHANGES_REQUESTED: _changes,
    EventName.RESUBMITTED: _resubmitted,
    EventName.APPROVAL_RECORDED: _decided("approved it first; a second approval is needed"),
    EventName.APPROVED: _decided(APPROVED),
    EventName.REJECTED: _decided("rejected it"),
    EventName.DECISION_UNDONE: _undone,
    EventName.MESSAGE_SENT: _with_reason("wrote to the other side", "text"),
    EventName.WITHDRAWN: _with_reason("took it back"),
    EventName.ITEM_ATTESTED: _attested,
    EventName.FINDING_CLOSED: _closed,
    EventName.WAIVER_GRANTED: _waived,
    EventName.WAIVER_ENDED: _waiver_ended,
    EventName.WAIVER_RUNS_OUT: _about_falls("told that waivers run out"),
    EventName.INTEGRATION_CREATED: _created,
    EventName.ACCESS_GRANTED: _with_reason("granted access: the partner may build"),
    EventName.ACCESS_DECLINED: _with_reason("declined access"),
    EventName.LAUNCHED: _live("saw it live in the catalog: launched into Public Beta"),
    EventName.UPDATED: _live("saw the update live in the catalog"),
    EventName.GRADUATION_PROPOSED: _proposed,
    EventName.GRADUATED: _live("saw it live in the catalog as Public: graduated"),
    EventName.REGRESSED: _regressed,
    EventName.PARTLY_RECOVERED: _partly_recovered,
    EventName.RECOVERED: _with_reason("saw that everything holds again"),
    EventName.DELISTED: _with_reason("took it out of the catalog"),
    EventName.RELISTED: _with_reason("put it back into the catalog"),
    EventName.FIX_REMINDED: _about_falls("reminded the partner of what fell"),
    EventName.FIX_EXTENDED: _about_falls("gave the partner more time"),
    EventName.DELISTING_PROPOSED: _about_falls("asked the team whether it stays listed"),
    EventName.DELISTING_DISMISSED: _dismissed,
    EventName.IMPORTED: _imported,
    EventName.SEEN_IN_CATALOG: _seen_in_catalog,
    EventName.CLOCK_WARNED: _clock("warned"),
    EventName.CLOCK_BREACHED: _clock("told of a breach"),
    EventName.CLOCK_ESCALATED: _clock("escalated"),
    EventName.CLOCK_REVISED: _revised,
    EventName.CALENDAR_CHANGED: _summed_up("changed a calendar"),
    EventName.POLICY_CHANGED: _summed_up("changed the SLA policy"),
    EventName.CLOCKS_DRIFTED: _summed_up("saw due dates that would move"),
    EventName.PARTNER_TIER_CHANGED: _tiered,
    EventName.REASON_SET: _reason_set,
    EventName.REASON_RETIRED: _reason_retired,
    EventName.PERSON_ADDED: _person_added,
    EventName.PERSON_CHANGED: _person_changed,
    EventName.PERSON_SIGNED_OUT: _about_a_person("signed out everywhere:"),
    EventName.TOKEN_ISSUED: _about_a_person("issued a token for"),
    EventName.TOKEN_REVOKED: _about_a_person("revoked a token of"),
    EventName.PARTNER_REMINDED: _reminded,
    EventName.PARTNER_SILENT: _silent,
    EventName.REPLAY_REQUESTED: _replays,
    EventName.OAUTH_REQUESTED: _button,
    EventName.GRADUATION_MISSING: _lacking,
    EventName.DIGEST_JOINED: _with_reason("made one message of what waited for a person"),
    EventName.SIGN_IN_ASKED: _link_asked,
    EventName.AUDIT_FINISHED: _audited,
    EventName.SECRET_REVEALED: _with_reason("looked at a secret of the test account", "path"),
    EventName.WEBHOOK_DISABLED: _endpoint_disabled,
    EventName.PATH_STUCK: _with_reason("could not go on by itself; a person has to look", "reason"),
}
"""Every event has its sentence; the test of this table says so."""
