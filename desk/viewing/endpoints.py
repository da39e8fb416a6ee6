"""Webhook endpoints as commands show them: never a secret, and no token of an address's query."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desk.published.values import at_or_none
from models.delivery import Delivery
from models.enums import ChannelName
from models.webhook_endpoint import WebhookEndpoint

LATEST = 10


def shown_address(address: str) -> str:
    """Where it leads. A query may carry a token, so only that there is one is shown."""
    before, query, _ = address.partition("?")
    return f"{before}?…" if query else before


def endpoint_as_json(endpoint: WebhookEndpoint, *, at: datetime) -> dict[str, Any]:
    """The published JSON of one endpoint."""
    until = endpoint.former_until
    return {
        "id": endpoint.id,
        "address": shown_address(endpoint.address),
        "partner": None if endpoint.partner is None else endpoint.partner.name,
        "events": list(endpoint.events),
        "enabled": endpoint.disabled_at is None,
        "disabled_at": at_or_none(endpoint.disabled_at),
        "disabled_because": endpoint.disabled_because,
        "created_at": at_or_none(endpoint.created_at),
        "last_success_at": at_or_none(endpoint.last_success_at),
        "last_failure_at": at_or_none(endpoint.last_failure_at),
        "last_failure": endpoint.last_failure,
        "failing_since": at_or_none(endpoint.failing_since),
        "former_secret_until": at_or_none(until) if until is not None and until > at else None,
    }


def all_endpoints(session: Session) -> Sequence[WebhookEndpoint]:
    return session.scalars(select(WebhookEndpoint).order_by(WebhookEndpoint.id)).all()


def deliveries_to(session: Session, endpoint: WebhookEndpoint) -> dict[str, Any]:
    """How many there are in each stage, and the latest."""
    mine = (Delivery.channel == ChannelName.WEBHOOK, Delivery.recipient == endpoint.recipient)
    counted = session.execute(select(Delivery.stage, func.count()).where(*mine).group_by(Delivery.stage))
    latest = session.scalars(select(Delivery).where(*mine).order_by(Delivery.id.desc()).limit(LATEST))
    return {
        "counts": {stage.value: count for stage, count in counted.tuples()},
        "latest": [
            {
                "id": delivery.id,
                "event": delivery.event.name,
                "stage": delivery.stage.value,
                "attempts": delivery.attempts,
                "next_try_at": at_or_none(delivery.next_try_at),
                "settled_at": at_or_none(delivery.settled_at),
                "error": delivery.error,
            }
            for delivery in latest
        ],
    }
