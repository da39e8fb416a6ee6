"""Changing a calendar or an SLA policy: shown first, then applied to every running clock as a new revision.

A change never reaches a clock that has stopped. What a preview shows is what applying does: both work it out the same
way, applying while it holds the submissions, so that a decision at the same moment comes before or after it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from checklist.promises import CalendarName, Region, SlaPolicy
from checklist.rulebook import Rulebook
from models.clock import CalendarVersion, PolicyVersion
from models.enums import EventName
from models.people import Person
from review import calendars, policies, versions
from review.actions.applying import Deed, apply, hold_submissions, tell
from review.actions.refusing import refuse_programme
from review.affected import affected, pinned_to
from review.calendar_spec import CalendarInvalid, CalendarSpec
from review.calendars import CalendarUnknown, compiled
from review.choosing import Choice
from review.lifecycle import MoveRefused
from review.revision import Chosen, Preview, as_pinned, outcomes

CHANGE = "change"

_NAME: TypeAdapter[str] = TypeAdapter(CalendarName)
_REGION: TypeAdapter[str] = TypeAdapter(Region)


def preview_calendar(session: Session, name: str, document: Mapping[str, Any], *, at: datetime) -> Preview:
    """What `change_calendar` would do; nothing for a document that says what is in force. Only reads.

    Raises CalendarInvalid, and NeverDue when a running clock would have too few hours.
    """
    spec = CalendarSpec.parse(document)
    base = calendars.as_it_stands(session, name, at.date())
    if base is None or CalendarSpec.parse(base.spec) == spec:
        return Preview()
    found = affected(session, pinned_to(CalendarVersion, name))
    return Preview.of(outcomes(found.clocks, _under(_unwritten(name, spec)), at, before=_under(base)))


def refuse_calendar(
    session: Session,
    name: str,
    document: Mapping[str, Any],
    *,
    region: str | None = None,
    seen_version: int | None = None,
    by: Person,
    at: datetime,
    because: str,
) -> None:
    """Raise what `change_calendar` would raise before it looks at any clock. Only reads: a preview asks it first."""
    spec = _calendar_asked(name, document, by, at, because)
    base = calendars.as_it_stands(session, name, at.date())
    _refuse_unseen(f"calendar {name}", base, seen_version)
    _region_after(name, base, spec, region)


def change_calendar(
    session: Session,
    name: str,
    document: Mapping[str, Any],
    *,
    region: str | None = None,
    seen_version: int | None = None,
    by: Person,
    at: datetime,
    because: str,
) -> tuple[CalendarVersion, Preview]:
    """Write the next version of a calendar (the `calendar` object of the contract) and move the running clocks to it.

    A name that isn't there yet makes a calendar. Without a region the one it has is kept. `seen_version` is the one
    that whoever asks has looked at, 0 for none. Raises MoveRefused for who may not, without a reason, when another
    version than the seen one is in force, and when nothing would change; CalendarInvalid; NeverDue when a running
    clock would have too few hours.
    """
    spec = _calendar_asked(name, document, by, at, because)
    concerned = pinned_to(CalendarVersion, name)
    hold_submissions(session, concerned)
    base = calendars.to_change(session, name, at=at)
    _refuse_unseen(f"calendar {name}", base, seen_version)
    region_after = _region_after(name, base, spec, region)
    hold_submissions(session, concerned)  # also those that came in while the version was waited for
    wanted = _unwritten(name, spec)
    before = as_pinned if base is None else _under(base)
    anew = outcomes(affected(session, concerned).clocks, _under(wanted), at, before=before)
    version = versions.next_of(
        session,
        CalendarVersion,
        name,
        after=base,
        digest=wanted.digest,
        by=by,
        at=at,
        because=because.strip(),
        spec=wanted.spec,
        region=region_after,
    )
    source = f"calendar {name}, version {version.version}"
    deed = Deed(by=by, at=at, because=version.because, source=source)
    preview = tell(session, EventName.CALENDAR_CHANGED, version, anew, deed)
    apply(session, anew, deed, pins=lambda promised: (version.id, promised.policy_id))
    return version, preview


def preview_policy(session: Session, rulebook_version: str, document: Mapping[str, Any], *, at: datetime) -> Preview:
    """What `change_policy` would do; nothing for a document that says what is in force. Only reads.

    Raises RulebookUnknown, PolicyInvalid, and NeverDue when a running clock would have too few hours.
    """
    rulebook = Rulebook.load(rulebook_version)
    policy = _parsed(session, rulebook, document, at)
    in_force = policies.policy_of(policies.as_it_stands(session, rulebook))
    if in_force == policy:
        return Preview()
    found = affected(session, pinned_to(PolicyVersion, rulebook.version))
    by_name = _standing_calendars(session, rulebook, at)
    before = Choice(in_force, found, by_name).terms
    return Preview.of(outcomes(found.clocks, Choice(policy, found, by_name).terms, at, before=before))


def refuse_policy(
    session: Session,
    rulebook_version: str,
    document: Mapping[str, Any],
    *,
    seen_version: int | None = None,
    by: Person,
    at: datetime,
    because: str,
) -> None:
    """Raise what `change_policy` would raise before it looks at any clock. Only reads: a preview asks it first."""
    rulebook, policy = _policy_asked(session, rulebook_version, document, by, at, because)
    base = policies.as_it_stands(session, rulebook)
    _refuse_unseen(f"policy {base.name}", base, seen_version)
    _refuse_same_policy(base, policy)


def change_policy(
    session: Session,
    rulebook_version: str,
    document: Mapping[str, Any],
    *,
    seen_version: int | None = None,
    by: Person,
    at: datetime,
    because: str,
) -> tuple[PolicyVersion, Preview]:
    """Write the next version of a rulebook's SLA policy and choose every running clock's promise from it anew.

    A clock whose promise counts by another calendar than before moves to that one's version in force.
    `seen_version` is the one that whoever asks has looked at. Raises MoveRefused for who may not, without a reason,
    when another version than the seen one is in force, and when nothing would change; RulebookUnknown; PolicyInvalid;
    NeverDue when a running clock would have too few hours.
    """
    rulebook, policy = _policy_asked(session, rulebook_version, document, by, at, because)
    concerned = pinned_to(PolicyVersion, rulebook.version)
    hold_submissions(session, concerned)
    base = policies.to_change(session, rulebook, at=at)
    _refuse_unseen(f"policy {base.name}", base, seen_version)
    _refuse_same_policy(base, policy)
    hold_submissions(session, concerned)  # also those that came in while the version was waited for
    found = affected(session, concerned)
    choice = Choice(policy, found, lambda name: calendars.in_force(session, name, rulebook, at=at))
    before = Choice(policies.policy_of(base), found, _standing_calendars(session, rulebook, at)).terms
    anew = outcomes(found.clocks, choice.terms, at, before=before)
    written = policy.model_dump(mode="json")
    version = versions.next_of(
        session,
        PolicyVersion,
        rulebook.version,
        after=base,
        digest=versions.digest_of(written),
        by=by,
        at=at,
        because=because.strip(),
        document=written,
    )
    source = f"policy {rulebook.version}, version {version.version}"
    deed = Deed(by=by, at=at, because=version.because, source=source)
    preview = tell(session, EventName.POLICY_CHANGED, version, anew, deed)
    apply(session, anew, deed, pins=lambda promised: (choice.calendar(promised).id, version.id))
    return version, preview


def _calendar_asked(name: str, document: Mapping[str, Any], by: Person, at: datetime, because: str) -> CalendarSpec:
    refuse_programme(f"calendar {name}", CHANGE, by=by, at=at, reason=because)
    return CalendarSpec.parse(document)


def _region_after(name: str, base: CalendarVersion | None, spec: CalendarSpec, region: str | None) -> str:
    """Whose holidays the next version keeps; refused when it would say what `base` says."""
    if region is not None:
        _refuse_wrong("region", _REGION, region, "a country such as 'US', or a part of one such as 'US-CA'")
    if base is None:
        _refuse_wrong("name", _NAME, name, "up to 64 letters, digits, '-', '_' and '.', a letter or digit first")
        return region or ""
    kept = base.region if region is None else region
    if CalendarSpec.parse(base.spec) == spec and kept == base.region:
        raise MoveRefused(CHANGE, f"calendar {name}", [f"version {base.version} says the same; nothing changes"])
    return kept


def _policy_asked(
    session: Session, version: str, document: Mapping[str, Any], by: Person, at: datetime, because: str
) -> tuple[Rulebook, SlaPolicy]:
    refuse_programme(f"policy {version}", CHANGE, by=by, at=at, reason=because)
    rulebook = Rulebook.load(version)
    return rulebook, _parsed(session, rulebook, document, at)


def _parsed(session: Session, rulebook: Rulebook, document: Mapping[str, Any], at: datetime) -> SlaPolicy:
    known = calendars.names(session, at.date(), rulebook)
    return SlaPolicy.parse(document, f"policy {rulebook.version}", known)


def _refuse_unseen(what: str, base: CalendarVersion | PolicyVersion | None, seen: int | None) -> None:
    """Whoever edited an older version would undo what others have written since."""
    in_force = 0 if base is None else base.version
    if seen not in {None, in_force}:
        stands, saw = (f"version {number}" if number else "none" for number in (in_force, seen))
        raise MoveRefused(CHANGE, what, [f"changed meanwhile ({stands} is in force, you saw {saw}); look again"])


def _refuse_same_policy(base: PolicyVersion, policy: SlaPolicy) -> None:
    if policies.policy_of(base) == policy:
        same = f"version {base.version} says the same; nothing changes"
        raise MoveRefused(CHANGE, f"policy {base.name}", [same])


def _unwritten(name: str, spec: CalendarSpec) -> CalendarVersion:
    """A version that nobody has written yet."""
    document = spec.as_document()
    return CalendarVersion(name=name, digest=versions.digest_of(document), spec=document)


def _under(version: CalendarVersion) -> Chosen:
    """Every clock's own promise, counted by another calendar."""
    calendar = compiled(version)
    return lambda promised: replace(promised.terms, calendar=calendar)


def _standing_calendars(session: Session, rulebook: Rulebook, at: datetime) -> Callable[[str], CalendarVersion]:
    """Calendars by name as they are in force for a rulebook's submissions, only read."""

    def by_name(name: str) -> CalendarVersion:
        version = calendars.as_it_stands(session, name, at.date(), rulebook)
        if version is None:
            raise CalendarUnknown(name)
        return version

    return by_name


def _refuse_wrong(where: str, kind: TypeAdapter[str], value: str, expected: str) -> None:
    try:
        kind.validate_python(value)
    except ValidationError:
        raise CalendarInvalid(f"{where}: {value!r}; expected {expected}") from None
