"""Pages as the web has them, in words of our own: each row guards a rule for pages that no rule was written for."""

from datetime import date

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
PROSE = "<p>Teams use it every day to see how people move through their product, where they stop, and what helps.</p>"
MENU = "".join(
    f"<div><a href='/{word}'>{word}</a><div>What {word} does for growing teams, told in one line.</div></div>"
    for word in ("Platform", "Analytics", "Messaging", "Pricing", "Customers", "Docs", "Company", "Support", "Blog")
)
FOOT = (
    "<div>© Globex. All rights reserved. Terms, privacy, imprint. Follow us. Get our app. "
    + "More links. " * 60
    + "</div>"
)
DATED = '<meta property="article:published_time" content="2026-02-03T10:00:00Z">'
TOOLS = ("Braze", "HubSpot", "Segment", "Slack", "Snowflake")


def page(title, body, head=""):
    return f"<html><head><title>{title}</title>{head}</head><body>{body}</body></html>"


def each(form, names=TOOLS):
    return "".join(form.format(name=name, low=name.lower()) for name in names)


def facts(markup, ending="html", url=None):
    return facts_of(saved_from(markup, f"page.{ending}", url=url))


def outcome(kind, markup, ending="html", url=None):
    return RULES[kind](facts(markup, ending, url), Question(V1, on=date(2026, 11, 23))).outcome


# --- what a fetcher gets instead of a page -------------------------------------------------------------------

