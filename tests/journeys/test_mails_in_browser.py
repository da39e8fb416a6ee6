"""Every mail in a real browser: nothing sticks out of a telephone, whatever a partner is called; nothing is fetched."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.enums import ChannelName, EventName
from notifications.facts import Facts
from notifications.previewing import BY_MAIL, in_scheme, messages
from notifications.rendering import Renderer
from notifications.samples import sample
from tests.fixtures import axe
from tests.journeys import chromium
from tests.journeys.mail_pictures import PROGRAMME, mails, page

pytestmark = pytest.mark.slow

NARROW, WIDE = 360, 1280
LONG = "Mapleworks" * 19
STICKS_OUT = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[chromium.Browser]:
    with chromium.browser(axe.program(), tmp_path_factory.mktemp("profile")) as running:
        yield running


def with_long_names(facts: Facts) -> Facts:
    integration = facts.integration and replace(facts.integration, name=LONG, partner=LONG)
    submission = facts.submission and replace(facts.submission, assignee=LONG)
    return replace(facts, actor=LONG, integration=integration, submission=submission)


def long_pages() -> Iterator[tuple[str, str]]:
    """Every mail with the longest names there are, and whom it is about."""
    renderer = Renderer(PROGRAMME)
    for event in EventName:
        for route, channel in messages(event):
            if channel is ChannelName.MAIL:
                message = renderer.message(with_long_names(sample(event)), route, replace(BY_MAIL, name=LONG))
                yield f"{event.value} to {route.audience.value}", message.html


def test_no_mail_is_wider_than_a_telephone_however_long_the_names(browser: chromium.Browser, tmp_path: Path):
    shown = tmp_path / "mail.html"
    wide = []
    for about, html in long_pages():
        shown.write_text(in_scheme(html, dark=False), "utf-8")
        for width in (NARROW, WIDE):
            browser.look(width=width)
            browser.visit(shown.as_uri())
            if browser.value(STICKS_OUT) > 0:
                wide.append(f"{about} at {width}")
    assert wide == []


@pytest.mark.parametrize("dark", [False, True])
def test_a_mail_follows_the_readers_colours_and_is_shown_without_complaint(
    browser: chromium.Browser,
    tmp_path: Path,
    dark: bool,  # noqa: FBT001 - pytest's
):
    renderer = Renderer(PROGRAMME)
    event = EventName.CHANGES_REQUESTED
    route = next(route for route, channel in messages(event) if channel is ChannelName.MAIL)
    shown = tmp_path / "mail.html"
    shown.write_text(renderer.message(sample(event), route, BY_MAIL).html, "utf-8")
    browser.look(width=WIDE, dark=dark)
    browser.visit(shown.as_uri())
    light_ground, dark_ground = "rgb(243, 244, 246)", "rgb(16, 18, 21)"
    ground = browser.value("getComputedStyle(document.body).backgroundColor")
    assert ground == (dark_ground if dark else light_ground)
    assert browser.complaints == []


def test_a_picture_in_dark_is_dark_whatever_the_system_prefers(browser: chromium.Browser, tmp_path: Path):
    shown = tmp_path / "mail.html"
    shown.write_bytes(page(next(mails()), "dark"))
    browser.look(width=WIDE, dark=False)
    browser.visit(shown.as_uri())
    assert browser.value("getComputedStyle(document.body).backgroundColor") == "rgb(16, 18, 21)"
