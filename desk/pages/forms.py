"""What a form of the desk sends, read within bounds: fields by name, each with all its values."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import parse_qs

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

MOST_BYTES: Final = 64 * 1024
MOST_FIELDS: Final = 500

Fields = Mapping[str, Sequence[str]]


async def fields(request: Request) -> Fields:
    """The form's fields. 413 and 400, each with one line, for what no form of the desk sends."""
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"A form of the desk has at most {MOST_BYTES // 1024} KB; this was longer.")
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise HTTPException(400, "The form could not be read. Go back, and send it again.") from None


Form = Annotated[Fields, Depends(fields)]


def one(form: Fields, name: str) -> str:
    """The field's first value; empty when there is none."""
    return next(iter(form.get(name, ())), "")
