"""The reasons library, and requests for changes that are made with it."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.decision import Decision
from models.enums import DecisionKind, EventName, FindingStage, Outcome, Role
from models.reason import DecisionReason, Reason, ReasonVersion
from models.result import Finding
from review.actions import attesting
from review.actions.reasoning import Change, retire, set_reason
from review.actions.reminding import reminder
from review.actions.requesting_changes import PersonsFinding
from review.lifecycle import MoveRefused
from review.reasons import ReasonRetired, ReasonUnknown, library, offered
from review.reasons_entry import ReasonEntry
from tests.building import NOW, after, decided, events, in_review, person

REQUEST_CHANGES = DecisionKind.REQUEST_CHANGES
FAILED, UNKNOWN = Outcome.FAILED, Outcome.UNKNOWN
TUESDAY, WEDNESDAY, FRIDAY = date(2026, 11, 24), date(2026, 11, 25), date(2026, 11, 27)
"""After NOW, a Monday."""


def lead(session: Session):
    return person(session, "Idris", Role.LEAD)


def write(session: Session, key: str = "docs-missing", *, at=NOW, by=None, **more):
    entry = ReasonEntry(
        key=key,
        title=more.pop("title", f"Title of {key}"),
        text=more.pop("text", f"Text of {key}."),
        items=more.pop("items", ()),
        links=more.pop("links", ()),
        fix_by_business_days=more.pop("days", None),
    )
    return set_reason(session, entry, by=by or lead(session), at=at)


def open_findings(session: Session) -> dict[str, Finding]:
    rows = session.scalars(select(Finding).where(Finding.stage == FindingStage.OPEN).order_by(Finding.id))
    return {finding.item: finding for finding in rows}


# --- the library


def test_a_change_is_a_new_version_and_an_event_that_says_which_parts(session):
    assert write(session).change is Change.NEW
    assert write(session, text="Better words.", days=3).parts == ("text", "fix_by_days")
    (entry,) = library(session)
    assert (entry.value.version, entry.value.text, entry.value.fix_by_days) == (2, "Better words.", 3)
    assert [event.data["changed"] for event in events(session, EventName.REASON_SET)] == [[], ["text", "fix_by_days"]]
    assert len(session.scalars(select(ReasonVersion)).all()) == 2


def test_what_says_the_same_writes_nothing(session):
    write(session, items=("docs.partner",))
    assert write(session, items=("docs.partner",)).change is Change.SAME
    assert len(events(session, EventName.REASON_SET)) == 1


def test_a_retired_one_is_offered_no_more_until_it_is_written_again(session):
    write(session)
    assert retire(session, "docs-missing", by=lead(session), at=NOW)
    assert not retire(session, "docs-missing", by=lead(session), at=NOW)
    assert library(session) == []
    assert write(session).change is Change.OFFERED_AGAIN
    assert [entry.value.version for entry in library(session)] == [1], "the same words are the same version"
    names = [event.name for event in events(session, EventName.REASON_SET, EventName.REASON_RETIRED)]
    assert names == ["reason.set", "reason.retired", "reason.set"]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.PARTNER])
def test_only_leads_managers_and_admins_change_the_library(session, role):
    with pytest.raises(MoveRefused, match="this needs admin or lead or manager"):
        write(session, by=person(session, "Zoe", role))
    with pytest.raises(MoveRefused, match="no longer active"):
        write(session, by=person(session, "Ann", Role.MANAGER, active=False))
    assert session.scalars(select(Reason)).all() == []


def test_a_reviewer_is_offered_what_fits_first(session):
    submission = in_review(session, said={"docs.partner": FAILED, "catalog.mark": UNKNOWN})
    for key, item in {"a": "oauth.button", "b": "catalog.mark", "c": "docs.partner", "d": "test.auth"}.items():
        write(session, key, items=(item,))
    assert [reason.key for reason in offered(session, submission, NOW)] == ["c", "b", "d", "a"]
    attesting.waive(
        session, submission, "docs.partner", by=person(session), at=NOW, reason="Soon.", until=date(2027, 1, 1)
    )
    assert [reason.key for reason in offered(session, submission, NOW)] == ["b", "d", "a", "c"], "waived is not asked"


# --- decisions


def test_the_partner_reads_the_reason_its_links_and_the_day_counted_from_the_decision(session):
    submission = in_review(session, said={"docs.partner": FAILED})
    write(session, items=("docs.partner",), links=("https://segment.com/docs/",), days=2)
    decided(session, submission, REQUEST_CHANGES, reason="Nearly there.", because=["docs-missing"])
    (told,) = events(session, EventName.CHANGES_REQUESTED)
    assert told.data["words"] == "Nearly there."
    assert told.data["reasons"] == [
        {
            "key": "docs-missing",
            "version": 1,
            "title": "Title of docs-missing",
            "text": "Text of docs-missing.",
            "links": ["https://segment.com/docs/"],
            "fix_by": "2026-11-25",
            "about": ["docs.partner"],
        }
    ]
    (found,) = told.data["findings"]
    assert (found["what"], found["fix_by"]) == ("docs.partner failed", "2026-11-25")
    assert told.data["reason"].startswith("Nearly there.\n\nTitle of docs-missing: Text of docs-missing.\nhttps://")
    assert open_findings(session)["docs.partner"].fix_by == WEDNESDAY
    assert session.scalars(select(Decision)).one().reason == told.data["reason"]


def test_holidays_of_the_teams_calendar_are_not_counted(session):
    submission = in_review(session, said={"docs.partner": FAILED})
    write(session, items=("docs.partner",), days=3)
    decided(session, submission, REQUEST_CHANGES, because=["docs-missing"])
    assert open_findings(session)["docs.partner"].fix_by == FRIDAY, "Thursday is Thanksgiving"


def test_a_reason_is_words_enough(session):
    submission = in_review(session)
    write(session)
    decided(session, submission, REQUEST_CHANGES, reason="", because=["docs-missing"])
    (told,) = events(session, EventName.CHANGES_REQUESTED)
    assert (told.data["words"], told.data["findings"]) == ("", [])
    assert told.data["reason"] == "Title of docs-missing: Text of docs-missing."


def test_a_reason_about_what_is_not_asked_of_the_submission_is_refused(session):
    submission = in_review(session)
    write(session, "access-only", items=("access.genuine",))
    write(session, "docs-missing", items=("docs.partner",))
    with pytest.raises(MoveRefused, match=r"access-only speaks of access\.genuine, which is not asked"):
        decided(session, submission, REQUEST_CHANGES, reason="Please.", because=["docs-missing", "access-only"])


def test_neither_words_nor_a_reason_is_refused(session):
    submission = in_review(session)
    with pytest.raises(MoveRefused, match="a reason is needed"):
        decided(session, submission, REQUEST_CHANGES, reason=" ")


def test_a_decision_keeps_the_words_it_was_made_with(session):
    submission = in_review(session)
    write(session, text="Old words.", days=1)
    decided(session, submission, REQUEST_CHANGES, because=["docs-missing"])
    write(session, text="New words.", at=after(hours=1))
    retire(session, "docs-missing", by=lead(session), at=after(hours=2))
    (made,) = session.scalars(select(DecisionReason))
    assert (made.words.text, made.version, made.fix_by) == ("Old words.", 1, TUESDAY)


def test_what_no_check_has_seen_becomes_a_finding_in_the_reasons_words(session):
    submission = in_review(session)
    write(session, items=("docs.matches", "test.auth"), days=1)
    decided(session, submission, REQUEST_CHANGES, because=["docs-missing"])
    ((item, finding),) = open_findings(session).items()
    assert (item, finding.what, finding.fix_by) == ("docs.matches", "Text of docs-missing.", TUESDAY)
    assert finding.opened_by is not None, "a person's finding is closed by a person"


def test_what_failed_without_holding_the_gate_is_told_in_the_checks_words(session):
    submission = in_review(session, said={"replay.info": FAILED})
    write(session, items=("replay.info",))
    decided(session, submission, REQUEST_CHANGES, because=["docs-missing"])
    finding = open_findings(session)["replay.info"]
    assert (finding.what, finding.fix, finding.opened_by_id) == ("replay.info failed", "mend it", None)


def test_of_two_reasons_about_one_item_the_sooner_day_counts_and_one_finding_is_made(session):
    submission = in_review(session)
    write(session, "later", items=("docs.matches",), days=2)
    write(session, "sooner", items=("docs.matches",), days=1)
    write(session, "undated", items=("docs.matches",))
    decided(session, submission, REQUEST_CHANGES, because=["later", "sooner", "undated", "later"])
    assert open_findings(session)["docs.matches"].fix_by == TUESDAY
    assert len(session.scalars(select(Finding)).all()) == 1
    assert len(session.scalars(select(DecisionReason)).all()) == 3


def test_what_the_reviewer_found_about_the_item_is_not_told_twice(session):
    submission = in_review(session)
    write(session, items=("docs.matches",), days=1)
    found = [PersonsFinding("docs.matches", "Step 2 answers 404.")]
    decided(session, submission, REQUEST_CHANGES, because=["docs-missing"], findings=found)
    (finding,) = session.scalars(select(Finding))
    assert (finding.what, finding.fix_by) == ("Step 2 answers 404.", TUESDAY)


def test_a_reminder_repeats_the_day(session):
    submission = in_review(session)
    write(session, items=("docs.matches",), days=1)
    decided(session, submission, REQUEST_CHANGES, because=["docs-missing"])
    (told,) = reminder(session, submission, since=NOW)["findings"]
    assert told["fix_by"] == "2026-11-24"


def test_a_key_that_is_not_there_or_retired_decides_nothing(session):
    submission = in_review(session)
    write(session)
    retire(session, "docs-missing", by=lead(session), at=NOW)
    with pytest.raises(ReasonRetired, match="docs-missing is retired: choose another one"):
        decided(session, submission, REQUEST_CHANGES, because=["docs-missing"])
    with pytest.raises(ReasonUnknown, match="there is no reason 'docs-misssing'"):
        decided(session, submission, REQUEST_CHANGES, because=["docs-misssing"])
    assert session.scalars(select(Decision)).all() == []


@pytest.mark.parametrize("decision", [DecisionKind.APPROVE, DecisionKind.REJECT])
def test_the_library_says_what_to_change_and_nothing_else(session, decision):
    submission = in_review(session)
    write(session)
    with pytest.raises(MoveRefused, match="they go with a request for changes only"):
        decided(session, submission, decision, because=["docs-missing"])
