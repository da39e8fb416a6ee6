"""A channel that reaches nobody: it remembers what it got, and fails as it is told to."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from notifications.message import Message, Result, Sent


@dataclass(frozen=True, slots=True)
class Got:
    """One message that arrived."""

    key: str
    message: Message


class Interrupted(BaseException):
    """The worker died at this point; no more of it runs. No Exception, so that nothing takes it for a fault."""


@dataclass(slots=True)
class Script:
    """What happens in one try: whether the message arrives, and the answer; without one the worker dies."""

    arrives: bool
    answer: Result | None


@dataclass(slots=True)
class FakeChannel:
    """`script` is worked through try by try; after it everything arrives. `drops_repeats`: a key arrives once."""

    script: Iterable[Script] = ()
    drops_repeats: bool = False
    got: list[Got] = field(default_factory=list)
    tries: int = 0
    _ahead: deque[Script] = field(init=False)

    def __post_init__(self) -> None:
        self._ahead = deque(self.script)

    async def send(self, message: Message, key: str) -> Result:
        self.tries += 1
        step = self._ahead.popleft() if self._ahead else None
        if step is None or step.arrives:
            self._arrive(message, key)
        if step is None:
            return Sent(reference=key, exactly_once=self.drops_repeats)
        if step.answer is None:
            raise Interrupted
        return step.answer

    def _arrive(self, message: Message, key: str) -> None:
        if not (self.drops_repeats and any(got.key == key for got in self.got)):
            self.got.append(Got(key, message))
