"""What the programme asks of partners by itself, once on each of the team's business days while it is open."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial
from typing import TypeVar
from zoneinfo import ZoneInfo

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from flows.wiring import Ports, ports
from review.actions import falling, keeping, prompting, requesting, waiving
from review.falling import NextStep
from review.next_word import NextWord

LOG = logging.getLogger(__name__)
Came = TypeVar("Came")

BATCH = 50
"""Submissions or integrations in one transaction: short enough not to hold up a reviewer's click."""


@flow(name="prompt_partners", flow_run_name="ask partners for what is missing")
async def prompt_partners() -> State:
    """Ask about replays and for the enable button, tell monthly what Public lacks, follow up what fell. Safe to run
    twice at once.
    """
    return await asyncio.to_thread(sweep, ports())


def sweep(here: Ports, batch: int = BATCH) -> State:
    """Everything that is due today, so many in one transaction; nothing while the team's calendar is closed.

    It also forgets answers that were kept for repeated requests: that is due once a day, whoever does it.
    """
    day = open_day(here)
    if day is None:
        return Completed(name="Closed", message="the team's calendar is closed now")
    today, zone = day
    with here.database.write.begin() as session:
        keeping.forget(session, at=here.now())
    replays, told = _ask_for_replays(here, batch), _tell_what_lacks(here, today, zone, batch)
    button, monthly = told[NextWord.BUTTON], told[NextWord.MISSING]
    steps = _about_falls(here, today, batch)
    said = f"{replays} asked about replays, {button} for the button, {monthly} told what Public lacks"
    if steps:
        said += f", {steps[NextStep.REMIND]} falls reminded of, {steps[NextStep.PROPOSE]} brought before the team"
    if ending := _about_waivers(here, batch):
        said += f", {ending} waivers told to run out"
    return Completed(name="Told" if replays or told or steps or ending else "Quiet", message=said)


def open_day(here: Ports) -> tuple[date, ZoneInfo] | None:
    """The team's date and its zone while its calendar is open."""
    at = here.now()
    with here.database.read() as session:
        return prompting.open_day(session, here.rulebook(at.date()), at=at)


def _ask_for_replays(here: Ports, batch: int) -> int:
    asked = 0
    while True:
        with here.database.write.begin() as session:
            more = requesting.ask_for_replays(session, at=here.now(), limit=batch)
        asked += more
        if more < batch:
            return asked


def _about_falls(here: Ports, today: date, batch: int) -> Counter[NextStep]:
    steps: Counter[NextStep] = Counter()
    last = 0
    rulebook = here.rulebook(here.now().date())
    while True:
        with here.database.write.begin() as session:
            ids = falling.due(session, today=today, after=last, limit=batch)
            step = partial(falling.take_steps, session, rulebook=rulebook, today=today, at=here.now())
            steps = sum(_each(session, ids, step), steps)
        if len(ids) < batch:
            return steps
        last = ids[-1]


def _about_waivers(here: Ports, batch: int) -> int:
    told = last = 0
    rulebook = here.rulebook(here.now().date())
    while True:
        with here.database.write.begin() as session:
            at = here.now()
            ids = waiving.running_out(session, rulebook=rulebook, at=at, after=last, limit=batch)
            told += sum(_each(session, ids, partial(waiving.tell_running_out, session, rulebook=rulebook, at=at)))
        if len(ids) < batch:
            return told
        last = ids[-1]


def _each(session: Session, ids: Iterable[int], act: Callable[[int], Came]) -> Iterator[Came]:
    """What the act came to for each. One that can't be dealt with keeps no other from it, and is tried the next day."""
    for number in ids:
        try:
            with session.begin_nested():
                came_to = act(number)
        except DBAPIError:
            raise
        except Exception:  # one bad row must not stop the others
            LOG.exception("integration or waiver %s can't be dealt with; tried again the next day", number)
        else:
            yield came_to


def _tell_what_lacks(here: Ports, today: date, zone: ZoneInfo, batch: int) -> Counter[NextWord]:
    told: Counter[NextWord] = Counter()
    last = 0
    rulebook = here.rulebook(here.now().date())
    while True:
        with here.database.write.begin() as session:
            ids = prompting.in_beta(session, after=last, limit=batch)
            told += prompting.tell_each(session, ids, rulebook=rulebook, today=today, zone=zone, at=here.now())
        if len(ids) < batch:
            return told
        last = ids[-1]
