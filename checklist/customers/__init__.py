"""Who actively uses an integration: what a source says, and the rule that counts.

Here is what rules need, without any I/O. The sources have modules of their own (file, query, endpoint, and the shipped
fake); `checklist.customers.choosing` makes the one that the settings ask for.
"""

from checklist.customers.counting import Counted, Excluded, count, hashed, window_of
from checklist.customers.source import (
    CustomersSource,
    CustomersSourceInvalid,
    CustomersUnreadable,
    CustomersWithheld,
    Report,
)
from checklist.customers.usage import Usage, one_spelling

__all__ = [
    "Counted",
    "CustomersSource",
    "CustomersSourceInvalid",
    "CustomersUnreadable",
    "CustomersWithheld",
    "Excluded",
    "Report",
    "Usage",
    "count",
    "hashed",
    "one_spelling",
    "window_of",
]
