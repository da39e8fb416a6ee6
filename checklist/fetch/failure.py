"""What stops a fetch. Raised and caught inside this package; callers only ever see a Fetched."""

from typing import Literal

from checklist.fetch.fetched import Kind


class Failure(Exception):
    """A fetch ends here without a whole answer. The message is the reason, one plain sentence."""

    outcome: Literal["refused", "unknown"] = "unknown"

    def __init__(self, kind: Kind, reason: str) -> None:
        # Strangers chose some of the words: nothing in them may steer a terminal or be refused by a database.
        reason = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in reason)
        super().__init__(reason)
        self.kind: Kind = kind
        self.reason = reason


class Refused(Failure):
    """We do not ask, or do not read on."""

    outcome = "refused"


class Unknown(Failure):
    """Could not tell. `passing` marks trouble that a second try right away may not meet again."""

    def __init__(self, kind: Kind, reason: str, *, passing: bool = False) -> None:
        super().__init__(kind, reason)
        self.passing = passing
