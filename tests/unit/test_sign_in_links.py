"""The address that signs its reader in: nothing that is stored opens anything."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from models.enums import ChannelName, EventName
from notifications.addressing import Addressee
from notifications.programme import ProgrammeSettings
from notifications.rendering import Renderer
from notifications.routing import ROUTES
from notifications.samples import sample
from notifications.signing_in import LONGEST, PATH, as_it_goes_out, opened, sealed

KEY = b"k" * 32
BASE = "https://desk.example"


def written():
    programme = ProgrammeSettings(base_url=BASE, channels=frozenset({ChannelName.MAIL}))
    to = Addressee(ChannelName.MAIL, "ines@larkenfell.example", "Ines", "Etc/UTC", 4)
    (route,) = ROUTES[EventName.SIGN_IN_ASKED]
    return Renderer(programme).message(sample(EventName.SIGN_IN_ASKED), route, to)


def test_what_is_stored_opens_nothing_and_what_goes_out_does():
    stored = written()
    assert f"{BASE}{PATH}9" in stored.text
    assert opened("9", KEY) is None
    sent = as_it_goes_out(stored, KEY)
    for words in (sent.text, sent.html, sent.url):
        secret = words.split(PATH)[1].split('"')[0].split()[0]
        assert opened(secret, KEY) == 9
    assert sent.title == stored.title


def test_no_other_message_is_touched():
    other = replace(written(), event="submission.approved", text=f"see {BASE}{PATH}9")
    assert as_it_goes_out(other, KEY) == other


@given(st.integers(1, 2**60))
def test_a_link_opens_what_it_was_made_for_and_with_its_own_key_alone(number):
    made = sealed(number, KEY)
    assert len(made) <= LONGEST
    assert opened(made, KEY) == number
    assert opened(made, b"another key of 32 characters ....") is None
    assert opened(made, b"") is None


@given(st.text(max_size=300))
def test_nothing_else_opens_anything(text):
    assert opened(text, KEY) is None
