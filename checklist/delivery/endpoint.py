"""To whom test calls go and with which headers; and how nothing secret leaves by another way. Pure.

Source of the headers: the programme's page on subscriptions.
"""

import html
import json
import re
from base64 import b64encode
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from pydantic import SecretStr

from checklist.dossier import Component
from checklist.programme import DeliveryRule
from models.enums import SpecCall

HIDDEN: Final = "[the key]"
SHOWABLE_KEY: Final = 4
"""Characters a key has at least for an answer to be shown: a shorter one can't be told from ordinary text."""
HEADER_BEGINNING: Final = 8
"""Characters of the coded key by which a repeated Authorization header is recognised."""
LOOKED_AT_CHARACTERS: Final = 2_000
EXCERPT_CHARACTERS: Final = 160


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one subscription receives its calls. The key is masked wherever this is written down."""

    url: str
    key: SecretStr
    methods: tuple[SpecCall, ...]
    settings: str
    """What a customer sets, as a JSON object."""
    slug: str
    """The integration's."""

    @classmethod
    def of(cls, component: Component, slug: str) -> "Endpoint | None":
        """The endpoint of a component that names its address, its calls and a key; None when one is missing."""
        key = component.api_key
        if not component.endpoint or not component.methods or key is None or not key.get_secret_value().strip():
            return None
        settings = json.dumps(dict(component.settings), ensure_ascii=False, sort_keys=True)
        return cls(component.endpoint, key, tuple(dict.fromkeys(component.methods)), settings, slug)

    @property
    def host(self) -> str:
        """The host, with its port unless it is the scheme's own; lower case. Empty for what is no address."""
        try:
            parts = urlsplit(self.url)
            name, port = (parts.hostname or "").removesuffix("."), parts.port
        except ValueError:
            return ""
        host = f"[{name}]" if ":" in name else name
        return host if port in {None, {"http": 80, "https": 443}.get(parts.scheme)} else f"{host}:{port}"

    @property
    def is_https(self) -> bool:
        return self.url[:8].lower() == "https://"

    def undeclared(self) -> tuple[SpecCall, ...]:
        return tuple(call for call in SpecCall if call not in self.methods)

    def shown(self, text: str) -> str:
        """The beginning of something the endpoint said, in one line, without the key in any form it could echo."""
        key = self.key.get_secret_value()
        if len(key) < SHOWABLE_KEY:
            return ""
        # Only what lies far before the end of what was read: there the key could be cut, and not be recognised.
        clean = _forms(key).sub(HIDDEN, text)[:LOOKED_AT_CHARACTERS]
        line = " ".join("".join(letter if letter.isprintable() else " " for letter in clean).split())
        return line if len(line) <= EXCERPT_CHARACTERS else f"{line[: EXCERPT_CHARACTERS - 1]}…"


def headers(endpoint: Endpoint, rule: DeliveryRule, *, key: str, sender: str) -> dict[str, str]:
    """The headers of a call. `sender` says honestly who sends it, beside the programme's own name."""
    return {
        "Accept": "*/*",
        "Authorization": f"Basic {_base64(f'{key}:')}",
        "Cache-Control": "no-cache",
        "Content-Type": "application/json",
        "User-Agent": f"{rule.user_agent} {sender}",
        rule.settings_header: _base64(endpoint.settings),
    }


def _forms(key: str) -> re.Pattern[str]:
    """The key as a server could repeat it: plain, escaped, or as the header carried it, also with its end cut off."""
    plain = {
        key,
        json.dumps(key)[1:-1],
        json.dumps(key, ensure_ascii=False)[1:-1],
        html.escape(key),
        quote(key, safe=""),
        key.encode().hex(),
        repr(key)[1:-1],
    }
    coded = _base64(f"{key}:")[:HEADER_BEGINNING]
    forms = [re.escape(form) for form in sorted(plain, key=len, reverse=True)]
    return re.compile("|".join([rf"{re.escape(coded)}[A-Za-z0-9+/=_-]*", *forms]), re.IGNORECASE)


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
