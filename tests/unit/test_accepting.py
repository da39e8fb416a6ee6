"""Which type a client gets, after RFC 9110 section 12.5.1."""

import pytest

from desk.api.accepting import best_of

OFFERED = ("application/json", "text/markdown", "text/plain")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/plain", "text/plain"),
        ("TEXT/PLAIN", "text/plain"),
        ("text/*", "text/markdown"),
        ("text/*;q=0.5, text/markdown;q=0.1", "text/plain"),
        ("application/json;q=0.2, text/plain ; q=0.3", "text/plain"),
        ("*/*;q=0.1, text/markdown;charset=utf-8", "text/markdown"),
        ("application/json;q=0, */*", "text/markdown"),
        ("application/pdf", None),
        ("text/plain;q=0", None),
        ("text/plain;q=much", None),
        ("text/plain;q=nan", None),
        (", ,", None),
    ],
)
def test_the_best_type_is_taken(accept, expected):
    assert best_of(accept, OFFERED) == expected
