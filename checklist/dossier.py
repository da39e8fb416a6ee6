"""The submission a partner writes, as a frozen value: all of it that a check may look at.

Nearly everything is optional: a missing part makes its item fail and say how to fix it, it does not make the
file unreadable. Addresses stay text, because judging them is a check's work, not the reader's.
"""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, model_validator

from checklist import key_paths
from checklist.frozen import Frozen
from checklist.mistakes import Mistake, mistakes_of
from models.enums import GATE_OF_KIND, ComponentKind, GateName, SpecCall, SubmissionKind

SLUG_PATTERN = r"^[a-z0-9][a-z0-9_-]*$"
"""As wide as the slugs that live catalogs have; slugs never change, so neither can those."""

IMPORTED = "catalog:"
"""How the external id of a document begins that was made of a catalog's facts."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2_048)]
"""A web address as it was written."""
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=5_000)]
Document = Annotated[str, StringConstraints(max_length=200_000)]
Secret = Annotated[SecretStr, Field(max_length=1_000)]
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN, min_length=1, max_length=100)]
JsonValue = Any
Scalar = bool | int | float | Line


class DossierInvalid(Exception):
    """A submission that cannot be read; the message names the source, each key path, what was seen and expected."""

    def __init__(self, source: str, mistakes: tuple[Mistake, ...]) -> None:
        self.source = source
        self.mistakes = mistakes
        super().__init__("; ".join(f"{source}: {mistake}" for mistake in mistakes))


class Partner(Frozen):
    """The company that builds the integration."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    website: Address | None = None
    contact_name: Line | None = None
    contact_email: Line | None = None


class IntegrationPart(Frozen):
    """The tile in the catalog. The slug never changes once it is created."""

    slug: Slug
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class Sample(Frozen):
    """One request as a stream sends it: its headers and its JSON body."""

    headers: Mapping[Line, Line] = Field(default_factory=dict, max_length=50)
    body: Mapping[str, JsonValue] = Field(max_length=1_000)


class Component(Frozen):
    """One working piece: a subscription (webhook or function), a plugin (web) or a stream (source)."""

    kind: ComponentKind
    endpoint: Address | None = None
    """Where a subscription receives its calls."""
    methods: tuple[SpecCall, ...] = Field(default=(), max_length=len(SpecCall))
    settings: Mapping[Line, Scalar] = Field(default_factory=dict, max_length=50)
    """What a customer sets besides the API key, with values that work for the test. No secrets here."""
    api_key: Secret | None = None
    """A key that works for the test calls only."""
    samples: tuple[Sample, ...] = Field(default=(), max_length=100)
    requests_per_second: float | None = Field(default=None, ge=0, le=1_000_000)
    """The most a stream sends."""


class Survey(Frozen):
    """The six questions of the access request."""

    company_name: Paragraph | None = None
    website: Address | None = None
    data_in: Paragraph | None = None
    """How customers get data into the tool today."""
    data_goes: Paragraph | None = None
    """Where in the tool the data goes and shows."""
    used_for: Paragraph | None = None
    """What customers use the tool for."""
    heard_from: Paragraph | None = None
    """How the partner heard of the programme."""


class Agreements(Frozen):
    partner_agreement: bool = False
    privacy_policy: bool = False


class Access(Frozen):
    survey: Survey = Survey()
    customer_requests: tuple[Paragraph, ...] = Field(default=(), max_length=50)
    """Customers who asked for the integration; never required, a plus."""
    agreements: Agreements = Agreements()


class Documentation(Frozen):
    segment: Document | None = None
    """The documentation which the marketplace hosts, in Markdown."""
    segment_url: Address | None = None
    """Or where its Markdown can be read."""
    partner_url: Address | None = None
    """The documentation on the partner's own site."""


class Screenshot(Frozen):
    url: Address
    caption: Line = ""


class Catalog(Frozen):
    description: Document | None = None
    categories: tuple[Line, ...] = Field(default=(), max_length=30)
    logo: Address | None = None
    mark: Address | None = None
    screenshots: tuple[Screenshot, ...] = Field(default=(), max_length=10)
    website: Address | None = None
    support_email: Line | None = None


class Marketing(Frozen):
    integrations_page: Address | None = None
    blog_post: Address | None = None
    email_announcement: Document | None = None
    """The text of the e-mail, for a partner without a blog."""
    shared: tuple[Address, ...] = Field(default=(), max_length=20)
    """Where the launch was shared: one address on each network."""


class Security(Frozen):
    guidance_read: bool = False
    acceptable_use_accepted: bool = False
    contact: Line | None = None


class Replay(Frozen):
    accepts_replays: bool | None = None
    honours_timestamp: bool | None = None
    rate_limits: Paragraph | None = None


class OAuth(Frozen):
    page: Address | None = None
    """The page that shows the button."""
    wider_scopes_approved: tuple[Line, ...] = Field(default=(), max_length=10)


class TestAccount(Frozen):
    __test__ = False  # pytest: a part of the submission, not a test class

    username: Line | None = None
    secret: Secret | None = None
    notes: Paragraph | None = None


