"""Front matter is YAML that strangers wrote: few lines must not become much work, and nothing breaks the reading."""

import pytest

from checklist.pages import Saved, facts_of
from checklist.pages.markdown import front_matter_of
from checklist.rulebook import Rulebook
from checklist.template import judge_segment_doc

V1 = Rulebook.load("v1")
LEVELS = range(1, 40)


def front_matter(lines):
    return f"---\n{lines}\n---\n# Acme\n"


HOSTILE = {
    "lists of lists": "a0: &a0 [x]\n"
    + "\n".join(f"a{level}: &a{level} [*a{level - 1}, *a{level - 1}]" for level in LEVELS)
    + "\ntitle: *a39",
    "merges of merges": "a0: &a0 {x: 1}\n"
    + "\n".join(f"a{level}: &a{level}\n  <<: [*a{level - 1}, *a{level - 1}]" for level in LEVELS),
    "deep lists": "title: " + "[" * 9_000,
    "a truth that is none": "title: !!bool maybe",
    "a day that is none": "title: !!timestamp monday",
    "a list for a key": "? [a]\n: b",
    "an object": "title: !!python/object:os.system x",
}


@pytest.mark.parametrize("lines", HOSTILE.values(), ids=HOSTILE)
def test_front_matter_that_is_no_plain_table_is_none(lines):
    assert front_matter_of(front_matter(lines)) == ({}, "# Acme\n")
    assert facts_of(Saved(front_matter(lines), "markdown")).title == "Acme"
    assert judge_segment_doc(front_matter(lines), (), V1).signals["title"] == "Acme"


@pytest.mark.parametrize("number", ["9" * 9_000, "0x" + "f" * 9_000, "1:" + "1:" * 4_000 + "1"])
def test_a_long_number_is_text(number):
    assert judge_segment_doc(front_matter(f"title: {number}"), (), V1).signals["title"] == number


def test_front_matter_is_read():
    assert front_matter_of(front_matter("title: Acme\ntags: [a, b]"))[0] == {"title": "Acme", "tags": ["a", "b"]}
