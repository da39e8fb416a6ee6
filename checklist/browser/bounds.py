"""The bounds of a browser. Every number can be injected; the defaults are what production runs with."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bounds:
    """Seconds, bytes, characters and pixels."""

    total_seconds: float = 15.0  # one look, from its fresh profile to the picture
    load_seconds: float = 6.0  # until it answers, and again until it stands
    settle_seconds: float = 4.0  # how long a page that stands may go on asking for things before it is read
    start_seconds: float = 30.0  # until the browser's process answers
    turn_seconds: float = 60.0  # waiting for a place among the pages that are looked at
    close_seconds: float = 3.0  # until a page that does not close is killed with its browser
    wire_bytes: int = 30_000_000  # one look, both directions
    requests: int = 300  # one look
    connections: int = 200  # one look
    html_characters: int = 4_000_000  # as much as the fetcher reads
    picture_bytes: int = 600_000
    memory_bytes: int = 1_500_000_000  # the browser with all its processes; a usual page needs a third of it
    memory_seconds: float = 0.25  # between two looks at that
    pages: int = 2  # looked at together
    looks: int = 50  # then a new process: what leaks is gone
    width: int = 1280
    height: int = 800
    head_bytes: int = 64 * 1024  # of a request to the proxy
    head_seconds: float = 10.0
    connect_seconds: float = 4.0  # one address
