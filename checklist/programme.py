"""Whose marketplace it is, and the rules that name its words and addresses. Data of a rulebook."""

from collections.abc import Mapping

from pydantic import Field

from checklist.frozen import Frozen, Words


class Programme(Frozen):
    """Whose marketplace this is: the words and addresses the checks and the messages use."""

    name: Words
    marketplace: Words
    """The name a partner's page has to mention, as in "Segment"."""
    aliases: tuple[Words, ...] = ()
    """Other names of the same marketplace, as in "Twilio Segment"."""
    vocabulary: tuple[Words, ...] = ()
    """Words that are spoken of only where the marketplace itself is meant, in lower case."""
    support: Words
    domains: tuple[Words, ...]
    """Registrable domains of the marketplace: links to them carry the UTM parameters."""
    handbook: Words
    """Where a partner reads more."""


class UtmRule(Frozen):
    """Which parameters a link to or from the marketplace carries."""

    required: tuple[Words, ...]
    documentation: Words
    """The query of the partner's link in the documentation the marketplace hosts."""
    suggested: Words
    """The query that a corrected link is shown with; `{slug}` is the integration's."""
    exempt: tuple[Words, ...] = ()
    """Hosts of the marketplace that serve machines, not pages."""


class OAuthRule(Frozen):
    """What an "Enable with …" button leads to."""

    authorize: tuple[Words, ...]
    enable: Words
    script: Words
    scope_prefix: Words
    wider_scopes: tuple[Words, ...]


class TemplateRule(Frozen):
    """The template of the documentation which the marketplace hosts."""

    leftovers: tuple[Words, ...]
    """Text of the template that must be gone from a finished page, compared without regard to case."""
    getting_started: tuple[Words, ...]
    """Headings, or beginnings of headings, that open the set-up part."""
    methods: tuple[Words, ...]
    """Headings that show what the integration can do: Spec calls or actions."""
    stream: tuple[Words, ...]
    """The same for a source."""
    first_person: tuple[Words, ...]


class DeliveryRule(Frozen):
    """How the marketplace calls the endpoint of a subscription."""

    user_agent: Words
    """By which it is known there; test calls add who sends them."""
    settings_header: Words
    """Carries what a customer set, as JSON in base64."""
    answer_seconds: float = Field(gt=0, le=30)
    """An answer that takes longer is not waited for."""
    slow_seconds: float = Field(gt=0)
    """An answer that takes longer is told as slow."""


class LookAlike(Frozen):
    """Names that mean an event of the Spec and therefore may not be used for it."""

    event: Words
    """The Spec's own name."""
    names: tuple[Words, ...]
    """Names seen in the wild; compared without regard to case, spaces and punctuation."""
    why: Words
    """What goes wrong with them; told to the partner."""


class SpecRule(Frozen):
    """Names the Spec reserves, and names that mean the same and therefore may not be used."""

    events: Mapping[str, tuple[Words, ...]]
    """Semantic events by family."""
    lookalikes: tuple[LookAlike, ...]
    event_kb: float = Field(gt=0)
    """The largest call that is taken, in 1,024 bytes of JSON."""
    batch_kb: float = Field(gt=0)
    """The largest request that carries several calls."""
    batch_events: int = Field(gt=0)
    """The most calls it carries."""
