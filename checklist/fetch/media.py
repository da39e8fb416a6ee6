"""Which content types a caller may ask for. `accept=` takes one of these sets or a union of them."""

HTML = frozenset({"text/html", "application/xhtml+xml"})
PLAIN = frozenset({"text/plain", "text/markdown", "text/x-markdown"})
JSON = frozenset({"application/json", "text/json"})
XML = frozenset({"application/xml", "text/xml"})
SVG = frozenset({"image/svg+xml"})
IMAGES = SVG | frozenset({"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"})
PAGES = HTML | PLAIN
"""What a person would read as a page; the default."""

TEXTUAL = HTML | PLAIN | JSON | XML | SVG


def is_textual(content_type: str) -> bool:
    """Whether `text` is filled: the types above, other text/* and the +json and +xml families."""
    return content_type in TEXTUAL or content_type.startswith("text/") or content_type.endswith(("+json", "+xml"))
