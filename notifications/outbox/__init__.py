"""The outbox: events become deliveries (`plan`), a worker takes them (`claim`), sends, and says how it went.

A crash repeats at worst and never loses: everything that may have gone out twice is marked so.
"""

from notifications.outbox.delivering import Report, deliver_due
from notifications.outbox.joining import join_due
from notifications.outbox.leasing import claim, let_go, release, settle
from notifications.outbox.planning import plan
from notifications.outbox.register import (
    DeliveryNotDead,
    DeliveryUnknown,
    anything_due,
    anything_to_send,
    listed,
    retry,
)
from notifications.outbox.truth import no_longer_true

__all__ = [
    "DeliveryNotDead",
    "DeliveryUnknown",
    "Report",
    "anything_due",
    "anything_to_send",
    "claim",
    "deliver_due",
    "join_due",
    "let_go",
    "listed",
    "no_longer_true",
    "plan",
    "release",
    "retry",
    "settle",
]
