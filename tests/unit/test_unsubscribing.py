from hypothesis import given
from hypothesis import strategies as st

from models.enums import ChosenCategory
from notifications.unsubscribing import Stop, opened, sealed

KEY = b"a key of this test alone"
STOP = Stop(7, frozenset({ChosenCategory.REMINDER, ChosenCategory.STATUS}))


def test_an_address_opens_what_it_was_made_for():
    assert opened(sealed(STOP, KEY), KEY) == STOP


def test_an_address_of_another_installation_opens_nothing():
    assert opened(sealed(STOP, b"another key"), KEY) is None
    assert opened(sealed(STOP, b""), b"") is None


@given(st.integers(0, 60), st.characters())
def test_an_address_that_was_changed_anywhere_opens_nothing(place, character):
    made = sealed(STOP, KEY)
    changed = made[: place % len(made)] + character + made[place % len(made) + 1 :]
    assert opened(changed, KEY) == (STOP if changed == made else None)


@given(st.text(max_size=300))
def test_any_other_text_opens_nothing(text):
    assert opened(text, KEY) is None
