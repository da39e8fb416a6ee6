"""The table of a partner's form: every field of a submission is in it, and what it says is read again."""

import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from checklist.dossier import Dossier
from desk.pages.partner_fields import FIELDS, NEW, OF_KIND
from desk.pages.partner_shapes import Shape, read, tidy, written

NOT_ASKED = {
    "external_id": "the form makes it",
    "kind": "the form's address says it",
    "partner.name": "the company whose person sends it",
    "components.kind": "chosen by the component's own check box",
}


def leaves(model, path=""):
    for name, field in model.model_fields.items():
        place = f"{path}{name}"
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from leaves(inner, f"{place}.")
        elif name == "components":
            yield from leaves(typing.get_args(inner)[0], f"{place}.")
        else:
            yield place


def test_every_field_of_a_submission_is_asked_or_says_why_not():
    asked = {field.path for field in (*FIELDS, *NEW)}
    asked |= {f"components.{key}" for kind in OF_KIND.values() for key, *_ in kind}
    assert set(leaves(Dossier)) == asked | set(NOT_ASKED)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=20)
SCALARS = st.one_of(st.booleans(), st.integers(-(10**9), 10**9), WORDS)
NAMES = WORDS.filter(lambda name: "=" not in name)


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        (Shape.LINE, WORDS),
        (Shape.CHECK, st.just(True)),
        (Shape.YES_NO, st.booleans()),
        (Shape.LINES, st.lists(WORDS, min_size=1)),
        (Shape.PARAGRAPHS, st.lists(WORDS, min_size=1)),
        (Shape.PICTURES, st.lists(st.fixed_dictionaries({"url": WORDS, "caption": WORDS}), min_size=1)),
        (Shape.SETTINGS, st.dictionaries(NAMES, SCALARS, min_size=1)),
        (Shape.SAMPLES, st.lists(st.fixed_dictionaries({"body": st.dictionaries(WORDS, SCALARS)}), min_size=1)),
    ],
    ids=lambda one: one.value if isinstance(one, Shape) else "",
)
def test_what_a_form_shows_is_read_as_the_same_value(shape, values):
    @given(values)
    def check(value):
        assert read(shape, tidy(written(shape, value))) == value

    check()


@pytest.mark.parametrize("text", ["[1", "[NaN]", '[1], "more": 2', "[" * 500, '["\\u0000"]', '["\\ud800"]'])
def test_json_that_nothing_may_store_is_read_as_nothing(text):
    assert read(Shape.SAMPLES, text) is None
