"""The fields of a flat submission, and where each stands in a submission's document.

Forms and tables know no parts within parts; so one component, and lists as several lines or with semicolons.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model

from checklist.dossier import Dossier, DossierInvalid
from checklist.mistakes import Mistake, mistakes_of


class Kind(StrEnum):
    TEXT = "text"
    FLAG = "flag"
    NUMBER = "number"
    LIST = "list"
    SECRET = "secret"  # noqa: S105 - a name, not a secret
    ADDRESSES = "addresses"
    """A list whose entries are `{"url": …}` in the document."""


@dataclass(frozen=True, slots=True)
class FlatField:
    name: str
    path: tuple[str | int, ...]
    kind: Kind
    says: str


class FlatInvalid(Exception):
    """Fields that make no submission; each mistake names its field."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("; ".join(map(str, self.mistakes)))


def _fields(*rows: tuple[str, str, Kind, str]) -> tuple[FlatField, ...]:
    return tuple(
        FlatField(name, tuple(int(key) if key.isdigit() else key for key in path.split(".")), kind, says)
        for name, path, kind, says in rows
    )


T, F, N, L, S, A = Kind.TEXT, Kind.FLAG, Kind.NUMBER, Kind.LIST, Kind.SECRET, Kind.ADDRESSES

FIELDS: Final = _fields(
    ("external_id", "external_id", T, "Your own id: the same id again is the same submission."),
    ("kind", "kind", T, "access, launch, update or graduation."),
    ("partner_name", "partner.name", T, "The company."),
    ("partner_website", "partner.website", T, "Its website."),
    ("contact_name", "partner.contact_name", T, "Who is written to."),
    ("contact_email", "partner.contact_email", T, "Their company e-mail."),
    ("slug", "integration.slug", T, "The integration's slug, which never changes."),
    ("name", "integration.name", T, "The integration's name."),
    ("component_kind", "components.0.kind", T, "subscription, plugin or stream."),
    ("endpoint", "components.0.endpoint", T, "Where a subscription receives its calls."),
    ("methods", "components.0.methods", L, "Spec calls it takes, such as track; identify."),
    ("api_key", "components.0.api_key", S, "A key that works for the test calls only."),
    ("requests_per_second", "components.0.requests_per_second", N, "The most a stream sends."),
    ("company_name", "access.survey.company_name", T, "Survey: the company's name."),
    ("company_website", "access.survey.website", T, "Survey: its website."),
    ("data_in", "access.survey.data_in", T, "Survey: how customers get data into the tool today."),
    ("data_goes", "access.survey.data_goes", T, "Survey: where in the tool the data goes and shows."),
    ("used_for", "access.survey.used_for", T, "Survey: what customers use the tool for."),
    ("heard_from", "access.survey.heard_from", T, "Survey: how they heard of the programme."),
    ("customer_requests", "access.customer_requests", L, "Customers who asked for it."),
    ("partner_agreement", "access.agreements.partner_agreement", F, "The partner agreement is accepted."),
    ("privacy_policy", "access.agreements.privacy_policy", F, "The privacy policy is accepted."),
    ("documentation", "documentation.segment", T, "The hosted documentation, in Markdown."),
    ("documentation_url", "documentation.segment_url", T, "Or where its Markdown can be read."),
    ("partner_documentation_url", "documentation.partner_url", T, "The documentation on the partner's own site."),
    ("description", "catalog.description", T, "Catalog: at most 500 characters."),
    ("categories", "catalog.categories", L, "Catalog: a primary, at most one secondary."),
    ("logo", "catalog.logo", T, "Catalog: address of the logo."),
    ("mark", "catalog.mark", T, "Catalog: address of the mark."),
    ("screenshots", "catalog.screenshots", A, "Catalog: addresses of screenshots."),
    ("catalog_website", "catalog.website", T, "Catalog: the address customers are led to."),
    ("support_email", "catalog.support_email", T, "Catalog: where customers find help."),
    ("integrations_page", "marketing.integrations_page", T, "The partner's page that lists Segment."),
    ("blog_post", "marketing.blog_post", T, "The launch blog post."),
    ("email_announcement", "marketing.email_announcement", T, "Or the text of the e-mail announcement."),
    ("shared", "marketing.shared", L, "Where the launch was shared."),
    ("guidance_read", "security.guidance_read", F, "The security guidance is read and agreed."),
    ("acceptable_use_accepted", "security.acceptable_use_accepted", F, "The Acceptable Use Policy is accepted."),
    ("security_contact", "security.contact", T, "Who is told of a security problem."),
    ("accepts_replays", "replay.accepts_replays", F, "It accepts replays."),
    ("honours_timestamp", "replay.honours_timestamp", F, "It honours `timestamp`."),
    ("rate_limits", "replay.rate_limits", T, "Its rate limits."),
    ("oauth_page", "oauth.page", T, "The page that shows the enable button."),
    ("test_username", "test_account.username", T, "Test account: who to sign in as."),
    ("test_secret", "test_account.secret", S, "Test account: its password; kept encrypted."),
    ("test_notes", "test_account.notes", T, "Test account: what to know."),
    ("select_member", "select_member", F, "A Segment Select member."),
    ("notes", "notes", T, "Anything else."),
)
"""Every field, in the order of the form."""

