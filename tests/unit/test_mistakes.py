"""What is wrong with a document, in words that whoever filled in a form understands as well."""

import pytest
from pydantic import BaseModel, Field, ValidationError

from checklist.mistakes import mistakes_of


class Document(BaseModel):
    """Some text of one to five characters, a code of three or more, and one to two entries."""

    name: str = Field(min_length=1, max_length=5)
    code: str = Field(min_length=3)
    entries: list[int] = Field(min_length=1, max_length=2)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"name": ""}, "name: saw '', expected something there"),
        ({"name": "longer"}, "name: saw 'longer', expected at most 5 characters"),
        ({"code": "ab"}, "code: saw 'ab', expected at least 3 characters"),
        ({"entries": []}, "entries: saw [], expected something there"),
        ({"entries": [1, 2, 3]}, "entries: saw [1, 2, 3], expected at most 2 entries"),
    ],
)
def test_a_length_that_is_wrong_is_told_without_the_words_of_programmers(wrong: dict[str, object], expected: str):
    with pytest.raises(ValidationError) as caught:
        Document.model_validate({"name": "acme", "code": "abc", "entries": [1]} | wrong)
    assert [str(mistake) for mistake in mistakes_of(caught.value, Document)] == [expected]
