"""A submission and its review, in words."""

from datetime import date
from typing import Final

from desk.viewing.telling.told import (
    Data,
    Sentences,
    Tell,
    Teller,
    Told,
    found_in,
    member_of,
    names_in,
    part_in,
    rows_in,
    text_in,
    with_reason,
)
from desk.words import counted, listed, within
from models.enums import (
    DecisionKind,
    EventName,
    GateSays,
    Outcome,
    SubmissionKind,
    TargetName,
)


def _received(teller: Teller, data: Data) -> Told:
    del teller
    kind = member_of(SubmissionKind, data.get("kind"))
    return Told(f"sent it in: {within(kind) if kind else 'a submission'}")


def _acknowledged(teller: Teller, data: Data) -> Told:
    due, target = teller.time.read(data.get("due_at")), member_of(TargetName, data.get("target"))
    promised = f"; promised: {within(target)} by {due}" if due and target else ""
    return Told(f"told the partner that it came in{promised}")


def _checked(teller: Teller, data: Data) -> Told:
    del teller
    counts = part_in(data, "counts")
    found = [f"{counts[outcome.value]} {within(outcome)}" for outcome in Outcome if counts.get(outcome.value)]
    failed = tuple(f"Failed: {text_in(row, 'title')}" for row in rows_in(data, "failed"))
    return Told(f"checked revision {data.get('revision', '?')}: {listed(found) or 'no items'}", lines=failed)


def _opened(teller: Teller, data: Data) -> Told:
    del teller
    says = member_of(GateSays, part_in(data, "verdict").get("says"))
    return Told(f"brought it to the reviewers{f': {within(says)}' if says else ''}")


def _claimed(teller: Teller, data: Data) -> Told:
    until = teller.time.read(data.get("leased_until"))
    return Told(f"took it{f', until {until}' if until else ''}", text_in(data, "message"))


def _assigned(teller: Teller, data: Data) -> Told:
    return Told(f"gave it to {teller.name(data.get('person_id'))}")


def _released(teller: Teller, data: Data) -> Told:
    return Told(f"let it go; {teller.name(data.get('person_id'))} had it")


def _changes(teller: Teller, data: Data) -> Told:
    """The reviewer's own words; of each reason of the library its title, because the decision has it in full."""
    findings, reasons = rows_in(data, "findings"), rows_in(data, "reasons")
    asked = f": {counted(len(findings), 'thing')} to fix" if findings else ""
    words = text_in(data, "words" if reasons else "reason")
    given = tuple(f"Because: {text_in(row, 'title')}{_by_day(teller, row)}" for row in reasons)
    found = tuple(f"{line}{_by_day(teller, row)}" for line, row in zip(found_in(findings), findings, strict=True))
    return Told(f"asked for changes{asked}", words, (*given, *found))


def _by_day(teller: Teller, row: Data) -> str:
    try:
        return f" (by {teller.time.day(date.fromisoformat(text_in(row, 'fix_by')))})"
    except ValueError:
        return ""


def _resubmitted(teller: Teller, data: Data) -> Told:
    del teller
    changed = [part.replace("_", " ") for part in names_in(data, "changed")]
    what = f"; changed: {listed(changed)}" if changed else "; nothing in it changed"
    return Told(f"sent revision {data.get('revision', '?')}{what}")


APPROVED: Final = "approved it"


def _decided(did: str) -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        settled = tuple(f"Settled by the approval: {teller.title(item)}" for item in names_in(data, "open_items"))
        waived = tuple(f"Waived: {teller.title(item)}" for item in names_in(data, "waived"))
        seen = tuple(f"{teller.title(row.get('item'))}: {text_in(row, 'summary')}" for row in rows_in(data, "evidence"))
        return Told(did, text_in(data, "reason"), (*(settled if did == APPROVED else ()), *waived, *seen))

    return tell


def _undone(teller: Teller, data: Data) -> Told:
    del teller
    decision = member_of(DecisionKind, data.get("decision"))
    made_by = text_in(data, "decided_by")
    whose = f" of {made_by}" if made_by else ""
    what = f": {within(decision)}" if decision else ""
    return Told(f"took back the decision{whose}{what}; the partner was told nothing")


def _attested(teller: Teller, data: Data) -> Told:
    outcome = member_of(Outcome, data.get("outcome"))
    return Told(
        f"judged “{teller.title(data.get('item'))}”: {within(outcome) if outcome else 'something'}",
        text_in(data, "reason"),
    )


def _closed(teller: Teller, data: Data) -> Told:
    return Told(f"saw that “{teller.title(data.get('item'))}” is fixed")


OF_SUBMISSIONS: Final[Sentences] = {
    EventName.SUBMISSION_RECEIVED: _received,
    EventName.SUBMISSION_ACKNOWLEDGED: _acknowledged,
    EventName.SUBMISSION_CHECKED: _checked,
    EventName.REVIEW_OPENED: _opened,
    EventName.CLAIMED: _claimed,
    EventName.ASSIGNED: _assigned,
    EventName.RELEASED: _released,
    EventName.QUESTION_ASKED: with_reason("asked the partner", "text"),
    EventName.ANSWERED: with_reason("answered", "text"),
    EventName.CHANGES_REQUESTED: _changes,
    EventName.RESUBMITTED: _resubmitted,
    EventName.APPROVAL_RECORDED: _decided("approved it first; a second approval is needed"),
    EventName.APPROVED: _decided(APPROVED),
    EventName.REJECTED: _decided("rejected it"),
    EventName.DECISION_UNDONE: _undone,
    EventName.MESSAGE_SENT: with_reason("wrote to the other side", "text"),
    EventName.WITHDRAWN: with_reason("took it back"),
    EventName.ITEM_ATTESTED: _attested,
    EventName.FINDING_CLOSED: _closed,
    EventName.SECRET_REVEALED: with_reason("looked at a secret of the test account", "path"),
    EventName.PATH_STUCK: with_reason("could not go on by itself; a person has to look", "reason"),
}