INSTEAD = {
    "challenge, another language": (page("Nur einen Moment…", "<p>Sind Sie ein Mensch?</p>" + PROSE), "bot_wall"),
    "rejected by a firewall": (page("Request Rejected", PROSE * 3), "bot_wall"),
    "blocked, with much advice": (page("Firewall - Access Denied", PROSE * 8), "bot_wall"),
    "human or robot": (page("Robot or human?", PROSE * 3), "bot_wall"),
    "too many requests": (page("429 Too Many Requests", PROSE * 3), "bot_wall"),
    "other laws": (page("451: Unavailable due to legal reasons", PROSE * 3), "bot_wall"),
    "cookies first": (page("News", PROSE * 3 + "<button>Reject all</button><button>Accept all</button>"), "bot_wall"),
    "login by mail": (page("Connexion | Globex", PROSE * 3), "login"),
    "login within the whole site": (page("Help", MENU + "<h1>Please sign in to continue</h1><input type=password>" + FOOT), "login"),
    "members only": (page("Members only | Globex", PROSE * 2), "login"),
    "gone, under a menu": (page("Globex", MENU + "<h1>Oops! Page not found.</h1>" + FOOT), "soft_404"),
    "gone, in one sentence": (page("Globex", MENU + "<p>We can’t seem to find the page you’re looking for.</p>" + FOOT), "soft_404"),
    "gone, another language": (page("Globex", MENU + "<h1>Seite nicht gefunden</h1>" + FOOT), "soft_404"),
    "gone, no Latin letters": (page("ページが見つかりません", MENU + FOOT), "soft_404"),
    "no such bucket": ("<Error><Code>NoSuchBucket</Code><Message>The bucket does not exist</Message></Error>", "soft_404"),
    "for sale, with much advice": (page("globex-data.com is for sale", PROSE * 12), "parked"),
    "registered only": (page("globex.com", "<p>This domain has just been registered.</p>" + PROSE), "parked"),
    "down for its owner": (page("502: Bad gateway", PROSE * 6), "app_down"),
    "down, another language": (page("Wartungsarbeiten", PROSE * 2), "app_down"),
    "a server's first page": (page("Apache Tomcat/9.0", PROSE * 16), "empty"),
    "a folder": (page("Index of /docs", "<a href=a>a</a>" + PROSE * 3), "empty"),
    "in words we don't know": (page("Globex", MENU[:400] + "<p>The page you wanted took a day off.</p>"), "usable"),
    "the title of the page kept": (
        page("Segment integration", "<h1>Segment integration</h1><p>Please log in to read it.</p><input type=password>"),
        "login",
    ),
    "gone, with other pages offered": (
        page("Page not found", "<h1>Page not found</h1>" + each("<a href='/integrations/{low}'>{name}</a>")),
        "soft_404",
    ),
    "to be filled by a script": (
        page("Segment integration", "<div id=root></div><script src=a.js></script>", "<meta name=description content='Connect Segment to Globex, from Segment in minutes.'>"),
        "needs_browser",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTEAD)
@pytest.mark.parametrize("kind", RULES)
def test_what_stands_in_for_a_page_neither_passes_nor_fails(name, kind):
    markup, state = INSTEAD[name]
    assert facts(markup).state == state
    assert outcome(kind, markup, url="https://globex.example/integrations/x") is Outcome.UNKNOWN


ABOUT_IT = {
    "not found": page("Custom 404 pages", f"<h1>Custom 404 pages</h1>{PROSE * 8}"),
    "many requests": page("Rate limits and 429 Too Many Requests", f"<h1>Rate limits</h1>{PROSE * 9}"),
    "captchas": page("Captchas", f"<h1>Ask whether visitors are human</h1><ol><li>a<li>b</ol>{PROSE * 3} solve the captcha"),
    "sign-in": page("Sign in with a password", f"<h1>Sign in with a password</h1>{PROSE * 9}"),
    "parking": page("Domain for sale? How to buy it", f"<h1>Domain for sale? How to buy it</h1>{PROSE * 9}"),
    "maintenance": page("Maintenance windows", f"<h1>Maintenance windows</h1>{PROSE * 9}<p>down for maintenance</p>"),
    "what comes": page("Coming soon: what we build next", f"<h1>Coming soon: what we build next</h1>{PROSE * 9}"),
    "a protected form": page("Contact", f"{PROSE * 3}<script src='https://www.google.com/recaptcha/api.js'></script>"),
    "a sign-in in the menu": page("Docs", f"<input type=password><ol><li>One<li>Two</ol>{PROSE * 3}"),
}  # fmt: skip


@pytest.mark.parametrize("name", ABOUT_IT)
def test_an_article_about_such_things_is_a_page(name):
    assert facts(ABOUT_IT[name]).state is PageState.USABLE
    assert outcome("docs", ABOUT_IT[name]) is Outcome.FAILED


# --- documentation -------------------------------------------------------------------------------------------

DOCS = {
    "plain": page("Segment | Globex", "<h1>Segment</h1><p>Send events from Segment to Globex. In Segment, add Globex and paste the key.</p>"),
    "the other direction": page("Segment source", "<h1>Segment source</h1><p>Globex sends answers to Segment. Create a source in Segment and copy its write key.</p>"),
    "German": page("Segment-Integration einrichten", "<h1>Segment-Integration einrichten</h1><p>Öffnen Sie in Segment den Katalog und wählen Sie Globex. Ereignisse aus Segment erscheinen sofort.</p>"),
    "Portuguese": page("Integração com o Segment", "<h1>Integração com o Segment</h1><p>Envie eventos do Segment. No Segment, abra o catálogo e cole a chave.</p>"),
    "Japanese, no spaces": page("Segment連携", "<h1>Segment連携</h1><p>SegmentからGlobexへ送信します。Segmentで送信先を選択し、キーを入力します。数分でイベントが表示され、設定は完了です。</p>"),
    "title by OpenGraph": page("", "<h2>Segment</h2><p>Connect Segment: go to your Segment workspace and add Globex.</p>", "<meta property='og:title' content='Segment integration'>"),
    "title by JSON-LD": page("", "<p>Connect Segment: go to your Segment workspace and add Globex. Then open Segment.</p>", '<script type="application/ld+json">{"@type":"TechArticle","headline":"Segment integration"}</script>'),
    "code only": page("Segment functions", "<h1>Segment functions</h1><p>A function in Segment for Globex, run from Segment.</p><pre>x()</pre>"),
    "speaks of segments too": page("Segment audiences", "<h1>Segment audiences</h1><p>Audiences from Segment become segments. Segments hold people; edit segments, share segments. Connect Segment, then open the audience in Segment. See <a href='https://segment.com/docs'>its docs</a>.</p>"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCS)
def test_documentation_of_the_integration_passes(name):
    assert outcome("docs", DOCS[name]) is Outcome.PASSED


@pytest.mark.parametrize(
    ("ending", "text"),
    [
        ("md", "Segment\n=======\n\nUse Globex in Segment.\n\nInstallation\n------------\n\nOpen your Segment workspace."),
        ("adoc", "= Segment integration\n\nGlobex takes events from Segment.\n\n== Set up\n\nOpen your Segment workspace."),
        ("mdx", "---\ntitle: Segment\n---\n\nUse Segment with Globex.\n\n```js\nrun()\n```\n\nEvents come from Segment to Globex within a minute."),
        ("vue", "<template><h1>Segment</h1><p>Events from Segment. Open your Segment workspace, add Globex.</p></template>"),
        ("php", "<?php head(); ?><h1>Globex for Segment</h1><p>Send data from Segment. In Segment, add Globex and paste the key.</p>"),
        ("jsx", "export default () => <div><h1>Segment</h1><p>Connect Segment. In Segment, add Globex, then open it and paste the key.</p></div>"),
    ],
)  # fmt: skip
def test_documentation_in_any_source_format_passes(ending, text):
    assert outcome("docs", text, ending) is Outcome.PASSED


OTHER = {
    "a feature of the same name": page("Segment", f"<h1>Segment</h1><p>Segment lets you group users. With Segment you target people. Use Segment to find them, then connect campaigns.</p>{PROSE * 3}"),
    "the verb": page("Segment Users", f"<h1>Segment Users</h1><p>Connect Segment Users to a journey. Open Segment Users.</p>{PROSE * 3}"),
    "in German": page("Segment erstellen", f"<h1>Segment erstellen</h1><p>Ein Segment anlegen, das Segment speichern, im Segment suchen.</p>{PROSE * 3}"),
    "a gloss": page("セグメント (Segment) の作成", "<h1>セグメント (Segment) の作成</h1><p>Segment を作成し、Segment を選択します。Segment は便利です。</p>"),
    "leaving": page("Migrate from Segment to Globex", f"<h1>Migrate from Segment</h1><p>In Segment, export your sources. From Segment to us in an hour. Replace the Segment snippet.</p>{PROSE * 3}", DATED),
    "comparing": page("Globex vs Segment", f"<h1>Globex vs Segment</h1><p>Compared to Segment we connect sources first. In Segment you pay twice. From Segment they come.</p>{PROSE * 3}", DATED),
    "explaining": page("What is Segment?", f"<h1>What is Segment?</h1><p>Segment is a platform. Segment's sources and Segment destinations connect.</p>{PROSE * 3}", DATED),
    "in a list of vendors": page("Ten tools", f"<h1>Ten tools</h1><p>Mixpanel, Segment, and Heap. Segment is a leader. From Segment to Heap.</p>{PROSE * 3}", DATED),
    "a vacancy": page("Integrations engineer", f"<h1>Integrations engineer</h1><p>You know Segment, Braze and Kafka.</p>{PROSE * 3}"),
    "sub-processors": page("Sub-processors", f"<h1>Sub-processors</h1><table><tr><td>Segment</td><td>Analytics</td></tr></table>{PROSE * 3}"),
    "a step on a tile": page("Integrations", f"<h1>Integrations</h1><h3>Collect</h3><h3>Segment</h3><h3>Engage</h3>{PROSE * 3}"),
    "a product's page": page("Integrations", f"<h1>Integrations</h1><a href='/product/segment'>Segment</a> <a href='/i/braze'>Braze</a>{PROSE * 3}"),
    "a field of a form": page("Integrations", f"<h1>Integrations</h1><form><input name=segment></form>{PROSE * 3}"),
    "near names": page("Integrations", f"<h1>Integrations</h1>{each('<li>{name}</li>', ('Segments', 'Market Segment Data', 'Slack'))}{PROSE * 3}"),
    "news": page("News", f"<h1>News</h1><p>New: Segment integration. New: dark mode.</p>{PROSE * 3}", DATED),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHER)
@pytest.mark.parametrize("kind", RULES)
def test_what_merely_shares_or_names_the_word_does_not_pass(name, kind):
    assert outcome(kind, OTHER[name]) not in GOOD


def test_a_page_that_speaks_much_of_the_marketplace_under_another_title_is_for_a_person():
    markup = page(
        "Your data platform", f"<p>Send events from Segment. In Segment, add us. To Segment and back.</p>{PROSE * 4}"
    )
    assert outcome("docs", markup) is Outcome.UNKNOWN


# --- the list of integrations --------------------------------------------------------------------------------

LISTS = {
    "pictures with words": "<h1>Integrations</h1>" + each("<div><img src='{low}.svg' alt='{name} logo'></div>"),
    "links without words": "<h1>Integrations</h1>" + each("<a href='/integrations/{low}'><img src='x.svg' alt=''></a>"),
    "cells": "<h1>Technology partners</h1><table>" + each("<tr><td>{name}</td><td>Data</td></tr>") + "</table>",
    "entries": "<h1>Works with</h1><ul>" + each("<li>{name}</li>") + "</ul>",
    "cards with a tag": "<h1>App marketplace</h1>" + each("<div><h3>{name}</h3><span>Beta</span></div>"),
    "told behind a mark": "<h1>Connectors</h1>" + each("<p>{name} – sync your data</p>"),
    "French": "<h1>Nos intégrations</h1>" + each("<h3>{name}</h3>"),
    "Japanese": "<h1>連携サービス</h1>" + each("<li>{name}</li>"),
    "a title that says nothing": "<h1>Better together</h1><p>So many of them</p>" + each("<a href='/apps/{low}'>{name}</a>", (*TOOLS, "Zapier", "Kafka")),
    "out to their sites": "<h1>Integrations</h1>" + each("<a href='https://{low}.com'><img alt='{name}' src='x.png'></a>"),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_a_list_of_integrations_passes(name):
    assert outcome("integrations_page", page("Globex", LISTS[name])) is Outcome.PASSED


@pytest.mark.parametrize(
    "text",
    [
        "# Connectors\n\n**Segment**\n\nSends you what happened.\n\n**Slack**\n\nTells you about it.\n",
        "# Connectors\n\n<Card name='Segment' />\n<Card name='Slack' />\n\nAll of the tools that you know and use.\n",
        "# Connectors\n\n- **Segment** – sync your data\n- **Slack** – chat\n",
        "## Data sources\n\n| | Source |\n|--|--|\n| 1 | Segment |\n| 2 | Kafka |\n",
        "---\ntitle: Integrations\nlist:\n  - name: Segment\n    href: /segment\n  - name: Slack\n    href: /slack\n---\nAll of them.\n",
    ],
)
def test_a_list_in_markdown_passes(text):
    assert outcome("integrations_page", text, "md") is Outcome.PASSED


@pytest.mark.parametrize(
    "hidden",
    [
        "<img src='/logos/segment-logo.png'>",
        '<script type="application/json">{"list":[{"name":"Segment"}]}</script>',
        "<p>It integrates with Braze, Segment, Slack and more.</p>",
        "<nav><a href='/integrations/segment'>Segment</a></nav>",
    ],
)
def test_a_list_that_may_show_it_is_for_a_person(hidden):
    assert (
        outcome("integrations_page", page("Integrations", f"<h1>Integrations</h1>{PROSE * 4}{hidden}"))
        is Outcome.UNKNOWN
    )


def test_a_short_list_without_it_fails():
    tiles = each("<a href='/integrations/{low}'>{name}</a>", ("Braze", "Slack", "Kafka", "Heap", "Zapier"))
    assert (
        outcome(
            "integrations_page", page("Integrations", f"<h1>Integrations</h1><p>All the tools you know.</p>{tiles}")
        )
        is Outcome.FAILED
    )


# --- when a post was published -------------------------------------------------------------------------------

POST = (
    "<h1>Our Segment integration</h1><p>We are excited: Globex is in Segment. Send data from Segment and connect.</p>"
)


@pytest.mark.parametrize(
    ("head", "body", "declared_by"),
    [
        (DATED, POST, "OpenGraph"),
        ('<script type="application/ld+json">{"@graph":[{"@type":"WebSite"},{"@type":"BlogPosting","datePublished":"2026-02-03"}]}</script>', POST, "JSON-LD"),
        ('<script type="application/ld+json">[{"@type":["Article"],"datePublished":"2026-02-03T10:00:00Z"}]</script>', POST, "JSON-LD"),
        ("", f"{POST}<span itemprop='datePublished' content='2026-02-03'>3 Feb</span>", "microdata"),
        ("", f"{POST}<time datetime='2026-02-03' pubdate>3 Feb</time><time datetime='2026-01-01'>x</time>", "microdata"),
        ("", f"<article>{POST}<time datetime='2026-02-03'>3 Feb</time></article>", "time"),
        ('<script type="application/ld+json">{"@type":"BlogPosting","dateModified":"2026-02-03"}</script>', POST, None),
        ('<script type="application/ld+json">{"@type":"Blog","blogPost":[{"@type":"BlogPosting","datePublished":"2026-02-03"}]}</script>', POST, None),
        ('<script type="application/ld+json">[{"@type":"Article","datePublished":"2026-02-03"},{"@type":"Article","datePublished":"2026-02-04"}]</script>', POST, None),
        ("", POST + "".join(f"<article><time datetime='2026-02-0{day}'>x</time></article>" for day in range(1, 5)), None),
        ("", f"{POST}<p>February 3, 2026</p>", None),
    ],
)  # fmt: skip
def test_a_date_counts_where_the_page_declares_it_as_its_own(head, body, declared_by):
    found = facts(page("Our Segment integration", body, head), url="https://globex.example/2026/02/03/segment")
    assert (found.published.declared_by if found.published else None) == declared_by
    judged = judge_blog_post(found, Question(V1, on=date(2026, 11, 23)))
    assert judged.outcome is (Outcome.PASSED if declared_by else Outcome.WARNED)


# --- what is left of the template ----------------------------------------------------------------------------

FILLED = "---\ntitle: Globex\n---\n\n## Getting started\n\n1. Open.\n2. Add.\n\n## Supported methods\n\n{left}\n"


@pytest.mark.parametrize(
    ("left", "told"),
    [
        ("(Delete After Reading)", "Delete After Reading"),
        ("sent to <integration_name>", "<integration_name>"),
        ("sent to < integration name >", "< integration name >"),
        ("sent to {destination-name}", "{destination-name}"),
        ("ADD WHAT IDENTIFY CALLS ARE USED FOR HERE. For", "ADD WHAT IDENTIFY CALLS ARE USED FOR HERE"),
        ("[x](https://yourintegration.com)", "yourintegration.com"),
        ("Lorem ipsum dolor", "Lorem ipsum"),
    ],
)
def test_what_is_left_is_named_as_it_stands_there(left, told):
    judged = judge_segment_doc(FILLED.format(left=left), (), V1)
    assert judged.outcome is Outcome.FAILED
    assert f"'{told}'" in judged.summary


def test_every_leftover_is_named_once():
    judged = judge_segment_doc(FILLED.format(left="<integration_name> [integration_name] <integration_name>"), (), V1)
    assert judged.signals["leftovers"] == ["<integration_name>", "[integration_name]"]


def test_code_and_html_of_the_partners_own_are_no_leftovers():
    own = "Replace `<your_domain>` and `YOUR_API_KEY`. Destination name: Globex. <br> Your integration runs."
    assert judge_segment_doc(FILLED.format(left=own), (), V1).outcome in GOOD


def test_front_matter_alone_is_for_a_person():
    assert judge_segment_doc("---\ntitle: Globex\nhidden: true\n---\n", (), V1).outcome is Outcome.UNKNOWN
