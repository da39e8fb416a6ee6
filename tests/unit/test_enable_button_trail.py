"""Following the enable button: what is asked, what the answers decide, and what they never decide."""

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.button_leads import is_named
from checklist.button_trail import REFUSALS, Trail, judge_trail
from checklist.canned_web import CannedWeb, Page
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.fetch import Fetched, Hop
from checklist.judgement import Judgement, Question
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from models.enums import GateName, Outcome

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
V1 = Rulebook.load("v1")
PASSED, WARNED, FAILED, UNKNOWN, _ = Outcome
WORDS = "<p>" + "Our product shows teams where people leave, and why. " * 10 + "</p>"
URL = "https://acme.example/segment"
BACK = "https://app.acme.example/callback"
RIGHT = {
    "response_type": "code",
    "client_id": "d1ce4e85-0a89-4ff9-9180-ec01dfdfee40",
    "scope": "destination/acme",
    "redirect_uri": BACK,
    "state": "a-secret-of-this-visitor",
}
PLACE = V1.oauth.authorize[0]
LOGIN = "https://app.segment.com/login"
LOGIN_PAGE = Page("<title>Log in</title><h1>Log in</h1><input type=password>")


def authorize(**change):
    parameters = {name: value for name, value in (RIGHT | change).items() if value is not None}
    return f"{PLACE}?{urlencode(parameters)}"


def to(location, status=302):
    return Page(status=status, headers={"location": location})


def link(href, name="Enable with Segment"):
    return f'{WORDS}<a href="{href}">{name}</a>'


async def look(page, pages=(), *, after_launch=False):
    web = CannedWeb({URL: page, **dict(pages)})
    document = {
        "external_id": "a",
        "kind": "graduation",
        "partner": {"name": "Acme", "website": "https://www.acme.example/"},
        "integration": {"slug": "acme", "name": "Acme"},
        "oauth": {"page": URL},
    }
    context = Context(web, AT, after_launch=after_launch)
    (found,) = await run_checks(Dossier.parse(document), V1, GateName.PUBLIC, context, only=["oauth.button"])
    if found.outcome is FAILED:
        assert found.fix
        assert found.expected
    return found, web.asked


# --- a button of the partner's own ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html",
    [
        link("/auth/segment"),
        link("https://app.acme.example/auth/segment"),
        link("/auth/segment", '<img src=b.svg alt="Enable with Segment">'),
        link("/auth/segment", "Connect your Twilio Segment account"),
        WORDS + '<form action="/auth/segment"><button>Enable with Segment</button></form>',
        WORDS + '<form><input type=submit formaction="/auth/segment" value="Enable with Segment"></form>',
        WORDS + "<button onclick=\"window.location.href = '/auth/segment'\">Enable with Segment</button>",
        WORDS + '<div role=button data-href="/auth/segment">Enable with Segment</div>',
    ],
)
async def test_a_button_that_is_sent_on_to_the_authorize_address_passes(html):
    way = {f"https://{host}/auth/segment": to(authorize()) for host in ("acme.example", "app.acme.example")}
    found, asked = await look(html, {**way, authorize(): to(LOGIN), LOGIN: LOGIN_PAGE})
    assert (found.outcome, asked[-1]) == (PASSED, LOGIN), found.summary
    assert "leads to app.segment.com's login" in found.summary


async def test_the_address_it_is_sent_on_to_is_held_to_everything_a_direct_one_is():
    found, asked = await look(link("/go"), {"https://acme.example/go": to(authorize(scope="workspace", state=None))})
    assert found.outcome is FAILED
    assert "it has no state" in found.summary
    assert "not approved" in found.summary
    assert asked == [URL, "https://acme.example/go"]


