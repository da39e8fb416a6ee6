from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checklist.document import DocumentUnreadable, load_document, parse_document, read_document
from checklist.dossier import Dossier, DossierInvalid


@pytest.fixture
def write(tmp_path):
    def written(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def said(path):
    with pytest.raises(DocumentUnreadable) as refused:
        read_document(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.toml", 'kind = "launch"'),
        ("a.yaml", "kind: launch"),
        ("a.yml", "kind: launch"),
        ("a.json", '{"kind": "launch"}'),
    ],
)
def test_the_three_forms_read_the_same(write, name, content):
    assert read_document(write(name, content)) == {"kind": "launch"}


def test_a_byte_order_mark_is_no_content(write):
    assert read_document(write("a.json", b'\xef\xbb\xbf{"a": 1}')) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "", "saw the ending '.txt', expected one of .toml, .yaml, .yml, .json"),
        ("a.toml", "kind = ", "a.toml: Invalid value"),
        ("a.json", '{"a": 1, "a": 2}', "the key 'a' stands in one table twice"),
        ("a.json", '{"a": NaN}', "NaN is no JSON number"),
        ("a.json", "[" * 100_000, "nested without end"),
        ("a.json", '{"a":' * 60 + "1" + "}" * 60, "more than 40 levels"),
        ("a.yaml", "a: &x 1\nb: *x", "line 2, column 4: an alias (*name) is not read"),
        ("a.yaml", "a: 1\na: 2", "line 2, column 1: the key 'a' stands here twice"),
        ("a.yaml", "!!python/object:os.system {}", "could not determine a constructor"),
        ("a.yaml", "- 1", "saw a list, expected a table"),
        ("a.yaml", "", "saw nothing, expected a table"),
        ("a.json", b"\xff\xfe{}", "byte 0 is no UTF-8"),
        ("a.json", "{" + ",".join(f'"k{number}":1' for number in range(80_000)) + "}", "more than 20,000 values"),
        (
            "a.json",
            "{" + ",".join(f'"k{number}":1' for number in range(80_000)) + ',"z":1,"z":2}',
            "the key 'z' stands",
        ),
        ("a.json", '{"a": "\\ud800"}', "saw a character that cannot be stored"),
        ("a.json", '{"a\\u0000": 1}', "saw a character that cannot be stored"),
        ("a.json", '{"a": ' + "9" * 5_000 + "}", "Exceeds the limit"),
        ("a.yaml", "\n".join(f"k{number}: 1" for number in range(80_000)), "more than 20,000 values"),
        ("a.yaml", "a: [" + "a," * 400_000 + "]", "more than 20,000 values"),
        ("a.yaml", "[" * 500_000, "nested without end"),
        ("a.yaml", "a: 0x" + "f" * 90_000, "line 1, column 4: saw a number of more than 40 digits"),
        ("a.yaml", "a: " + "1:" * 90_000 + "1", "saw a number of more than 40 digits"),
        ("a.yaml", "a: !!bool x", "a value is not of the kind its tag names"),
        ("a.yaml", "a: !!int ''", "a value is not of the kind its tag names"),
        ("a.yaml", "a: !!timestamp x", "a value is not of the kind its tag names"),
        ("a.yaml", 'a: "\\UFFFFFFFF"', "a character cannot exist"),
        ("a.yaml", "a: !!map x", "expected a mapping node"),
        ("a.yaml", "? [a]\n: b", "found unhashable key"),
        ("a.toml", "a" + ".a" * 40_000 + " = 1", "saw a key of more than 40 parts"),
        ("a.toml", "a" + " . 'a.b'" * 40_000 + " = 1", "saw a key of more than 40 parts"),
        ("a.toml", "[" + "a." * 40_000 + "a]", "saw a key of more than 40 parts"),
        ("a.toml", "a = 0x" + "f" * 500_000, "saw a number of more than 40 digits"),
        ("a.toml", "[[a]]\n" * 100_000, "more than 20,000 values"),
        ("a.json", b" " * 1_000_001, "saw more than 1,000,000 bytes"),
    ],
)
def test_what_is_no_document_is_told_in_one_line(write, name, content, words):
    assert words in said(write(name, content))


def test_dots_in_a_text_are_no_key(write):
    text = "." * 60 + " see www.acme.example/a.b.c. " + "It is easy. Click Go. See 1.2.3, 1.2.4. " * 60
    assert read_document(write("a.toml", f'a = "{text}"')) == {"a": text}


def test_of_very_many_mistakes_the_first_are_told(write):
    with pytest.raises(DossierInvalid) as wrong:
        load_document(write("a.json", "{" + ",".join(f'"k{number}":1' for number in range(9_000)) + "}"))
    assert len(str(wrong.value)) < 20_000


@given(
    st.sampled_from([".toml", ".yaml", ".json"]),
    st.one_of(
        st.binary(max_size=80), st.text(alphabet="a01.:-=[]{}\"'!&*?|>#<% \n\t\\,~", max_size=80).map(str.encode)
    ),
)
def test_any_bytes_are_a_document_or_told_in_one_line(ending, content):
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{ending}"
        path.write_bytes(content)
        told = ""
        try:
            load_document(path)
        except (DocumentUnreadable, DossierInvalid) as error:
            told = str(error)
        assert "\n" not in told


def test_a_missing_file_is_told_with_its_path(tmp_path):
    assert "could not be opened (no such file or directory)" in said(tmp_path / "missing.toml")


def test_a_submission_is_named_by_its_file(write):
    with pytest.raises(Exception, match=r"^mine\.toml: external_id: saw nothing"):
        load_document(
            write("mine.toml", 'kind = "launch"\n[partner]\nname = "A"\n[integration]\nslug = "aa"\nname = "A"')
        )


def test_a_quote_in_a_quoted_key_hides_no_deep_one():
    deep = ".".join(['"\\""'] * 100_000)
    with pytest.raises(DocumentUnreadable, match="a key of more than 40 parts"):
        parse_document(f"{deep} = 1".encode(), ".toml", "a document")


def test_long_words_with_dots_are_no_deep_key():
    text = "Dots... and more. Words v1.2.3, a.b.c, https://docs.acme.example/a.b/c.d?e=f.g. " * 5_000
    assert parse_document(f"a = '''{text}'''".encode(), ".toml", "a document") == {"a": text}


@pytest.mark.parametrize(
    "part", [{"test_account": "jo s3cr3t"}, {"test_account": ["jo", "s3cr3t"]}, {"components": ["s3cr3t"]}]
)
def test_what_stands_where_secrets_belong_is_not_repeated(part):
    with pytest.raises(DossierInvalid) as invalid:
        Dossier.parse({"external_id": "a", **part})
    assert "s3cr3t" not in str(invalid.value)
