"""Real public pages with labels: no page of something else passes, no page that cannot be read fails.

Prints the table (run with -s) so that a changed rule shows what it changes.
"""

import json
from collections import Counter

import pytest

from checklist.enable_button import judge_enable_button
from checklist.judgement import Question, judge_blog_post, judge_integrations_page, judge_partner_docs
from checklist.pages import PageState, facts_of, saved_from
from checklist.rulebook import Rulebook
from checklist.template import judge_segment_doc
from models.enums import Outcome

V1 = Rulebook.load("v1")
RULES = {
    "docs": judge_partner_docs,
    "integrations_page": judge_integrations_page,
    "blog": judge_blog_post,
    "oauth_button": judge_enable_button,
}
GOOD = {Outcome.PASSED, Outcome.WARNED}


@pytest.fixture(scope="module")
def judged(shared_data):
    """One row per page and rule it is judged by: kind, label, rule, outcome, page state, file."""
    folder = shared_data / "pages"
    rows = []
    for entry in json.loads((folder / "index.json").read_text())["entries"]:
        text = (folder / entry["file"]).read_text("utf-8", "replace")
        facts = facts_of(saved_from(text, entry["file"]))
        if entry["kind"] == "segment_doc":
            found = judge_segment_doc(text, (), V1)
            rows.append((entry["kind"], entry["label"], entry["kind"], found.outcome, facts.state, entry["file"]))
            continue
        for rule in [entry["kind"]] if entry["kind"] in RULES else RULES:
            found = RULES[rule](facts, Question(V1, entry.get("partner")))
            rows.append((entry["kind"], entry["label"], rule, found.outcome, facts.state, entry["file"]))
    return rows


def test_the_table_of_outcomes(judged):
    table = Counter((kind, label, rule, outcome.value) for kind, label, rule, outcome, _, _ in judged)
    for (kind, label, rule, outcome), count in sorted(table.items()):
        print(f"{kind:18} {label:30} {rule:18} {outcome:8} {count}")
    assert len(judged) > 150


def test_no_page_of_something_else_passes(judged):
    assert [file for kind, _, _, outcome, _, file in judged if kind == "negative" and outcome in GOOD] == []


def test_no_claim_without_a_button_passes(judged):
    assert [file for _, label, _, outcome, _, file in judged if label == "text_mention" and outcome in GOOD] == []


def test_a_page_that_cannot_be_read_neither_passes_nor_fails(judged):
    unsure = [
        (file, rule)
        for kind, _, rule, outcome, _, file in judged
        if kind == "unusable" and outcome is not Outcome.UNKNOWN
    ]
    assert unsure == []


def test_a_page_that_only_looks_unusable_is_read(judged):
    unread = {
        file for kind, _, _, _, state, file in judged if kind == "usable_lookalike" and state is not PageState.USABLE
    }
    assert unread == set()


@pytest.mark.parametrize("kind", sorted(RULES))
def test_at_least_eighty_five_percent_of_good_pages_pass_and_the_others_are_unknown(judged, kind):
    good = [(outcome, file) for its_kind, label, _, outcome, _, file in judged if its_kind == kind and label == "pass"]
    assert [file for outcome, file in good if outcome is Outcome.FAILED] == []
    assert sum(outcome in GOOD for outcome, _ in good) >= 0.85 * len(good)


def test_every_draft_with_leftovers_of_the_template_fails(judged):
    passed = [
        file for _, label, _, outcome, _, file in judged if label == "needs_changes" and outcome is not Outcome.FAILED
    ]
    assert passed == []


def test_each_draft_is_told_what_is_left_of_the_template(shared_data):
    folder = shared_data / "pages"
    entries = json.loads((folder / "index.json").read_text())["entries"]
    silent = []
    drafts = [entry for entry in entries if entry["label"] == "needs_changes"]
    for entry in drafts:
        told = judge_segment_doc((folder / entry["file"]).read_text(), (), V1).summary.lower()
        left = entry["note"].partition(": ")[2].lower().split(", ")
        if not any(mark in told for mark in left):
            silent.append((entry["file"], left, told))
    assert len(silent) <= 0.1 * len(drafts), silent


def test_what_was_published_passes(judged):
    outcomes = [outcome for _, label, _, outcome, _, _ in judged if label == "published"]
    assert Outcome.FAILED not in outcomes
    assert sum(outcome in GOOD for outcome in outcomes) >= 0.95 * len(outcomes)
