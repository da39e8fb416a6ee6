"""Style sheets are whole: a brace too few hides every rule after it, and no page says so."""

import pytest

from desk.rendering import STATIC


@pytest.mark.parametrize("sheet", sorted(STATIC.glob("*.css")), ids=lambda sheet: sheet.name)
def test_every_rule_is_closed_before_the_next_begins(sheet):
    depth = 0
    for number, line in enumerate(sheet.read_text("utf-8").splitlines(), 1):
        if line and not line.startswith((" ", "}")):
            assert depth == 0, f"{sheet.name}:{number}: a rule before it is not closed"
        depth += line.count("{") - line.count("}")
    assert depth == 0
