"""The documentation the marketplace hosts, and the enable button."""

from urllib.parse import urlencode

import pytest

from checklist.enable_button import judge_enable_button
from checklist.judgement import Question
from checklist.pages import Saved, facts_of
from checklist.rulebook import Rulebook
from checklist.template import judge_segment_doc
from models.enums import ComponentKind, Outcome

V1 = Rulebook.load("v1")
PASSED, WARNED, FAILED, UNKNOWN, _ = Outcome

GOOD = """---
title: Acme Destination
---
[Acme](https://acme.example/?utm_source=segmentio&utm_medium=docs&utm_campaign=partners) shows what people do.

This destination is maintained by Acme. For any issues, contact [support](mailto:support@acme.example).

## Getting started

1. Open the catalog.
2. Add the destination.

## Supported methods

### Identify
"""


def judged(markdown, *kinds):
    return judge_segment_doc(markdown, kinds, V1)


def test_a_filled_in_template_passes():
    assert judged(GOOD).outcome is PASSED


@pytest.mark.parametrize("mark", V1.template.leftovers)
def test_text_of_the_template_that_is_left_fails(mark):
    found = judged(GOOD + f"\n<!-- {mark.upper()} -->\n")
    assert found.outcome is FAILED
    assert "text of the template is still there" in found.summary


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("title: Acme Destination", "it has no title"),
        ("## Supported methods\n\n### Identify\n", "which methods or actions it supports"),
        ("## Getting started\n\n1. Open the catalog.\n2. Add the destination.", "no Getting started part"),
    ],
)
def test_the_core_of_the_template_is_needed(gone, said):
    text = GOOD.replace(gone, "")
    if "title" in gone:
        text = text.replace("## ", "").replace("#", "")
        text += "\nanalytics.track is supported, set up in steps.\n"
    assert said in judged(text).summary
    assert judged(text).outcome is FAILED


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("utm_source=segmentio", "utm_source=other", "no link to the partner carries"),
        ("is maintained by", "comes from", "who maintains it"),
        ("shows what", "is what we show and what", "first person (we)"),
        ("## Getting started", "## Set up", "not called Getting started"),
    ],
)
def test_the_rest_of_the_template_is_told(before, after, said):
    found = judged(GOOD.replace(before, after))
    assert found.outcome is WARNED
    assert said in found.summary


def test_quoted_labels_are_not_first_person():
    assert judged(GOOD.replace("Add the destination", 'Click "Contact us"')).outcome is PASSED


def test_a_stream_documents_its_events_instead_of_methods():
    stream = GOOD.replace("## Supported methods\n\n### Identify", "## Events\n\nSurvey Answered")
    assert judged(stream, ComponentKind.STREAM).outcome is PASSED
    assert judged(stream, ComponentKind.SUBSCRIPTION).outcome is FAILED


# --- the button ---------------------------------------------------------------------------------------------

WORDS = "<p>" + "Our product shows teams where people leave. " * 10 + "</p>"
RIGHT = {
    "response_type": "code",
    "client_id": "d1ce4e85-0a89-4ff9-9180-ec01dfdfee40",
    "scope": "destination/acme",
    "redirect_uri": "https://acme.example/callback",
    "state": "xyz",
}
AUTHORIZE = "https://id.segmentapis.com/oauth2/auth"


def button(html, *, slug="acme", wider=(), status=200):
    return judge_enable_button(
        facts_of(Saved(WORDS + html)), Question(V1, slug=slug, wider_scopes=wider, status=status)
    )


def link(**change):
    parameters = {name: value for name, value in (RIGHT | change).items() if value is not None}
    return f'<a href="{AUTHORIZE}?{urlencode(parameters)}">Enable with Segment</a>'


@pytest.mark.parametrize(
    "html",
    [
        link(),
        f"<button onclick=\"location='{AUTHORIZE}?{urlencode(RIGHT)}'\">Enable</button>",
        f"<script>location = '{AUTHORIZE}?{urlencode(RIGHT)}'</script>",
        '<a href="https://app.segment.com/enable?integration=acme">Enable</a>',
        """<script src='//static.segment.com/enable-button/v1/index.js'></script>
        <script>new segment.EnableButton({integration: 'acme'})</script>""",
    ],
)
def test_each_real_form_of_the_button_passes(html):
    assert button(html).outcome is PASSED


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"response_type": "token"}, "response_type is 'token'"),
        ({"client_id": None}, "it has no client_id"),
        ({"state": ""}, "it has no state"),
        ({"redirect_uri": "http://acme.example"}, "instead of an https address"),
        ({"scope": "destination/other"}, "the scope is 'destination/other' instead of 'destination/acme'"),
        ({"scope": "workspace"}, "wider than destination/acme and not approved"),
        ({"scope": None}, "it has no scope"),
        ({"scope": "everything"}, "the scope 'everything' is unknown"),
    ],
)
def test_each_fault_of_the_authorize_address_is_told(change, said):
    found = button(link(**change))
    assert found.outcome is FAILED
    assert said in found.summary


def test_an_approved_wider_scope_is_fine():
    assert button(link(scope="workspace:read"), wider=("workspace:read",)).outcome is PASSED


def test_one_right_button_among_wrong_ones_is_enough():
    assert button(link(state="") + link()).outcome is PASSED


def test_words_about_the_button_are_no_button():
    assert button("<p>Click Enable with Segment on our page.</p>").outcome is FAILED


@pytest.mark.parametrize("status", [401, 403, 500])
def test_a_page_that_cannot_be_read_has_no_missing_button(status):
    assert button("", status=status).outcome is UNKNOWN
    assert button("", status=404).outcome is FAILED


@pytest.mark.parametrize("host", ["id.segmentapis.com.evil.example", "evil.example"])
def test_a_look_alike_of_the_authorize_address_is_no_button(host):
    assert button(f'<a href="https://{host}/oauth2/auth?{urlencode(RIGHT)}">Enable</a>').outcome is FAILED
