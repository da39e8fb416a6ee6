"""Each check against a submission and a canned web: what passes, what fails with a fix, what nobody can tell."""

import os
import struct
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from checklist.canned_web import CannedWeb, Page
from checklist.case import Context
from checklist.customers.fake import CustomersFake
from checklist.customers.file import CustomersFile
from checklist.dossier import Dossier
from checklist.fetch import Hop
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from checklist.verdict import verdict
from models.enums import GATE_OF_KIND, GateName, Outcome

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
V1 = Rulebook.load("v1")
PASSED, WARNED, FAILED, UNKNOWN, NOT_APPLICABLE = Outcome
WORDS = "Our product shows teams where people leave, and why. Thousands of teams rely on it every day. " * 3
HOME = f"<title>Acme</title><h1>Acme</h1><p>{WORDS}</p>"


def svg(attributes='viewBox="0 0 200 50"', inner="<title>Acme</title>"):
    return Page(f'<svg xmlns="http://www.w3.org/2000/svg" {attributes}>{inner}</svg>', content_type="image/svg+xml")


def png(width, height):
    return Page(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height), content_type="image/png")


async def look(item, pages=None, *, kind="launch", **parts):
    document = {
        "external_id": "a",
        "kind": kind,
        "partner": {"name": "Acme"},
        "integration": {"slug": "acme", "name": "Acme"},
        **{name: part for name, part in parts.items() if name not in {"customers", "launch", "salt"}},
    }
    web = pages if isinstance(pages, CannedWeb) else CannedWeb(pages or {})
    salt = {"salt": parts["salt"]} if "salt" in parts else {}
    context = Context(web, AT, parts.get("customers"), parts.get("launch"), **salt)
    gate = V1.item(item).gate
    (found,) = await run_checks(Dossier.parse(document), V1, gate, context, only=[item])
    if found.outcome is FAILED:
        assert found.fix, "a failed item says how to fix it"
        assert found.expected, "a failed item says what was expected"
        assert "{" not in found.expected
    return found


async def outcome(item, pages=None, **parts):
    return (await look(item, pages, **parts)).outcome


# --- trouble on the way is ours, a wrong address the partner's ---------------------------------------------


class Redirected(CannedWeb):
    """Every answer came after one redirect."""

    async def get(self, url, **asked):
        fetched = await super().get(url, **asked)
        return replace(fetched, hops=(Hop(url, 302, "http://10.0.0.1/", "93.184.216.34"),))


PAGE_ITEMS = {
    "access.website": lambda url: {"partner": {"name": "Acme", "website": url}},
    "catalog.website": lambda url: {"catalog": {"website": url}},
    "docs.partner": lambda url: {"documentation": {"partner_url": url}},
    "docs.segment": lambda url: {"documentation": {"segment_url": url}},
    "marketing.integrations_page": lambda url: {"marketing": {"integrations_page": url}},
    "marketing.blog_post": lambda url: {"marketing": {"blog_post": url}},
    "oauth.button": lambda url: {"oauth": {"page": url}},
    "catalog.logo": lambda url: {"catalog": {"logo": url}},
    "catalog.mark": lambda url: {"catalog": {"mark": url}},
    "catalog.screenshots": lambda url: {"catalog": {"screenshots": [{"url": url}]}},
}
URL = "https://acme.example/page"


@pytest.mark.parametrize("item", PAGE_ITEMS)
@pytest.mark.parametrize("status", [401, 403, 405, 429, 500, 503])
async def test_a_status_that_tells_nothing_never_fails(item, status):
    assert await outcome(item, {URL: Page(HOME, status=status)}, **PAGE_ITEMS[item](URL)) is UNKNOWN


@pytest.mark.parametrize("item", PAGE_ITEMS)
@pytest.mark.parametrize("trouble", ["deadline", "connect", "tls", "robots", "rate_limited", "server", "bot_wall"])
async def test_trouble_on_the_way_never_fails(item, trouble):
    assert await outcome(item, {URL: Page(trouble=trouble)}, **PAGE_ITEMS[item](URL)) is UNKNOWN


@pytest.mark.parametrize("item", PAGE_ITEMS)
@pytest.mark.parametrize("status", [404, 410])
async def test_a_page_that_is_gone_fails(item, status):
    found = await look(item, {URL: Page("gone", status=status)}, **PAGE_ITEMS[item](URL))
    assert found.outcome is FAILED
    assert str(status) in found.summary


