"""A message as an e-mail: headers that can't be injected, text and HTML side by side, one thread per subject."""

import re
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from notifications.channels.verbatim import POLICY
from notifications.message import Message
from notifications.rendering import one_line

NO_ADDRESS = (HeaderParseError, ValueError, IndexError)
"""What the standard library raises for a text that is no address, each for another kind of text."""

NO_LOCAL_PART = re.compile(r"[^A-Za-z0-9._-]+")
ONE_CLICK_ADDRESS = re.compile(r"https://[!-;=?-~]{1,900}", re.ASCII)
"""One visible ASCII word without angle brackets, short enough for a line of a mail."""


class SenderInvalid(ValueError):
    """The configured sender is no address."""

    def __init__(self, seen: str) -> None:
        super().__init__(
            f"the sender {seen!r} is no mail address; expected one such as "
            "`Launch Review <launch-review@example.com>` in LAUNCH_REVIEW_MAIL_FROM"
        )


class RecipientInvalid(ValueError):
    """The recipient is no single mail address."""

    def __init__(self, seen: str) -> None:
        super().__init__(f"the recipient {seen!r} is no mail address; expected one, in ASCII, such as ann@example.com")


class UnsubscribeInvalid(ValueError):
    """A message says where to unsubscribe, and that is no address for it."""

    def __init__(self, seen: str) -> None:
        super().__init__(f"{seen!r} can't unsubscribe with one click; expected one https:// address, without spaces")


class Sender:
    """Who the mails are from. Its domain also names messages and the list."""

    def __init__(self, mail_from: str) -> None:
        name, spec = parseaddr(mail_from)
        try:
            self.address = Address(display_name=one_line(name), addr_spec=spec)
        except NO_ADDRESS as error:
            raise SenderInvalid(mail_from) from error
        if not self.address.username or not self.address.domain:
            raise SenderInvalid(mail_from)

    def message_id(self, local: str) -> str:
        return f"<{NO_LOCAL_PART.sub('-', local)}@{self.address.domain}>"


def letter(message: Message, key: str, sender: Sender) -> EmailMessage:
    """The mail of a message. Raises RecipientInvalid, and UnsubscribeInvalid.

    The Message-ID comes from the key, so every try is the same mail. All mails of one thread refer to one
    root that was never sent, which mail programs take as a common ancestor. RFC 3834: Auto-Submitted; RFC 2919:
    List-Id; RFC 8058: List-Unsubscribe with one click, for messages that say where.
    """
    mail = EmailMessage(policy=POLICY)
    mail["From"] = sender.address
    mail["To"] = _single(message.recipient)
    mail["Subject"] = one_line(message.title)
    mail["Message-ID"] = sender.message_id(key)
    if message.thread:
        root = sender.message_id(f"thread.{message.thread}")
        mail["In-Reply-To"] = root
        mail["References"] = root
    mail["Date"] = format_datetime(message.at)
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["List-Id"] = f"Launch Review <launch-review.{sender.address.domain}>"
    if message.unsubscribe:
        mail["List-Unsubscribe"] = f"<{_one_click(message.unsubscribe)}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail["X-Launch-Review-Event"] = one_line(message.event)
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    return mail


def _single(recipient: str) -> Address:
    # A comma or a line break would make two recipients, or a header, of one.
    try:
        address = Address(addr_spec=recipient)
    except NO_ADDRESS as error:
        raise RecipientInvalid(recipient) from error
    if not address.username or not address.domain:
        raise RecipientInvalid(recipient)
    return address


def _one_click(address: str) -> str:
    # Mail programs post to it by themselves, and only over https.
    if not ONE_CLICK_ADDRESS.fullmatch(address):
        raise UnsubscribeInvalid(address)
    return address
