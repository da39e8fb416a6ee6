"""How a check asks the web for what a submission names: the answer as evidence, and whose turn trouble is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from checklist.case import Case
from checklist.checks.showing import better_founded, show, wants_a_look
from checklist.fetch import IMAGES, PAGES, Fetched
from checklist.judgement import Judgement, PageRule, Question
from checklist.outcome import CheckResult, Evidence
from checklist.pages import PageFacts
from checklist.uploads import digest_in
from checklist.word_sketch import sketch
from models.enums import Outcome

WRONG_ADDRESS = frozenset({"url", "scheme", "port", "address"})
"""Kinds of refusal that the address as written causes, whoever asks: the partner can mend them.

A name without an address is not among them: it may be known everywhere but here.
"""
GONE = frozenset({404, 410})


PageJudge = Callable[[PageFacts, Question], Awaitable[Judgement]]
"""A rule that may ask the web for more."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer with its evidence, or the result that trouble on the way already is."""

    fetched: Fetched
    evidence: Evidence
    trouble: CheckResult | None


async def ask(case: Case, url: str, *, accept: frozenset[str] = PAGES, what: str) -> Asked:
    """Fetch `url`. Trouble: failed for an address that cannot be right and for 404 and 410, unknown for all else."""
    if accept >= IMAGES and (digest := digest_in(url)) is not None:
        return await _sent(case, url, digest, what)
    fetched = await case.context.fetcher.get(url, accept=accept)
    seen = f"{fetched.status} {fetched.content_type}".strip() if fetched.status else fetched.reason
    evidence = Evidence("page", seen, fetched.final_url, fetched.status, fetched.fetched_at, fetched.digest)
    return Asked(fetched, evidence, _trouble(case, fetched, evidence, what))


async def _sent(case: Case, url: str, digest: str, what: str) -> Asked:
    """A file that was sent, as if it had been fetched: checks judge both by the same facts."""
    file, at = await case.context.uploads(case.dossier.integration.slug, digest), case.context.at
    if file is None:
        told = "the file that was sent is not kept here"
        fetched = Fetched("unknown", url, url, at, reason=told)
        evidence = Evidence("image", told, url, None, at)
        return Asked(fetched, evidence, case.unknown(f"could not read {what}: {told}", evidence))
    fetched = Fetched("ok", url, url, at, status=200, content_type=file.media_type, body=file.data)
    seen = f"sent as a file, {file.media_type}, {len(file.data):,} bytes"
    return Asked(fetched, Evidence("image", seen, url, None, at, fetched.digest), None)


def _trouble(case: Case, fetched: Fetched, evidence: Evidence, what: str) -> CheckResult | None:
    # Where a redirect points is a finding for us, and may be a matter of one visit: only the address given is theirs.
    if fetched.outcome == "refused" and fetched.kind in WRONG_ADDRESS and not fetched.hops:
        return case.failed(f"{what} cannot be asked at {fetched.url}: {fetched.reason}", evidence, fix=OPEN_ADDRESS)
    if fetched.outcome != "ok":
        # A name nobody knows is most often mistyped; it may also be too new for our name servers.
        hint = "; check how it is spelt" if (fetched.outcome, fetched.kind) == ("refused", "dns") else ""
        told = f"could not read {what} at {fetched.url}: {fetched.reason}{hint}"
        return case.unknown(told, evidence, kind=fetched.kind)
    if fetched.status in GONE:
        fix = "Correct the address, or put the page back."
        return case.failed(f"{what} does not exist: {fetched.final_url} answers {fetched.status}", evidence, fix=fix)
    if not fetched.ok:
        told = f"{what} at {fetched.final_url} answers {fetched.status}, which tells nothing about it"
        return case.unknown(told, evidence, status=fetched.status)
    return None


OPEN_ADDRESS = "Give a public web address that starts with https:// and that anybody can open."
"""How a partner mends an address that cannot be asked."""


async def judged_page(case: Case, url: str, rule: PageRule, *, what: str) -> CheckResult:
    """Fetch a page and judge it by a rule; as a browser shows it where that is needed, or could save it."""
    asked = await ask(case, url, what=what)
    if asked.trouble is not None:
        return asked.trouble

    async def judge(facts: PageFacts, question: Question) -> Judgement:
        return rule(facts, question)

    return await judged_by(case, asked, judge)


async def judged_by(case: Case, asked: Asked, judge: PageJudge) -> CheckResult:
    """Judge a page that was fetched; as a browser shows it where that is needed, or could save it."""
    facts = await case.context.facts_of(asked.fetched)
    judgement = await judge(facts, question_of(case, asked.fetched.status))
    signals: dict[str, object] = {"page_state": facts.state.value, "words": sketch(facts.text)}
    if not wants_a_look(facts, judgement):
        return as_result(case, judgement, asked.evidence, **signals)
    shown = await show(case, asked.fetched)
    second = await judge(shown.facts, question_of(case, shown.status)) if shown.facts is not None else None
    if shown.facts is not None:
        signals |= {"shown_state": shown.facts.state.value, "words": sketch(shown.facts.text)}
    best = better_founded(judgement, shown, second)
    return as_result(case, best, asked.evidence, *shown.evidence, **signals)


def question_of(case: Case, status: int | None) -> Question:
    dossier = case.dossier
    return Question(
        case.rulebook,
        dossier.partner.name,
        case.context.today,
        dossier.integration.slug,
        dossier.oauth.wider_scopes_approved,
        status,
    )


def as_result(case: Case, judgement: Judgement, *evidence: Evidence, **facts: object) -> CheckResult:
    signals = {**judgement.signals, **facts}
    expected = "" if judgement.outcome is Outcome.PASSED else case.expected
    return CheckResult(
        case.item.id, judgement.outcome, judgement.summary, expected, judgement.fix, tuple(evidence), signals
    )
