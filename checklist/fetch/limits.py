"""The bounds of one fetcher. Every number can be injected; the defaults are what production runs with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Seconds and bytes. With the defaults a fetch stays under ten seconds and 32 MB, whatever it meets."""

    total_seconds: float = 8.0  # one fetch: redirects, retries, robots.txt; waiting for a turn not counted
    connect_seconds: float = 4.0  # one address, TLS handshake included
    header_bytes: int = 64 * 1024
    wire_bytes: int = 4_000_000  # body as sent
    pieces: int = 100_000  # chunks and interim answers; reading a tiny one costs as much as a large one
    decoded_bytes: int = 4_000_000  # body after its content coding; real pages stay below 2 MB
    decoded_ratio: float = 100.0  # decoded / wire, looked at once a body passes `ratio_from_bytes`
    ratio_from_bytes: int = 1_000_000
    robots_bytes: int = 500 * 1024  # RFC 9309 section 2.5: what a crawler must at least read
    url_characters: int = 8_000  # RFC 9110 section 4.1: what everybody should at least support
    redirects: int = 5
    attempts: int = 3  # the first one included
    retry_seconds: float = 0.5  # the first pause when the server names none; doubles each time
    retry_after_seconds: float = 60.0  # a longer Retry-After is told, not waited for
    spacing_seconds: float = 0.2  # between two requests to one host
    idle_seconds: float = 2.0  # then an unused connection is closed, so that a moved name is looked up again
    names_seconds: float = 30.0  # how long a looked-up name stays pinned
    connections: int = 32  # exchanges at once, over all hosts
    paced_connections: int = 256  # the same for `request`, whose caller sets the pace
    records_seconds: float = 4.0  # looking up the TXT records of a name
    lookups: int = 16  # name lookups at once; a lookup that hangs keeps its slot until it really ends
    memo_bytes: int = 8_000_000  # bodies kept so that several checks share one request
