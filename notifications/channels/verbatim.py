"""Headers that reach the other side letter by letter, however long they are.

The standard library folds a header at 78 characters, and what has no space to fold at it writes as an encoded word.
Ids, list names and addresses may not be encoded (RFC 2047, section 5): no mail program would know them again, and
threads and the button to unsubscribe would be gone. A line may have 998 characters (RFC 5322, section 2.1.1).
"""

from email.headerregistry import HeaderRegistry
from email.policy import SMTP, EmailPolicy
from typing import Any

VERBATIM = ("in-reply-to", "references", "list-id", "list-unsubscribe")


class Verbatim:
    """What the registry of the standard library mixes into such a header: never folded, never encoded, at most once."""

    max_count = 1
    name: str
    """The header's own, which comes with the other half of the mix."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        """The value as it stands."""
        kwds["decoded"], kwds["parse_tree"] = value, None

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in VERBATIM:
        # It is mixed with the base class; it is no subclass itself.
        registry.map_to_type(name, Verbatim)  # type: ignore[arg-type]
    return registry


POLICY = SMTP.clone(header_factory=_registry())
"""The policy of our mails: as for SMTP, with these headers left as they are."""
