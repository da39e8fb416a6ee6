"""Small JSON bodies: bounded, read strictly, held to a model, every mistake told with its place."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, ValidationError

from checklist.document import DocumentUnreadable, parse_document
from checklist.mistakes import mistakes_of
from desk.api.body import BODY_SECONDS, kind_of, read, told_mistake
from desk.api.problems import Problem

LARGEST: Final = 100_000
"""Bytes of a body that is no submission: words of people."""

Model = TypeVar("Model", bound=BaseModel)


class Body(BaseModel):
    """What a request carries. An unknown key is a mistake, not an addition."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, str_strip_whitespace=True)


def sent(model: type[Model]) -> Any:
    """A dependency: the body as this model. Raises Problem with every mistake."""
    return Depends(reading(model))


def reading(model: type[Model]) -> Callable[[Request], Awaitable[Model]]:
    async def body(request: Request) -> Model:
        content = await read(request, BODY_SECONDS, most=LARGEST)
        if not content:
            return read_as(model, {})
        kind_of(request, ("application/json",))
        try:
            document = parse_document(content, ".json", "the body")
        except DocumentUnreadable as error:
            raise Problem("unreadable-document", str(error)) from None
        return read_as(model, document)

    return body


def read_as(model: type[Model], document: Any) -> Model:
    """The document as this model. Raises Problem with every mistake."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        mistakes = mistakes_of(error, model)
        told = "; ".join(map(str, mistakes))
        raise Problem("invalid-body", told, errors=[told_mistake(one) for one in mistakes]) from None
