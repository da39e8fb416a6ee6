"""One preflight: a gate's checks over a submission, and what the gate says of it. Nothing is stored."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from checklist.case import Context
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from checklist.verdict import Verdict, verdict

LOAD_TEST: Final = "test.volume"
"""Runs only when it is named: it sends more than a question."""

PREFLIGHT_SECONDS: Final = 35.0
"""All checks together, the load test left out: with the start and the end of the command 45 seconds at worst."""


@dataclass(frozen=True, slots=True)
class Preflight:
    """What the checks found, in the rulebook's order, and the verdict that comes to."""

    rulebook: Rulebook
    dossier: Dossier
    results: tuple[CheckResult, ...]
    verdict: Verdict


async def preflight(
    dossier: Dossier,
    rulebook: Rulebook,
    context: Context,
    *,
    only: Collection[str] | None = None,
    progress: Callable[[CheckResult], None] | None = None,
    seconds: float = PREFLIGHT_SECONDS,
) -> Preflight:
    """Run the checks; with `only`, those items alone, and the verdict is on them alone.

    After `seconds` what is not known is unknown. `progress` hears each result as it comes. Raises ItemsUnknown when
    `only` names an item that is not asked here.
    """
    results = await run_checks(
        dossier, rulebook, dossier.gate, context, only=only, progress=progress, run_seconds=seconds
    )
    return Preflight(rulebook, dossier, results, _verdict(rulebook, dossier, results, only, context))


def _verdict(
    rulebook: Rulebook,
    dossier: Dossier,
    results: tuple[CheckResult, ...],
    only: Collection[str] | None,
    context: Context,
) -> Verdict:
    if only is not None:
        kept = tuple(item for item in rulebook.items if item.id in only)
        rulebook = rulebook.model_copy(update={"items": kept})
    submission = dossier.kind if only is None else None
    return verdict(rulebook, dossier.gate, dossier.kinds, results, on=context.today, submission=submission)
