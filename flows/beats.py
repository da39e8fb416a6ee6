"""Which flow the pulse wakes for what, how often it asks and how many it runs at once."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from prefect import tags
from prefect.client.schemas.objects import State

from flows.audit import audit, share_audits
from flows.deliver import TO_PEOPLE, TO_SYSTEMS, deliver, deliver_to_systems
from flows.launch import launch
from flows.prompt_partners import open_day, prompt_partners
from flows.pulse import AsyncFlow, Beat, Parameters
from flows.repair_cards import repair_cards
from flows.sharing import runs_to_share
from flows.tidy import tidy
from flows.turn import due_slugs
from flows.watch_drift import watch_drift
from flows.watch_sla import watch_sla
from flows.wiring import Ports
from notifications.outbox import anything_due as deliveries_due
from notifications.outbox import anything_to_send
from notifications.repairing import anything_to_repair
from review.actions.auditing import due_for_second_look
from review.actions.watching import anything_due as clocks_due

TOGETHER = 4
"""Launches under way at once: their checks wait for other people's servers."""

LAUNCHES_ASKED_FOR = 5 * TOGETHER
CLOCKS_EVERY_SECONDS = 5.0
CARDS_EVERY_SECONDS = 2.0
SECOND_LOOKS_EVERY_SECONDS = 60.0
SHARED_EVERY_SECONDS = 2.0
AT_THE_START_EVERY_SECONDS = 60.0
PROMPTS_EVERY_SECONDS = 60.0
TIDY_EVERY_SECONDS = 3_600.0

LOOKED_AT_AGAIN = 250
"""Falls seen once that one run looks at again."""

ONCE: Sequence[Parameters] = ({},)
NOT_NOW: Sequence[Parameters] = ()


class TaggedLaunch:
    """The launch flow, its runs tagged with the integration, so that one integration's path is one filter away."""

    fn = staticmethod(launch.fn)

    async def __call__(self, *, slug: str) -> State:
        with tags("launch-review", f"integration:{slug}"):
            return await launch(slug=slug)


@dataclass
class AtTheStart:
    """A flow that is due once in this process, until it has come to its end."""

    flow: AsyncFlow
    done: bool = False

    def due(self) -> Sequence[Parameters]:
        return NOT_NOW if self.done else ONCE

    async def __call__(self) -> Any:
        came_to = await self.flow()
        self.done = True
        return came_to

    async def fn(self) -> Any:
        came_to = await self.flow.fn()
        self.done = True
        return came_to


@dataclass
class OnceADay:
    """A flow that is due once in this process on each day that `today` names, until it has come to its end."""

    flow: AsyncFlow
    today: Callable[[], date | None]
    done_on: date | None = None

    def due(self) -> Sequence[Parameters]:
        day = self.today()
        return NOT_NOW if day is None or day == self.done_on else ONCE

    async def __call__(self) -> Any:
        return await self._run(self.flow)

    async def fn(self) -> Any:
        return await self._run(self.flow.fn)

    async def _run(self, run: Callable[[], Any]) -> Any:
        day = await asyncio.to_thread(self.today)
        came_to = await run()
        self.done_on = day
        return came_to


def beats(here: Ports) -> tuple[Beat, ...]:
    """The table of one process. Every question is answered by an index, or by what this process has done."""
    drift = AtTheStart(watch_drift)
    tidying = OnceADay(tidy, lambda: here.now().date())
    prompts = OnceADay(prompt_partners, lambda: day[0] if (day := open_day(here)) is not None else None)

    def launches() -> Sequence[Parameters]:
        with here.database.read() as session:
            slugs = due_slugs(session, at=here.now(), limit=LAUNCHES_ASKED_FOR)
        return [{"slug": slug} for slug in slugs]

    def deliveries() -> Sequence[Parameters]:
        with here.database.read() as session:
            return ONCE if deliveries_due(session, at=here.now(), channels=TO_PEOPLE) else NOT_NOW

    def deliveries_to_systems() -> Sequence[Parameters]:
        with here.database.read() as session:
            return ONCE if anything_to_send(session, at=here.now(), channels=TO_SYSTEMS) else NOT_NOW

    def cards() -> Sequence[Parameters]:
        with here.database.read() as session:
            return ONCE if anything_to_repair(session, at=here.now(), programme=here.programme) else NOT_NOW

    def clocks() -> Sequence[Parameters]:
        with here.database.read() as session:
            return ONCE if clocks_due(session, at=here.now()) else NOT_NOW

    def falls_seen_once() -> Sequence[Parameters]:
        at = here.now()
        with here.database.read() as session:
            slugs = due_for_second_look(session, rulebook=here.rulebook(at.date()), at=at, limit=LOOKED_AT_AGAIN)
        return [{"slugs": slugs, "asked_by": "second look"}] if slugs else NOT_NOW

    def audits_to_share() -> Sequence[Parameters]:
        return ONCE if runs_to_share(here) else NOT_NOW

    return (
        Beat("launch", TaggedLaunch(), launches, at_once=TOGETHER),
        Beat("deliver", deliver, deliveries),
        Beat("repair_cards", repair_cards, cards, every_seconds=CARDS_EVERY_SECONDS),
        Beat("deliver_to_systems", deliver_to_systems, deliveries_to_systems),
        Beat("watch_sla", watch_sla, clocks, every_seconds=CLOCKS_EVERY_SECONDS),
        Beat("audit", audit, falls_seen_once, every_seconds=SECOND_LOOKS_EVERY_SECONDS),
        Beat("share_audits", share_audits, audits_to_share, every_seconds=SHARED_EVERY_SECONDS),
        Beat("watch_drift", drift, drift.due, every_seconds=AT_THE_START_EVERY_SECONDS),
        Beat("prompt_partners", prompts, prompts.due, every_seconds=PROMPTS_EVERY_SECONDS),
        Beat("tidy", tidying, tidying.due, every_seconds=TIDY_EVERY_SECONDS),
    )
