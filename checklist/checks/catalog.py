"""Catalog entry: the tile that customers see."""

import asyncio
import re

from checklist.case import Case, check
from checklist.checks.asking import ask, judged_page
from checklist.fetch import IMAGES, SVG, XML
from checklist.images import NoSvg, SvgFacts, pixels_of
from checklist.judgement import Judgement, Question
from checklist.mail_address import mail_domain
from checklist.outcome import CheckResult, Evidence
from checklist.pages import PageFacts, PageState
from checklist.pages.reader import Unreadable
from checklist.template import leftovers_in
from models.enums import Outcome

UNMEASURED = frozenset({"image/avif"})
"""Kinds of images that browsers show and that are not measured here."""
_MARKUP = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)|<[^<>]+>|[*_`#>]")


@check(
    "catalog.description",
    reads=("catalog.description",),
    thresholds={"max_characters": int, "min_characters": int},
    lasts=True,
)
def description(case: Case) -> CheckResult:
    """A description of at most {max_characters} characters, formatting not counted."""
    written = (case.dossier.catalog.description or "").strip()
    shown = _MARKUP.sub(lambda found: found[1] or "", written)
    length = len(" ".join(shown.split()))
    most, fewest = (case.item.threshold(name, int) for name in ("max_characters", "min_characters"))
    evidence = Evidence("text", written[:600])
    if not written:
        return case.failed(
            "no description is given", fix="Say in a few sentences what the integration does, as `catalog.description`."
        )
    leftovers = leftovers_in(written, case.rulebook.template.leftovers)
    if leftovers:
        fix = "Replace it in `catalog.description` with your own words."
        return case.failed(f"text of a template is still there: {leftovers[0]}", evidence, fix=fix, length=length)
    if length > most:
        return case.failed(
            f"the description has {length} characters",
            evidence,
            fix=f"Shorten `catalog.description` by {length - most} characters; {most} are shown.",
            length=length,
        )
    if length < fewest:
        return case.failed(
            f"the description has only {length} characters",
            evidence,
            fix=f"Say in `catalog.description` what it does for a customer, in {fewest} characters or more.",
            length=length,
        )
    return case.passed(f"the description has {length} of {most} characters", evidence, length=length)


@check("catalog.categories", reads=("catalog.categories",), thresholds={"max_categories": int, "more_than_max": str})
def categories(case: Case) -> CheckResult:
    """A primary and at most one secondary category, both from the programme's list."""
    chosen = case.dossier.catalog.categories
    known = {_loosely(name): name for name in case.rulebook.categories}
    evidence = Evidence("answer", ", ".join(chosen) or "none")
    choose = f"Choose for `catalog.categories` from: {', '.join(case.rulebook.categories)}."
    if not chosen:
        return case.failed("no category is chosen", fix=choose)
    if strangers := [name for name in chosen if _loosely(name) not in known]:
        return case.failed(
            f"not on the programme's list: {', '.join(strangers)}", evidence, fix=choose, unknown=strangers
        )
    if len({_loosely(name) for name in chosen}) < len(chosen):
        return case.failed(
            "a category is named twice", evidence, fix="Name each category once in `catalog.categories`."
        )
    most = case.item.threshold("max_categories", int)
    if len(chosen) > most:
        told, fix = f"{len(chosen)} categories are chosen, the first of them primary", f"Keep the {most} that fit best."
        only_told = case.item.threshold("more_than_max", str) == Outcome.WARNED
        return (case.warned if only_told else case.failed)(told, evidence, fix=fix, count=len(chosen))
    if drifted := [known[_loosely(name)] for name in chosen if name not in known.values()]:
        return case.warned(
            f"read as {', '.join(drifted)}", evidence, fix="Write them as the list does.", count=len(chosen)
        )
    second = f", secondary {chosen[1]}" if len(chosen) > 1 else ""
    return case.passed(f"primary category {chosen[0]}{second}", evidence, count=len(chosen))


@check(
    "catalog.logo",
    reads=("catalog.logo", "partner.name", "integration.name"),
    thresholds={"min_aspect": float},
    lasts=True,
)
async def logo(case: Case) -> CheckResult:
    """An SVG of the logo with the name in it, wider than high, with no scripts and nothing loaded from elsewhere."""
    found, evidence = await _svg(case, case.dossier.catalog.logo, "logo")
    if isinstance(found, CheckResult):
        return found
    if found.aspect is None:
        return case.warned("the logo declares no size, so its shape is not known", evidence, fix="Add a viewBox.")
    least = case.item.threshold("min_aspect", float)
    if found.aspect < least:
        told = f"the logo is {found.aspect:.2f} times as wide as high; a name beside the mark makes it {least:g}"
        return case.warned(
            told, evidence, fix="Give the horizontal version with the name.", aspect=round(found.aspect, 3)
        )
    return case.passed(
        f"the logo is an SVG, {found.aspect:.1f} times as wide as high", evidence, aspect=round(found.aspect, 3)
    )


@check("catalog.mark", reads=("catalog.mark",), thresholds={"square_within": float}, lasts=True)
async def mark(case: Case) -> CheckResult:
    """A square SVG of the mark, without the name, with no scripts and nothing loaded from elsewhere."""
    found, evidence = await _svg(case, case.dossier.catalog.mark, "mark")
    if isinstance(found, CheckResult):
        return found
    if found.aspect is None:
        return case.unknown("the mark declares no size, so whether it is square is for a person to see", evidence)
    if abs(found.aspect - 1) > case.item.threshold("square_within", float):
        told = f"the mark is not square: {found.aspect:.2f} times as wide as high"
        return case.failed(
            told, evidence, fix="Give it a square viewBox, with the mark in its middle.", aspect=round(found.aspect, 3)
        )
    return case.passed("the mark is a square SVG", evidence, aspect=round(found.aspect, 3))


@check(
    "catalog.screenshots", reads=("catalog.screenshots",), thresholds={"min_width": int, "min_height": int}, lasts=True
)
async def screenshots(case: Case) -> CheckResult:
    """At least one real screenshot of {min_width} × {min_height} pixels or more."""
    shots = case.dossier.catalog.screenshots
    if not shots:
        return case.failed(
            "no screenshot is given", fix="Add one or two under `catalog.screenshots`, each with `url` and `caption`."
        )
    evidence: list[Evidence] = []
    unknown: CheckResult | None = None
    small: list[str] = []
    sizes: list[tuple[int, int]] = []
    width, height = (case.item.threshold(name, int) for name in ("min_width", "min_height"))
    answers = await asyncio.gather(
        *(ask(case, shot.url, accept=IMAGES, what=f"screenshot {number}") for number, shot in enumerate(shots, 1))
    )
    for number, asked in enumerate(answers, 1):
        evidence.append(asked.evidence)
        if asked.trouble is not None:
            if asked.trouble.outcome is Outcome.FAILED:
                return asked.trouble
            unknown = asked.trouble
            continue
        size = pixels_of(asked.fetched.body)
        if size is None and asked.fetched.content_type in UNMEASURED:
            told = f"screenshot {number} is an image whose size cannot be read here; a person looks"
            unknown = case.unknown(told, asked.evidence)
            continue
        if size is None:
            told = f"screenshot {number} is no PNG, JPEG, GIF or WebP ({asked.fetched.content_type or 'no type given'})"
            return case.failed(told, *evidence, fix="Export it as PNG or JPEG.")
        sizes.append((size.width, size.height))
        if size.width < width or size.height < height:
            small.append(f"screenshot {number} is {size.width} × {size.height} pixels")
    if small:
        fix = "Take it again at a larger size, so that text can be read."
        return case.failed("; ".join(small), *evidence, fix=fix, sizes=[list(size) for size in sizes])
    if unknown is not None:
        return unknown
    return case.passed(
        f"{len(shots)} screenshot{'s' if len(shots) != 1 else ''}, real images of a readable size",
        *evidence,
        count=len(shots),
        sizes=[list(size) for size in sizes],
    )


@check("catalog.website", reads=("catalog.website",), lasts=True)
async def catalog_website(case: Case) -> CheckResult:
    """An https:// address of the company or product that answers with a page."""
    url = case.dossier.catalog.website
    if not url:
        return case.failed("no website is given", fix="Give it as `catalog.website`.")
    found = await judged_page(case, url, _is_a_page, what="the website")
    if found.outcome is Outcome.PASSED and not url.lower().startswith("https://"):
        told = f"{found.summary}, but the address given is not https://"
        return case.warned(told, *found.evidence, fix="Give the address with https://.", **found.facts)
    return found


@check("catalog.support", reads=("catalog.support_email",))
def support(case: Case) -> CheckResult:
    """An e-mail address where customers get help."""
    address = case.dossier.catalog.support_email
    if not address:
        return case.failed("no support address is given", fix="Give it as `catalog.support_email`.")
    if mail_domain(address) is None:
        return case.failed(
            f"{address!r} is no e-mail address", fix="Give one plain address, such as support@your-company.com."
        )
    return case.passed(f"customers ask at {address}", Evidence("answer", address))


def _is_a_page(facts: PageFacts, asked: Question) -> Judgement:
    del asked  # any page will do, whoever asks
    title = f"“{facts.title[:80]}”" if facts.title else "without a title"
    if facts.state in {PageState.USABLE, PageState.NEEDS_BROWSER}:
        return Judgement(Outcome.PASSED, f"the website answers: {title}")
    if facts.state is PageState.PARKED:
        fix = "Give the address where your website really is."
        return Judgement(Outcome.FAILED, "the address shows a parking page of a domain seller", fix)
    return Judgement(Outcome.UNKNOWN, f"could not tell what the website shows: {facts.state_reason}")


async def _svg(case: Case, url: str | None, what: str) -> tuple[SvgFacts | CheckResult, Evidence]:
    if not url:
        fix = f"Give the address of an SVG file as `catalog.{what}`."
        return case.failed(f"no {what} is given", fix=fix), Evidence("image", "none given")
    asked = await ask(case, url, accept=SVG | IMAGES | XML, what=f"the {what}")
    if asked.trouble is not None:
        return asked.trouble, asked.evidence
    pixels = pixels_of(asked.fetched.body)
    if pixels is not None:
        told = f"the {what} is a {pixels.kind} of {pixels.width} × {pixels.height} pixels, not an SVG"
        return case.failed(told, asked.evidence, fix="Export it from your drawing program as SVG."), asked.evidence
    try:
        found = await case.context.reader.svg_facts(asked.fetched.body)
    except (NoSvg, Unreadable) as error:
        return _no_facts(case, what, error, asked.evidence), asked.evidence
    if found.troubles:
        told = f"the {what} holds {', '.join(found.troubles[:3])}"
        return case.failed(
            told, asked.evidence, fix="Export it again without scripts, with everything inside the file."
        ), asked.evidence
    return found, asked.evidence


def _no_facts(case: Case, what: str, why: NoSvg | Unreadable, evidence: Evidence) -> CheckResult:
    if isinstance(why, Unreadable):
        return case.unknown(f"the {what} {why}; a person looks", evidence)
    return case.failed(f"the {what} is {why}", evidence, fix="Export it as a plain SVG.")


def _loosely(name: str) -> str:
    return re.sub(r"[\s/&-]+", "", name.lower())
