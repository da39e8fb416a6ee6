"""What an answer means: one table from what was asked and what came back to a colour. Pure.

Source: the programme's test suite ("all green or yellow") and its page on what each status says. Green holds, yellow
holds and is worth a look, red does not hold, grey tells nothing: it is never the partner's fault.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from checklist.delivery.calls import Probe
from checklist.delivery.exchange import Exchange
from models.enums import Outcome


class Colour(StrEnum):
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means: in words, said of the call, and how the partner mends it."""

    colour: Colour
    why: str
    fix: str = ""


GREEN, YELLOW, RED, GREY = Colour
_TAKE_IT: Final = "Answer 2xx at once when a declared call is taken, and work on it afterwards."
_THE_KEY: Final = (
    "Give a key that works for test calls as `api_key`. It comes as the user of Basic authorization, with an empty "
    "password."
)
_THE_ADDRESS: Final = "Give the address that takes POST requests as `endpoint`."
_SAY_501: Final = "Answer 501 to a type of call you don't support: it tells the customer, and stops the retries."
_SAY_401: Final = (
    "Answer 401 when the API key is malformed, expired or invalid, and 403 when it is valid and not permitted."
)
_SAY_400: Final = (
    'Answer 400 with Content-Type: application/json and a body such as {"message": "`userId` is missing"}.'
)
_KEEP_IDS: Final = (
    "Keep the `messageId` of calls for a day or longer, and answer 2xx to one that you have already taken."
)
_ANY_CASING: Final = "Take traits and properties by whatever name the customer gives them; ignore those you don't know."
_LATER: Final = Meaning(GREY, "the endpoint asks to come back later")
_BY_NOW: Final = Meaning(GREY, "the API key that was given for the tests is refused by now")
_LIKE_ALL: Final = Meaning(GREY, "the endpoint fails, as it does over declared calls")

COLOURS: Final[Mapping[Probe, Mapping[str, Meaning]]] = {
    Probe.DECLARED: {
        "later": _LATER,
        "2xx": Meaning(GREEN, "delivered"),
        "501": Meaning(RED, "declared as supported and answered as not supported", _TAKE_IT),
        "401 after the launch": _BY_NOW,
        "403 after the launch": _BY_NOW,
        "401": Meaning(RED, "the API key given is refused", _THE_KEY),
        "403": Meaning(RED, "the API key given is refused", _THE_KEY),
        "404": Meaning(RED, "nothing takes calls at this address", _THE_ADDRESS),
        "405": Meaning(RED, "no POST requests are taken at this address", _THE_ADDRESS),
        "3xx": Meaning(RED, "answered with a redirect; calls follow none", _THE_ADDRESS),
        "5xx": Meaning(RED, "the endpoint fails", _TAKE_IT),
        "else": Meaning(RED, "declared as supported and not taken", _TAKE_IT),
    },
    Probe.UNDECLARED: {
        "later": _LATER,
        "501": Meaning(GREEN, "answered as not supported"),
        "2xx": Meaning(YELLOW, "not declared and taken all the same", _SAY_501),
        "4xx": Meaning(YELLOW, "refused like a wrong call, not as one that is not supported", _SAY_501),
        "5xx": Meaning(RED, "the endpoint fails over a call that is not declared", _SAY_501),
        "else": Meaning(RED, "not declared and answered with neither 501 nor 2xx", _SAY_501),
    },
    Probe.WRONG_KEY: {
        "later": _LATER,
        "fails like all": _LIKE_ALL,
        "401": Meaning(GREEN, "refused"),
        "403": Meaning(GREEN, "refused"),
        "2xx": Meaning(RED, "taken", _SAY_401),
        "501": Meaning(YELLOW, "refused, as if the call were not supported", _SAY_401),
        "5xx": Meaning(RED, "the endpoint fails, and the call would be sent again for hours", _SAY_401),
        "else": Meaning(YELLOW, "refused, with neither 401 nor 403", _SAY_401),
    },
    Probe.MALFORMED: {
        "later": _LATER,
        "fails like all": _LIKE_ALL,
        "400 with a message": Meaning(GREEN, "refused and explained"),
        "400": Meaning(YELLOW, "refused without a JSON `message` that says why", _SAY_400),
        "2xx": Meaning(YELLOW, "taken as if nothing were wrong with it", _SAY_400),
        "501": Meaning(YELLOW, "refused, as if the call were not supported", _SAY_400),
        "5xx": Meaning(RED, "the endpoint fails, and the call would be sent again for hours", _SAY_400),
        "else": Meaning(YELLOW, "refused, with another status than 400", _SAY_400),
    },
    Probe.REPEATED: {
        "later": _LATER,
        "2xx": Meaning(GREEN, "does no harm"),
        "5xx": Meaning(RED, "the endpoint fails", _KEEP_IDS),
        "else": Meaning(RED, "answered as an error", _KEEP_IDS),
    },
    Probe.CASING: {
        "later": _LATER,
        "2xx": Meaning(GREEN, "taken"),
        "5xx": Meaning(RED, "the endpoint fails", _ANY_CASING),
        "else": Meaning(RED, "not taken, although the same call in camelCase is", _ANY_CASING),
    },
}
"""The first label of the answer that has a row decides; see `labels`."""

OUTCOMES: Final[Mapping[Colour, Outcome]] = {
    RED: Outcome.FAILED,
    GREY: Outcome.UNKNOWN,
    YELLOW: Outcome.WARNED,
    GREEN: Outcome.PASSED,
}
"""The first colour that is among an item's calls decides the item."""


def labels(exchange: Exchange, *, after_launch: bool = False) -> Iterator[str]:
    """What an answer is called in the table, the most special first."""
    assert exchange.status is not None
    if exchange.wants_peace:
        yield "later"
    if exchange.breaks and exchange.is_like_all:
        yield "fails like all"
    if exchange.status == 400 and exchange.explains:
        yield "400 with a message"
    if after_launch:
        yield f"{exchange.status} after the launch"
    yield str(exchange.status)
    yield f"{exchange.status // 100}xx"
    yield "else"


def meaning_of(exchange: Exchange, *, slow_seconds: float, after_launch: bool = False) -> Meaning:
    """What the answer to one call means. After the launch a partner may take back the key it gave for the tests.

    A 5xx was met twice, for the same call is sent again after the first one; when it was not met again that is told.
    Only declared calls are held to a time.
    """
    if exchange.status is None:
        return Meaning(GREY, exchange.trouble)
    rows = COLOURS[exchange.probe]
    meaning = next(rows[label] for label in labels(exchange, after_launch=after_launch) if label in rows)
    if meaning.colour is not GREEN:
        return meaning
    if exchange.broke_first is not None:
        told = f"{meaning.why}, but only when sent again; at first the answer was {exchange.broke_first}"
        return Meaning(YELLOW, told, "Look for what failed at the first try.")
    if exchange.probe is Probe.DECLARED and exchange.seconds > slow_seconds:
        return Meaning(YELLOW, f"delivered, and answered after more than {slow_seconds:g} s", _TAKE_IT)
    return meaning


def deciding(colours: Iterable[Colour]) -> Colour:
    """The colour that decides for all of them; grey when there is none."""
    seen = set(colours)
    return next((colour for colour in OUTCOMES if colour in seen), GREY)
