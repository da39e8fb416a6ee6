"""The forecast, read from the tables: what is compared with what, and how it is told."""

import csv
import json
from datetime import UTC, datetime, timedelta

import pytest

from desk.cli.main import run
from desk.reporting.forecast import present
from flows.wiring import utc_now
from models.enums import EventName, SubmissionKind, TargetName
from review import outlook
from review.actions import asking, assigning, submitting
from review.forecast.chance import COMPARABLE_AT_LEAST, Basis
from review.reports import recollection
from review.reports.course import courses
from review.reports.forecast import forecast
from review.reports.promises import promises
from tests.building import (
    NOW,
    VAULT,
    after,
    checked,
    contact,
    decided,
    dossier,
    events,
    in_review,
    person,
    sent_back,
)

HOUR = 3_600
MONDAY = datetime(2026, 11, 30, 18, tzinfo=UTC)
"""A week after NOW, ten in the morning of the team: four days of eight hours later, Thanksgiving left out."""


def answered(session, number, *, hours):
    """A launch sent at NOW whose first response came after so many open hours of that day."""
    submission = in_review(session, f"past-{number}")
    assigning.claim(session, submission, by=person(session), at=after(hours=hours), message="Having a look.")
    return submission


def test_a_chance_rests_on_past_clocks_that_were_open_as_long(session):
    for number in range(12):
        answered(session, number, hours=1 + number / 4)
    open_one = in_review(session, "open", at=MONDAY)
    report = forecast(session, at=MONDAY + timedelta(hours=2))
    (told,) = [
        one for one in report.clocks if one.submission_id == open_one.id and one.target is TargetName.FIRST_RESPONSE
    ]
    # After two hours eight of the twelve were still open (2.25 to 3.75 hours); too few to tell of a chance.
    assert told.used_percent == pytest.approx(100 * 2 / 16)
    assert told.outlook.chance.comparable < COMPARABLE_AT_LEAST
    assert told.outlook.chance.probability is None
    fresh = forecast(session, at=MONDAY).clocks
    (first,) = [one for one in fresh if one.submission_id == open_one.id and one.target is TargetName.FIRST_RESPONSE]
    assert (first.outlook.chance.basis, first.outlook.chance.comparable) == (Basis.SAME_KIND, 12)
    assert first.outlook.chance.probability < 0.05
    # Four in five of the twelve answers came from 1 to 3.75 open hours after the start.
    assert first.outlook.earliest_at == MONDAY + timedelta(hours=1)
    assert first.outlook.latest_at == MONDAY + timedelta(hours=3.75)


def test_while_the_partner_is_waited_for_no_date_is_told(session):
    for number in range(12):
        answered(session, number, hours=1 + number / 4)
    waits = in_review(session, "waits", at=MONDAY)
    asking.ask_partner(session, waits, by=person(session), at=MONDAY, text="Which region?")
    report = forecast(session, at=MONDAY + timedelta(hours=1))
    (told,) = [one for one in report.clocks if one.submission_id == waits.id]
    assert (told.target, told.paused) == (TargetName.DECISION, True)
    assert (told.outlook.earliest_at, told.outlook.latest_at) == (None, None)


def test_what_is_late_already_is_no_forecast(session):
    late = in_review(session)
    report = forecast(session, at=MONDAY)
    told = {one.target: one.outlook.chance for one in report.clocks if one.submission_id == late.id}
    assert (told[TargetName.FIRST_RESPONSE].basis, told[TargetName.FIRST_RESPONSE].probability) == (Basis.BREACHED, 1)
    assert report.clocks[0].target is TargetName.FIRST_RESPONSE, "the likeliest comes first"


def test_how_it_went_is_read_in_open_seconds(session):
    answered(session, 1, hours=2)
    decided(session, answered(session, 2, hours=3), at=after(hours=4))
    back = sent_back(session, "back", at=after(hours=1))
    submitting.resubmit(
        session, back, dossier("back", notes="Mended."), by=contact(session, back), at=after(hours=5), vault=VAULT
    )
    checked(session, back, at=after(hours=5))
    ours = [promise for promise in promises(session, at=MONDAY) if promise.is_ours]
    line = recollection.Line.of_late(ours[0].hours.calendar, MONDAY)
    given = recollection.answers(session, line)
    begins = line.position(NOW)
    assert sorted(answer.at - begins for answer in given) == [1 * HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR]
    assert recollection.answering(session, given) == 1
    lately = recollection.lately(ours, courses(session, ours, at=MONDAY), given, line)
    assert sorted(lately.gaps) == [HOUR, HOUR, HOUR]
    assert [(arrival.at_seconds - begins, arrival.target_seconds) for arrival in lately.arrivals] == [
        (0, 16 * HOUR),
        (0, 16 * HOUR),
        (1 * HOUR, 16 * HOUR),
    ]
    assert (lately.partner.ended.tolist(), lately.partner.left.tolist()) == ([4 * HOUR], [])
    assert lately.seconds == line.now == begins + 32 * HOUR
    items = {item.id: item for item in recollection.items(ours, line)}
    # The first was answered and waits for its decision; the second is closed; the third is looked at again.
    assert set(items) == {1, 3}
    assert items[1].remaining_seconds == (40 - 32) * HOUR
    assert items[3].remaining_seconds == (16 - 27) * HOUR


def test_a_claim_without_words_is_no_answer(session):
    assigning.claim(session, in_review(session), by=person(session), at=after(hours=1))
    (hours,) = {promise.hours for promise in promises(session, at=MONDAY)}
    assert recollection.answers(session, recollection.Line.of_late(hours.calendar, MONDAY)) == []


