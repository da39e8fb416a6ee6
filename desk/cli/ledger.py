"""A ledger as JSON: the account behind a due date."""

from datetime import datetime
from typing import Any

from review.calendar import LedgerRow


def exact(instant: datetime) -> str:
    """As the contract has instants, with a fraction of a second where there is one."""
    return instant.isoformat().replace("+00:00", "Z")


def ledger_document(row: LedgerRow) -> dict[str, Any]:
    return {
        "from": exact(row.from_at),
        "to": exact(row.to_at),
        "counted": row.counted,
        "reason": row.reason,
        "name": row.name or None,
        "seconds": row.seconds,
        "total": row.total,
    }
