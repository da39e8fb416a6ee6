import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.document import load_document, read_document
from checklist.dossier import Dossier, DossierInvalid, json_schema
from checklist.rulebook import Rulebook
from checklist.run import inputs_digest
from models.enums import GateName

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "docs" / "examples").glob("*.toml"))
V1 = Rulebook.load("v1")


def document(**more):
    return {
        "external_id": "acme-1",
        "kind": "launch",
        "partner": {"name": "Acme"},
        "integration": {"slug": "acme", "name": "Acme"},
        **more,
    }


def secretive():
    return document(
        components=[{"kind": "subscription", "api_key": "k-123"}, {"kind": "plugin"}],
        test_account={"username": "u", "secret": "s-456"},
    )


def test_nearly_everything_is_optional():
    dossier = Dossier.parse(document())
    assert dossier.gate is GateName.PUBLIC_BETA
    assert dossier.kinds == frozenset()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kind": "lunch"}, "f.toml: kind: saw 'lunch', expected 'access', 'launch', 'update' or 'graduation'"),
        ({"external_id": "no spaces please"}, "f.toml: external_id: saw 'no spaces please'"),
        ({"partner": {}}, "f.toml: partner.name: saw nothing, expected a value: this key is needed"),
        ({"integration": {"slug": "Acme Inc", "name": "x"}}, "f.toml: integration.slug: saw 'Acme Inc'"),
        ({"catalogue": {}}, "f.toml: catalogue: saw an unknown key, expected `catalog`, if that is what was meant"),
        ({"catalog": {"screenshots": [{"link": "x"}]}}, "f.toml: catalog.screenshots.0.url: saw nothing"),
        ({"test_account": {"secret": 7}}, "f.toml: test_account.secret: saw a secret (not repeated here)"),
        ({"notes": "x" * 5_001}, "f.toml: notes: saw 'xxx"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_was_expected(change, said):
    with pytest.raises(DossierInvalid) as refused:
        Dossier.parse(document() | change, "f.toml")
    assert said in str(refused.value)


def test_every_mistake_is_told_at_once():
    with pytest.raises(DossierInvalid) as refused:
        Dossier.parse({"kind": "launch"}, "f.toml")
    assert [mistake.where for mistake in refused.value.mistakes] == ["external_id", "partner", "integration"]


def test_secrets_are_in_no_text_of_a_dossier():
    dossier = Dossier.parse(secretive())
    shown = f"{dossier!r} {dossier} {json.dumps(dossier.public_document())} {dossier.model_dump_json()}"
    assert "k-123" not in shown
    assert "s-456" not in shown


def test_the_public_document_and_the_secrets_together_are_the_dossier():
    dossier = Dossier.parse(secretive())
    assert dossier.secrets() == {"components.0.api_key": "k-123", "test_account.secret": "s-456"}
    stored = Dossier.parse(dossier.public_document())
    assert stored.secrets() == {}
    assert stored.with_secrets(dossier.secrets()) == dossier


def test_an_unchanged_part_keeps_its_digest():
    before = Dossier.parse(document(catalog={"description": "one"}))
    after = Dossier.parse(document(catalog={"description": "two"}))
    changed = {part for part, digest in before.fingerprints().items() if after.fingerprints()[part] != digest}
    assert changed == {"catalog"}


def test_an_item_is_looked_at_again_only_when_what_it_reads_has_changed():
    before = Dossier.parse(document(catalog={"description": "one", "website": "https://a.example"}))
    after = Dossier.parse(document(catalog={"description": "two", "website": "https://a.example"}))
    changed = {item.id for item in V1.items if inputs_digest(item, before) != inputs_digest(item, after)}
    assert changed == {"catalog.description"}


def test_a_new_secret_changes_digests_only_under_a_pepper():
    before = Dossier.parse(document(test_account={"secret": "one"}))
    after = Dossier.parse(document(test_account={"secret": "two"}))
    account = V1.item("test.account")
    assert inputs_digest(account, before) == inputs_digest(account, after)
    assert inputs_digest(account, before, pepper=b"p") != inputs_digest(account, after, pepper=b"p")
    assert inputs_digest(account, before) != inputs_digest(account, Dossier.parse(document()))


@given(st.dictionaries(st.sampled_from(["description", "website", "logo"]), st.text(max_size=20)))
def test_a_digest_depends_on_what_is_said_and_not_on_its_order(catalog):
    reordered = dict(reversed(catalog.items()))
    first, second = (Dossier.parse(document(catalog=parts)) for parts in (catalog, reordered))
    assert first.fingerprints() == second.fingerprints()


def test_the_published_schema_accepts_the_examples_and_refuses_unknown_keys():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    assert len(EXAMPLES) == 5
    for example in EXAMPLES:
        validator.validate(read_document(example))
        load_document(example)
    assert not validator.is_valid(document(catalogue={}))


def test_an_editors_schema_key_is_no_part_of_the_submission():
    assert Dossier.parse(document(**{"$schema": "submission.json"})) == Dossier.parse(document())
