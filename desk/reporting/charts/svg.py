"""The few shapes that charts are made of, as escaped markup. Colours and sizes are classes of the page's sheet."""

from collections.abc import Iterable
from typing import Final

from markupsafe import Markup

WIDTH: Final = 320
"""Units across; one is about a CSS pixel on a narrow screen."""

LINE: Final = 16
"""Units from one line of text to the next."""

LETTER_WIDTH: Final = 6.2
"""Units that a letter of the page's sheet takes on average; enough to tell whether words fit."""


def chart(name: str, *, title: str, says: str, height: float, shapes: Iterable[Markup]) -> Markup:
    """A whole chart. `name` is unique on the page; `title` and `says` are what a screen reader tells of it."""
    opening = Markup(
        '<svg role="img" aria-labelledby="{0}-title" aria-describedby="{0}-desc" viewBox="0 0 {1} {2}" '
        'focusable="false"><title id="{0}-title">{3}</title><desc id="{0}-desc">{4}</desc>'
    ).format(name, WIDTH, _number(height), title, says)
    return opening + Markup("").join(shapes) + Markup("</svg>")


def fillings(name: str) -> Markup:
    """Stripes and dots, for what has to differ without colour; as NAME-stripes and NAME-dots."""
    return Markup(
        '<defs><pattern id="{0}-stripes" class="filling" width="6" height="6" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><rect class="ground" width="6" height="6"/><rect width="2.5" height="6"/>'
        '</pattern><pattern id="{0}-dots" class="filling" width="6" height="6" patternUnits="userSpaceOnUse">'
        '<rect class="ground" width="6" height="6"/><circle cx="3" cy="3" r="1.3"/></pattern></defs>'
    ).format(name)


def rect(x: float, y: float, width: float, height: float, *, filling: str = "") -> Markup:
    """A bar; `filling` is the id of a pattern, without one it is solid."""
    filled = Markup(' fill="url(#{})"').format(filling) if filling else Markup("")
    return Markup('<rect class="piece" x="{}" y="{}" width="{}" height="{}"{}/>').format(
        _number(x), _number(y), _number(width), _number(height), filled
    )


def line(x: float, y: float, to_x: float, to_y: float, kind: str) -> Markup:
    return Markup('<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
        kind, _number(x), _number(y), _number(to_x), _number(to_y)
    )


def path(points: Iterable[tuple[float, float]], kind: str) -> Markup:
    """Straight from point to point."""
    return Markup('<polyline class="{}" points="{}"/>').format(
        kind, " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    )


def dot(x: float, y: float) -> Markup:
    return Markup('<circle class="dot" cx="{}" cy="{}" r="3"/>').format(_number(x), _number(y))


def text(x: float, y: float, words: object, *, anchor: str = "start", kind: str = "") -> Markup:
    """Words on a baseline; `anchor` is start, middle or end."""
    return Markup('<text x="{}" y="{}" text-anchor="{}"{}>{}</text>').format(
        _number(x), _number(y), anchor, Markup(' class="{}"').format(kind) if kind else "", words
    )


def shortened(words: str, width: float) -> str:
    """The words, cut with an ellipsis where they would be wider; the table has them whole."""
    fits = int(width / LETTER_WIDTH)
    return words if len(words) <= fits else words[: max(fits - 1, 1)].rstrip() + "…"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
