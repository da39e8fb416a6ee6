"""`launch-review fetch URL`: the safe fetcher alone, to see what it makes of an address."""

import json as json_text
from dataclasses import asdict
from typing import Any, Final

from checklist.fetch import JSON as JSON_TYPES
from checklist.fetch import PAGES, XML, Fetched
from desk.cli.writing import say
from desk.fetching import fetcher_for
from settings import Settings

EXIT_CODES: Final = {"ok": 0, "refused": 1, "unknown": 3}


async def fetch(url: str, *, json: bool = False) -> int:
    """Fetch one address as a check would, and tell what happened.

    Refuses private, metadata and malformed addresses before a byte is sent, and stays within time and size.
    LAUNCH_REVIEW_FETCH_ALLOW and LAUNCH_REVIEW_FETCH_HOSTS open the door to servers of your own, for
    development only.

    Parameters
    ----------
    url
        The address, with its scheme.
    json
        Print the result as one JSON document.

    """
    async with fetcher_for(Settings()) as fetcher:
        fetched = await fetcher.get(url, accept=PAGES | JSON_TYPES | XML)
    say(json_text.dumps(document(fetched)) if json else words(fetched))
    return EXIT_CODES[fetched.outcome]


def document(fetched: Fetched) -> dict[str, Any]:
    """The published JSON of one fetch; without the body."""
    return {
        "outcome": fetched.outcome,
        "status": fetched.status,
        "final_url": fetched.final_url,
        "bytes": fetched.bytes,
        "reason": fetched.reason,
        "hops": [asdict(hop) for hop in fetched.hops],
        "kind": fetched.kind,
        "content_type": fetched.content_type,
        "charset": fetched.charset,
        "notes": list(fetched.notes),
        "retry_after": fetched.retry_after,
        "elapsed_seconds": round(fetched.elapsed_seconds, 3),
        "fetched_at": fetched.fetched_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def words(fetched: Fetched) -> str:
    """The same for people, a line per fact."""
    lines = [f"{fetched.outcome}: {fetched.reason or f'status {fetched.status}, {fetched.bytes} bytes'}"]
    lines += [f"  {hop.status} {hop.url} -> {hop.location}" for hop in fetched.hops]
    lines.append(f"  at {fetched.final_url}")
    lines += [f"  note: {note}" for note in fetched.notes]
    # Strangers chose these words: nothing in them may steer a terminal.
    return "\n".join("".join(map(_plainly, line)) for line in lines)


def _plainly(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    return character.encode("unicode_escape").decode()
