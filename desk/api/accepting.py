"""Which of the types we have a client wants (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence


def best_of(accept: str, offered: Sequence[str]) -> str | None:
    """The offered type with the highest quality, the first among equals; None when none is acceptable.

    Of the ranges that match a type the most specific one says its quality. No header at all accepts everything.
    """
    if not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",")]
    qualities = {kind: _quality(kind, ranges) for kind in offered}
    best = max(offered, key=lambda kind: qualities[kind])
    return best if qualities[best] > 0 else None


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, min(1.0, max(0.0, float(value)))
            except ValueError:
                return name, 0.0
    return name, 1.0


def _quality(kind: str, ranges: Sequence[tuple[str, float]]) -> float:
    family = kind.partition("/")[0]
    for wanted in (kind, f"{family}/*", "*/*"):
        matching = [quality for name, quality in ranges if name == wanted]
        if matching:
            return max(matching)
    return 0.0
