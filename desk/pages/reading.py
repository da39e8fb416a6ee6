"""Methods and parameters that the pages share."""

from typing import Annotated, Final

from fastapi import Query

READ: Final = ["GET", "HEAD"]

LARGEST_ID: Final = 2**63 - 1
"""What the database's integers hold; a larger number names nothing."""

PageNumber = Annotated[int, Query(ge=1, le=10_000)]


def number_of_pages(rows: int, page_size: int) -> int:
    return max(1, -(-rows // page_size))