async def test_a_form_whose_hidden_fields_make_the_request_is_a_direct_button():
    fields = "".join(f'<input type=hidden name={name} value="{value}">' for name, value in RIGHT.items())
    found, _ = await look(f'{WORDS}<form action="{PLACE}">{fields}<button>Go</button></form>')
    assert found.outcome is PASSED
    sent, asked = await look(f'{WORDS}<form method=post action="{PLACE}">{fields}<button>Go</button></form>')
    assert (sent.outcome, asked) == (PASSED, [URL])


@pytest.mark.parametrize(
    ("end", "said"),
    [
        (to("/login?next=/go"), "login of the partner's site first"),
        (to("https://accounts.elsewhere.example/x"), "leads to accounts.elsewhere.example first"),
        (LOGIN_PAGE, "login of the partner's site first"),
        (Page("<div id=root></div><script src=a.js></script>"), "filled by scripts"),
        (Page("no", status=401), "answers 401"),
        (Page("no", status=403), "answers 403"),
        (Page("no", status=405), "answers 405"),
        (Page(trouble="deadline"), "could not be followed"),
        (Page(trouble="robots"), "could not be followed"),
        (to("/home"), "another page for whoever is not signed in"),
    ],
)
async def test_what_a_stranger_does_not_get_to_see_is_left_to_a_person(end, said):
    pages = {
        "https://acme.example/go": end,
        "https://acme.example/login?next=/go": Page(WORDS * 5),
        "https://acme.example/home": Page(WORDS),
    }
    found, _ = await look(link("/go"), pages)
    assert (found.outcome, said in found.summary) == (UNKNOWN, True), found.summary


@pytest.mark.parametrize("end", [Page(WORDS), Page("gone", status=404), Page("gone", status=410), to("/go/", 301)])
async def test_a_button_that_plainly_leads_nowhere_fails(end):
    found, _ = await look(link("/go"), {"https://acme.example/go": end, "https://acme.example/go/": Page(WORDS)})
    assert found.outcome is FAILED
    assert "“Enable with Segment” did not lead to Segment's authorize address" in found.summary


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<form method=post action="/go"><button>Enable with Segment</button></form>', "a form that has to be sent"),
        ('<a href="/go" data-method="post">Enable with Segment</a>', "a form that has to be sent"),
        ("<button>Enable with Segment</button>", "only a script of the page knows"),
        ('<a href="#">Enable with Segment</a>', "only a script of the page knows"),
        ('<a href="javascript:go()">Enable with Segment</a>', "only a script of the page knows"),
    ],
)
async def test_nothing_is_ever_sent_and_no_script_is_run(html, said):
    found, asked = await look(WORDS + html)
    assert (found.outcome, said in found.summary, asked) == (UNKNOWN, True, [URL]), found.summary


@pytest.mark.parametrize(
    "html",
    [
        link("https://elsewhere.example/go"),
        link("https://acme.example.evil.example/go"),
        link("/integrations/segment/disconnect"),
        link("/go?action=delete"),
        link("/logout"),
        link("mailto:sales@acme.example"),
        link("/go", "Read more about Segment"),
        link("/go", "Create a segment"),
        link("/go", "Whoever wants to can enable our integration with Segment at any time of day"),
    ],
)
async def test_what_is_no_button_of_the_partners_own_is_not_asked(html):
    found, asked = await look(html)
    assert asked == [URL]
    assert found.outcome in {FAILED, UNKNOWN}


async def test_at_most_three_are_followed_and_the_ones_that_enable_first():
    links = "".join(f'<a href="/{number}">Connect Segment</a>' for number in range(9))
    found, asked = await look(
        WORDS + links + '<a href="/last">Enable with Segment</a>',
        {f"https://acme.example/{name}": Page(WORDS) for name in (*range(9), "last")},
    )
    assert found.outcome is FAILED
    assert asked == [URL, *(f"https://acme.example/{name}" for name in ("last", 0, 1))]


async def test_a_site_that_does_not_answer_is_not_asked_again():
    links = link("/a") + link("/b") + link("/c")
    _, asked = await look(links, {"https://acme.example/a": Page(trouble="deadline")})
    assert asked == [URL, "https://acme.example/a"]


