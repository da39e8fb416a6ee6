"""What a query on the programme's warehouse may be (pure): one statement that reads, with named parameters."""

import re
from typing import Final

from sqlalchemy import TextClause, text

from checklist.customers.source import CustomersSourceInvalid

PARAMETERS: Final = ("integration", "since", "until")
"""The slug, and the window's first and last instant. A query has to use the first one."""

_ASIDE: Final = re.compile(
    r"'(?:[^']|'')*' | \"(?:[^\"]|\"\")*\" | `[^`]*` | --[^\n]* | /\*.*?\*/ | \$(\w*)\$.*?\$\1\$",
    re.DOTALL | re.VERBOSE,
)
"""Literals, quoted names and comments."""

_READS: Final = re.compile(r"[\s(]*(select|with)\b", re.IGNORECASE)


def statement_of(query: str) -> TextClause:
    """The statement; its values are only ever bound parameters. Raises CustomersSourceInvalid.

    What it refuses is told at start; that nothing is written is the database's doing, not this look's.
    """
    bare = _ASIDE.sub(" ", query).strip().rstrip("; \t\r\n")
    if not bare:
        raise _invalid("is empty")
    if ";" in bare:
        raise _invalid("holds more than one statement")
    if not _READS.match(bare):
        raise _invalid("does not begin with SELECT or WITH")
    named = text(bare).compile().params
    if strange := [name for name in named if name not in PARAMETERS]:
        raise _invalid(f"has the parameter :{strange[0]}, which has no value")
    if "integration" not in named:
        raise _invalid("does not use :integration, so it would count every integration's customers")
    return text(_ASIDE.sub(lambda aside: aside[0].replace(":", "\\:"), query).strip().rstrip(";"))


def _invalid(told: str) -> CustomersSourceInvalid:
    expected = "expected one SELECT with :integration, and :since and :until where it needs the window"
    return CustomersSourceInvalid(f"the query {told}; {expected}")
