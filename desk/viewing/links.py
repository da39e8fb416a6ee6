"""What partners wrote, made safe to show: only web addresses become links, long text is cut and says so."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from checklist.uploads import digest_in

LONGEST_EXCERPT = 2_000


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it was written; `href` is empty when following it could do anything but open a web page."""

    text: str
    href: str

    @classmethod
    def of(cls, written: str) -> "Address":
        if (digest := digest_in(written)) is not None:
            return cls("the file that was sent", f"/uploads/{digest}")
        return cls(written, written if _leads_to_the_web(written) else "")


def _leads_to_the_web(written: str) -> bool:
    try:
        parts = urlsplit(written.strip())
        return parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return False


def excerpt(text: str, longest: int = LONGEST_EXCERPT) -> str:
    """The text, or its beginning and how much there is."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… (the first {longest:,} of {len(text):,} characters)"
