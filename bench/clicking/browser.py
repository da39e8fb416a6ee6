"""A browser as far as forms need one: reads a page's forms with all their fields, and sends what a button sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode


@dataclass(frozen=True, slots=True)
class Button:
    """One that can be pressed; grey ones are left out, as nobody can press them."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PageForm:
    """A form as the page has it: where it goes, what its fields hold by themselves, and what can be chosen in them."""

    action: str
    fields: tuple[tuple[str, str], ...]
    choices: Mapping[str, tuple[str, ...]]
    buttons: tuple[Button, ...]

    def value(self, name: str) -> str | None:
        return next((value for field, value in self.fields if field == name), None)

    def pressed(self, button: Button, filled: Mapping[str, str]) -> list[tuple[str, str]]:
        """What is sent. Only what the form has a field for can be filled in."""
        sent = [(name, filled.get(name, value)) for name, value in self.fields]
        return [*sent, (button.name, button.value)] if button.name else sent


@dataclass(frozen=True, slots=True)
class Page:
    address: str
    status: int
    html: LexborHTMLParser

    @property
    def forms(self) -> Sequence[PageForm]:
        """Those that change something."""
        return [_form(node, self.address) for node in self.html.css("form[method=post]")]

    @property
    def refused(self) -> str:
        """What the page says against what was sent; empty when it says nothing."""
        return " ".join(" ".join(node.text().split()) for node in self.html.css("[role=alert]"))


def page_of(answer: httpx.Response) -> Page:
    return Page(answer.request.url.path, answer.status_code, LexborHTMLParser(answer.text))


def send(client: httpx.Client, form: PageForm, button: Button, filled: Mapping[str, str]) -> httpx.Response:
    fields: dict[str, list[str]] = {}
    for name, value in form.pressed(button, filled):
        fields.setdefault(name, []).append(value)
    headers = {"Sec-Fetch-Site": "same-origin"}
    return client.post(form.action, data=fields, headers=headers, follow_redirects=False)


def _form(node: LexborNode, address: str) -> PageForm:
    fields: list[tuple[str, str]] = []
    choices: dict[str, tuple[str, ...]] = {}
    for field in node.css("input[name], textarea[name], select[name]"):
        name, kind = field.attributes["name"] or "", field.attributes.get("type") or ""
        if kind in {"submit", "file"} or "disabled" in field.attributes:
            continue
        if kind in {"checkbox", "radio"}:
            if "checked" in field.attributes:
                fields.append((name, field.attributes.get("value") or "on"))
        elif field.tag == "select":
            values = [option.attributes.get("value") or "" for option in field.css("option")]
            chosen = [option.attributes.get("value") or "" for option in field.css("option[selected]")]
            choices[name] = tuple(value for value in values if value)
            fields.append((name, (chosen or values or [""])[0]))
        else:
            fields.append((name, field.text() if field.tag == "textarea" else field.attributes.get("value") or ""))
    buttons = [
        Button(button.attributes.get("name") or "", button.attributes.get("value") or "")
        for button in node.css("button")
        if "disabled" not in button.attributes and (button.attributes.get("type") or "submit") == "submit"
    ]
    return PageForm(node.attributes.get("action") or address, tuple(fields), choices, tuple(buttons))
