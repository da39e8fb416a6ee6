"""Runs a gate's checks over a submission: in dependency order, concurrently, each within its own time."""

import asyncio
import inspect
import logging
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from checklist.case import CHECKS, Case, Check, Context
from checklist.checks import load_all
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from checklist.verdict import SKIPPED_BECAUSE
from models.enums import GATE_OF_KIND, GateName, ItemMode, Outcome, Severity

CHECK_SECONDS = 90.0
"""The longest a check may take, waiting for polite turns included; after it the item is unknown."""

AT_ONCE = 16
"""Checks of one run that work at the same time; the fetcher paces what they ask of the web."""

log = logging.getLogger(__name__)


class ItemsUnknown(Exception):
    """The gate has no such items for this submission; the message names them and those it has."""


def inputs_digest(item: Item, dossier: Dossier, *, pepper: bytes = b"") -> str:
    """A digest of what the item looks at in the submission: an unchanged one needs no new look.

    See Dossier.digest for `pepper`.
    """
    return dossier.digest((*_reads(item), "kind"), pepper=pepper)


def inputs_digests(items: Iterable[Item], dossier: Dossier, *, pepper: bytes = b"") -> dict[str, str]:
    """The digest of each item, by id; cheaper than one after the other."""
    return dossier.digests({item.id: (*_reads(item), "kind") for item in items}, pepper=pepper)


def _reads(item: Item) -> Sequence[str]:
    load_all()
    found = CHECKS.get(item.check) if item.check is not None else None
    return found.reads if found is not None else item.reads


def unsaid(item: Item, dossier: Dossier) -> bool:
    """Whether the item asks for something of which an imported document says nothing at all.

    A catalog names the kinds of components, but nothing of them that could be tested.
    """
    if not dossier.is_imported:
        return False
    reads = _reads(item)
    asked = [part for part in reads if part != "components"]
    # What reads nothing of the document, such as whether all still holds, misses nothing in it.
    return bool(reads) and (not asked or not dossier.says(asked))


async def run_checks(
    dossier: Dossier,
    rulebook: Rulebook,
    gate: GateName,
    context: Context,
    *,
    only: Collection[str] | None = None,
    waived: Collection[str] = (),
    progress: Callable[[CheckResult], None] | None = None,
    check_seconds: float = CHECK_SECONDS,
    run_seconds: float = math.inf,
) -> tuple[CheckResult, ...]:
    """One result per item of the gate, in the rulebook's order; with `only`, of those items alone.

    `only` may name items that this kind of submission is not asked, as audits do after the launch.
    An item is skipped (not_applicable, saying why) while a required item it needs has failed and is not in `waived`.
    A manual item is unknown: it waits for a person. A check that takes longer than `check_seconds`, or that breaks,
    is unknown too and never counts against the partner. So is, after `run_seconds` of the whole run, what is not
    known by then; only a check with a time of its own that `only` names keeps that time. `progress` hears each result
    as it comes. Raises ItemsUnknown when `only` names an item that is not asked here.
    """
    load_all()
    submission = dossier.kind if GATE_OF_KIND[dossier.kind] is gate else None
    asked = rulebook.items_of(gate, dossier.kinds, submission if only is None else None)
    items = [item for item in asked if only is None or item.id in only]
    if strangers := sorted(set(only or ()) - {item.id for item in items}):
        known = ", ".join(item.id for item in asked)
        raise ItemsUnknown(f"{', '.join(strangers)}: no such item at the gate {gate.value}; its items are {known}")
    until = _Until(run_seconds, frozenset(only or ()))
    running = _Running(dossier, rulebook, context, tuple(items), frozenset(waived), check_seconds, until)
    async with asyncio.TaskGroup() as group:
        for item in items:
            running.tasks[item.id] = group.create_task(running.result(item, progress))
    return tuple(running.tasks[item.id].result() for item in items)


class _Until:
    """When a run ends, in the event loop's time. `named` are the items that somebody asked for by their ids."""

    def __init__(self, seconds: float, named: frozenset[str]) -> None:
        self.seconds = seconds
        self._named = named
        self._end = asyncio.get_running_loop().time() + seconds

    def of(self, item: Item) -> float:
        check = CHECKS.get(item.check or "")
        takes_its_time = check is not None and check.seconds is not None and item.id in self._named
        return math.inf if takes_its_time else self._end


