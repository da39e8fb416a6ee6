"""robots.txt as RFC 9309 reads it, and how long an answer asks us to stay away."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.fetch.politeness import retry_after
from checklist.fetch.robots import rules_for

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def allowed(text, path, product="LaunchReview"):
    return rules_for(product, text).allow(path)


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ("", "/a", True),
        ("<html>not a robots file</html>", "/a", True),
        ("User-agent: *\nDisallow: /", "/a", False),
        ("User-agent: *\nDisallow: /", "/robots.txt", True),
        ("User-agent: *\nDisallow:", "/a", True),
        ("Disallow: /", "/a", True),
        ("user-agent:*\r\ndisallow : /a # why", "/a/b", False),
        # the most specific rule wins, Allow wins a tie
        ("User-agent: *\nDisallow: /a\nAllow: /a/open", "/a/open/x", True),
        ("User-agent: *\nAllow: /a\nDisallow: /a", "/a", True),
        ("User-agent: *\nAllow: /\nDisallow: /a", "/a", False),
        # groups: our own beats everyone's, several agents share one, same names are merged
        ("User-agent: *\nDisallow: /\nUser-agent: launchreview\nDisallow: /x", "/a", True),
        ("User-agent: launchreview\nUser-agent: other\nDisallow: /a", "/a", False),
        ("User-agent: launchreview/2.0\nDisallow: /a", "/a", False),
        ("User-agent: LaunchReview\nDisallow: /a\n\nUser-agent: x\nDisallow: /\n\nUser-agent: launchreview\nDisallow: /b", "/b", False),
        ("User-agent: launch\nDisallow: /", "/a", True),
        ("User-agent: LaunchReview\n\nUser-agent: *\nDisallow: /a", "/a", False),
        ("User-agent: *\nCrawl-delay: 5\nDisallow: /a", "/a", False),
        # wildcards
        ("User-agent: *\nDisallow: /*.pdf$", "/docs/a.pdf", False),
        ("User-agent: *\nDisallow: /*.pdf$", "/docs/a.pdf?x", True),
        ("User-agent: *\nDisallow: /a*/b*c", "/a1/b2c3", False),
        ("User-agent: *\nDisallow: /a*b$", "/ab", False),
        ("User-agent: *\nDisallow: /ab*b$", "/ab", True),
        ("User-agent: *\nDisallow: /a$", "/ab", True),
        ("User-agent: *\nDisallow: *private", "/is/private", False),
        ("User-agent: *\nDisallow: /a*x*b", "/a-b", True),
        ("User-agent: *\nDisallow: /a" + "*" * 9_000 + "b", "/a-b", False),
        # lines end with CR, LF or both, and nothing else does
        ("User-agent: *\rDisallow: /a\r", "/a", False),
        ("User-agent: *\nDisallow: /x\u2028Disallow: /a", "/a", True),
        ("User-agent: *\n  Disallow\t: /a", "/a", False),
        # one spelling for escapes
        ("User-agent: *\nDisallow: /%61bc", "/abc", False),
        ("User-agent: *\nDisallow: /gr%c3%bc", "/gr%C3%BC", False),
        ("User-agent: *\nDisallow: /grü", "/gr%C3%BC", False),
        ("User-agent: *\nDisallow: /a%2fb", "/a/b", True),
    ],
)  # fmt: skip
def test_a_path_is_allowed_as_the_standard_says(text, path, expected):
    assert allowed(text, path) is expected


@given(st.text(max_size=300), st.text(max_size=50))
def test_any_file_gives_an_answer(text, path):
    assert allowed(text, f"/{path}") in {True, False}


def test_a_file_of_wildcards_is_matched_without_backtracking():
    text = "User-agent: *\n" + ("Disallow: /" + "*a" * 200 + "b\n") * 50
    assert allowed(text, "/" + "a" * 4_000)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "120"}, 120),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:30 GMT"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:30 -0000"}, 30),
        ({"retry-after": "Mon, 23 Nov 2026 08:00:00 GMT"}, 0),
        ({"retry-after": "Tue, 24 Nov 2026 09:00:05 GMT", "date": "Tue, 24 Nov 2026 09:00:00 GMT"}, 5),
        ({"retry-after": "Mon, 23 Nov 2026 09:00:30 GMT", "date": "nonsense"}, 30),
        ({"retry-after": "Mon, 23 Nov 99999 09:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_forms(headers, seconds):
    assert retry_after(headers, NOW) == seconds


def test_an_endless_number_of_seconds_stays_a_number():
    assert retry_after({"retry-after": "9" * 5_000}, NOW) > 1e9
