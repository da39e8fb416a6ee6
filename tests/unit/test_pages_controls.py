"""What can be pressed on a page, and where that leads as far as the markup tells."""

import pytest

from checklist.pages import Control, Saved, facts_of
from checklist.pages.controls import LONGEST_VALUE, MOST_CONTROLS, MOST_FIELDS


def controls(html):
    return facts_of(Saved(f"<p>Words.</p>{html}", url="https://acme.example/docs/")).controls


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<form action=/go><button>Go</button></form>", Control("Go", "get", "https://acme.example/go")),
        ("<form method=POST><input type=submit value=Go></form>", Control("Go", "post", "https://acme.example/docs/")),
        ('<form action=/go><input type=image alt="Go on"></form>', Control("Go on", "get", "https://acme.example/go")),
        (
            "<form action=/go><button formaction=x formmethod=post>Go</button></form>",
            Control("Go", "post", "https://acme.example/docs/x"),
        ),
        ("<form action=/go>Words of it</form>", Control("Words of it", "get", "https://acme.example/go")),
        ("<form action=/go><button type=button>Menu</button></form>", Control("Menu", "script")),
        ("<button onclick=\"location.assign('/go')\">Go</button>", Control("Go", "get", "https://acme.example/go")),
        ("<button onclick=\"open('https://b.example/')\">Go</button>", Control("Go", "get", "https://b.example/")),
        ("<div role=button aria-label=Go></div>", Control("Go", "script")),
        ("<a>Go</a>", Control("Go", "script")),
        ("<a href=/go data-method=post>Go</a>", Control("Go", "post", "https://acme.example/go")),
        ("<a href='#' role=button>Go</a>", Control("Go", "script")),
    ],
)
def test_each_kind_of_control_is_read(html, expected):
    assert controls(html)[0] == expected


def test_a_plain_link_and_what_is_hidden_are_no_controls():
    assert controls("<a href=/go>Go</a><button hidden>Go</button><template><button>Go</button></template>") == ()


def test_a_form_sends_its_hidden_fields_along():
    (go,) = controls(
        "<form><input type=hidden name=a value=1><input name=b><input type=hidden value=2><button>Go</button></form>"
    )
    assert go.fields == (("a", "1"),)


def test_what_is_kept_of_a_page_is_bounded():
    fields = "<input type=hidden name=a value=1>" * (MOST_FIELDS + 9)
    long = f"<form><input type=hidden name=a value={'x' * (LONGEST_VALUE + 1)}><button>{'y' * 999}</button></form>"
    found = controls(long + f"<form>{fields}<button>Go</button></form>" + "<button>x</button>" * (MOST_CONTROLS + 9))
    assert len(found) <= 2 * MOST_CONTROLS
    assert (found[0].fields, len(found[0].text)) == ((), 200)
    assert len(found[1].fields) == MOST_FIELDS