@pytest.mark.parametrize("item", PAGE_ITEMS)
async def test_an_address_that_cannot_be_right_fails(item):
    assert await outcome(item, {URL: Page(trouble="address", refused=True)}, **PAGE_ITEMS[item](URL)) is FAILED


@pytest.mark.parametrize("kind", ["url", "scheme", "port", "address"])
@pytest.mark.parametrize("item", PAGE_ITEMS)
async def test_where_a_redirect_points_is_no_fault_of_the_address_given(item, kind):
    web = Redirected({URL: Page(trouble=kind, refused=True)})
    assert await outcome(item, web, **PAGE_ITEMS[item](URL)) is UNKNOWN


@pytest.mark.parametrize("item", PAGE_ITEMS)
async def test_a_name_that_is_not_known_here_never_fails(item):
    assert await outcome(item, {}, **PAGE_ITEMS[item](URL)) is UNKNOWN


@pytest.mark.parametrize("item", PAGE_ITEMS)
async def test_an_answer_too_large_to_read_never_fails(item):
    assert await outcome(item, {URL: Page(trouble="size", refused=True)}, **PAGE_ITEMS[item](URL)) is UNKNOWN


@pytest.mark.parametrize(
    "item",
    [
        *PAGE_ITEMS,
        "access.email",
        "access.survey",
        "access.agreements",
        "test.account",
        "test.spec",
        "test.https",
        "test.delivery",
        "catalog.description",
        "catalog.categories",
        "catalog.support",
        "marketing.shared",
        "marketing.utm",
        "security.guidance",
        "replay.info",
    ],
)
async def test_a_missing_part_fails_its_item_and_says_how_to_fix_it(item):
    assert await outcome(item) is FAILED


# --- access --------------------------------------------------------------------------------------------------


async def test_a_small_company_registered_somewhere_is_not_parked():
    small = (
        "<title>Acme</title><p>We keep your domain name safe. Registered at 12 High Street, London. Buy our guide.</p>"
    )
    assert await outcome("access.website", {URL: small}, partner={"name": "Acme", "website": URL}) is PASSED


async def test_a_parked_website_fails():
    parked = "<title>acme.example is for sale</title><p>This domain is for sale. Buy this domain now.</p>"
    assert await outcome("access.website", {URL: parked}, partner={"name": "Acme", "website": URL}) is FAILED
    assert await outcome("access.website", {URL: HOME}, partner={"name": "Acme", "website": URL}) is PASSED


@pytest.mark.parametrize(
    ("address", "website", "expected"),
    [
        ("jo@acme.co.uk", "https://www.acme.co.uk", PASSED),
        ("jo@mail.acme.com", "https://docs.acme.com/x", PASSED),
        ("jo@acme.com", "acme.com", PASSED),
        ("jo@müller.de", "https://www.müller.de", PASSED),
        ("jo@gmail.com", "https://acme.com", FAILED),
        ("jo@other.com", "https://acme.com", FAILED),
        ("jo@evil.co.uk", "https://acme.co.uk", FAILED),
        ("Jo <jo@acme.com>", "https://acme.com", FAILED),
        ("jo@acme.com", None, UNKNOWN),
        ("jo@acme.com", "https://192.0.2.7", UNKNOWN),
    ],
)
async def test_the_mail_domain_belongs_to_the_website(address, website, expected):
    partner = {"name": "Acme", "contact_email": address, "website": website}
    assert await outcome("access.email", kind="access", partner=partner) is expected


@pytest.mark.parametrize(
    ("address", "page", "expected"),
    [
        ("jo@acme-corp.com", Page(HOME, leads_to="https://www.acme-corp.com/en"), PASSED),
        ("jo@acme-corp.com", f"{HOME}<p>Write to hello@acme-corp.com</p>", WARNED),
        ("jo@acme-corp.com", f"{HOME}<p>Write to hello@acme-corp.com.evil.example</p>", FAILED),
        ("jo@acme.io", HOME, UNKNOWN),
        ("jo@other.com", Page(trouble="deadline"), UNKNOWN),
        ("jo@other.com", Page(status=503), UNKNOWN),
        ("jo@other.com", HOME, FAILED),
    ],
)
async def test_a_company_may_have_more_than_one_domain(address, page, expected):
    partner = {"name": "Acme", "contact_email": address, "website": URL.replace("acme.example", "acme.com")}
    assert await outcome("access.email", {partner["website"]: page}, kind="access", partner=partner) is expected


