"""A preflight for people, as text and as Markdown."""

import re
from datetime import UTC, date, datetime

import pytest

from checklist.canned_web import CannedWeb
from checklist.case import Context
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.verdict import verdict
from desk.preflighting.markdown import harmless, in_markdown
from desk.preflighting.running import Preflight, preflight
from desk.preflighting.words import in_words
from models.enums import Outcome, SubmissionKind
from tests.building import dossier

V1 = Rulebook.load("v1")
ON = datetime(2026, 11, 23, 9, tzinfo=UTC).date()


def found(*results):
    written = dossier()
    return Preflight(V1, written, results, verdict(V1, written.gate, written.kinds, results, on=ON))


MIXED = (
    CheckResult("test.https", Outcome.PASSED, "answers"),
    CheckResult("catalog.mark", Outcome.FAILED, "the mark is 2 wide", "A square SVG.", "Give `catalog.mark` anew."),
    CheckResult("docs.partner", Outcome.UNKNOWN, "could not read https://acme.example/docs_a"),
    CheckResult("marketing.utm", Outcome.WARNED, "2 of 3 links", "", "Link to https://segment.com/?utm_source=a."),
)


def test_markdown_begins_with_what_to_mend():
    page = in_markdown(found(*MIXED))
    assert page.startswith(
        "# Preflight: not yet\n\nAcme, gate Launch into Public Beta, rulebook v1. "
        "Not yet: mend what is listed first, then run it again.\n\n## To mend (1)\n"
    ), page[:300]
    assert "  - expected: A square SVG.\n  - fix: **Give `catalog.mark` anew.**\n" in page
    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert headings == [
        "## To mend (1)",
        "## Open: nothing is held against you (1)",
        "## Holds, with something worth a look (1)",
        "## Holds (1)",
    ]


def test_what_is_in_shadow_is_said_to_be_asked_later():
    until = date(2027, 1, 1)
    later = [
        item.model_copy(update={"shadow_until": until}) if item.id == "catalog.mark" else item for item in V1.items
    ]
    rulebook, written = V1.model_copy(update={"items": tuple(later)}), dossier()
    says = verdict(rulebook, written.gate, written.kinds, MIXED, on=ON)
    shown = Preflight(rulebook, written, MIXED, says)
    lines = list(in_words(shown))
    assert "        not asked yet: it counts from 2027-01-01" in lines
    assert not any(line.startswith("  FAIL") for line in lines)
    assert "  - not asked yet: it counts from 2027-01-01\n" in in_markdown(shown)


def test_text_keeps_the_rulebooks_families_together():
    lines = list(in_words(found(*MIXED)))
    assert [line for line in lines if line and not line.startswith(" ")] == [
        title for title in V1.families.values() if title in lines
    ]
    assert "        expected: A square SVG." in lines


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<script>", r"\<script\>"),
        ("a\nb\x1b[1m", r"a b \[1m"),
        ("[a](http://b)", r"\[a\]\(http://b\)"),
        ("`<b>` stays", "`<b>` stays"),
        ("`unclosed", r"\`unclosed"),
        ("@everyone, jo@acme.example", "@\u200beveryone, jo@acme.example"),
        ("a | b & c", r"a \| b \& c"),
    ],
)
def test_words_of_others_are_no_markup(text, expected):
    assert harmless(text) == expected


LAUNCH = {"components": [{"kind": "stream"}, {"kind": "plugin"}]}


@pytest.mark.parametrize(
    "written",
    [dossier(components=[]), dossier(**LAUNCH), dossier(kind=SubmissionKind.ACCESS, partner={"name": "Acme"})],
)
async def test_whatever_a_partner_leaves_out_is_told_with_the_key_to_write(written):
    """Every key of a submission stands in code quotes, so that it can be found and copied."""
    context = Context(CannedWeb({}), datetime(2026, 11, 23, 9, tzinfo=UTC), load=False)
    found = await preflight(written, V1, context)
    failed = [result for result in found.results if result.outcome is Outcome.FAILED]
    assert len(failed) >= 4
    for result in failed:
        assert re.search(r"`[a-z_]+(\.[a-z_0-9]+)*`", result.fix), result
