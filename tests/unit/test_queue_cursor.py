"""Where a slice of the queue begins, as it stands in an address."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.worklist import EPOCH, MICROSECOND, Cursor, CursorInvalid

INSTANTS = st.integers(0, 2 * 10**17).map(lambda count: EPOCH + count * MICROSECOND)


@given(due_at=st.none() | INSTANTS, number=st.integers(1, 2**63 - 1))
def test_a_place_is_found_again_to_the_microsecond(due_at: datetime | None, number: int):
    place = Cursor(due_at, number)
    assert Cursor.parse(str(place)) == place


@pytest.mark.parametrize("text", ["", ".", "1", "1.", ".0", ".-1", "x.1", "1.x", f".{2**63}", f"{10**20}.1"])
def test_what_is_no_place_is_refused_in_words(text: str):
    with pytest.raises(CursorInvalid, match="begin at its first page"):
        Cursor.parse(text)