async def test_every_missing_answer_is_named():
    answers = {
        "company_name": "Acme",
        "website": "https://acme.com",
        "data_in": "API",
        "data_goes": "Live",
        "used_for": "x y",
    }
    found = await look("access.survey", kind="access", access={"survey": answers})
    assert found.fix == "Answer `access.survey.heard_from`."
    full = {"survey": answers | {"heard_from": "a customer"}, "customer_requests": ["Globex"]}
    assert (await look("access.survey", kind="access", access=full)).facts["customer_requests"] == 1


async def test_both_agreements_are_needed():
    assert await outcome("access.agreements", access={"agreements": {"privacy_policy": True}}) is FAILED
    both = {"privacy_policy": True, "partner_agreement": True}
    assert await outcome("access.agreements", access={"agreements": both}) is PASSED


# --- catalog -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x" * 500, PASSED), ("x" * 501, FAILED), ("short", FAILED), ("Send ADD WHAT YOU SEND to your tool", FAILED)],
)
async def test_a_description_has_at_most_five_hundred_characters(text, expected):
    assert await outcome("catalog.description", catalog={"description": text}) is expected


async def test_formatting_does_not_count_as_text():
    text = f"**{'x' * 490}** [here](https://acme.example/{'y' * 200})"
    assert await outcome("catalog.description", catalog={"description": text}) is PASSED


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["Analytics"], PASSED),
        (["Analytics", "CRM"], PASSED),
        (["Analytics", "CRM", "Email"], WARNED),
        (["Live chat"], WARNED),
        (["Analytics", "analytics"], FAILED),
        (["Blockchain"], FAILED),
    ],
)
async def test_categories_come_from_the_programmes_list(chosen, expected):
    assert await outcome("catalog.categories", catalog={"categories": chosen}) is expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (svg(), PASSED),
        (svg('width="200px" height="50px"'), PASSED),
        (svg('viewBox="0 0 50 50"'), WARNED),
        (svg(""), WARNED),
        (svg(inner="<script>alert(1)</script>"), FAILED),
        (svg(inner='<rect onclick="x()"/>'), FAILED),
        (svg(inner='<image href="https://evil.example/x.png"/>'), FAILED),
        (svg(inner="<style>@import 'https://evil.example/x.css';</style>"), FAILED),
        (Page("<html></html>", content_type="image/svg+xml"), FAILED),
        (Page('<!DOCTYPE s [<!ENTITY a "b">]><svg>&a;</svg>', content_type="image/svg+xml"), FAILED),
        (png(400, 100), FAILED),
    ],
)
async def test_a_logo_is_a_plain_svg(page, expected):
    assert await outcome("catalog.logo", {URL: page}, catalog={"logo": URL}) is expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [(svg('viewBox="0 0 50 50"'), PASSED), (svg('viewBox="0 0 50 51"'), PASSED), (svg(), FAILED), (svg(""), UNKNOWN)],
)
async def test_a_mark_is_square(page, expected):
    assert await outcome("catalog.mark", {URL: page}, catalog={"mark": URL}) is expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [(png(1200, 800), PASSED), (png(300, 200), FAILED), (Page(b"no image", content_type="image/png"), FAILED)],
)
async def test_screenshots_are_real_images_of_a_readable_size(page, expected):
    assert await outcome("catalog.screenshots", {URL: page}, catalog={"screenshots": [{"url": URL}]}) is expected


async def test_an_image_that_is_not_measured_is_for_a_person():
    shot = Page(b"....ftypavif", content_type="image/avif")
    assert await outcome("catalog.screenshots", {URL: shot}, catalog={"screenshots": [{"url": URL}]}) is UNKNOWN


async def test_a_catalog_website_without_https_is_told():
    plain = URL.replace("https", "http")
    assert await outcome("catalog.website", {plain: HOME}, catalog={"website": plain}) is WARNED
    assert await outcome("catalog.website", {URL: HOME}, catalog={"website": URL}) is PASSED


# --- documentation and announcement ---------------------------------------------------------------------------

ABOUT = f"""<title>Connect Segment with Acme</title><h1>Segment integration</h1>
<p>Send events from Segment to Acme. {WORDS}</p><h2>Set up</h2>
<ol><li>Open your Segment workspace</li><li>Add the Acme destination from Segment's catalog</li></ol>"""


async def test_documentation_about_the_integration_passes():
    assert await outcome("docs.partner", {URL: ABOUT}, documentation={"partner_url": URL}) is PASSED
    assert await outcome("docs.partner", {URL: HOME}, documentation={"partner_url": URL}) is FAILED


