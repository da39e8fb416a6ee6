"""Adding, changing and disabling webhook endpoints.

The secret comes from the caller, because a verb makes nothing random, and is kept sealed. Only disabling writes an
event: whose endpoint it is must hear of it; the rest the rows themselves say.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.enums import EventName
from models.people import Partner
from models.webhook_endpoint import ADDRESS_CHARACTERS, WebhookEndpoint
from notifications.routing import audible_to_partners
from notifications.subscribing import checked_events
from review.actions.record import record
from review.actions.refusing import lock
from review.vault import Vault

FORMER_SECRET_SIGNS = timedelta(hours=24)
"""How long the receiver has to take the new secret over. Source: Standard Webhooks' advice on rotation."""
FAILS_TOO_LONG = timedelta(days=3)
"""The first message given up after so long without a single success ends it: what comes next would fail too."""


class EndpointUnknown(LookupError):
    """There is no endpoint with this id."""

    def __init__(self, number: int) -> None:
        super().__init__(f"there is no webhook endpoint {number}; `webhooks list` shows those there are")


class EndpointRefused(Exception):
    """It can't be done with this endpoint now; the message says why and what to do."""


def endpoint_of(session: Session, number: int) -> WebhookEndpoint:
    """The endpoint with this id; EndpointUnknown otherwise."""
    endpoint = session.get(WebhookEndpoint, number) if number < 2**63 else None
    if endpoint is None:
        raise EndpointUnknown(number)
    return endpoint


def add_endpoint(
    session: Session,
    *,
    address: str,
    events: Sequence[str],
    secret: str,
    vault: Vault,
    at: datetime,
    partner: Partner | None = None,
) -> WebhookEndpoint:
    """Tell an address what happens from now on; with a partner only about its own integrations.

    Whether the address may be asked at all is the caller's to find out: that takes the network. EventsInvalid for
    words that name nothing that is told there, EndpointRefused for an address that is told already.
    """
    chosen = checked_events(events) if partner is None else checked_events(events, sorted(audible_to_partners()))
    if len(address) > ADDRESS_CHARACTERS:
        raise EndpointRefused(f"the address has {len(address)} characters; at most {ADDRESS_CHARACTERS} are kept")
    owner = None if partner is None else partner.id
    there = session.scalars(
        select(WebhookEndpoint).where(WebhookEndpoint.address == address, WebhookEndpoint.disabled_at.is_(None))
    )
    if known := next((row for row in there if row.partner_id == owner), None):
        raise EndpointRefused(f"endpoint {known.id} goes there already; disable it first, or give another address")
    endpoint = WebhookEndpoint(
        address=address, partner_id=owner, events=chosen, ciphertext=vault.seal(secret), created_at=at
    )
    session.add(endpoint)
    session.flush()
    return endpoint


def rotate_secret(
    session: Session, endpoint: WebhookEndpoint, *, secret: str, vault: Vault, at: datetime, at_once: bool = False
) -> None:
    """Sign with this secret from now on; with the one before it too for 24 hours, unless `at_once`.

    EndpointRefused while an earlier change still has its 24 hours: the receiver may have neither secret then.
    """
    lock(session, endpoint)
    until = endpoint.former_until
    if not at_once and until is not None and until > at:
        raise EndpointRefused(
            f"endpoint {endpoint.id} is between two secrets until {until:%Y-%m-%d %H:%M} UTC; wait until then, "
            "or change it with --at-once, which ends both"
        )
    endpoint.former_ciphertext = None if at_once else endpoint.ciphertext
    endpoint.former_until = None if at_once else at + FORMER_SECRET_SIGNS
    endpoint.ciphertext = vault.seal(secret)


def disable_endpoint(
    session: Session, endpoint: WebhookEndpoint, *, because: str, at: datetime, by_itself: bool = False
) -> bool:
    """Send nothing there from now on, and tell whose it is. False when nothing is sent already.

    What waits is skipped when its turn comes, and can be sent again once the endpoint is enabled.
    """
    lock(session, endpoint)
    if endpoint.disabled_at is not None:
        return False
    endpoint.disabled_at, endpoint.disabled_because = at, because
    record(
        session,
        EventName.WEBHOOK_DISABLED,
        at=at,
        endpoint=endpoint.id,
        host=urlsplit(endpoint.address).hostname or "",
        because=because,
        partner_id=endpoint.partner_id,
        partner=endpoint.partner.name if endpoint.partner is not None else "",
        by_itself=by_itself,
    )
    return True


def enable_endpoint(session: Session, endpoint: WebhookEndpoint) -> bool:
    """Send there again, with a clean record. False when it isn't disabled."""
    lock(session, endpoint)
    if endpoint.disabled_at is None:
        return False
    endpoint.disabled_at, endpoint.disabled_because = None, ""
    endpoint.failing_since = endpoint.given_up_at = endpoint.gone_at = None
    return True


def disable_failing(session: Session, *, at: datetime) -> Sequence[int]:
    """Disable what said that it is gone, and what took nothing for three days until a message was given up."""
    suspects = select(WebhookEndpoint).where(
        WebhookEndpoint.disabled_at.is_(None),
        or_(WebhookEndpoint.gone_at.is_not(None), WebhookEndpoint.given_up_at.is_not(None)),
    )
    return [
        endpoint.id
        for endpoint in session.scalars(suspects.order_by(WebhookEndpoint.id)).all()
        if (because := _hopeless(endpoint))
        and disable_endpoint(session, endpoint, because=because, at=at, by_itself=True)
    ]


def _hopeless(endpoint: WebhookEndpoint) -> str:
    """Why nothing should be sent there any more; empty while there is hope."""
    since, given_up = endpoint.failing_since, endpoint.given_up_at
    if endpoint.gone_at is not None:
        return f"it said that it is gone: {endpoint.last_failure}"
    if since is not None and given_up is not None and given_up - since >= FAILS_TOO_LONG:
        return f"it took nothing since {since:%Y-%m-%d %H:%M} UTC; the last it said: {endpoint.last_failure}"
    return ""
