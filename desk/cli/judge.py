"""`launch-review judge`: a saved page through the same facts and checks, to see what they make of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from checklist.enable_button import judge_enable_button
from checklist.judgement import (
    Judgement,
    PageRule,
    Question,
    judge_blog_post,
    judge_integrations_page,
    judge_partner_docs,
)
from checklist.pages import saved_from
from checklist.pages.workers import PageReaders
from checklist.rulebook import current
from checklist.template import judge_segment_doc
from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, say, say_json
from models.enums import Outcome

LARGEST_PAGE = 10_000_000
"""Bytes of a saved page that are read."""

RULES: dict[str, PageRule] = {
    "docs": judge_partner_docs,
    "integrations_page": judge_integrations_page,
    "blog": judge_blog_post,
    "oauth_button": judge_enable_button,
}

EXIT_CODES = {
    Outcome.PASSED: 0,
    Outcome.WARNED: 0,
    Outcome.FAILED: 1,
    Outcome.UNKNOWN: 3,
}


async def judge(
    kind: Literal["docs", "integrations_page", "blog", "oauth_button", "segment_doc"],
    file: Path,
    /,
    *,
    url: Annotated[
        str | None, Parameter(help="Where the page was: makes its links absolute, tells whose it is.")
    ] = None,
    name: Annotated[str | None, Parameter(help="The partner whose page it should be.")] = None,
    status: Annotated[int | None, Parameter(help="The HTTP status it came with.")] = None,
    json: AsJson = False,
) -> int:
    """What the checks say of a saved page: HTML, Markdown, a template or a script, told by the file's ending.

    Exit code 0 when it passes or passes with a warning, 1 when it fails, 3 when nobody could tell.
    """
    text = _text(file)
    today = datetime.now(UTC).date()  # noqa: TID251 - the command is the entry point that knows the day
    rulebook = current(today)
    page_state, judgement = await _judged(kind, text, file.name, Question(rulebook, name, today, status=status), url)
    if json:
        say_json(
            {
                "outcome": judgement.outcome.value,
                "page_state": page_state,
                "signals": dict(judgement.signals),
                "summary": judgement.summary,
            }
        )
    else:
        say(f"{judgement.outcome.value}: {judgement.summary}", f"page state: {page_state}")
        say(*([f"fix: {judgement.fix}"] if judgement.fix else []))
        say(*(f"  {signal}: {value}" for signal, value in judgement.signals.items()))
    return EXIT_CODES[judgement.outcome]


async def _judged(kind: str, text: str, file_name: str, asked: Question, url: str | None) -> tuple[str, Judgement]:
    async with PageReaders(workers=1) as reader:
        facts = await reader.facts_of(saved_from(text, file_name, url=url, status=asked.status))
    if kind == "segment_doc":
        return facts.state.value, judge_segment_doc(text, (), asked.rulebook)
    return facts.state.value, RULES[kind](facts, asked)


def _text(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_PAGE + 1)
    except OSError as error:
        raise InputWrong(
            f"{file}: could not be opened ({(error.strerror or 'error').lower()}); check the path"
        ) from None
    if len(content) > LARGEST_PAGE:
        raise InputWrong(f"{file.name}: saw more than {LARGEST_PAGE:,} bytes, expected one saved page")
    return content.decode("utf-8", "replace")