async def test_a_page_of_the_marketplace_is_not_the_partners_own():
    theirs = "https://segment.com/docs/acme"
    assert await outcome("docs.partner", {theirs: ABOUT}, documentation={"partner_url": theirs}) is FAILED


async def test_a_rendered_page_is_no_draft_to_compare():
    assert await outcome("docs.segment", {URL: ABOUT}, documentation={"segment_url": URL}) is UNKNOWN


async def test_an_integrations_page_lists_the_marketplace():
    tiles = f"<title>Integrations</title><h1>Integrations</h1><p>{WORDS}</p>"
    listed = tiles + '<a href="/x"><img src="s.svg" alt="Segment"></a>'
    marketing = {"integrations_page": URL}
    assert await outcome("marketing.integrations_page", {URL: listed}, marketing=marketing) is PASSED
    assert await outcome("marketing.integrations_page", {URL: tiles}, marketing=marketing) is FAILED


async def test_segments_of_users_are_no_integration():
    feature = f"<title>Integrations</title><p>{WORDS}</p><h2>Segments</h2><p>Create a Segment of users. The Segment rules.</p>"
    assert await outcome("marketing.integrations_page", {URL: feature}, marketing={"integrations_page": URL}) is FAILED


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ('<meta property="article:published_time" content="2026-11-01T08:00:00Z">', PASSED),
        ('<script type="application/ld+json">{"@graph":[{"datePublished":"2026-11-01"}]}</script>', PASSED),
        ("<article><time datetime='2026-11-01'>1 Nov</time></article>", PASSED),
        ("<p>Published on 1 November 2026</p>", WARNED),
        ('<meta property="article:published_time" content="2027-01-01">', UNKNOWN),
    ],
)
async def test_a_post_declares_its_date(declared, expected):
    post = f"{declared}<title>Announcing our integration with Segment</title>{ABOUT}"
    assert await outcome("marketing.blog_post", {URL: post}, marketing={"blog_post": URL}) is expected


@pytest.mark.parametrize(
    ("letter", "expected"),
    [
        ("Dear customers, today we launch our integration with Segment: " + WORDS, PASSED),
        ("Dear customers, we have news about segments of users: " + WORDS, FAILED),
        ("Works with Segment now.", FAILED),
        ("Segment: it is there. " + WORDS, UNKNOWN),
    ],
)
async def test_without_a_blog_the_announcement_by_mail_is_fine(letter, expected):
    assert await outcome("marketing.blog_post", marketing={"email_announcement": letter}) is expected


POST, PROFILE = "https://x.com/acme/status/123", "https://x.com/acme"
LINKED = "https://www.linkedin.com/posts/acme_segment-activity-1"


@pytest.mark.parametrize(
    ("shared", "expected"),
    [
        ([POST, LINKED], WARNED),
        ([PROFILE, LINKED], FAILED),
        ([POST], FAILED),
        (["https://x.com.evil.example/a/status/1", LINKED], FAILED),
        (["https://mobile.twitter.com/acme/status/1", "https://de.linkedin.com/pulse/acme-segment"], WARNED),
        (["https://x.com/i/status/1", "https://www.linkedin.com/embed/feed/update/urn:li:share:1"], WARNED),
        ([POST, "https://www.linkedin.com/company/acme/?updateEntityUrn=urn%3Ali%3Afs_feedUpdate"], WARNED),
        ([POST, "https://lnkd.in/d4fGh7"], UNKNOWN),
        (["https://t.co/AbC123xyz", LINKED], UNKNOWN),
        (["https://www.acme.example/blog", LINKED], FAILED),
    ],
)
async def test_posts_on_both_networks_are_given(shared, expected):
    assert await outcome("marketing.shared", marketing={"shared": shared}) is expected


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://segment.com/?utm_source=acme&utm_medium=docs&utm_campaign=partners", PASSED),
        ("https://segment.com/docs", WARNED),
        ("https://app.segment.com/x?utm_source=a&utm_medium=b&utm_campaign=", WARNED),
        ("https://app.segment.com/enable?integration=acme", PASSED),
        ("https://cdn.segment.com/analytics.js", PASSED),
        ("https://notsegment.com/", PASSED),
    ],
)
async def test_links_to_the_marketplace_carry_the_utm_parameters(href, expected):
    page = f'{HOME}<a href="{href}">here</a>'
    assert await outcome("marketing.utm", {URL: page}, documentation={"partner_url": URL}) is expected


