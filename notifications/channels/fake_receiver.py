"""A webhook receiver that no network leads to: it verifies as receivers should, and answers as it is told to."""

import json
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks import Webhook

from notifications.channels.webhook import Answered, Endpoint

SECRET = "whsec_bm90IGEgc2VjcmV0LCBzaGlwcGVkIHdpdGggdGhlIGNvZGU="  # noqa: S105 - signs what goes to the fake alone


@dataclass(frozen=True, slots=True)
class Heard:
    """One message whose signature fits."""

    id: str
    body: bytes

    @property
    def document(self) -> Any:
        return json.loads(self.body)


@dataclass(slots=True)
class FakeReceiver:
    """Both ports of the webhook channel. `answers` are given one a try; after them everything is taken.

    It verifies with the library that receivers use, so what is signed must be signed now.
    """

    answers: Iterable[Answered] = ()
    endpoint: Endpoint = field(default=Endpoint("https://receiver.example/hooks", (SECRET,)))
    heard: list[Heard] = field(default_factory=list)
    _ahead: deque[Answered] = field(init=False)

    def __post_init__(self) -> None:
        self._ahead = deque(self.answers)

    async def endpoint_of(self, recipient: str) -> Endpoint | None:
        """The same endpoint for everybody."""
        del recipient
        return self.endpoint

    async def post(self, address: str, headers: Mapping[str, str], content: bytes) -> Answered:
        """Raises WebhookVerificationError for a signature that doesn't fit: a fault of whoever signed."""
        assert address == self.endpoint.address, "there is one endpoint"
        Webhook(self.endpoint.secrets[0]).verify(content, dict(headers), json_parse=False)
        answer = self._ahead.popleft() if self._ahead else Answered(204, "")
        if answer.taken or answer.handed_over:
            self.heard.append(Heard(headers["webhook-id"], content))
        return answer
