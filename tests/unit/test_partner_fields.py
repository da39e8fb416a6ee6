"""The form for a next revision: what a field means in the document, both ways."""

from hypothesis import given
from hypothesis import strategies as st

from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from desk.pages.partner_fields import FIELDS, Shape, as_asked, field_of, filled, texts_of

RULEBOOK = Rulebook.load("v1")


def document(**more):
    return {
        "external_id": "acme-1",
        "kind": "launch",
        "partner": {"name": "Acme"},
        "integration": {"slug": "acme", "name": "Acme"},
        "components": [{"kind": "subscription", "endpoint": "https://acme.test/in"}],
        "catalog": {"categories": ["Analytics"], "description": "What it does.\n"},
    } | more


def test_every_field_belongs_to_an_item_of_the_rulebook():
    items = {item.id for item in RULEBOOK.items}
    assert {field.item for field in FIELDS} <= items


def test_every_field_holds_what_a_submission_may_say():
    """Filled in all at once, it is a document that can be read."""
    texts = {Shape.CHECK: "yes", Shape.PICTURES: "https://a.test/b.png A list"}
    typed = {field.path: texts.get(field.shape, "https://a.test/") for field in FIELDS}
    read = Dossier.parse(filled(document(), FIELDS, typed)).model_dump(mode="json")
    for field in FIELDS:
        value = read
        for key in field.path.split("."):
            value = value[key]
        assert value, field.path


@given(st.dictionaries(st.sampled_from([field.path for field in FIELDS]), st.text(max_size=30)))
def test_what_is_shown_and_left_alone_changes_nothing(typed):
    first = filled(document(), FIELDS, typed)
    shown = texts_of(first, FIELDS)
    browser = {path: text.replace("\n", "\r\n") for path, text in shown.items()}
    assert filled(first, FIELDS, browser) == first


def test_a_field_that_was_not_in_the_form_stays():
    assert filled(document(), FIELDS, {}) == document()


def test_a_mistake_is_found_at_its_field():
    fields = as_asked(Dossier.parse(document()), RULEBOOK)
    assert field_of("catalog.screenshots.0.url", fields) == "catalog.screenshots"
    assert field_of("components.0.endpoint", fields) == "components.0.endpoint"
    assert field_of("catalog", fields) == ""
