"""What tokens open, and whose: a scope opens nothing that its person's roles would not. Pure."""

from collections.abc import Collection, Mapping
from typing import Final

from models.enums import Role, TokenScope
from review.lifecycle import DECIDERS, PROGRAMME, SUBMITTERS, WAIVERS

SCOPES: Final[Mapping[TokenScope, frozenset[Role]]] = {
    TokenScope.PREFLIGHT: frozenset(Role),
    TokenScope.READ: frozenset(Role),
    TokenScope.SUBMIT: SUBMITTERS,
    TokenScope.REVIEW: DECIDERS | WAIVERS,
    TokenScope.REVEAL: DECIDERS,
    TokenScope.MANAGE: PROGRAMME,
    TokenScope.ADMIN: frozenset({Role.ADMIN}),
}
"""Every scope with the roles that may have it. What a role may do within it is said by the table of moves."""

OPENS: Final[Mapping[TokenScope, str]] = {
    TokenScope.PREFLIGHT: "run preflights",
    TokenScope.READ: "what one's own company sent, for the team everything",
    TokenScope.SUBMIT: "send submissions, answer questions, take a submission back",
    TokenScope.REVIEW: "take submissions, ask, attest, waive, decide",
    TokenScope.REVEAL: "look at secrets of test accounts; who did, and when, is kept",
    TokenScope.MANAGE: "delist, give time, waive what is live, audits, tiers, imports, reasons, deliveries, webhooks, "
    "calendars, policies, sign people out",
    TokenScope.ADMIN: "add people, give and take roles, issue and revoke tokens",
}
"""What each scope is for, as people read it."""


def held(roles: Collection[Role]) -> frozenset[TokenScope]:
    """The scopes that somebody with these roles may have."""
    return frozenset(scope for scope, who in SCOPES.items() if who & frozenset(roles))
