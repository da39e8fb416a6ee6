"""What the partner sent, as a reviewer reads it: facts by part, without any secret."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from checklist.dossier import Component, Dossier
from desk.viewing.links import Address, excerpt
from desk.words import counted, listed
from models.enums import SubmissionKind

MASK: Final = "••••••"
KEPT: Final = f"{MASK} (kept encrypted)"
"""That there is a secret, and nothing of it: the desk reads which ones are kept, never what they are."""

LONGEST_TEXT = 60_000


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of what was sent; `block` is for text of many lines."""

    label: str
    values: tuple[Address | str, ...]
    block: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class TestAccountView:
    """Who to sign in as; `secret` is masked, or says that none was given."""

    username: str
    secret: str
    notes: str


def parts(dossier: Dossier, kept: Collection[str]) -> tuple[Part, ...]:
    """The parts that say something, in the order of the form. `kept` are the key paths of the secrets kept."""
    named = (
        ("Partner", _partner(dossier)),
        ("Access request", _access(dossier) if dossier.kind is SubmissionKind.ACCESS else ()),
        *((f"Component: {part.kind.value}", _component(n, part, kept)) for n, part in enumerate(dossier.components)),
        ("Documentation", _documentation(dossier)),
        ("Catalog entry", _catalog(dossier)),
        ("Announcement", _marketing(dossier)),
        ("Security and replays", _promises(dossier) if dossier.kind is not SubmissionKind.ACCESS else ()),
    )
    filled = ((title, tuple(fact for fact in facts if any(fact.values) or fact.block)) for title, facts in named)
    return tuple(Part(title, facts) for title, facts in filled if facts)


def test_account(dossier: Dossier, kept: Collection[str]) -> TestAccountView | None:
    """None where none was given."""
    account = dossier.test_account
    is_kept = "test_account.secret" in kept
    if not (account.username or account.notes or is_kept):
        return None
    return TestAccountView(account.username or "", KEPT if is_kept else "none given", account.notes or "")


def _partner(dossier: Dossier) -> Iterator[Fact]:
    partner = dossier.partner
    yield Fact("Website", _addresses(partner.website))
    yield Fact("Contact", (" · ".join(part for part in (partner.contact_name, partner.contact_email) if part),))
    yield Fact("Notes", (), dossier.notes)


def _access(dossier: Dossier) -> Iterator[Fact]:
    survey, agreements = dossier.access.survey, dossier.access.agreements
    for name, field in type(survey).model_fields.items():
        answer = getattr(survey, name)
        yield Fact((field.description or name.replace("_", " ").capitalize()).rstrip("."), (answer or "no answer",))
    yield Fact("Customers who asked for it", (), "\n\n".join(dossier.access.customer_requests))
    yield Fact("Partner agreement", (_accepted(holds=agreements.partner_agreement),))
    yield Fact("Privacy policy", (_accepted(holds=agreements.privacy_policy),))


def _component(number: int, component: Component, kept: Collection[str]) -> Iterator[Fact]:
    yield Fact("Endpoint", _addresses(component.endpoint))
    yield Fact("Spec calls", (listed(method.value for method in component.methods),))
    yield Fact("Settings", (listed(f"{name} = {value}" for name, value in component.settings.items()),))
    yield Fact("API key", (KEPT if f"components.{number}.api_key" in kept else "",))
    samples = counted(len(component.samples), "request") if component.samples else ""
    yield Fact("Samples", (samples,))
    rate = component.requests_per_second
    yield Fact("Sends at most", (f"{rate:g} requests a second" if rate is not None else "",))


def _documentation(dossier: Dossier) -> Iterator[Fact]:
    documentation = dossier.documentation
    yield Fact("On the partner's site", _addresses(documentation.partner_url))
    yield Fact("Markdown at", _addresses(documentation.segment_url))
    yield Fact("Hosted documentation", (), excerpt(documentation.segment or "", LONGEST_TEXT))


def _catalog(dossier: Dossier) -> Iterator[Fact]:
    catalog = dossier.catalog
    yield Fact("Description", (catalog.description or "",))
    yield Fact("Categories", (listed(catalog.categories),))
    yield Fact("Website", _addresses(catalog.website))
    yield Fact("Logo", _addresses(catalog.logo))
    yield Fact("Mark", _addresses(catalog.mark))
    yield Fact("Screenshots", _addresses(*(screenshot.url for screenshot in catalog.screenshots)))
    yield Fact("Support", (catalog.support_email or "",))


def _marketing(dossier: Dossier) -> Iterator[Fact]:
    marketing = dossier.marketing
    yield Fact("Integrations page", _addresses(marketing.integrations_page))
    yield Fact("Blog post", _addresses(marketing.blog_post))
    yield Fact("Shared at", _addresses(*marketing.shared))
    yield Fact("Enable button", _addresses(dossier.oauth.page))
    yield Fact("E-mail announcement", (), excerpt(marketing.email_announcement or "", LONGEST_TEXT))


def _promises(dossier: Dossier) -> Iterator[Fact]:
    security, replay = dossier.security, dossier.replay
    yield Fact("Security guidance", (_accepted(holds=security.guidance_read),))
    yield Fact("Acceptable Use Policy", (_accepted(holds=security.acceptable_use_accepted),))
    yield Fact("Security contact", (security.contact or "",))
    yield Fact("Accepts replays", (_yes_or_no(replay.accepts_replays),))
    yield Fact("Honours timestamp", (_yes_or_no(replay.honours_timestamp),))
    yield Fact("Rate limits", (replay.rate_limits or "",))


def _addresses(*written: str | None) -> tuple[Address, ...]:
    return tuple(Address.of(address) for address in _given(written))


def _given(written: Iterable[str | None]) -> Iterator[str]:
    return (address for address in written if address)


def _accepted(*, holds: bool) -> str:
    return "agreed" if holds else "not agreed"


def _yes_or_no(answer: bool | None) -> str:  # noqa: FBT001 - the one thing it says
    return "" if answer is None else "yes" if answer else "no"
