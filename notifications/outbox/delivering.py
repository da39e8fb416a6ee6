"""Claims what is due, sends it, settles it, until nothing is due."""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from models.database import Database
from models.delivery import Card, Delivery
from models.enums import ChannelName, DeliveryStage, EventName
from notifications.channels.protocol import Channel
from notifications.message import Dead, Message, Placement, Result, Retry, Skipped
from notifications.outbox.breakers import claim_awake, hand_back, note, says_something, troubled
from notifications.outbox.endpoints import note_answer
from notifications.outbox.joining import can_take_along, put_back, take_along, urgent_with_company
from notifications.outbox.leasing import EVERY_CHANNEL, UNORDERED, postpone, release, settle
from notifications.outbox.patience import patience_of
from notifications.outbox.settling import Settled, Settling, Tried
from notifications.outbox.truth import OVERTAKEN_BY, PROMISED, newer_card_waits, no_longer_true, undone_among
from notifications.outbox.wishes import wish
from notifications.programme import ProgrammeSettings
from notifications.rhythm import Wait
from notifications.signing_in import as_it_goes_out

LOG = logging.getLogger(__name__)

LEASE_SECONDS = 120.0
"""How long a batch belongs to its worker; after a crash its messages wait this long."""
SEND_SECONDS = 20.0
"""How long one try may take. A try begins only while the lease covers it whole."""
ROUNDS = 50
"""Batches in one call, so that a flood can't hold the caller for ever; what is left is due in the next call."""

ANY_PROGRAMME = ProgrammeSettings(base_url="", channels=frozenset())
"""Where nothing but the usual cap is asked of the programme."""

ASKED_BEFORE_SENDING = frozenset(OVERTAKEN_BY) | PROMISED | {EventName.SIGN_IN_ASKED}


@dataclass(frozen=True, slots=True)
class Report:
    """What one call did. `critical` are the ids of dead deliveries that somebody must look at."""

    sent: int = 0
    uncertain: int = 0
    retried: int = 0
    dead: int = 0
    skipped: int = 0
    held: int = 0
    critical: tuple[int, ...] = ()


Outcome = tuple[Delivery, DeliveryStage | Wait]
"""The stage a delivery is in after its turn, or what its reader's wishes make it wait for."""

COUNTED = {
    DeliveryStage.SENT: "sent",
    DeliveryStage.UNCERTAIN: "uncertain",
    DeliveryStage.PLANNED: "retried",
    DeliveryStage.SENDING: "retried",
    DeliveryStage.DEAD: "dead",
    DeliveryStage.SKIPPED: "skipped",
}


def delivery_key(delivery: Delivery) -> str:
    """The same for every try. It names the instant too, so that a database begun anew repeats no key."""
    return f"delivery-{delivery.id}-{delivery.planned_at:%Y%m%dT%H%M%S%f}"


async def deliver_due(
    database: Database,
    channels: Mapping[ChannelName, Channel],
    *,
    clock: Callable[[], datetime],
    worker: str,
    limit: int = 20,
    rng: random.Random | None = None,
    only: frozenset[ChannelName] = EVERY_CHANNEL,
    programme: ProgrammeSettings = ANY_PROGRAMME,
) -> Report:
    """Send what is due by the channels `only`, in batches of `limit`; lanes side by side, within one lane one by one.

    No transaction is open while a message is sent. `worker` names this process among all that deliver.
    """
    chance = rng or random.Random()  # noqa: S311 - jitter, no secret
    deliverer = _Deliverer(database, channels, clock, worker, chance, only, programme)
    report = Report()
    for _ in range(ROUNDS):
        batch = await asyncio.to_thread(deliverer.claim, limit)
        if not batch:
            break
        report = _counted(report, await deliverer.work_through(batch))
    return report


