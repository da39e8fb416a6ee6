"""Other systems that hear what happens: their endpoints."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import with_config
from sqlalchemy.orm import Session
from starlette.responses import Response
from typing_extensions import TypedDict

from checklist.fetch import WrongPair
from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Manager
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of, means_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey, Number
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.cli.webhooks import TRIAL, new_secret
from desk.published.values import Instant
from desk.viewing.endpoints import all_endpoints, deliveries_to, endpoint_as_json, shown_address
from flows.webhooks import opened, webhook_channel, why_no_endpoint
from models.enums import DeliveryStage, TokenScope
from models.people import Person
from models.webhook_endpoint import WebhookEndpoint
from notifications.channels.webhook import Endpoint, EndpointUnreadable
from notifications.outbox.endpoints import replay_one, replay_since
from notifications.webhook_body import trial_body
from review.actions.endpoints import add_endpoint, disable_endpoint, enable_endpoint, endpoint_of, rotate_secret
from review.actions.keeping import Answer
from review.finding_people import partner_called
from review.tokens import Bearer

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["webhooks"])


@with_config(extra="forbid")
class EndpointShown(TypedDict):
    """An endpoint and how it has answered lately; never its secret, nor what its address has behind the `?`."""

    id: int
    address: str
    partner: str | None
    events: list[str]
    enabled: bool
    disabled_at: Instant | None
    disabled_because: str
    created_at: Instant
    last_success_at: Instant | None
    last_failure_at: Instant | None
    last_failure: str
    failing_since: Instant | None
    former_secret_until: Instant | None


@with_config(extra="forbid")
class EndpointWithSecret(EndpointShown):
    """`secret` is shown this once: hand it to whoever verifies the messages."""

    secret: str


@with_config(extra="forbid")
class DeliveryToEndpoint(TypedDict):
    id: int
    event: str
    stage: DeliveryStage
    attempts: int
    next_try_at: Instant | None
    settled_at: Instant | None
    error: str


@with_config(extra="forbid")
class DeliveriesToEndpoint(TypedDict):
    counts: dict[DeliveryStage, int]
    latest: list[DeliveryToEndpoint]


@with_config(extra="forbid")
class EndpointWithDeliveries(EndpointShown):
    """With the latest of what was sent to it."""

    deliveries: DeliveriesToEndpoint


@with_config(extra="forbid")
class Replayed(TypedDict):
    """The numbers of the deliveries that are due again."""

    deliveries: list[int]


@with_config(extra="forbid")
class Tried(TypedDict):
    """What the endpoint said to a trial event."""

    webhook_id: str
    taken: bool
    status: int | None
    words: str
    seconds: float


@router.get("/webhooks", summary="Every endpoint", response_class=Response, responses=told(list[EndpointShown]))
def listed(request: Request, bearer: Manager) -> Response:
    """The entries of `launch-review webhooks list --json`."""
    del bearer
    desk = desk_of(request)
    at = desk.clock()
    with desk.database.read() as session:
        documents = [endpoint_as_json(row, at=at) for row in all_endpoints(session)]
    return shown(documents)


@router.post(
    "/webhooks",
    summary="Add an endpoint; its secret is shown this once",
    status_code=201,
    response_class=Response,
    responses=told(EndpointWithSecret, *WITH_BODY, "unknown-name", "refused", status=201, says="Added."),
    openapi_extra=json_body(
        bodies.EndpointAdded, example={"url": "https://hooks.example.com/launches", "events": ["submission.*"]}
    ),
)
async def add(
    request: Request,
    bearer: Manager,
    body: Annotated[bodies.EndpointAdded, sent(bodies.EndpointAdded)],
    key: IdempotencyKey = None,
) -> Response:
    """Nothing is posted to an address that leads inside, or has no TLS."""
    means = means_of(request)
    if why := await why_no_endpoint(means.fetcher, body.url):
        raise Problem("invalid-body", f"url: nothing is posted to {shown_address(body.url)[:200]!r}: {why}")
    secret = new_secret()

    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        endpoint = add_endpoint(
            session,
            address=body.url,
            events=body.events,
            secret=secret,
            vault=means.vault,
            at=at,
            partner=None if body.partner is None else partner_called(session, body.partner),
        )
        return answer(endpoint_as_json(endpoint, at=at) | {"secret": secret}, status=201)

    return await asyncio.to_thread(Acting(request, bearer, TokenScope.MANAGE, key).done, act)


@router.get(
    "/webhooks/{endpoint}",
    summary="One endpoint, and the latest of what was sent to it",
    response_class=Response,
    responses=told(EndpointWithDeliveries, "no-such-thing"),
)
def one(request: Request, bearer: Manager, endpoint: Number) -> Response:
    del bearer
    desk = desk_of(request)
    with desk.database.read() as session:
        found = endpoint_of(session, endpoint)
        document = endpoint_as_json(found, at=desk.clock()) | {"deliveries": deliveries_to(session, found)}
    return shown(document)


@router.post(
    "/webhooks/{endpoint}/rotate",
    summary="Give it a new secret, shown this once",
    response_class=Response,
    responses=told(EndpointWithSecret, *WITH_BODY, "no-such-thing", "refused", says="Changed."),
    openapi_extra=json_body(bodies.EndpointRotated),
)
def rotate(
    request: Request,
    endpoint: Number,
    bearer: Manager,
    body: Annotated[bodies.EndpointRotated, sent(bodies.EndpointRotated)],
    key: IdempotencyKey = None,
) -> Response:
    """For 24 hours messages are signed with the former one too, unless `at_once`."""
    secret, vault = new_secret(), means_of(request).vault

    def change(session: Session, found: WebhookEndpoint, at: datetime) -> None:
        rotate_secret(session, found, secret=secret, vault=vault, at=at, at_once=body.at_once)

    return _changed(request, bearer, endpoint, key, change, secret=secret)


@router.post(
    "/webhooks/{endpoint}/disable",
    summary="Send nothing there from now on",
    response_class=Response,
    responses=told(EndpointShown, *WITH_BODY, "no-such-thing", says="Disabled."),
    openapi_extra=json_body(bodies.EndpointDisabled),
)
def disable(
    request: Request,
    endpoint: Number,
    bearer: Manager,
    body: Annotated[bodies.EndpointDisabled, sent(bodies.EndpointDisabled)],
    key: IdempotencyKey = None,
) -> Response:
    """The reason is read by the partner whose endpoint it is."""

    def change(session: Session, found: WebhookEndpoint, at: datetime) -> None:
        disable_endpoint(session, found, because=body.reason, at=at)

    return _changed(request, bearer, endpoint, key, change)


@router.post(
    "/webhooks/{endpoint}/enable",
    summary="Send there again",
    response_class=Response,
    responses=told(EndpointShown, *WITH_BODY, "no-such-thing", says="Enabled."),
    openapi_extra=json_body(bodies.EndpointEnabled),
)
def enable(
    request: Request,
    endpoint: Number,
    bearer: Manager,
    _body: Annotated[bodies.EndpointEnabled, sent(bodies.EndpointEnabled)],
    key: IdempotencyKey = None,
) -> Response:
    return _changed(request, bearer, endpoint, key, lambda session, found, _: enable_endpoint(session, found))


@router.post(
    "/webhooks/{endpoint}/replay",
    summary="Send again what it missed, with the same ids",
    response_class=Response,
    responses=told(Replayed, *WITH_BODY, "no-such-thing", "refused", says="Due again."),
    openapi_extra=json_body(bodies.ReplayAsked, example={"since": "2026-11-23T09:00:00Z"}),
)
def replay(
    request: Request,
    endpoint: Number,
    bearer: Manager,
    body: Annotated[bodies.ReplayAsked, sent(bodies.ReplayAsked)],
    key: IdempotencyKey = None,
) -> Response:
    """One delivery, or all that it missed since an instant."""
    if (body.delivery is None) == (body.since is None) or (body.also_taken and body.since is None):
        raise Problem("invalid-body", "expected either `delivery` or `since`; `also_taken` goes with `since`")

    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        found = endpoint_of(session, endpoint)
        if found.disabled_at is not None:
            raise Problem("refused", f"endpoint {endpoint} is disabled ({found.disabled_because}); enable it first")
        if body.delivery is not None:
            replay_one(session, found, body.delivery, at=at)
            again = [body.delivery]
        else:
            assert body.since is not None
            since = body.since.astimezone(UTC)
            again = list(replay_since(session, found, since, at=at, also_taken=body.also_taken))
        return answer({"deliveries": again})

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.post(
    "/webhooks/{endpoint}/test",
    summary="Send a trial event, and tell what came back",
    response_class=Response,
    responses=told(Tried, *WITH_BODY, "no-such-thing", "refused", says="Tried."),
    openapi_extra=json_body(bodies.NothingSaid),
)
async def try_out(
    request: Request, endpoint: Number, bearer: Manager, _body: Annotated[bodies.NothingSaid, sent(bodies.NothingSaid)]
) -> Response:
    """Also to a disabled endpoint. Nothing is remembered of it, so it takes no Idempotency-Key."""
    del bearer
    desk, means = desk_of(request), means_of(request)
    at = desk.clock()

    def look() -> Endpoint:
        with desk.database.read() as session:
            return opened(endpoint_of(session, endpoint), means.vault, at)

    try:
        found = await asyncio.to_thread(look)
    except EndpointUnreadable as error:
        raise Problem("refused", str(error)) from None
    channel = webhook_channel(desk.database, means.vault, means.fetcher, desk.clock)
    message_id = f"test-{endpoint}-{at:%Y%m%dT%H%M%S%f}"
    try:
        answered = await channel.call(found, trial_body(TRIAL, at=at, url=desk.base_url), message_id)
    except WrongPair as wrong:
        raise Problem("refused", str(wrong)) from None
    document: Tried = {
        "webhook_id": message_id,
        "taken": answered.taken,
        "status": answered.status,
        "words": answered.words,
        "seconds": round(answered.seconds, 3),
    }
    return shown(document)


def _changed(
    request: Request,
    bearer: Bearer,
    endpoint: int,
    key: str | None,
    change: Callable[[Session, WebhookEndpoint, datetime], object],
    *,
    secret: str = "",
) -> Response:
    def act(session: Session, by: Person, at: datetime) -> Answer:
        del by
        found = endpoint_of(session, endpoint)
        change(session, found, at)
        session.flush()
        return answer(endpoint_as_json(found, at=at) | ({"secret": secret} if secret else {}))

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)
