"""Colours of the mails, light and dark; each pair of text and ground has at least WCAG AA's contrast of 4.5."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    ground: str
    panel: str
    text: str
    muted: str
    line: str
    link: str
    button: str
    on_button: str


LIGHT = Palette(
    ground="#f3f4f6",
    panel="#ffffff",
    text="#1c1f23",
    muted="#5a6068",
    line="#d5d9de",
    link="#0b57a4",
    button="#0b57a4",
    on_button="#ffffff",
)
DARK = Palette(
    ground="#101215",
    panel="#1b1e23",
    text="#eceef0",
    muted="#a9b0b9",
    line="#3a4049",
    link="#8fc2ff",
    button="#8fc2ff",
    on_button="#0e1a28",
)