async def test_links_that_could_not_be_read_are_unknown():
    documentation, marketing = {"partner_url": URL}, {"blog_post": f"{URL}/2"}
    pages = {URL: HOME, f"{URL}/2": Page(trouble="deadline")}
    assert await outcome("marketing.utm", pages, documentation=documentation, marketing=marketing) is UNKNOWN


# --- security, replays, account, membership -----------------------------------------------------------------------


async def test_a_security_txt_is_noted():
    security = {"guidance_read": True, "acceptable_use_accepted": True, "contact": "security@acme.example"}
    pages = {
        "https://acme.example/.well-known/security.txt": Page(
            "Contact: mailto:s@acme.example", content_type="text/plain"
        )
    }
    partner = {"name": "Acme", "website": "https://acme.example/home"}
    noted = await look("security.guidance", pages, security=security, partner=partner)
    assert noted.facts["security_txt"] is True
    without = await look("security.guidance", {}, security=security, partner=partner)
    assert (without.outcome, without.facts["security_txt"]) == (PASSED, False)
    assert await outcome("security.guidance", security=security | {"contact": "us"}) is FAILED
    assert await outcome("security.guidance", security=security | {"contact": "mailto:s@acme.example"}) is PASSED


async def test_each_open_question_on_replays_is_named():
    stream = [{"kind": "subscription"}]
    found = await look("replay.info", components=stream, replay={"accepts_replays": False})
    assert found.facts["missing"] == ["honours_timestamp", "rate_limits"]
    answered = {"accepts_replays": False, "honours_timestamp": True, "rate_limits": "none"}
    assert await outcome("replay.info", replay=answered) is PASSED


async def test_a_test_account_has_a_name_and_a_secret():
    assert await outcome("test.account", test_account={"username": "u", "secret": " "}) is FAILED
    found = await look("test.account", test_account={"username": "u", "secret": "s3cret"})
    assert found.outcome is PASSED
    assert "s3cret" not in repr(found)


async def test_membership_is_shown_and_never_required():
    assert await outcome("select.member", select_member=True) is PASSED
    assert await outcome("select.member") is NOT_APPLICABLE


# --- the endpoint --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("endpoint", "page", "expected"),
    [
        (URL, Page("", status=405), PASSED),
        (URL, Page("", status=500), PASSED),
        (URL, Page("{}", content_type="application/json"), PASSED),
        (URL, Page(trouble="tls"), FAILED),
        (URL, Page(trouble="address", refused=True), FAILED),
        (URL, Page(trouble="deadline"), UNKNOWN),
        ("http://acme.example/page", Page(""), FAILED),
    ],
)
async def test_an_endpoint_has_https_with_a_good_certificate(endpoint, page, expected):
    components = [{"kind": "subscription", "endpoint": endpoint}]
    assert await outcome("test.https", {endpoint: page}, components=components) is expected


# --- graduation ---------------------------------------------------------------------------------------------------


def used(customer, days_ago=1, **more):
    return {
        "integration": "acme",
        "customer": customer,
        "last_success_at": (AT - timedelta(days=days_ago)).isoformat(),
        **more,
    }


@pytest.mark.parametrize(("names", "expected"), [("abc", PASSED), ("ab", FAILED), ("", FAILED)])
async def test_three_customers_are_enough(tmp_path, names, expected):
    file = tmp_path / "customers.csv"
    rows = [f"acme,{name},production,2026-11-20T00:00:00Z" for name in names]
    file.write_text("\n".join(["integration,customer,environment,last_success_at", *rows]))
    os.utime(file, (AT.timestamp(), AT.timestamp()))
    found = await look("customers.active", kind="graduation", customers=CustomersFile(file))
    assert found.outcome is expected
    assert "file customers.csv, as of 2026-11-23T09:00:00Z" in found.evidence[0].seen


async def test_the_source_is_asked_for_the_window_of_the_rulebook():
    source = CustomersFake()
    await look("customers.active", kind="graduation", customers=source)
    assert source.asked == [("acme", AT - timedelta(days=30), AT)]


EACH_REASON = [
    used("Gullwing Rail"),
    used("Peat & Paper"),
    used("Velvet Anvil", affiliated=True),
    used("Harrow & Pine", environment="staging"),
    used("Museum of Tides", days_ago=90),
]
NAMES = [row["customer"] for row in EACH_REASON]