async def test_the_button_may_stand_on_the_page_that_the_given_one_leads_to():
    found, _ = await look(link("/connect"), {"https://acme.example/connect": Page(link(authorize()))})
    assert found.outcome is PASSED
    assert "“Enable with Segment” leads to the button's address" in found.summary


# --- the authorize address ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", REFUSALS)
@pytest.mark.parametrize("way", ["sent back", "fallback page", "fallback that breaks", "JSON", "page"])
async def test_what_the_server_refuses_fails_in_its_own_words(error, way):
    said = urlencode({"error": error, "error_description": "No\x1b[31m such\nthing " + "x" * 999})
    fallback = f"https://id.segmentapis.com/oauth2/fallbacks/error?{said}"
    pages = {
        "sent back": {authorize(): to(f"{BACK}?{said}")},
        "fallback page": {authorize(): to(fallback), fallback: Page("<h1>Oops</h1>", status=400)},
        "fallback that breaks": {authorize(): to(fallback), fallback: Page(trouble="server")},
        "JSON": {authorize(): Page(f'{{"error": "{error}"}}', status=400, content_type="application/json")},
        "page": {authorize(): Page(f"<title>Error</title><p>{error}: no such thing</p>", status=400)},
    }[way]
    found, asked = await look(link(authorize()), pages)
    assert found.outcome is FAILED, found.summary
    assert f"id.segmentapis.com answers {error}" in found.summary
    assert found.summary.isprintable()
    assert len(found.summary) < 400
    assert not any(address.startswith(BACK) for address in asked)


@pytest.mark.parametrize(
    "answer",
    [
        *(Page("{}", status=status) for status in (200, 400, 401, 403, 405)),
        Page('{"error": "invalid_client"}', status=401, content_type="application/json"),
        Page('{"error": "invalid_client"}', status=403, content_type="application/json"),
        Page('{"error": ["invalid_client"]}', status=400, content_type="application/json"),
        Page("[" * 100_000, status=400, content_type="application/json"),
        *(Page(trouble=kind) for kind in ("deadline", "robots", "server", "rate_limited", "bot_wall", "tls")),
        Page(trouble="address", refused=True),
        *(to(f"{BACK}?error={error}") for error in ("server_error", "temporarily_unavailable", "access_denied")),
        to(f"{BACK}?error=login_required&error_description=invalid_client"),
        to(f"{LOGIN}?hint=invalid_client"),
        Page(f"<title>Docs</title><p>{WORDS * 9}</p><p>invalid_client</p>"),
    ],
)
@pytest.mark.parametrize("after_launch", [False, True])
async def test_what_says_nothing_about_the_button_leaves_it_as_the_page_shows_it(answer, after_launch):
    pages = {authorize(): answer, f"{LOGIN}?hint=invalid_client": LOGIN_PAGE}
    found, asked = await look(link(authorize()), pages, after_launch=after_launch)
    assert found.outcome is PASSED, found.summary
    assert not any(address.startswith(BACK) for address in asked)


@pytest.mark.parametrize("status", [404, 410])
async def test_no_button_is_to_blame_when_the_authorize_place_or_a_page_behind_it_is_gone(status):
    found, _ = await look(link(authorize()), {authorize(): Page("gone", status=status)})
    assert (found.outcome, str(status) in found.summary) == (PASSED, True)
    behind, _ = await look(link(authorize()), {authorize(): to(LOGIN), LOGIN: Page("gone", status=status)})
    assert behind.outcome is PASSED


async def test_one_button_that_works_is_enough():
    refused = authorize(client_id="another")
    pages = {refused: to(f"{BACK}?error=invalid_client"), authorize(): to(LOGIN), LOGIN: LOGIN_PAGE}
    found, _ = await look(link(refused) + link(authorize()), pages)
    assert found.outcome is PASSED