@dataclass(frozen=True, slots=True)
class _Deliverer:
    database: Database
    channels: Mapping[ChannelName, Channel]
    clock: Callable[[], datetime]
    worker: str
    rng: random.Random
    only: frozenset[ChannelName]
    programme: ProgrammeSettings
    with_company: set[int] = field(default_factory=set)
    """Urgent deliveries of the batch that have something to take along."""
    undone: set[int] = field(default_factory=set)
    """Deliveries of the batch about a decision that was undone: none is sent before its time to undo is over."""

    def claim(self, limit: int) -> list[Delivery]:
        with self.database.write.begin() as session:
            batch = claim_awake(
                session,
                worker=self.worker,
                at=self.clock(),
                lease_seconds=LEASE_SECONDS,
                limit=limit,
                channels=self.only,
            )
            self.undone.clear()
            self.undone.update(undone_among(session, batch))
            self.with_company.clear()
            self.with_company.update(urgent_with_company(session, batch))
            return batch

    async def work_through(self, batch: Sequence[Delivery]) -> list[Outcome]:
        lanes: dict[tuple[ChannelName, str], list[Delivery]] = defaultdict(list)
        for delivery in batch:
            lanes[_lane(delivery)].append(delivery)
        settling = Settling(self._settle)
        try:
            settled = await asyncio.gather(
                *(self._one_by_one(name, rows, settling) for (name, _), rows in lanes.items())
            )
        finally:
            await settling.all_written()
        return [outcome for of_lane in settled for outcome in of_lane]

    async def _one_by_one(self, name: ChannelName, deliveries: Sequence[Delivery], settling: Settling) -> list[Outcome]:
        outcomes: list[Outcome] = []
        untried = list(deliveries)
        try:
            while untried and self._lease_covers(untried[0]):
                delivery = untried.pop(0)
                result = await self._try(name, delivery)
                if isinstance(result, Wait):
                    await asyncio.to_thread(self._postpone, delivery, result)
                    outcomes.append((delivery, result))
                    self.with_company.update(one.id for one in untried if can_take_along(one, delivery))
                    continue
                settled = await settling.settle(Tried(delivery, result))
                outcomes.append((delivery, settled.stage))
                if settled.channel_rests:
                    break
        finally:
            # Also when the process is being stopped: what nobody tried is neither late nor doubtful.
            if untried:
                await asyncio.to_thread(self._release, untried)
        return outcomes

    def _lease_covers(self, delivery: Delivery) -> bool:
        return delivery.leased_until is not None and (
            self.clock() + timedelta(seconds=SEND_SECONDS) <= delivery.leased_until
        )

    async def _try(self, name: ChannelName, delivery: Delivery) -> Result | Wait:
        channel = self.channels.get(name)
        if channel is None:
            return Dead(f"the channel {name.value} is not configured here; configure it, then retry this delivery")
        try:
            message: Message | Skipped | Wait | None = self._as_written(delivery)
            if message is None:
                message = await asyncio.to_thread(self._prepared, delivery)
            if isinstance(message, Skipped | Wait):
                return message
            signed = as_it_goes_out(message, self.programme.links_key)
            async with asyncio.timeout(SEND_SECONDS):
                return await channel.send(signed, delivery_key(delivery))
        except TimeoutError:
            return Retry(f"no answer within {SEND_SECONDS:g} seconds", may_have_gone_out=True, of_channel=True)
        except Exception as error:  # one bad message must not stop the others
            LOG.exception("delivery %s by %s failed in our own code", delivery.id, name.value)
            return Retry(f"{type(error).__name__}: {error}", may_have_gone_out=True)

    def _as_written(self, delivery: Delivery) -> Message | None:
        """The message where no row has to be asked before it goes out."""
        asks_reader = delivery.person_id is not None and (not delivery.urgent or delivery.id in self.with_company)
        asked = delivery.message["event"] in ASKED_BEFORE_SENDING or delivery.id in self.undone
        if asks_reader or asked or delivery.message["card"]:
            return None
        return Message.from_json(delivery.message, repeat_possible=delivery.repeat_possible)

    def _prepared(self, delivery: Delivery) -> Message | Skipped | Wait:
        """The message as it goes out now, or why it doesn't."""
        if delivery.person_id is None:
            return self._as_true(delivery)
        if delivery.urgent:
            message = self._as_true(delivery)
            return message if isinstance(message, Skipped) else self._with_what_waits(delivery, message)
        with self.database.read() as session:
            instead = wish(session, delivery, self.clock(), cap=self.programme.mails_a_day)
        return instead or self._as_true(delivery)

    def _with_what_waits(self, delivery: Delivery, message: Message) -> Message:
        if delivery.id not in self.with_company:
            return message
        with self.database.write.begin() as session:
            return take_along(session, delivery.id, self.clock(), self.programme) or message

    def _as_true(self, delivery: Delivery) -> Message | Skipped:
        message = Message.from_json(delivery.message, repeat_possible=delivery.repeat_possible)
        if message.event not in ASKED_BEFORE_SENDING and delivery.id not in self.undone and not message.card:
            return message
        with self.database.read() as session:
            here = session.get_one(Delivery, delivery.id)
            if reason := no_longer_true(session, here, at=self.clock()):
                return Skipped(reason)
            if not message.card or here.event.submission_id is None:
                return message
            card = session.get(Card, (here.event.submission_id, message.recipient))
            if card is None:
                return message
            shown = () if message.placement is not Placement.CARD and newer_card_waits(session, here) else message.card
            return replace(message, card_reference=card.reference, card=shown)

    def _postpone(self, delivery: Delivery, wait: Wait) -> None:
        with self.database.write.begin() as session:
            postpone(session, delivery.id, wait, lease=delivery.leased_until)
            hand_back(session, [delivery], self.clock())

    def _settle(self, batch: Sequence[Tried]) -> Sequence[Settled]:
        at = self.clock()
        with self.database.write.begin() as session:
            known = troubled(session)
            return [
                self._settle_one(session, tried, at, noted=says_something(tried.result, tried.delivery.channel, known))
                for tried in batch
            ]

    def _settle_one(self, session: Session, tried: Tried, at: datetime, *, noted: bool) -> Settled:
        delivery, result, lease = tried.delivery, tried.result, tried.delivery.leased_until
        rests = noted and note(session, delivery, result, at, self.rng)
        stage = settle(session, delivery.id, result, at, lease=lease, rng=self.rng, channel_rests=rests)
        if delivery.urgent and isinstance(result, Skipped) and stage is DeliveryStage.SKIPPED:
            put_back(session, session.get_one(Delivery, delivery.id), at)
        if delivery.channel is ChannelName.WEBHOOK:
            note_answer(session, session.get_one(Delivery, delivery.id), result, at)
        return Settled(stage, rests)

    def _release(self, deliveries: Sequence[Delivery]) -> None:
        with self.database.write.begin() as session:
            release(session, deliveries, at=self.clock())
            hand_back(session, deliveries, self.clock())


def _lane(delivery: Delivery) -> tuple[ChannelName, str]:
    """What is sent one by one: a channel, and where each recipient is another server, a subject of one recipient."""
    apart = delivery.channel in UNORDERED
    return delivery.channel, f"{delivery.recipient} {delivery.subject}" if apart else ""


def _counted(report: Report, outcomes: Iterable[Outcome]) -> Report:
    for delivery, stage in outcomes:
        name = "held" if isinstance(stage, Wait) else COUNTED[stage]
        report = replace(report, **{name: getattr(report, name) + 1})
        if stage is DeliveryStage.DEAD and patience_of(delivery).critical:
            LOG.error("delivery %s to %s is dead; see `deliveries list --dead`", delivery.id, delivery.recipient)
            report = replace(report, critical=(*report.critical, delivery.id))
    return report
