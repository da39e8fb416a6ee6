"""The reference component: a good Subscription behind a made-up host, with a switch for everything that can be wrong.

Partners try the delivery tests on it, and tests start it. It listens on the loopback address, over TLS with a
certificate of its own authority, and is reached with LAUNCH_REVIEW_FETCH_HOSTS and LAUNCH_REVIEW_FETCH_CA.
"""

import hashlib
import json
import time
from collections import Counter, deque
from collections.abc import Collection, Sequence
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from models.enums import SpecCall
from sample.certificates import SampleAuthority
from sample.faults import FAULTS, HIDES_OWNER, NAMES, Call
from sample.serving import LOOPBACK, LoopbackServer, Reply, Request
from sample.webhook import Webhook

HOST: Final = "component.example"
PATH: Final = "/segment"
API_KEY: Final = "reference-component-key"
SLUG: Final = "reference-component"
METHODS: Final = (SpecCall.IDENTIFY, SpecCall.TRACK, SpecCall.PAGE, SpecCall.GROUP)


class FaultUnknown(LookupError):
    """The reference component has no such fault; the message lists those it has."""


def submission(methods: Collection[SpecCall] = METHODS) -> dict[str, Any]:
    """The launch of the reference component, as far as its endpoint goes."""
    return {
        "external_id": f"{SLUG}-launch",
        "kind": "launch",
        "partner": {"name": "Reference Component", "website": f"https://{HOST}/"},
        "integration": {"slug": SLUG, "name": "Reference Component"},
        "components": [
            {
                "kind": "subscription",
                "endpoint": f"https://{HOST}{PATH}",
                "methods": [method.value for method in methods],
                "api_key": API_KEY,
                "settings": {"region": "eu"},
            }
        ],
    }


class ReferenceComponent:
    """Answers requests as a component does that has these faults; `switch` chooses others. Raises FaultUnknown.

    `received` counts the requests to the endpoint.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        *,
        methods: Collection[SpecCall] = METHODS,
        faults: Sequence[str] = (),
        slow_seconds: float = 1.5,
        slower_seconds: float = 6.0,
    ) -> None:
        self.switch(faults)
        component = Dossier.parse(submission(methods)).components[0]
        endpoint = Endpoint.of(component, SLUG)
        assert endpoint is not None
        self._line = ownership.text_for(endpoint, rulebook.programme.marketplace)
        self._webhook = Webhook(API_KEY, methods)
        self._slow_seconds = slow_seconds
        self._slower_seconds = slower_seconds
        self._seen: Counter[bytes] = Counter()
        self._lately: deque[float] = deque()
        self.received = 0

    def switch(self, faults: Sequence[str]) -> None:
        """Have these faults from now on, and no others. Raises FaultUnknown."""
        if strangers := [name for name in faults if name not in NAMES]:
            raise FaultUnknown(f"there is no fault {strangers[0]!r}; there are: {', '.join(NAMES)}")
        self._faults = [FAULTS[name] for name in FAULTS if name in faults]
        self._hides_owner = HIDES_OWNER in faults

    def answer(self, request: Request) -> Reply:
        if request.path == ownership.PATH and not self._hides_owner:
            return Reply(HTTPStatus.OK, f"{self._line}\n".encode(), "text/plain")
        if request.path != PATH:
            return Reply(HTTPStatus.NOT_FOUND, b"There is nothing here.", "text/plain")
        if request.method != "POST":
            return self._webhook.answer(request)
        self.received += 1
        call = self._call(request)
        reply = self._webhook.answer(request)
        for fault in self._faults:
            reply = fault.answer(call, reply)
        return reply

    def _call(self, request: Request) -> Call:
        try:
            said = json.loads(request.body)
        except (ValueError, RecursionError):
            said = None
        fields = said if isinstance(said, dict) else None
        now = time.monotonic()
        self._lately.append(now)
        while self._lately[0] < now - 1:
            self._lately.popleft()
        digest = hashlib.sha256(request.body).digest()
        seen_before = self._seen[digest]
        self._seen[digest] += 1
        return Call(request, fields, seen_before, len(self._lately), self._slow_seconds, self._slower_seconds)


class ServedComponent:
    """A reference component that is served, from `async with` on until its end.

    `folder` takes its authority's certificate (`ca_file`) and its submission (`submission_file`).
    """

    def __init__(
        self,
        component: ReferenceComponent,
        folder: Path,
        *,
        methods: Collection[SpecCall] = METHODS,
        host: str = LOOPBACK,
        port: int = 0,
    ) -> None:
        authority = SampleAuthority()
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(authority.pem)
        self.submission_file = folder / "submission.json"
        self.submission_file.write_text(json.dumps(submission(methods), indent=2), "utf-8")
        self._server = LoopbackServer(component.answer, authority.server_context([HOST]), host=host, port=port)
        self._host = host
        self.hosts: dict[str, str] = {}
        """As LAUNCH_REVIEW_FETCH_HOSTS takes it; filled while it is served."""

    async def __aenter__(self) -> Self:
        port = await self._server.start()
        self.hosts = {HOST: f"{self._host}:{port}"}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hosts = {}
        await self._server.stop()
