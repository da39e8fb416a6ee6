"""Who reads a page: known from the cookie for as long as one request lasts."""

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from models.enums import Role

TEAM: Final = frozenset(Role) - {Role.PARTNER}
MAY_CHANGE: Final = TEAM - {Role.AUDITOR}
MAKES_RULES: Final = frozenset({Role.MANAGER, Role.ADMIN})
LEADS: Final = frozenset({Role.LEAD, Role.MANAGER, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is signed in, as they are now."""

    sign_in_id: int
    person_id: int
    name: str
    email: str
    time_zone: str
    roles: frozenset[Role]
    partner_id: int | None

    @property
    def is_team(self) -> bool:
        return self.partner_id is None and bool(self.roles & TEAM)

    @property
    def may_change(self) -> bool:
        """An auditor reads, and nothing else."""
        return self.is_team and bool(self.roles & MAY_CHANGE)

    @property
    def makes_rules(self) -> bool:
        return self.is_team and bool(self.roles & MAKES_RULES)

    @property
    def leads(self) -> bool:
        return self.is_team and bool(self.roles & LEADS)


_CURRENT: ContextVar[Reader | None] = ContextVar("reader", default=None)


def reader_of(request: Request) -> Reader | None:
    """Who is signed in; None for a page that anybody may read and nobody did sign in for."""
    found: Reader | None = getattr(request.state, "reader", None)
    return found


def current_reader() -> Reader | None:
    """The same, for what every page shows alike: its masthead and its zone."""
    return _CURRENT.get()


class NobodyAtFirst:
    """Each request begins with nobody signed in, also where a program asks twice in one task."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        _CURRENT.set(None)
        await self.app(scope, receive, send)


def remember(request: Request, reader: Reader | None) -> None:
    request.state.reader = reader
    _CURRENT.set(reader)
