"""`launch-review preflight`: the checks of a review over a submission file, before anybody submits it."""

import ssl
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from checklist.browser import opened
from checklist.case import Context
from checklist.customers.choosing import customers_source
from checklist.document import load_document
from checklist.dossier import Dossier
from checklist.fetch import Fetcher, WrongPair, honest_user_agent
from checklist.outcome import CheckResult
from checklist.pages.workers import PageReaders
from checklist.rulebook import Item, Rulebook, current
from checklist.run import run_checks
from checklist.verdict import Verdict, verdict
from desk.cli.errors import InputWrong
from desk.cli.pictures import Pictures, made, write_pictures
from desk.cli.progress import Progress
from desk.cli.writing import AsJson, say, say_json, tell
from flows.wiring import browser_for
from models.enums import GateSays, Outcome
from settings import Settings

Only = Annotated[list[str] | None, Parameter(name="--only", negative="", help="Only this item; may be given again.")]

LOAD_TEST = "test.volume"
"""Runs only when it is named: it sends more than a question."""

EXIT_CODES = {GateSays.HOLDS: 0, GateSays.FAILS: 1, GateSays.OPEN: 3}

SIGNS = {
    Outcome.PASSED: "ok  ",
    Outcome.WARNED: "warn",
    Outcome.FAILED: "FAIL",
    Outcome.UNKNOWN: "?   ",
    Outcome.NOT_APPLICABLE: "-   ",
}

SAYS = {
    GateSays.HOLDS: "Everything holds.",
    GateSays.FAILS: "Not yet: mend what is marked FAIL, then run it again.",
    GateSays.OPEN: "Nothing fails. A person looks at what is marked with a question mark.",
}


async def preflight(
    file: Annotated[Path, Parameter(help="The submission, as .toml, .yaml or .json.")],
    /,
    *,
    only: Only = None,
    json: AsJson = False,
    pictures: Pictures = None,
) -> int:
    """Run the checks of the review over a submission file; nothing is submitted or stored.

    Exit code 0 when the gate holds, 1 when an item fails, 3 when nothing fails and a person has to look at something.
    """
    settings = Settings()
    dossier = load_document(file)
    folder = made(pictures) if pictures is not None else None
    at = datetime.now(UTC)  # noqa: TID251 - the command is the entry point that knows the instant
    rulebook = Rulebook.load(settings.rulebook) if settings.rulebook else current(at.date())
    customers = customers_source(
        settings.customers_source.get_secret_value(),
        query=settings.customers_query,
        token=settings.customers_token.get_secret_value(),
    )
    asked = rulebook.items_of(dossier.gate, dossier.kinds, dossier.kind)
    with Progress("checking", len(only or asked)) as bar:
        async with _fetcher(settings) as fetcher, PageReaders() as reader, opened(browser_for(settings)) as browser:
            context = Context(fetcher, at, customers, reader=reader, browser=browser, load=LOAD_TEST in (only or ()))
            results = await run_checks(
                dossier, rulebook, dossier.gate, context, only=only, progress=lambda _result: bar.advance()
            )
    if folder is not None:
        write_pictures(results, folder)
    said = _verdict(rulebook, dossier, results, only, at)
    if json:
        say_json(document(rulebook, dossier, results, said))
    else:
        say(*in_words(rulebook, results))
        tell("", SAYS[said.says])
    return EXIT_CODES[said.says]


def document(rulebook: Rulebook, dossier: Dossier, results: Sequence[CheckResult], said: Verdict) -> dict[str, Any]:
    """The published JSON of a preflight."""
    return {
        "rulebook": rulebook.version,
        "gate": dossier.gate.value,
        "verdict": said.says.value,
        "items": [_item_document(rulebook.item(result.item), result) for result in results],
    }


def in_words(rulebook: Rulebook, results: Sequence[CheckResult]) -> Iterator[str]:
    """The same for people: by family, each item with what was seen, and how to mend it."""
    by_family: dict[str, list[CheckResult]] = {}
    for result in results:
        by_family.setdefault(rulebook.item(result.item).family, []).append(result)
    for family, title in rulebook.families.items():
        if family not in by_family:
            continue
        yield title
        for result in by_family[family]:
            yield from (_plain(line) for line in _result_in_words(rulebook.item(result.item), result))
        yield ""


def _result_in_words(item: Item, result: CheckResult) -> Iterator[str]:
    yield f"  {SIGNS[result.outcome]}  {item.title} ({item.id})"
    if result.outcome is not Outcome.PASSED:
        yield f"        seen: {result.summary}"
    if result.outcome is Outcome.FAILED:
        yield f"        expected: {result.expected}"
    if result.fix:
        yield f"        fix: {result.fix}"


def _plain(line: str) -> str:
    """Pages chose some of these words: nothing in them may steer a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in line)


def _item_document(item: Item, result: CheckResult) -> Mapping[str, Any]:
    return {
        "id": item.id,
        "title": item.title,
        "outcome": result.outcome.value,
        "severity": item.severity.value,
        "summary": result.summary,
        "expected": result.expected,
        "fix": result.fix,
        "evidence": [evidence.as_json() for evidence in result.evidence],
    }


def _verdict(
    rulebook: Rulebook, dossier: Dossier, results: Sequence[CheckResult], only: Sequence[str] | None, at: datetime
) -> Verdict:
    """With --only, the verdict is on those items alone."""
    if only is not None:
        kept = tuple(item for item in rulebook.items if item.id in only)
        rulebook = rulebook.model_copy(update={"items": kept})
    submission = dossier.kind if only is None else None
    return verdict(rulebook, dossier.gate, dossier.kinds, results, on=at.date(), submission=submission)


def _fetcher(settings: Settings) -> Fetcher:
    try:
        trust = ssl.create_default_context(cafile=str(settings.fetch_ca)) if settings.fetch_ca else None
        return Fetcher(
            allow=settings.fetch_allow,
            hosts=settings.fetch_hosts,
            own_hosts=[settings.base_url],
            user_agent=honest_user_agent(settings.base_url),
            tls=trust,
        )
    except WrongPair as wrong:
        raise InputWrong(f"LAUNCH_REVIEW_FETCH_ALLOW or LAUNCH_REVIEW_FETCH_HOSTS: {wrong}") from None
    except OSError as error:
        told = f"{settings.fetch_ca} holds no certificates that can be read ({error.strerror or error})"
        raise InputWrong(f"LAUNCH_REVIEW_FETCH_CA: {told}") from None
