"""The dialogs that ask for more than a press, within Slack's limits, and what people put into them. Pure.

All that partners, checks and rulebooks wrote is plain text: nothing of it is a mention, a link or emphasis.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from desk.slack.reasons import Reason
from notifications.buttons import Act, Click
from notifications.slack_text import escaped, plain, section

TITLE: Final = {
    Act.REQUEST_CHANGES: "Request changes",
    Act.ASK_PARTNER: "Ask the partner",
    Act.WAIVE: "Waive an item",
}
SUBMIT: Final = {Act.REQUEST_CHANGES: "Send to the partner", Act.ASK_PARTNER: "Ask", Act.WAIVE: "Waive"}

OPTIONS = 100  # Slack's reference of select menus
OPTION_CHARACTERS = 75
WORDS_CHARACTERS = 3_000  # a text input takes no more
ERROR_CHARACTERS = 500
USUAL_WAIVER = timedelta(days=30)

REASONS, WORDS, ITEM, UNTIL = "reasons", "words", "item", "until"
"""Ids of the fields; an error names the field it is about."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One item that can be waived."""

    item: str
    title: str


@dataclass(frozen=True, slots=True)
class Told:
    """An item that failed, as the partner will read it."""

    title: str
    what: str


def request_changes(about: str, failed: Sequence[Told], reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    told = [f"• {one.title}: {one.what}" for one in failed]
    listed = "\n".join(["These failed. The partner is told of each, with how to fix it:", *told]) if told else ""
    likely = [_option(reason.id, reason.title) for reason in reasons[:OPTIONS] if reason.likely]
    select: dict[str, Any] = {
        "type": "multi_static_select",
        "action_id": REASONS,
        "placeholder": plain("Choose what else is missing"),
        "options": [_option(reason.id, reason.title) for reason in reasons[:OPTIONS]],
    }
    if likely:
        select["initial_options"] = likely
    blocks = [section(about), *([section(listed)] if listed else [])]
    if reasons:
        blocks.append(_input(REASONS, "What does not hold", select, optional=True, hint="Sent with how to fix it."))
    # With nothing to choose from the words are all there is.
    needed = not (reasons or failed)
    return [*blocks, _input(WORDS, "In your words", _text(), optional=not needed, hint="The partner reads this first.")]


def ask_partner(about: str) -> list[dict[str, Any]]:
    return [section(about), _input(WORDS, "Your question", _text(), hint="The clock waits until they answer.")]


def waive(about: str, choices: Sequence[Choice], today: date, latest: date) -> list[dict[str, Any]]:
    """The choices come with what failed first; `latest` is the last day a waiver may have."""
    options = [_option(choice.item, choice.title) for choice in choices[:OPTIONS]]
    picker = {"type": "datepicker", "action_id": UNTIL, "initial_date": min(today + USUAL_WAIVER, latest).isoformat()}
    return [
        section(about),
        _input(ITEM, "Item", {"type": "static_select", "action_id": ITEM, "options": options}),
        _input(WORDS, "Why it need not hold", _text(), hint="Shown at every decision."),
        _input(UNTIL, "Up to and including", picker, hint=f"At the latest {latest}."),
    ]


def view(act: Act, click: Click, answers_at: str, blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The dialog; it remembers what the card showed and where its person is answered."""
    return {
        "type": "modal",
        "callback_id": act.value,
        "private_metadata": json.dumps({"click": click.as_value(), "answers_at": answers_at}),
        "title": plain(TITLE[act]),
        "submit": plain(SUBMIT[act]),
        "close": plain("Cancel"),
        "blocks": blocks,
    }


def notice(act: Act, words: str) -> dict[str, Any]:
    """A dialog that only says something."""
    return {"type": "modal", "title": plain(TITLE[act]), "close": plain("Close"), "blocks": [section(words)]}


def remembered(view: Mapping[str, Any]) -> tuple[Click, str]:
    """What the dialog remembers."""
    kept = json.loads(view["private_metadata"])
    return Click.of_value(kept["click"]), str(kept["answers_at"])


def fields(view: Mapping[str, Any]) -> dict[str, Any]:
    """What was put in, by field: a text, a day, or the values chosen."""
    return {
        block: _value(element) for block, elements in view["state"]["values"].items() for element in elements.values()
    }


def error_in(view: Mapping[str, Any], field: str, words: str) -> dict[str, str]:
    """The error beside that field, or beside the first one that the dialog has."""
    there = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
    return {field if field in there else there[0]: escaped(words, ERROR_CHARACTERS)}


def _value(element: Mapping[str, Any]) -> Any:
    if "selected_options" in element:
        return [option["value"] for option in element["selected_options"]]
    if "selected_option" in element:
        return (element["selected_option"] or {}).get("value", "")
    return element.get("selected_date") or element.get("value") or ""


def _option(value: str, title: str) -> dict[str, Any]:
    return {"text": plain(title, OPTION_CHARACTERS), "value": value}


def _text() -> dict[str, Any]:
    return {"type": "plain_text_input", "action_id": WORDS, "multiline": True, "max_length": WORDS_CHARACTERS}


def _input(
    block: str, label: str, element: Mapping[str, Any], *, optional: bool = False, hint: str = ""
) -> dict[str, Any]:
    made = {"type": "input", "block_id": block, "label": plain(label), "element": element, "optional": optional}
    return made | ({"hint": plain(hint)} if hint else {})