class _Running:
    """One run: its inputs, and the task of each item so that others can wait for it."""

    def __init__(
        self,
        dossier: Dossier,
        rulebook: Rulebook,
        context: Context,
        items: tuple[Item, ...],
        waived: frozenset[str],
        seconds: float,
        until: _Until,
    ) -> None:
        self._dossier = dossier
        self._rulebook = rulebook
        self._context = context
        self._items = items
        self._waived = waived
        self._seconds = seconds
        self._until = until
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.tasks: dict[str, asyncio.Task[CheckResult]] = {}

    async def result(self, item: Item, progress: Callable[[CheckResult], None] | None) -> CheckResult:
        try:
            async with asyncio.timeout_at(self._until.of(item)):
                found = await self._skipped(item) or await self._looked_at(item)
        except TimeoutError:
            found = _late(item, self._until.seconds)
        if progress is not None:
            progress(found)
        return found

    async def _skipped(self, item: Item) -> CheckResult | None:
        for need in item.needs:
            task = self.tasks.get(need)
            earlier = await asyncio.shield(task) if task is not None else self._context.previous.get(need)
            if earlier is None or not self._stops(need, earlier):
                continue
            title = self._rulebook.item(need).title
            summary = f"skipped because {need} does not hold ({title}); it is looked at once that does"
            cause = earlier.facts.get(SKIPPED_BECAUSE, need)
            return CheckResult(item.id, Outcome.NOT_APPLICABLE, summary, facts={SKIPPED_BECAUSE: cause})
        return None

    def _stops(self, need: str, earlier: CheckResult) -> bool:
        item = self._rulebook.item(need)
        holds_the_gate = item.severity is Severity.REQUIRED and not item.is_shadow(self._context.today)
        failed = earlier.outcome is Outcome.FAILED or SKIPPED_BECAUSE in earlier.facts
        return failed and holds_the_gate and need not in self._waived

    async def _looked_at(self, item: Item) -> CheckResult:
        if item.mode is ItemMode.MANUAL:
            return CheckResult(item.id, Outcome.UNKNOWN, f"waits for a person of the {item.attested_by} to confirm it")
        check = CHECKS.get(item.check or "")
        if check is None:
            log.error("rulebook %s names no known check for %s: %s", self._rulebook.version, item.id, item.check)
            return CheckResult(item.id, Outcome.UNKNOWN, f"this release has no check {item.check!r}; a person decides")
        if not inspect.iscoroutinefunction(check.run):
            return await self._checked(item, check)  # asks nobody, so it needn't wait for those who do
        async with self._slots:
            return await self._checked(item, check)

    async def _checked(self, item: Item, check: Check) -> CheckResult:
        try:
            expected = check.expected_of(item, self._rulebook)
            seconds = self._seconds if check.seconds is None else check.seconds
            async with asyncio.timeout(seconds) as limit:
                recall = self._context.recall if check.lasts else None
                if recall is None:
                    return await self._run(item, check, expected, self._context)
                if (still := await recall.still(item.id)) is not None:
                    return still
                watch = recall.watching()
                found = await self._run(item, check, expected, replace(self._context, fetcher=watch, watch=watch))
                recall.learn(item.id, watch)
                return found
        except TimeoutError as error:
            if not limit.expired():
                return self._broken(item, error)
            return _late(item, seconds)
        except Exception as error:  # noqa: BLE001 - one broken check stops no other, and is never the partner's fault
            return self._broken(item, error)

    async def _run(self, item: Item, check: Check, expected: str, context: Context) -> CheckResult:
        case = Case(self._dossier, self._rulebook, item, context, expected, self._items)
        found = check.run(case)
        return await found if inspect.isawaitable(found) else found

    def _broken(self, item: Item, error: Exception) -> CheckResult:
        log.error("check of %s broke for %s", item.id, self._dossier.external_id, exc_info=error)
        summary = "our own check broke here; nothing is wrong on your side, and a person looks at it"
        return CheckResult(item.id, Outcome.UNKNOWN, summary)


def _late(item: Item, seconds: float) -> CheckResult:
    summary = f"could not tell within {seconds:g} seconds; nothing is wrong on your side"
    return CheckResult(item.id, Outcome.UNKNOWN, summary)
