"""The address in a mail that signs its reader in: its number lies in the outbox, its signature nowhere.

It is signed as the mail goes out, so that whoever reads the database, a log or the desk's deliveries can't use it.
"""

import re
from dataclasses import replace
from typing import Final

from itsdangerous import BadSignature, URLSafeSerializer

from models.enums import EventName
from notifications.message import Message

PATH: Final = "/sign-in/link/"
LONGEST: Final = 200
"""Characters of an address's secret part; what is longer was not made here."""
SALT: Final = "sign-in link"
UNSIGNED: Final = re.compile(rf"{PATH}(\d{{1,18}})(?![\w.-])")


def sealed(number: int, key: bytes) -> str:
    """The secret part of a link's address."""
    return str(URLSafeSerializer(key, salt=SALT).dumps(number))


def opened(secret: str, key: bytes) -> int | None:
    """The link's number; None when the address was not made with this key."""
    if not key or len(secret) > LONGEST or not secret.isascii():
        return None
    try:
        number = URLSafeSerializer(key, salt=SALT).loads(secret)
    except BadSignature:
        return None
    return number if isinstance(number, int) and number > 0 else None


def as_it_goes_out(message: Message, key: bytes) -> Message:
    """The message with its link signed; any other message as it is."""
    if message.event != EventName.SIGN_IN_ASKED.value or not key:
        return message

    def signed(text: str) -> str:
        return UNSIGNED.sub(lambda found: f"{PATH}{sealed(int(found[1]), key)}", text)

    return replace(message, text=signed(message.text), html=signed(message.html), url=signed(message.url))