async def test_how_many_is_told_and_never_who():
    found = await look("customers.active", kind="graduation", customers=CustomersFake(EACH_REASON))
    assert found.summary == (
        "2 of 3 customers use acme actively (left out: 1 affiliated, 1 not production, 1 not recent)"
    )
    [shown] = found.evidence
    assert shown.seen == (
        "the fake customers, as of 2026-11-23T09:00:00Z: 2 active, 1 affiliated, 1 not production, 1 not recent"
    )
    said = repr(found).casefold()
    assert [name for name in NAMES if name.casefold() in said] == []


async def test_those_who_count_are_kept_as_hashes_under_the_salt_of_the_installation():
    def customers_of(found):
        return found.facts["customers"]

    first = await look("customers.active", kind="graduation", customers=CustomersFake(EACH_REASON), salt=b"one")
    again = await look("customers.active", kind="graduation", customers=CustomersFake(EACH_REASON[::-1]), salt=b"one")
    other = await look("customers.active", kind="graduation", customers=CustomersFake(EACH_REASON), salt=b"two")
    assert customers_of(first) == customers_of(again)
    assert not set(customers_of(first)) & set(customers_of(other))
    assert [len(customer) for customer in customers_of(first)] == [16, 16]


async def test_of_many_customers_some_hashes_are_enough():
    rows = [used(f"customer {number}") for number in range(500)]
    found = await look("customers.active", kind="graduation", customers=CustomersFake(rows))
    assert (found.facts["active"], len(found.facts["customers"])) == (500, 50)


@pytest.mark.parametrize(
    ("partner", "customer", "counts"),
    [
        ({"website": "https://www.acme.example/"}, {"domain": "eu.acme.example"}, False),
        ({"contact_email": "jo@acme.example"}, {"domain": "someone@mail.acme.example"}, False),
        ({"website": "https://acme.co.uk"}, {"domain": "other.co.uk"}, True),
        ({"website": "https://acme.example"}, {"domain": ["b.test", "https://ACME.example/team"]}, False),
        ({"contact_email": "jo@gmail.com"}, {"domain": "ann@gmail.com"}, True),
        ({"website": "acme.example"}, {"domain": "notacme.example"}, True),
        ({}, {"domain": "app.segment.com"}, False),
        ({}, {"domain": "twilio.com"}, False),
        ({}, {"customer": "twilio  SEGMENT"}, False),
        ({}, {"customer": "Segmentation Ltd"}, True),
    ],
)
async def test_who_belongs_to_the_partner_or_is_on_the_programmes_list_does_not_count(partner, customer, counts):
    rows = [used("a"), used("b"), {**used("c"), **customer}]
    found = await look(
        "customers.active", kind="graduation", partner={"name": "Acme", **partner}, customers=CustomersFake(rows)
    )
    assert (found.outcome, found.facts["affiliated"]) == ((PASSED, 0) if counts else (FAILED, 1))


@pytest.mark.parametrize(("age", "names", "expected"), [(3, "ab", FAILED), (4, "ab", UNKNOWN), (20, "abc", PASSED)])
async def test_an_old_count_can_show_that_there_are_enough_and_not_that_some_lack(age, names, expected):
    source = CustomersFake([used(name, days_ago=21) for name in names], as_of=AT - timedelta(days=age))
    assert await outcome("customers.active", kind="graduation", customers=source) is expected


async def test_without_a_source_nobody_can_tell():
    assert await outcome("customers.active", kind="graduation") is UNKNOWN


async def test_a_source_that_cannot_be_read_is_unknown_and_says_why():
    found = await look("customers.active", kind="graduation", customers=CustomersFake(trouble="it is away"))
    assert found.outcome is UNKNOWN
    assert found.summary == "the source of customers could not be read; the programme's team looks into it"
    assert [shown.seen for shown in found.evidence] == ["the fake customers: it is away"]


async def test_the_launch_holds_while_nothing_has_fallen():
    def launch(said):
        items = V1.items_of(GateName.PUBLIC_BETA)
        from checklist.outcome import CheckResult

        results = [CheckResult(item.id, said.get(item.id, PASSED), "s") for item in items]
        return verdict(V1, GateName.PUBLIC_BETA, (), results, on=date(2026, 11, 23))

    assert await outcome("launch.holds", kind="graduation", launch=launch({})) is PASSED
    assert await outcome("launch.holds", kind="graduation", launch=launch({"docs.partner": UNKNOWN})) is WARNED
    assert await outcome("launch.holds", kind="graduation", launch=launch({"docs.partner": FAILED})) is FAILED
    assert await outcome("launch.holds", kind="graduation") is UNKNOWN


def test_every_kind_of_submission_has_a_gate_with_items():
    assert all(V1.items_of(gate) for gate in GATE_OF_KIND.values())
