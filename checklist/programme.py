"""Whose marketplace it is, and the rules that name its words and addresses. Data of a rulebook."""

from collections.abc import Mapping

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


class SpecRule(Frozen):
    """Names the Spec reserves, and names that mean the same and therefore may not be used."""

    events: Mapping[str, tuple[Words, ...]]
    """Semantic events by family."""
    lookalikes: Mapping[str, Words]
    """A name seen in the wild, in lower case, to the Spec event it stands for."""