class Dossier(Frozen):
    """A submission: one request to pass one gate."""

    external_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:-]*$", max_length=100)]
    """The partner's own id: the same id again is the same submission."""
    kind: SubmissionKind
    partner: Partner
    integration: IntegrationPart
    components: tuple[Component, ...] = Field(default=(), max_length=10)
    access: Access = Access()
    documentation: Documentation = Documentation()
    catalog: Catalog = Catalog()
    marketing: Marketing = Marketing()
    security: Security = Security()
    replay: Replay = Replay()
    oauth: OAuth = OAuth()
    test_account: TestAccount = TestAccount()
    select_member: bool = False
    notes: Paragraph = ""

    @model_validator(mode="before")
    @classmethod
    def _schema_key_is_for_editors(cls, document: Any) -> Any:
        """`$schema` names the published schema for the partner's editor; it is no part of the submission."""
        if isinstance(document, Mapping):
            return {key: value for key, value in document.items() if key != "$schema"}
        return document

    @classmethod
    def parse(cls, document: Mapping[str, Any], source: str = "the submission") -> Self:
        """A dossier from its document; DossierInvalid with every mistake, each naming `source`."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            raise DossierInvalid(source, mistakes_of(error, cls)) from error

    @property
    def gate(self) -> GateName:
        return GATE_OF_KIND[self.kind]

    @property
    def kinds(self) -> frozenset[ComponentKind]:
        return frozenset(component.kind for component in self.components)

    def components_of(self, *kinds: ComponentKind) -> tuple[Component, ...]:
        return tuple(component for component in self.components if component.kind in kinds)

    @property
    def is_imported(self) -> bool:
        """Whether it was made of a catalog's facts: what it lacks nobody was asked for, so nobody failed to give it."""
        return self.external_id.startswith(IMPORTED)

    def says(self, parts: Collection[str]) -> bool:
        """Whether the document says anything at these key paths beyond who and what it is about."""
        said = self.model_dump(mode="json", exclude_defaults=True)
        own = [part for part in parts if part.partition(".")[0] not in {"partner", "integration"}]
        return not own or any(key_paths.at_or_none(said, part) for part in own)

    def public_document(self) -> dict[str, Any]:
        """The document without its secrets, in JSON values; `parse` reads it back."""
        document = self.model_dump(mode="json", exclude_defaults=True)
        for path in self.secrets():
            key_paths.drop(document, path)
        return document

    def secrets(self) -> dict[str, str]:
        """Key path to secret, as in `components.0.api_key`; for whoever keeps them encrypted."""
        return {path: secret.get_secret_value() for path, secret in _secrets(self)}

    def with_secrets(self, secrets: Mapping[str, str]) -> Self:
        """The same dossier with secrets put back at their key paths; KeyError for a path that holds none."""
        document = self.public_document()
        for path, secret in {**self.secrets(), **secrets}.items():
            key_paths.put(document, path, secret)
        return self.parse(document)

    def digest(self, parts: Collection[str], *, pepper: bytes = b"") -> str:
        """A digest of the named parts (key paths), in hexadecimal: equal as long as they say the same.

        Secrets count only under a `pepper` (a key of the installation); without one a digest tells only
        whether a secret is there, so that nobody can guess one from it.
        """
        return self.digests({"": parts}, pepper=pepper)[""]

    def digests(self, groups: Mapping[str, Collection[str]], *, pepper: bytes = b"") -> dict[str, str]:
        """The digest of each group of parts, by the group's name; see `digest`."""
        document: Any = self.model_dump(mode="json")
        secrets = {path: value if pepper else "present" for path, value in self.secrets().items()}
        key = hashlib.sha256(pepper).digest() if pepper else b""
        return {name: _digest(document, secrets, parts, key) for name, parts in groups.items()}

    def fingerprints(self, *, pepper: bytes = b"") -> dict[str, str]:
        """The digest of each top-level part, so that a resubmission shows what it changed."""
        return self.digests({part: [part] for part in type(self).model_fields}, pepper=pepper)


def json_schema(*, parts_at: str = "#/$defs/{model}") -> dict[str, Any]:
    """The JSON Schema (2020-12) of a submission file. `parts_at` is how it refers to its own `$defs`."""
    schema = Dossier.model_json_schema(ref_template=parts_at)
    schema["properties"]["$schema"] = {"type": "string", "description": "Where this schema is published."}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _digest(document: Any, secrets: Mapping[str, str], parts: Collection[str], key: bytes) -> str:
    read = {part: key_paths.at(document, part) for part in sorted(parts)}
    read_secrets = {
        path: value for path, value in secrets.items() if any(key_paths.is_within(path, part) for part in parts)
    }
    text = json.dumps([read, read_secrets], sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(text.encode(), digest_size=32, key=key).hexdigest()


def _secrets(value: Any, path: str = "") -> Iterator[tuple[str, SecretStr]]:
    if isinstance(value, SecretStr):
        yield path, value
    elif isinstance(value, Frozen):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        for index, inner in enumerate(value):
            yield from _secrets(inner, f"{path}.{index}")
