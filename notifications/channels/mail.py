"""E-mail over SMTP, one recipient and one connection a message."""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from aiosmtplib import SMTP, SMTPDataError, SMTPException, SMTPRecipientRefused, SMTPResponseException

from notifications.channels.letter import RecipientInvalid, Sender, letter
from notifications.message import Dead, Message, Result, Retry, Sent

SHAKE_SECONDS = 8.0
"""Until the server has agreed to take the message: connection, TLS, sign-in, envelope."""
HAND_OVER_SECONDS = 10.0
"""From the first byte of the message to the server's word that it has it."""

PORTS = {"smtp": 25, "smtps": 465}
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SmtpUrlInvalid(ValueError):
    """The address of the mail server can't be read. The message never repeats it: it may hold a password."""

    def __init__(self, because: str) -> None:
        super().__init__(
            f"LAUNCH_REVIEW_SMTP_URL: {because}; expected smtp://user:password@host:port or smtps://…, "
            "with special characters of the password percent-encoded"
        )


@dataclass(frozen=True, slots=True)
class Server:
    """Where mails are handed over. `smtps` speaks TLS from the first byte; `smtp` as soon as it is offered."""

    host: str
    port: int
    tls: bool
    username: str = ""
    password: str = ""

    @classmethod
    def from_url(cls, url: str) -> "Server":
        """Raises SmtpUrlInvalid."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise SmtpUrlInvalid("it is no address") from error
        if parts.scheme not in PORTS:
            raise SmtpUrlInvalid(f"the scheme is {parts.scheme!r}")
        if not parts.hostname:
            raise SmtpUrlInvalid("it names no host")
        return cls(
            host=parts.hostname,
            port=port or PORTS[parts.scheme],
            tls=parts.scheme == "smtps",
            username=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    @property
    def starttls(self) -> bool | None:
        """None: when offered. A password never crosses a network in the clear, so with one TLS is a must."""
        if self.tls:
            return False
        return True if self.username and self.host not in LOOPBACK else None


class MailChannel:
    """Hands mails to one server. 4xx comes back as Retry; 5xx about this recipient or message as Dead.

    Other refusals (sign-in, sender, a server that takes nothing) are about the set-up, not about the message,
    so they are tried again: the message must not die of a wrong password.
    """

    def __init__(self, url: str, mail_from: str, *, tls_context: ssl.SSLContext | None = None) -> None:
        self._server = Server.from_url(url)
        self._sender = Sender(mail_from)
        self._tls_context = tls_context

    async def send(self, message: Message, key: str) -> Result:
        try:
            mail = letter(message, key, self._sender)
        except RecipientInvalid as error:
            return Dead(str(error))
        client = self._client()
        try:
            return await self._conversation(client, mail, message.recipient)
        finally:
            client.close()

    def _client(self) -> SMTP:
        server = self._server
        return SMTP(
            hostname=server.host,
            port=server.port,
            username=server.username or None,
            password=server.password or None,
            use_tls=server.tls,
            start_tls=server.starttls,
            tls_context=self._tls_context,
            timeout=SHAKE_SECONDS,
        )

    async def _conversation(self, client: SMTP, mail: EmailMessage, recipient: str) -> Result:
        try:
            async with asyncio.timeout(SHAKE_SECONDS):
                await client.connect()
                await client.mail(self._sender.address.addr_spec)
                await client.rcpt(recipient)
        except SMTPRecipientRefused as error:
            return _refusal(error)
        except (SMTPException, OSError) as error:
            return Retry(f"{self._server.host} took no mail: {_said(error)}", of_channel=True)
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS):
                await client.data(mail.as_bytes())
        except SMTPDataError as error:
            return _refusal(error)
        except (SMTPException, OSError) as error:
            # The server may have the whole message, and only its answer was lost.
            told = f"{self._server.host} did not say whether it has it: {_said(error)}"
            return Retry(told, may_have_gone_out=True, of_channel=True)
        # The message is theirs; how the good-bye goes changes nothing about that.
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(1):
                await client.quit()
        return Sent(reference=str(mail["Message-ID"]))


def _refusal(error: SMTPResponseException) -> Result:
    permanent = 500 <= error.code < 600
    return Dead(_said(error)) if permanent else Retry(_said(error))


def _said(error: Exception) -> str:
    if isinstance(error, SMTPResponseException):
        return f"{error.code} {error.message}"
    return f"{type(error).__name__} {error}".strip()