def test_with_enough_history_the_queue_is_foreseen_and_one_more_reviewer_never_makes_it_worse(session):
    for number in range(30):
        decided(session, answered(session, number, hours=1 + number / 10), at=after(hours=2 + number / 10))
    for number in range(6):
        in_review(session, f"open-{number}", at=MONDAY)
    report = forecast(session, at=MONDAY + timedelta(hours=1), seed=3)
    assert report.answers == 60
    assert report.reviewers == 1
    assert report.queue is not None
    assert report.queue.as_it_is.reviewers + 1 == report.queue.with_one_more.reviewers == 2
    assert report.queue.with_one_more.open_now.median <= report.queue.as_it_is.open_now.median
    assert forecast(session, at=MONDAY + timedelta(hours=1), seed=3).queue == report.queue
    assert forecast(session, at=MONDAY + timedelta(hours=1), reviewers=4).queue.as_it_is.reviewers == 4
    assert report.until == datetime(2026, 12, 2, 19, tzinfo=UTC)
    assert report.calibration is None, "all were answered at once: at no checkpoint was anything known"


def test_past_clocks_are_read_by_target_on_a_line_of_open_seconds(session):
    decided(session, answered(session, 1, hours=2), at=after(hours=4))
    back = sent_back(session, "back", at=after(hours=3))
    submitting.withdraw(session, back, by=contact(session, back), at=after(hours=5))
    ours = [promise for promise in promises(session, at=MONDAY) if promise.is_ours]
    (first, first_now), (decision, decision_now) = recollection.past_clocks(ours, MONDAY)
    assert (first_now, decision_now) == (32 * HOUR, 32 * HOUR)
    assert [(one.started, one.stopped, one.answered) for one in first] == [
        (0, 2 * HOUR, True),
        (3 * HOUR, 3 * HOUR, True),
    ]
    assert [(one.stopped, one.answered, one.pauses) for one in decision] == [
        (4 * HOUR, True, ()),
        (5 * HOUR, False, ((3 * HOUR, 5 * HOUR),)),
    ]
    assert {one.target_seconds for one in decision} == {40 * HOUR}
    assert {one.kind for one in decision} == {SubmissionKind.LAUNCH}


def test_the_headline_says_the_range_and_what_one_more_reviewer_changes(session):
    assert present(forecast(session, at=MONDAY)).headline.startswith("0 open promises; too few answers")
    for number in range(30):
        decided(session, answered(session, number, hours=1 + number / 10), at=after(hours=2 + number / 10))
    told = present(forecast(session, at=MONDAY))
    assert told.headline == (
        "by 2026-12-02 18:00 UTC probably 0 (0 to 0) of what is open will be late with 1 reviewer, 0 (0 to 0) with "
        "one more"
    )


def test_what_past_clocks_tell_is_remembered_for_ten_minutes(session):
    in_review(session)
    first = outlook.remembered(session, at=NOW)
    answered(session, 1, hours=1)
    assert outlook.remembered(session, at=after(minutes=9)) is first
    assert outlook.remembered(session, at=after(minutes=11)) is not first
    assert outlook.remembered(session, at=NOW) is not first, "nothing is told from the future"


def test_the_acknowledgement_tells_an_honest_range_once_there_is_history(session):
    first = in_review(session, "first")
    submitting.acknowledge(session, first, at=NOW)
    assert events(session, EventName.SUBMISSION_ACKNOWLEDGED)[-1].data["usually_between"] == []
    decided(session, first, at=after(hours=2))
    for number in range(12):
        answered(session, number, hours=1 + number / 4)
    later = in_review(session, "later", at=MONDAY)
    submitting.acknowledge(session, later, at=MONDAY)
    assert events(session, EventName.SUBMISSION_ACKNOWLEDGED)[-1].data["usually_between"] == [
        (MONDAY + timedelta(hours=1)).isoformat(),
        (MONDAY + timedelta(hours=3.75)).isoformat(),
    ]


# --- the command


@pytest.fixture
def programme(sqlite_database, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_DATABASE_URL", sqlite_database.engine.url.render_as_string())
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "a key for the tests, long enough")
    with sqlite_database.write.begin() as session:
        in_review(session, "waiting", at=utc_now() - timedelta(days=1))


def test_the_command_writes_words_json_a_sheet_and_a_page(programme, capsys, tmp_path):
    sheet, page = tmp_path / "forecast.csv", tmp_path / "forecast.html"
    assert run(["report", "forecast", "--json", "--csv", str(sheet), "--html", str(page)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["queue"], document["calibration"]) == (None, None)
    assert [clock["target"] for clock in document["clocks"]] == ["first_response", "decision"]
    rows = list(csv.DictReader(sheet.read_text().splitlines()))
    assert [row["integration"] for row in rows] == ["waiting", "waiting"]
    written = page.read_text()
    assert "How far to trust this" in written
    assert "<script" not in written
    assert run(["report", "forecast"]) == 0
    said = capsys.readouterr().out
    assert "can't be told: only" in said
    assert "fewer than 30 past clocks could be scored" in said


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--business-days", "99"], "--business-days 99: expected a number from 0 to 20"),
        (["--business-days", "nan"], "--business-days nan: expected a number from 0 to 20"),
        (["--reviewers", "-1"], "--reviewers -1: expected a number from 0 to 200"),
    ],
)
def test_a_number_out_of_range_is_one_line(programme, capsys, arguments, line):
    assert run(["report", "forecast", *arguments]) == 2
    assert capsys.readouterr().err == f"launch-review: {line}\n"
