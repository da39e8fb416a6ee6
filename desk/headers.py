"""What every answer says to the browser: load nothing from elsewhere, run nothing, be shown in no frame."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

WITH_A_FORM: Final = CONTENT_SECURITY_POLICY.replace("form-action 'none'", "form-action 'self'")
"""For a page whose one form is sent back to where it came from."""

WITH_A_SCRIPT: Final = f"{WITH_A_FORM}; script-src 'self'; connect-src 'self'"
"""For a page on which a script of the desk's own asks the desk, and whose forms go to the desk."""
WITH_FORMS_AND_SCRIPTS: Final = f"{WITH_A_FORM}; script-src 'self'; connect-src 'self'; frame-src 'self'"
"""For a page that a script of ours helps with, and that shows a letter in a frame."""

LETTER_IN_A_FRAME: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}
"""A letter has its own styles in it, and nothing in it may run, load or lead anywhere."""

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # An evidence link must not tell the partner's server that, or where, it is being reviewed.
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Pages show what partners keep confidential; a static file says otherwise for itself.
    "Cache-Control": "no-store",
}


class SecurityHeaders:
    """Adds HEADERS to every answer that doesn't set them itself.

    Wraps the whole application: the framework answers an unexpected error outside of its ordinary middleware.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, send_with_headers)