async def test_the_enable_address_is_followed_too():
    address = f"{V1.oauth.enable}?integration=acme"
    found, asked = await look(link(address), {address: to(LOGIN), LOGIN: LOGIN_PAGE})
    assert (found.outcome, asked) == (PASSED, [URL, address, LOGIN])
    gone, _ = await look(link(address), {address: Page("no such integration", status=404)})
    assert gone.outcome is FAILED


@pytest.mark.parametrize(
    "script",
    [
        f"location = `{PLACE}?client_id=${{id}}&response_type=code&redirect_uri=${{back}}&scope=destination/acme&state=${{s}}`",
        f"location = '{PLACE}?response_type=code&client_id=' + id + '&state=' + s",
        f"location = '{PLACE}?' + new URLSearchParams(request)",
        f"location = '{PLACE}'.concat(query)",
    ],
)
async def test_an_address_that_a_script_completes_is_not_asked_and_not_held_against_anybody(script):
    found, asked = await look(f"{WORDS}<script>{script}</script>")
    assert found.outcome in {PASSED, UNKNOWN}, found.summary
    assert asked == [URL]


async def test_an_address_that_a_script_carries_escaped_is_read_as_it_is():
    escaped = authorize().replace("&", "\\u0026").replace("/", "\\/")
    found, asked = await look(f'{WORDS}<script>window.data = {{"url": "{escaped}"}}</script>')
    assert (found.outcome, asked) == (PASSED, [URL, authorize()])


async def test_nothing_that_was_made_for_one_visitor_is_kept():
    on = f"{LOGIN}?login_challenge=for-this-visitor"
    found, _ = await look(
        link("/go"), {"https://acme.example/go": to(authorize()), authorize(): to(on), on: LOGIN_PAGE}
    )
    kept = f"{found.summary} {found.evidence} {found.facts}"
    assert found.outcome is PASSED
    assert "secret-of-this-visitor" not in kept
    assert "for-this-visitor" not in kept
    assert RIGHT["client_id"] in kept


# --- whatever a server says ---------------------------------------------------------------------------------------

ADDRESSES = st.one_of(
    st.text(max_size=60),
    st.builds(
        lambda host, query: f"https://{host}/x?{query}",
        st.sampled_from(["id.segmentapis.com", "app.acme.example"]),
        st.text(max_size=60),
    ),
)


@given(
    hops=st.lists(ADDRESSES, max_size=5),
    location=ADDRESSES,
    status=st.integers(100, 599),
    text=st.text(max_size=200),
    content_type=st.sampled_from(["application/json", "text/html", ""]),
)
def test_any_answer_is_either_a_refusal_with_a_fix_or_leaves_the_button_as_it_was(
    hops, location, status, text, content_type
):
    fetched = Fetched(
        "ok",
        authorize(),
        authorize(),
        AT,
        status=status,
        hops=tuple(Hop(PLACE, 302, hop, "") for hop in hops),
        headers={"location": location},
        text=text,
        content_type=content_type,
    )
    found = judge_trail(Judgement(PASSED, "the page has it"), Trail(fetched), Question(V1, slug="acme"))
    assert found.outcome in {PASSED, FAILED}
    if found.outcome is FAILED:
        assert found.fix
        assert found.signals["answered"] in {*REFUSALS, "404", "410"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Enable with Segment", True),
        ("ENABLE WITH SEGMENT", True),
        ("Connect to Segment", True),
        ("Connect Twilio Segment", True),
        ("Integrate with Segment.com", True),
        ("Add to Segment", True),
        ("Add a segment", False),
        ("Enable segments", False),
        ("Connect with a segment of users", False),
        ("Segment", False),
        ("Enable", False),
        ("Enable with Segment " * 9, False),
    ],
)
def test_a_button_is_known_by_its_name(text, expected):
    assert is_named(text, V1.programme) is expected
