"""What can be pressed on a page besides its plain links, and where pressing it leads as far as the markup tells."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from checklist.pages.facts import Control

PRESSED = (
    "button, input[type='submit'], input[type='button'], input[type='image'], [role='button'], [data-href],"
    " a:not([href]), a[data-method], a[data-turbo-method]"
)
MOST_CONTROLS = 500
MOST_FIELDS = 50
LONGEST_TEXT = 200
LONGEST_VALUE = 2_000

_IN_A_HANDLER = re.compile(
    r"""(?:\blocation(?:\.href)?\s{0,9}=|\blocation\.(?:assign|replace)\(|\bopen\()\s{0,9}['"`]([^'"`\s]{1,2000})['"`]"""
)


@dataclass(frozen=True, slots=True)
class _Form:
    node: LexborNode
    fields: tuple[tuple[str, str], ...]


def controls_of(
    tree: LexborHTMLParser, read_out: Callable[[LexborNode], str], absolute: Callable[[str], str]
) -> Iterator[Control]:
    """Controls in the page's order, then forms without a button of their own.

    `read_out` tells what a person reads on a node, `absolute` makes an address absolute.
    """
    forms = {node.mem_id: _Form(node, _hidden_fields(node)) for node in tree.css("form")[:MOST_CONTROLS]}
    pressed = set()
    for node in tree.css(PRESSED)[:MOST_CONTROLS]:
        form = _form_around(node, forms) if forms else None
        if form is not None:
            pressed.add(form.node.mem_id)
        attributes = node.attributes
        text = read_out(node) or " ".join((attributes.get("value") or attributes.get("alt") or "").split())
        yield _control(node, form, text[:LONGEST_TEXT], absolute)
    for key, form in forms.items():
        if key not in pressed:
            yield _sent(form, form.node, read_out(form.node)[:LONGEST_TEXT], absolute)


def _control(node: LexborNode, form: _Form | None, text: str, absolute: Callable[[str], str]) -> Control:
    attributes = node.attributes
    if form is not None and (attributes.get("type") or "submit").lower() in {"submit", "image"} and _is_field(node):
        return _sent(form, node, text, absolute)
    handler = _IN_A_HANDLER.search(attributes.get("onclick") or "")
    href = attributes.get("href") or attributes.get("data-href") or (handler[1] if handler else "")
    asked = attributes.get("data-turbo-method") or attributes.get("data-method") or "get"
    if not href or href.startswith(("#", "javascript:")):
        return Control(text, "script")
    return Control(text, "get" if asked.lower() == "get" else "post", absolute(href))


def _sent(form: _Form, node: LexborNode, text: str, absolute: Callable[[str], str]) -> Control:
    """What a form sends when `node`, its button or itself, is pressed."""
    own, around = node.attributes, form.node.attributes
    method = (own.get("formmethod") or around.get("method") or "get").lower()
    href = own.get("formaction") or around.get("action") or ""
    return Control(text, "post" if method == "post" else "get", absolute(href), form.fields)


def _hidden_fields(form: LexborNode) -> tuple[tuple[str, str], ...]:
    fields = (field.attributes for field in form.css("input[type='hidden']")[:MOST_FIELDS])
    named = ((field.get("name") or "", field.get("value") or "") for field in fields)
    return tuple((name, value) for name, value in named if name and len(value) <= LONGEST_VALUE)


def _is_field(node: LexborNode) -> bool:
    return node.tag in {"button", "input"}


def _form_around(node: LexborNode, forms: Mapping[int, _Form]) -> _Form | None:
    above = node.parent
    while above is not None:
        if above.mem_id in forms:
            return forms[above.mem_id]
        above = above.parent
    return None
