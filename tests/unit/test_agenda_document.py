"""An agenda as calendar programs read it: every entry parsed back, and nothing that a partner wrote but a name."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from desk.viewing.agenda import NAME, as_icalendar
from models.enums import SubmissionKind, TargetName
from review.agenda import Agenda, Due

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
DUE = datetime(2026, 11, 25, 18, tzinfo=UTC)
DESK = "https://desk.example"
DAY = 28_800

PROPERTIES = {
    "UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "URL", "CATEGORIES",
    "STATUS", "TRANSP",
}  # fmt: skip
"""All that an entry has."""

LINE_ENDS = re.compile(r"[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
"""Where any program might end a line; the standard does only at CR LF."""


def due(**changes: Any) -> Due:
    given = {
        "clock_id": 7,
        "submission_id": 3,
        "integration": "Quillharbor",
        "kind": SubmissionKind.LAUNCH,
        "target": TargetName.FIRST_RESPONSE,
        "started_at": NOW,
        "due_at": DUE,
        "target_seconds": 2 * DAY,
        "business_day_seconds": DAY,
        "used": 0.0,
        "late": False,
        "changes": 0,
        "changed_at": NOW,
    }
    return Due(**given | changes)


def agenda(*dues: Due, **changes: Any) -> Agenda:
    given = {"person_id": 1, "of_partner": False, "time_zone": "Etc/UTC", "at": NOW, "dues": dues}
    return Agenda(**given | changes)


def read(shown: Agenda, base_url: str = DESK) -> Calendar:
    return Calendar.from_ical(as_icalendar(shown, base_url))


def entries(shown: Agenda, base_url: str = DESK) -> list[Event]:
    return read(shown, base_url).events


def entry(**changes: Any) -> Event:
    (only,) = entries(agenda(due(**changes)))
    return only


def lines(document: bytes) -> list[str]:
    """As the standard has them: unfolded."""
    return document.decode().replace("\r\n ", "").removesuffix("\r\n").split("\r\n")


def test_a_due_date_becomes_an_entry_with_everything_about_it():
    shown = entry(changes=4, changed_at=NOW + timedelta(hours=1), used=0.75)
    assert set(shown) == PROPERTIES
    assert shown.uid == "clock-7@desk.example"
    assert (shown.start, shown.end) == (DUE, DUE + timedelta(minutes=15))
    assert shown.stamp == shown.last_modified == NOW + timedelta(hours=1)
    assert shown.sequence == 4
    assert shown.summary == "First response due: Quillharbor (launch)"
    assert shown.description == (
        "It is our turn.\n"
        "Time for it: 2 business days. Three quarters of the time are used.\n"
        "https://desk.example/submissions/3"
    )
    assert shown.url == "https://desk.example/submissions/3"
    assert shown.categories == ["Launch Review", "First response"]
    assert (shown.status, shown.transparency) == ("CONFIRMED", "TRANSPARENT")
    assert not shown.errors


def test_instants_are_written_in_utc_so_that_no_zone_has_to_be_known():
    document = as_icalendar(agenda(due()), DESK)
    assert b"DTSTART:20261125T180000Z\r\n" in document
    assert b"TZID" not in document


@pytest.mark.parametrize(
    ("target", "late", "title"),
    [
        (TargetName.ACCESS, False, "Answer to the request due"),
        (TargetName.FIRST_RESPONSE, True, "First response late"),
        (TargetName.DECISION, False, "Decision due"),
        (TargetName.RE_REVIEW, False, "Second look due"),
        (TargetName.PARTNER_ANSWER, True, "Partner’s answer late"),
    ],
)
def test_a_title_says_what_is_due_or_late(target: TargetName, title: str, *, late: bool):
    assert entry(target=target, late=late).summary == f"{title}: Quillharbor (launch)"


@pytest.mark.parametrize("target", TargetName)
def test_every_target_has_words_and_a_turn(target: TargetName):
    shown = entry(target=target)
    assert shown.categories[1] in shown.summary
    theirs = target is TargetName.PARTNER_ANSWER
    assert shown.description.startswith("It is the partner’s turn." if theirs else "It is our turn.")


@pytest.mark.parametrize(
    ("used", "words"),
    [
        (0.0, "Less than half of the time is used."),
        (0.5, "Half of the time is used."),
        (0.9, "Nine tenths of the time are used."),
        (1.0, "The time is used up."),
    ],
)
def test_how_much_time_is_used_is_told_in_steps(used: float, words: str):
    assert words in entry(used=used).description


def test_a_partner_reads_of_our_promises_and_of_their_own_turn():
    theirs = due(clock_id=8, target=TargetName.PARTNER_ANSWER, target_seconds=10 * DAY)
    ours, answer, turn = entries(agenda(due(), theirs, of_partner=True))
    assert (ours.summary, answer.summary) == (
        "First response due: Quillharbor (launch)",
        "Your answer due: Quillharbor (launch)",
    )
    assert ours.description.startswith("It is the reviewers’ turn.")
    assert answer.description.startswith("It is your turn.\nTime for it: 10 business days.")
    assert turn.summary == "Your turn: Quillharbor (launch)"
    assert (answer.uid, turn.uid) == ("clock-8@desk.example", "turn-8@desk.example")


def test_the_partners_turn_is_shown_on_every_day_from_its_beginning_to_today_where_they_are():
    began = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # half past eight in the morning of the 24th in Tokyo
    theirs = due(target=TargetName.PARTNER_ANSWER, started_at=began, changed_at=began)

    def turn_at(at: datetime) -> Event:
        _, turn = entries(agenda(theirs, of_partner=True, time_zone="Asia/Tokyo", at=at))
        return turn

    first, later = turn_at(began), turn_at(began + timedelta(days=2, hours=-1))
    assert (first.start, first.end, first.sequence) == (date(2026, 11, 24), date(2026, 11, 25), 0)
    assert (later.start, later.end, later.sequence) == (date(2026, 11, 24), date(2026, 11, 27), 2)
    assert first.uid == later.uid
    assert (first.last_modified, later.last_modified) == (began, datetime(2026, 11, 25, 15, tzinfo=UTC))


def test_the_calendar_says_its_name_how_often_to_look_and_nothing_about_invitations():
    calendar = read(agenda(due()))
    assert calendar.calendar_name == calendar["X-WR-CALNAME"] == NAME
    assert calendar.refresh_interval == timedelta(hours=1)
    assert calendar["VERSION"] == "2.0"
    assert "METHOD" not in calendar
    written = lines(as_icalendar(agenda(due()), DESK))
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in written
    assert "X-PUBLISHED-TTL:PT1H" in written


def test_nothing_due_is_a_calendar_that_every_program_takes():
    calendar = read(agenda())
    assert calendar.events == []
    calendar.validate()


def test_what_does_not_change_is_written_the_same_whenever_it_is_asked_for():
    later = agenda(due(), at=NOW + timedelta(hours=9))
    assert as_icalendar(later, DESK) == as_icalendar(agenda(due()), DESK)


def test_links_lead_to_the_desk_also_where_it_is_not_at_the_root_of_its_host():
    (shown,) = entries(agenda(due()), "http://[::1]:8300/review")
    assert shown.url == "http://[::1]:8300/review/submissions/3"
    assert shown.uid == "clock-7@::1"


INJECTION = "Acme\r\nATTACH:https://evil.example/x\r\nEND:VEVENT\r\nBEGIN:VALARM\nACTION:AUDIO\rX-EVIL:1"


@pytest.mark.parametrize(
    ("written", "read_back"),
    [
        ("Acme, Inc.; Söhne", "Acme, Inc.; Söhne"),
        (
            INJECTION,
            "Acme ATTACH:https://evil.example/x END:VEVENT BEGIN:VALARM ACTION:AUDIO X-EVIL:1",
        ),
        ("Acme\u2028X-EVIL:1\x85X-EVIL:2\x0bX-EVIL:3\x00", "Acme X-EVIL:1 X-EVIL:2 X-EVIL:3"),
        ("\u202egnp.tpircs\u202c", "gnp.tpircs"),
        ("Ship it 🚀 日本語", "Ship it 🚀 日本語"),
        ('"Acme":;VALUE=URI:x', '"Acme":;VALUE=URI:x'),
        ("\\, \\; \\", "\\, \\; \\"),
    ],
)
def test_what_a_partner_calls_itself_stays_within_the_title(written: str, read_back: str):
    document = as_icalendar(agenda(due(integration=written)), DESK)
    plain = as_icalendar(agenda(due()), DESK)
    assert [line.partition(":")[0] for line in lines(document)] == [line.partition(":")[0] for line in lines(plain)]
    assert not any(LINE_ENDS.search(line) for line in lines(document))
    assert entry(integration=written).summary == f"First response due: {read_back} (launch)"


@given(name=st.text(min_size=1, max_size=200))
@example(name=INJECTION)
@example(name="\\N\\n\\\\N")
def test_no_name_whatever_adds_a_line_or_an_entry(name: str):
    document = as_icalendar(agenda(due(integration=name), due(clock_id=8)), DESK)
    assert not any(LINE_ENDS.search(line) for line in lines(document))
    calendar = Calendar.from_ical(document)
    first, second = calendar.events
    assert calendar.subcomponents == [first, second]
    assert set(first) == set(second) == PROPERTIES
    assert not first.subcomponents
    assert first.description == second.description


@pytest.mark.parametrize("letter", ["a", "ü", "🚀", "\\", ",;"])
def test_a_long_name_is_cut_and_its_lines_are_folded_within_whole_letters(letter: str):
    document = as_icalendar(agenda(due(integration=letter * 300)), DESK)
    assert all(len(line) <= 75 for line in document.split(b"\r\n"))
    for line in document.split(b"\r\n"):
        line.decode()
    title = entry(integration=letter * 300).summary
    assert len(title) == 180
    assert title.endswith("…")
