"""What a plain HTTP exchange carries from one side of the proxy to the other (pure)."""

from collections.abc import Iterable
from typing import Final

import h11

from checklist.fetch.url import Target

_OF_ONE_CONNECTION: Final = frozenset(
    {b"connection", b"proxy-connection", b"keep-alive", b"te", b"trailer", b"upgrade"}
    | {b"proxy-authorization", b"proxy-authenticate"}
)
_PROXY_SIGN_IN: Final = 407


def request_of(target: Target, asked: h11.Request) -> h11.Request:
    """The request as the server gets it: for its path, without what was meant for the proxy."""
    kept = [(name, value) for name, value in _kept(asked.headers) if name != b"host"]
    fields = [(b"Host", target.netloc.encode("ascii")), *kept, (b"Connection", b"close")]
    return h11.Request(method=asked.method, target=target.path.encode("ascii"), headers=fields)


def answer_of(answer: h11.Response) -> h11.Response | None:
    """The answer as the browser gets it. None for one that asks for the proxy's password: it is not the server's."""
    if answer.status_code == _PROXY_SIGN_IN:
        return None
    fields = [*_kept(answer.headers), (b"Connection", b"close")]
    return h11.Response(status_code=answer.status_code, headers=fields, reason=answer.reason)


def _kept(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    pairs = list(headers)
    named = {
        word.strip().lower() for name, value in pairs if name.lower() == b"connection" for word in value.split(b",")
    }
    return [(name, value) for name, value in pairs if name.lower() not in _OF_ONE_CONNECTION | named]
