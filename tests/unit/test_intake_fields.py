"""Flat fields, as forms and tables have them: the same submission, and each mistake under its field's name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.dossier import Dossier
from desk.intake.fields import FIELDS, FlatInvalid, FlatSubmission, Kind, dossier_of
from desk.intake.table import MOST_ROWS, NAMES, TableUnreadable, read_table

GIVEN = {"external_id": "acme-1", "kind": "launch", "partner_name": "Acme", "slug": "acme", "name": "Acme"}
HEAD = "external_id,kind,partner_name,slug,name"
ROW = "acme-1,access,Acme,acme,Acme"


def mistakes(**more):
    with pytest.raises(FlatInvalid) as invalid:
        dossier_of(GIVEN | more)
    return {one.where: str(one) for one in invalid.value.mistakes}


def test_every_field_stands_where_the_document_has_it():
    said = {
        Kind.TEXT: "x",
        Kind.SECRET: "s",
        Kind.FLAG: "yes",
        Kind.NUMBER: "3",
        Kind.LIST: "a; b",
        Kind.ADDRESSES: "a;b",
    }
    given = {field.name: said[field.kind] for field in FIELDS} | GIVEN
    given |= {"component_kind": "stream", "methods": "track\nidentify"}
    dossier = dossier_of(given)
    assert dossier.components[0].methods == ("track", "identify")
    assert [one.url for one in dossier.catalog.screenshots] == ["a", "b"]
    assert dossier.security.guidance_read is True
    document = dossier.public_document()
    for field in FIELDS:
        value = document
        for key in field.path:
            if field.kind is Kind.SECRET:
                break
            value = value[key]
    assert dossier.secrets() == {"components.0.api_key": "s", "test_account.secret": "s"}


def test_a_form_says_the_same_as_the_document_it_stands_for():
    flat = dossier_of(GIVEN | {"contact_email": "jo@acme.test", "privacy_policy": "true", "select_member": ""})
    assert flat == Dossier.parse(
        {
            "external_id": "acme-1",
            "kind": "launch",
            "partner": {"name": "Acme", "contact_email": "jo@acme.test"},
            "integration": {"slug": "acme", "name": "Acme"},
            "access": {"agreements": {"privacy_policy": True}},
        }
    )


def test_each_mistake_is_told_under_its_fields_name():
    told = mistakes(
        kind="lunch", slug="No Slug", component_kind="webhook", methods="tracks", emial="x", endpoint="e" * 3000
    )
    assert set(told) == {"emial"}  # what there is not comes first
    told = mistakes(kind="lunch", slug="No Slug", component_kind="webhook", methods="tracks")
    assert set(told) == {"kind", "slug", "component_kind", "methods"}
    assert told["kind"].startswith("kind: saw 'lunch', expected ")
    assert set(mistakes(endpoint="https://acme.test/hook")) == {"component_kind"}
    assert set(mistakes(privacy_policy="perhaps")) == {"privacy_policy"}
    assert mistakes(partner_name="")["partner_name"].endswith("expected a value: this key is needed")


def test_a_name_that_is_nearly_right_is_met_with_the_right_one():
    assert mistakes(contact_emial="x")["contact_emial"].endswith("expected `contact_email`, if that is what was meant")


def test_no_secret_is_repeated():
    for name in ("api_key", "test_secret"):
        assert "s3cr3t" not in str(mistakes(**{name: ["s3cr3t"]}))
        assert "s3cr3t" not in str(mistakes(**{name: "s3cr3t" * 1_000, "component_kind": "stream"}))


def test_the_published_shape_has_every_field():
    schema = FlatSubmission.model_json_schema()
    assert tuple(schema["properties"]) == NAMES
    assert schema["required"] == ["external_id", "kind", "partner_name", "slug", "name"]
    assert schema["additionalProperties"] is False


# --- tables


def rows(text: str):
    return read_table(text.encode())


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_table_is_read_as_spreadsheets_write_it(mark, end, separator):
    text = f"{mark}{HEAD}{end}{ROW}{end}{end}".replace(",", separator)
    table = rows(text)
    assert ([row.row for row in table.rows], table.mistakes, table.number) == ([2], (), 1)


def test_a_cell_may_have_lines_and_separators_in_quotes():
    table = rows(f'{HEAD},notes\n{ROW},"one, two\nthree; ""four"""\nacme-2,access,Acme,acme,Acme,\n')
    assert table.rows[0].dossier.notes == 'one, two\nthree; "four"'
    assert [row.row for row in table.rows] == [2, 4]


def test_a_formula_is_text():
    table = rows(f'{HEAD},notes\n{ROW},"=HYPERLINK(""http://x"")"\n')
    assert table.rows[0].dossier.notes == '=HYPERLINK("http://x")'


def test_wrong_cells_are_told_with_row_and_column():
    table = rows(
        f"{HEAD},privacy_policy\n{ROW},yes\nacme-1,access,Acme,acme,Acme,\nacme-3,lunch,Acme,A,Acme,maybe\nacme-4\n"
    )
    told = [(one.row, one.column) for one in table.mistakes]
    assert told == [(3, "external_id"), (4, "privacy_policy"), (5, None)]
    assert str(table.mistakes[0]) == "row 3, external_id: saw 'acme-1', as in row 2, expected an id of its own"
    assert str(table.mistakes[2]) == "row 5: saw 1 cells, expected 6, as the first line has"
    assert len(table.rows) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "saw nothing"),
        (b"\n\n", "saw nothing"),
        (b"\xff\xfe", "line 1: saw bytes that are no UTF-8"),
        (f"{HEAD}\na\0b".encode(), "line 2: saw a character that cannot be stored (NUL)"),
        (b"external_id,kind\n", "first line: saw no column partner_name, slug, name"),
        (f"{HEAD},nmae\n".encode(), "first line: saw the column 'nmae', expected `name`"),
        (f"{HEAD},name\n".encode(), "first line: saw the column 'name' twice"),
        (f'{HEAD}\n"open'.encode(), "line 2: saw a row that can't be read (unexpected end of data)"),
        (f'{HEAD}\n"a"b,c'.encode(), "line 2: saw a row that can't be read"),
        (f"{HEAD}\n{'x' * 200_000}".encode(), "field larger than field limit"),
        (f"{HEAD}\n".encode() + f"{ROW}\n".encode() * (MOST_ROWS + 1), f"saw {MOST_ROWS + 1} rows, expected at most"),
        (b"," * 5_000_001, "saw more than 5,000,000 bytes"),
        (b"," * 100_000, "saw nothing"),
    ],
)
def test_what_is_no_table_is_one_clear_line(content, said):
    with pytest.raises(TableUnreadable) as unreadable:
        read_table(content)
    assert said in str(unreadable.value)
    assert "\n" not in str(unreadable.value)


@given(st.binary(max_size=300))
def test_any_bytes_below_a_right_head_are_read_or_refused(content):
    try:
        read_table(f"{HEAD},notes\n".encode() + content)
    except TableUnreadable as error:
        told = str(error)
    else:
        return
    assert told


@given(st.text(max_size=200), st.sampled_from(NAMES))
def test_any_text_in_any_field_makes_a_submission_or_a_mistake(text, name):
    try:
        dossier_of(GIVEN | {name: text})
    except FlatInvalid as error:
        told = error.mistakes
    else:
        return
    assert all(one.seen and one.expected for one in told)
