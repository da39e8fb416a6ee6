"""Reasons as people write them: every mistake is named in a line, and nothing wrong gets in."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.reasons_entry import MOST_ENTRIES, ReasonEntry, ReasonInvalid, entries_of
from sample.reasons import entries as sample_entries

GOOD = {"key": "docs-page-missing", "title": "The page is missing", "text": "Please publish it."}


def mistakes(*rows: Any, **more: Any) -> tuple[str, ...]:
    with pytest.raises(ReasonInvalid) as refused:
        entries_of({"reasons": list(rows), **more}, "library.toml")
    return refused.value.mistakes


def test_a_row_with_everything_is_read():
    (entry,) = entries_of(
        {
            "reasons": [
                GOOD
                | {
                    "items": ["docs.partner", "docs.partner"],
                    "links": ["https://segment.com/docs/"],
                    "fix_by_business_days": 5,
                }
            ]
        },
        "library.toml",
    )
    assert entry.items == ("docs.partner",)
    assert (entry.links, entry.fix_by_business_days) == (("https://segment.com/docs/",), 5)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"key": "Docs Page"}, "key: saw 'Docs Page', expected small letters, digits and single '-'"),
        ({"key": "docs.partner"}, "key: saw 'docs.partner', expected small letters"),
        ({"title": "Two\nlines"}, "title: saw 'Two\\nlines', expected one line of words"),
        ({"title": " "}, "title: saw ' ', expected one line of words"),
        ({"title": "T" * 151}, "title: saw 'TTT"),
        ({"text": "\x1b[2J"}, "text: saw '\\x1b[2J', expected words that the partner understands"),
        ({"items": ["docs.prtner"]}, "items.0: saw 'docs.prtner', expected the id of an item that a rulebook has"),
        ({"items": "docs.partner"}, "items: saw 'docs.partner'"),
        ({"links": ["javascript:alert(1)"]}, "links.0: saw 'javascript:alert(1)', expected a public address"),
        ({"links": ["https://a b.example"]}, "links.0: saw 'https://a b.example'"),
        ({"links": ["https://[::1"]}, "links.0: saw 'https://[::1'"),
        ({"links": ['https://x.example/">']}, "links.0: saw 'https://x.example/\">'"),
        ({"links": ["https://me:secret@x.example/"]}, "links.0: saw"),
        ({"links": ["https://x.example/"] * 6}, "links: saw"),
        ({"fix_by_business_days": 0}, "fix_by_business_days: saw 0, expected greater than or equal to 1"),
        ({"fix_by_business_days": 251}, "fix_by_business_days: saw 251"),
        ({"fix_by_business_days": "5"}, "fix_by_business_days: saw '5'"),
        ({"fix_by_days": 5}, "fix_by_days: saw an unknown key, expected `fix_by_business_days`"),
    ],
)
def test_each_mistake_says_where_what_was_seen_and_what_was_expected(change: dict[str, Any], told: str):
    (line,) = mistakes(GOOD | change)
    assert line.startswith("library.toml: reason 1 (")
    assert told in line


def test_every_wrong_row_has_its_own_line_and_none_of_the_file_counts():
    lines = mistakes(GOOD, {"key": "no-words"}, "a text", GOOD)
    assert lines == (
        "library.toml: reason 2 (no-words): title: saw nothing, expected a value: this key is needed",
        "library.toml: reason 2 (no-words): text: saw nothing, expected a value: this key is needed",
        "library.toml: reason 3: saw a str, expected a table with key, title and text",
        "library.toml: reason 4 (docs-page-missing): saw the key of reason 1 again, expected each once",
    )


@pytest.mark.parametrize("document", [{}, {"reasons": []}, {"reasons": GOOD}, {"reasons": [GOOD], "reason": 1}])
def test_a_file_of_another_shape_is_told_in_one_line(document: dict[str, Any]):
    with pytest.raises(ReasonInvalid, match=r"library\.toml: saw .* expected"):
        entries_of(document, "library.toml")


def test_a_file_of_too_many_mistakes_or_rows_is_told_briefly():
    assert len(mistakes(*[{"key": "x"}] * 100)) <= 51
    assert len(mistakes(*[GOOD] * (MOST_ENTRIES + 1))) == 1


def test_the_starter_set_is_in_order_and_each_reason_fits_a_slack_choice():
    entries = sample_entries()
    assert len({entry.title for entry in entries}) == len(entries) >= 12
    assert all(len(entry.title) <= 75 for entry in entries), "Slack cuts longer ones"
    assert all(entry.items for entry in entries)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*ReasonEntry.model_fields, "more"]), JSON))
def test_whatever_a_row_holds_is_a_reason_or_lines_that_say_why_not(row: dict[str, Any]):
    try:
        (entry,) = entries_of({"reasons": [row]}, "library.json")
    except ReasonInvalid as invalid:
        said = invalid.mistakes
    else:
        said = ()
        assert entry.key == row["key"]
    assert all(line.startswith("library.json: reason 1") and "expected" in line for line in said)