NEEDED: Final = ("external_id", "kind", "partner_name", "slug", "name")
_BY_NAME: Final = {field.name: field for field in FIELDS}
_BETWEEN: Final = re.compile(r"[;\n]")


def _listed(value: Any) -> Any:
    parts = _BETWEEN.split(value) if isinstance(value, str) else value
    return [part.strip() for part in parts if part.strip()] if isinstance(value, str) else parts


Listed = Annotated[list[str], BeforeValidator(_listed, json_schema_input_type=list[str] | str), Field(max_length=100)]
TYPES: Final[Mapping[Kind, Any]] = {T: str, S: str, F: bool, N: float, L: Listed, A: Listed}


def _model() -> type[BaseModel]:
    fields: dict[str, Any] = {
        field.name: (
            (TYPES[field.kind], Field(description=field.says, max_length=200_000 if field.kind in {T, S} else None))
            if field.name in NEEDED
            else (
                TYPES[field.kind] | None,
                Field(default=None, description=field.says),
            )
        )
        for field in FIELDS
    }
    return create_model(
        "FlatSubmission",
        __config__=ConfigDict(frozen=True, extra="forbid"),
        __doc__="A submission as forms and tables have it; a field that is empty counts as left out.",
        **fields,
    )


FlatSubmission: Final = _model()


def dossier_of(given: Mapping[str, Any]) -> Dossier:
    """The submission that these fields make. FlatInvalid with every mistake, each under its field's name."""
    said = {name: value for name, value in given.items() if value is not None and value != ""}
    try:
        flat = FlatSubmission.model_validate(said)
    except ValidationError as error:
        raise FlatInvalid(_masked(mistakes_of(error, FlatSubmission))) from None
    document: dict[str, Any] = {}
    for name, value in flat.model_dump(exclude_none=True).items():
        field = _BY_NAME[name]
        _put(document, field.path, [{"url": one} for one in value] if field.kind is A else value)
    try:
        return Dossier.parse(document)
    except DossierInvalid as error:
        raise FlatInvalid(_renamed(error.mistakes)) from None


def _put(document: dict[str, Any], path: tuple[str | int, ...], value: Any) -> None:
    if path[0] == "components":
        document.setdefault("components", [{}])[0][path[2]] = value
        return
    for key in path[:-1]:
        document = document.setdefault(str(key), {})
    document[str(path[-1])] = value


def _renamed(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return [
        Mistake(field.name, mistake.seen, mistake.expected, (field.name,))
        if (field := _field_at(mistake.keys)) is not None
        else mistake
        for mistake in mistakes
    ]


def _field_at(keys: tuple[str | int, ...]) -> FlatField | None:
    """The field whose value stands at this place of the document, or the first that belongs there."""
    within = (field for field in FIELDS if keys[: len(field.path)] == field.path)
    around = (field for field in FIELDS if keys and field.path[: len(keys)] == keys)
    return next(within, None) or next(around, None)


def _masked(mistakes: Iterable[Mistake]) -> list[Mistake]:
    return [
        Mistake(mistake.where, "a secret (not repeated here)", mistake.expected, mistake.keys)
        if mistake.keys and (field := _BY_NAME.get(str(mistake.keys[0]))) is not None and field.kind is S
        else mistake
        for mistake in mistakes
    ]
