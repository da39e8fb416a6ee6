"""The marketplace's authorize place as somebody meets it who is not signed in: a login, or why the request is refused.

Source of the answers: RFC 6749, 4.1.2.1. A client or redirect address that is not known is never sent back to.
"""

from html import escape
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs, urlencode, urlsplit

from checklist.rulebook import Rulebook
from sample.serving import Reply, Request

CLIENTS: Final = {
    "6f0c2d1e-58b7-4a3e-9c41-0d7be2a9f513": ("quillharbor", "https://app.quillharbor.example/segment/return"),
    "2e7d51c8-93af-4b06-a1de-64c80f35b917": ("ambervane", "https://app.ambervane.example/oauth/segment"),
    "b3a94f70-2c6d-4e15-8b0a-7719f4c0ad26": ("larkenfell", "https://desk.larkenfell.example/connect/return"),
}
"""Slug and redirect address by client_id, as the partners registered them."""

STATE_CHARACTERS: Final = 8
FALLBACK: Final = "/oauth2/fallbacks/error"
LOGIN: Final = "/login"


class Authorize:
    """Answers at the rulebook's authorize and enable places, and shows the login they lead to."""

    def __init__(self, rulebook: Rulebook) -> None:
        rule = rulebook.oauth
        self._places = {_place(address) for address in rule.authorize}
        self._enable = _place(rule.enable)
        self._scope_prefix = rule.scope_prefix
        self._login = f"https://{self._enable[0]}{LOGIN}"
        self._name = rulebook.programme.marketplace
        self.hosts = frozenset({self._enable[0], *(host for host, _ in self._places)})

    def answer(self, request: Request) -> Reply:
        place = (request.host, request.path)
        if place in self._places:
            return self._authorize({name: values[0] for name, values in parse_qs(request.query).items()})
        if place == self._enable:
            return _sent_to(f"{self._login}?{urlencode({'next': f'{request.path}?{request.query}'})}")
        if place == (self._enable[0], LOGIN):
            return Reply(HTTPStatus.OK, _page(f"Log in to {self._name}", '<form><input type="password"></form>'))
        if request.path == FALLBACK:
            said = parse_qs(request.query)
            words = escape(" ".join(said.get("error", []) + said.get("error_description", [])))
            return Reply(HTTPStatus.BAD_REQUEST, _page("The request could not be taken", f"<p>{words}</p>"))
        return Reply(HTTPStatus.NOT_FOUND, _page("Not found", ""))

    def _authorize(self, asked: dict[str, str]) -> Reply:
        slug, registered = CLIENTS.get(asked.get("client_id", ""), ("", ""))
        if not slug:
            return _refused(FALLBACK, "invalid_client", "The client_id is not known.")
        if asked.get("redirect_uri") != registered:
            return _refused(FALLBACK, "invalid_request", "The redirect_uri is not the one that was registered.")
        if asked.get("response_type") != "code":
            return _refused(registered, "unsupported_response_type", "Only codes are given.")
        if asked.get("scope") != f"{self._scope_prefix}{slug}":
            return _refused(registered, "invalid_scope", "The scope is not the one that was registered.")
        if len(asked.get("state", "")) < STATE_CHARACTERS:
            return _refused(registered, "invalid_state", "The state is missing or can be guessed.")
        return _sent_to(f"{self._login}?{urlencode({'login_challenge': asked['state']})}")


def _refused(back: str, error: str, words: str) -> Reply:
    return _sent_to(f"{back}?{urlencode({'error': error, 'error_description': words})}")


def _sent_to(address: str) -> Reply:
    return Reply(HTTPStatus.FOUND, headers={"Location": address})


def _page(title: str, body: str) -> bytes:
    return f"<!doctype html><title>{escape(title)}</title><h1>{escape(title)}</h1>{body}".encode()


def _place(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.hostname or "", parts.path
