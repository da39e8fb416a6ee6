"""Facts of pages: safe to read, and what kind of answer each is."""

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.images import Pixels, pixels_of
from checklist.mentions import mentions_of, names_marketplace
from checklist.pages import PageState, Saved, facts_of, saved_from
from checklist.pages.prescan import refusal
from checklist.rulebook import Rulebook

PROGRAMME = Rulebook.load("v1").programme
WORDS = "Plenty of words that a person reads on a page of some company. " * 8

HOSTILE = {
    "nested elements": "<div>" * 200_000,
    "nested behind a comment that ends at once": "<!--><div>" * 200_000,
    "self-closing elements after a drawing that HTML ended": "<svg><p>" + "<path/>" * 200_000,
    "nested behind an attribute without a quoted value": '<a x= =">' + "<div>" * 200_000 + '">',
    "nested behind a script inside a comment": "<!-- <script> -->" + "<div>" * 200_000 + "</script>",
    "nested behind a script inside a title": "<title><script></title>" + "<div>" * 200_000 + "</script>",
    "nested HTML inside a drawing": "<svg><foreignObject>" + "<div>" * 200_000,
    "end tags of elements nobody opened": "<div></x>" * 200_000,
    "attributes": "<div " + " ".join(f"a{number}" for number in range(200_000)) + ">",
    "open formatting": "".join(f"<b id={number}>" for number in range(1_900)) + "<p>x</p>" * 2_000,
    "scripts without an end": "<script>" * 200_000,
    "characters": " " * 8_000_001,
}

SLOW = {
    "tags without an end": "<a " * 400_000,
    "unfinished quotes": '<div a="' * 100_000,
    "unfinished comments": "<!--" * 500_000,
    "angle brackets": "<" * 2_000_000,
    "nested inline text": "<span>" * 1_900 + "words " * 200_000,
    "depth just allowed": "<div>" * 1_990 + "x",
    "few tags with a name without an end": "<a" * 1_900 + "b" * 4_000_000,
    "headings of a component without an end": "<h1 " * 400_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_markup_that_would_keep_the_parser_busy_is_not_parsed(name):
    started = time.monotonic()
    facts = facts_of(Saved(HOSTILE[name]))
    assert facts.state is PageState.TOO_DEEP
    assert facts.text == ""
    assert time.monotonic() - started < 8


@pytest.mark.parametrize("name", SLOW)
@pytest.mark.parametrize("form", ["html", "markdown", "code"])
def test_odd_markup_is_read_in_bounded_time(name, form):
    started = time.monotonic()
    facts_of(Saved(SLOW[name], form))
    assert time.monotonic() - started < 15


@pytest.mark.parametrize(
    "text",
    [
        "```js\n" * 50_000,
        "[a](" * 50_000,
        "[" * 200_000,
        "<!--" * 100_000,
        "{/*" * 100_000,
        "---\n" + "a: [" * 20_000,
        "# " * 100_000,
    ],
)
def test_odd_markdown_is_read_in_bounded_time(text):
    started = time.monotonic()
    facts_of(Saved(text, "markdown"))
    assert time.monotonic() - started < 15


@given(st.text(alphabet="<>/!-ab=\"' svgdp", max_size=200))
def test_any_markup_is_either_refused_or_read(markup):
    facts_of(Saved(markup))
    facts_of(Saved(markup, "markdown"))


def test_deep_but_real_markup_is_read():
    assert refusal("<div>" * 700 + WORDS + "</div>" * 700) is None
    assert refusal("<p>" * 5_000 + "<br>" * 5_000) is None
    assert refusal("<svg>" + "<path d='M0'/>" * 5_000 + "</svg>") is None
    assert refusal("<script>" + "if(i<n)a<b;" * 5_000 + "</script>") is None


@pytest.mark.parametrize(
    ("html", "state"),
    [
        (f"<title>Docs</title><p>{WORDS}</p>", PageState.USABLE),
        (f"<title>404 ways to grow</title><p>{WORDS * 4}</p>", PageState.USABLE),
        (f"<title>404utau shop</title><p>{WORDS}</p>", PageState.USABLE),
        ("<title>Page not found</title><p>Sorry</p>", PageState.SOFT_404),
        ("<title>Just a moment...</title><p>Checking your browser</p>", PageState.BOT_WALL),
        ("<title>x</title><script src='https://geo.captcha-delivery.com/c.js'></script>", PageState.BOT_WALL),
        (f"<title>Docs</title><p>{WORDS * 4}</p><script src='/_Incapsula_Resource'></script>", PageState.USABLE),
        ("<title>Sign in</title><p>Please</p><input type=password>", PageState.LOGIN),
        (f"<title>Docs</title><p>{WORDS * 4}</p><input type=password>", PageState.USABLE),
        ("<title>Shop</title><div id=root></div><script src=a.js></script>", PageState.NEEDS_BROWSER),
        ("<title>Down</title><p>We are performing maintenance and will be back shortly.</p>", PageState.APP_DOWN),
        (f"<title>backup - low-maintenance tool</title><p>{WORDS * 4}</p>", PageState.USABLE),
        ("<title>acme.com</title><p>This domain is for sale</p>", PageState.PARKED),
        ("<title>Welcome to nginx!</title><p>" + WORDS + "</p>", PageState.EMPTY),
        ("<meta http-equiv=refresh content='0;url=/x'>", PageState.EMPTY),
        ("", PageState.EMPTY),
    ],
)
def test_a_page_that_is_not_the_page_is_recognised(html, state):
    assert facts_of(Saved(html)).state is state


@pytest.mark.parametrize(
    ("status", "state"), [(404, PageState.SOFT_404), (503, PageState.APP_DOWN), (200, PageState.USABLE)]
)
def test_the_status_tells_more_than_the_words(status, state):
    assert facts_of(Saved(f"<p>{WORDS}</p>", status=status)).state is state


def test_facts_of_html_are_what_a_person_sees():
    html = f"""<head><title> A  title </title><meta name=description content="In short">
    <meta property="article:published_time" content="2026-02-03T10:00:00+01:00"></head>
    <nav><a href=/nav>Elsewhere</a></nav><h1>Main <b>heading</b></h1><h2>Second</h2><p>{WORDS}</p>
    <p hidden>secret</p><noscript>no</noscript><style>.x{{}}</style><script>var a = 1</script>
    <a href="x?y=1#z">Link</a><a href="//other.example/"><img alt="Logo"></a><ol><li>One</li><li>Two</li></ol>"""
    facts = facts_of(Saved(html, url="https://acme.example/docs/"))
    assert (facts.title, facts.description, facts.main_heading) == ("A title", "In short", "Main heading")
    assert facts.headings == ("Main heading", "Second")
    assert [(link.href, link.text, link.in_navigation) for link in facts.links] == [
        ("https://acme.example/nav", "Elsewhere", True),
        ("https://acme.example/docs/x?y=1#z", "Link", False),
        ("https://other.example/", "Logo", False),
    ]
    assert "secret" not in facts.text
    assert "Elsewhere" not in facts.text
    assert facts.scripts == "var a = 1"
    assert facts.ordered_steps == 2
    assert facts.published.on == date(2026, 2, 3)
    assert facts.published.declared_by == "OpenGraph"


def test_facts_of_markdown_are_the_same_kind():
    text = f"""---
title: Set up
date: 2026-02-03
---
import X from 'y'

# Top

{WORDS} [a link](/docs "t") ![picture](x.png)

```js
# not a heading
[not](a-link)
```

1. One
2. Two
"""
    facts = facts_of(Saved(text, "markdown", "https://acme.example/"))
    assert (facts.title, facts.main_heading, facts.headings) == ("Set up", "Top", ("Top",))
    assert [link.href for link in facts.links] == ["https://acme.example/docs"]
    assert facts.ordered_steps == 2
    assert facts.published.on == date(2026, 2, 3)
    assert "import" not in facts.text


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.md", "markdown"),
        ("a.mdx", "markdown"),
        ("a.html", "html"),
        ("a.php", "template"),
        ("a.jsx", "code"),
        ("a", "html"),
    ],
)
def test_a_saved_page_is_read_by_its_ending(name, form):
    assert saved_from("text", name).form == form


