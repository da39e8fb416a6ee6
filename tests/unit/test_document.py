import pytest

from checklist.document import DocumentUnreadable, load_document, read_document


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
        ("a.json", b" " * 1_000_001, "saw more than 1,000,000 bytes"),
    ],
)
def test_what_is_no_document_is_told_in_one_line(write, name, content, words):
    assert words in said(write(name, content))


def test_a_missing_file_is_told_with_its_path(tmp_path):
    assert "could not be opened (no such file or directory)" in said(tmp_path / "missing.toml")


def test_a_submission_is_named_by_its_file(write):
    with pytest.raises(Exception, match=r"^mine\.toml: external_id: saw nothing"):
        load_document(
            write("mine.toml", 'kind = "launch"\n[partner]\nname = "A"\n[integration]\nslug = "aa"\nname = "A"')
        )
