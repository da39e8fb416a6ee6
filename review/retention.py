"""How long is kept what nobody needs for ever. Events, decisions and what they rested on are kept for ever."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Self

FEWEST_DAYS = 7
"""Shorter, and somebody would miss what they looked at last week."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Days. The defaults keep a whole year to compare with, and a month to spare."""

    evidence: int = 400
    """Evidence and pictures of results that newer ones have replaced, and that no decision rested on."""
    messages: int = 400
    """Texts of messages that have gone out or were no longer true; that they went out, when and to whom is kept."""
    audits: int = 400
    """What an audit said of an integration; its latest look is kept whatever its age."""
    drafts: int = 30
    """What a partner had begun to write, from when their submission was closed."""

    @classmethod
    def of(cls, days: Mapping[str, str]) -> Self:
        """These days, the default for the rest. ValueError for a name that is none of ours, or too few days."""
        names = [field.name for field in fields(cls)]
        for name, value in days.items():
            if name not in names:
                raise ValueError(f"{name!r} is nothing that is kept for a while; expected one of {', '.join(names)}")
            if not (value.isascii() and value.isdigit() and len(value) < 7 and int(value) >= FEWEST_DAYS):
                raise ValueError(f"{name}={value!r}: expected whole days, {FEWEST_DAYS} at least, such as {name}=400")
        return cls(**asdict(cls()) | {name: int(value) for name, value in days.items()})

    def before(self, name: str, at: datetime) -> datetime:
        """What is older than this is taken out."""
        return at - timedelta(days=getattr(self, name))