def test_a_script_is_no_page():
    assert facts_of(Saved("export default [{name: 'Segment'}]", "code")).state is PageState.NEEDS_BROWSER


@pytest.mark.parametrize("value", ["2026-02-30", "soon", "13 May 2026", "20260213"])
def test_a_date_nobody_can_read_is_no_date(value):
    assert facts_of(Saved(f'<meta name=date content="{value}"><p>{WORDS}</p>')).published is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Connect Segment to Acme.", True),
        ("Open your Segment workspace.", True),
        ("Twilio Segment sends it.", True),
        ("Segment's catalog has it.", True),
        ("Create a Segment of users.", False),
        ("The Segment condition matches segments.", False),
        ("Segmentation is easy: segment your users.", False),
        ("Add users to Segment lists.", False),
    ],
)
def test_the_name_is_told_from_the_everyday_word(text, named):
    assert (mentions_of(facts_of(Saved(f"<p>{text}</p>")), PROGRAMME).named > 0) is named


@pytest.mark.parametrize(
    "text", ["Segment", "Twilio Segment", "segment", "Segment logo", "Segment (CDP)", "Segment.com"]
)
def test_a_tile_bears_the_name(text):
    assert names_marketplace(text, PROGRAMME)


def test_a_name_that_could_be_read_in_many_ways_is_read_in_one():
    assert not names_marketplace("Segment" + " by sourceby source" * 1_000 + " x", PROGRAMME)


@pytest.mark.parametrize("text", ["Segments", "User Segment", "Segmentation", "Market segment", ""])
def test_another_tile_does_not_bear_the_name(text):
    assert not names_marketplace(text, PROGRAMME)


@pytest.mark.parametrize(
    ("body", "pixels"),
    [
        (b"GIF89a" + b"\x20\x03\x58\x02" + b"\0" * 4, Pixels("GIF", 800, 600)),
        (b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x02\x58\x03\x20\x03", Pixels("JPEG", 800, 600)),
        (b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x1f\x03\0\x57\x02\0", Pixels("WebP", 800, 600)),
        (b"\x89PNG\r\n\x1a\n\0\0", None),
        (b"\xff\xd8\xff\xe0\x00\x00" * 5, None),
        (b"<svg>", None),
        (b"", None),
    ],
)
def test_the_size_of_an_image_is_read_from_its_first_bytes(body, pixels):
    assert pixels_of(body) == pixels


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"\xff\xd8\xff", b"RIFF\0\0\0\0WEBPVP8L", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a"]),
)
def test_any_bytes_are_an_image_or_none(body, start):
    found = pixels_of(start + body)
    assert found is None or (found.width >= 0 and found.height >= 0)
