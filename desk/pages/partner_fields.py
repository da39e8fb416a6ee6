"""The fields of the form for a next revision: where each stands in the document, and the item that reads it.

Sections and help come from the rulebook: a field is asked where its item is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from checklist.dossier import Dossier
from checklist.rulebook import Item, Rulebook


class Shape(StrEnum):
    """LINES are one value a line; PICTURES one address a line, its caption behind a space; SECRET is never shown."""

    LINE = "line"
    TEXT = "text"
    LINES = "lines"
    PICTURES = "pictures"
    CHECK = "check"
    SECRET = "secret"  # noqa: S105 - a shape, not a secret


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is the key path in the document, `item` the rulebook's item that it is about."""

    path: str
    label: str
    shape: Shape
    item: str

    @property
    def element(self) -> str:
        """The id of its element on the page."""
        return "f-" + self.path.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with its text as it stands in the form, and what is wrong with it."""

    field: Field
    help: str
    text: str
    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    fields: tuple[Shown, ...]


FIELDS: Final = (
    Field("partner.website", "Company website", Shape.LINE, "access.website"),
    Field("partner.contact_email", "E-mail address of the contact", Shape.LINE, "access.email"),
    Field("access.survey.company_name", "Company name", Shape.LINE, "access.survey"),
    Field("access.survey.website", "Website", Shape.LINE, "access.survey"),
    Field("access.survey.data_in", "How customers get data in today", Shape.TEXT, "access.survey"),
    Field("access.survey.data_goes", "Where the data goes and shows", Shape.TEXT, "access.survey"),
    Field("access.survey.used_for", "What customers use the tool for", Shape.TEXT, "access.survey"),
    Field("access.survey.heard_from", "How you heard of the programme", Shape.TEXT, "access.survey"),
    Field("access.agreements.partner_agreement", "We accept the partner agreement", Shape.CHECK, "access.agreements"),
    Field("access.agreements.privacy_policy", "We accept the privacy policy", Shape.CHECK, "access.agreements"),
    Field("test_account.username", "User name of the test account", Shape.LINE, "test.account"),
    Field("test_account.secret", "Password of the test account", Shape.SECRET, "test.account"),
    Field("test_account.notes", "How to use the test account", Shape.TEXT, "test.account"),
    Field("documentation.segment", "Documentation in Markdown", Shape.TEXT, "docs.segment"),
    Field("documentation.segment_url", "Or where its Markdown can be read", Shape.LINE, "docs.segment"),
    Field("documentation.partner_url", "Documentation on your own site", Shape.LINE, "docs.partner"),
    Field("catalog.description", "Description", Shape.TEXT, "catalog.description"),
    Field("catalog.categories", "Categories, one a line", Shape.LINES, "catalog.categories"),
    Field("catalog.logo", "Address of the logo", Shape.LINE, "catalog.logo"),
    Field("catalog.mark", "Address of the mark", Shape.LINE, "catalog.mark"),
    Field("catalog.screenshots", "Screenshots: address and caption, one a line", Shape.PICTURES, "catalog.screenshots"),
    Field("catalog.website", "Website in the catalog", Shape.LINE, "catalog.website"),
    Field("catalog.support_email", "Address for customer support", Shape.LINE, "catalog.support"),
    Field("marketing.integrations_page", "Your integrations page", Shape.LINE, "marketing.integrations_page"),
    Field("marketing.blog_post", "Blog post", Shape.LINE, "marketing.blog_post"),
    Field("marketing.email_announcement", "Or the e-mail announcement", Shape.TEXT, "marketing.blog_post"),
    Field("marketing.shared", "Where it was shared, one address a line", Shape.LINES, "marketing.shared"),
    Field("security.guidance_read", "We have read the security guidance", Shape.CHECK, "security.guidance"),
    Field("security.acceptable_use_accepted", "We accept the Acceptable Use Policy", Shape.CHECK, "security.guidance"),
    Field("security.contact", "Security contact", Shape.LINE, "security.guidance"),
    Field("replay.rate_limits", "Rate limits", Shape.TEXT, "replay.info"),
    Field("oauth.page", "The page that shows the button", Shape.LINE, "oauth.button"),
)


def asked(items: Iterable[Item], components: Iterable[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields that these items ask for, those of each component with an endpoint among them."""
    ids = {item.id for item in items}
    of_components = tuple(
        field
        for number, component in enumerate(components)
        if component.get("endpoint")
        for field in (
            Field(f"components.{number}.endpoint", "Address of the endpoint", Shape.LINE, "test.delivery"),
            Field(f"components.{number}.api_key", "Key for the test calls", Shape.SECRET, "test.delivery"),
        )
    )
    return tuple(field for field in (*of_components, *FIELDS) if field.item in ids)


def texts_of(document: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, str]:
    """The document as the form shows it; secrets are never in it."""
    return {field.path: _text(field, _at(document, field.path)) for field in fields if field.shape is not Shape.SECRET}


def filled(document: Mapping[str, Any], fields: Iterable[Field], typed: Mapping[str, str]) -> dict[str, Any]:
    """The document with what was typed; what was emptied is left out, what was left alone stays to the letter.

    A secret left empty stays as it is kept.
    """
    new: dict[str, Any] = deepcopy(dict(document))
    for field in fields:
        if field.path not in typed and field.shape is not Shape.CHECK:
            continue
        text = _tidy(typed.get(field.path, ""))
        if text != _tidy(_text(field, _at(document, field.path))):
            _put(new, field.path, _value(field.shape, text))
    return new


def sections(
    rulebook: Rulebook, fields: Iterable[Field], typed: Mapping[str, str], mistakes: Mapping[str, tuple[str, ...]]
) -> Iterator[Section]:
    """By family, in the rulebook's order; the help of an item stands under its first field."""
    by_family: dict[str, list[Shown]] = {family: [] for family in rulebook.families}
    told: set[str] = set()
    for field in fields:
        item = rulebook.item(field.item)
        text = "" if field.shape is Shape.SECRET else typed.get(field.path, "")
        help_text = "" if item.id in told else item.help
        told.add(item.id)
        by_family[item.family].append(Shown(field, help_text, text, mistakes.get(field.path, ())))
    for family, shown in by_family.items():
        if shown:
            yield Section(rulebook.families[family], tuple(shown))


def field_of(where: str, fields: Collection[Field]) -> str:
    """The path of the field that holds the key path `where`; empty when none does."""
    return next((field.path for field in fields if where == field.path or where.startswith(f"{field.path}.")), "")


def as_asked(dossier: Dossier, rulebook: Rulebook) -> tuple[Field, ...]:
    items = rulebook.items_of(dossier.gate, dossier.kinds, dossier.kind)
    return asked(items, dossier.public_document().get("components", ()))


def _tidy(text: str) -> str:
    """With line ends of one kind: browsers send those that the standard of forms asks for."""
    return text.replace("\r\n", "\n").strip()


def _value(shape: Shape, text: str) -> Any:
    if shape is Shape.CHECK:
        return True if text else None
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    if shape is Shape.LINES:
        return lines or None
    if shape is Shape.PICTURES:
        pairs = [line.partition(" ") for line in lines]
        return [{"url": url, "caption": caption.strip()} for url, _, caption in pairs] or None
    return text or None


def _text(field: Field, value: Any) -> str:
    if field.shape is Shape.CHECK:
        return "yes" if value else ""
    if field.shape is Shape.PICTURES:
        return "\n".join(f"{one['url']} {one.get('caption', '')}".strip() for one in value or ())
    if field.shape is Shape.LINES:
        return "\n".join(value or ())
    return str(value or "")


def _at(document: Any, path: str) -> Any:
    for key in path.split("."):
        if isinstance(document, list):
            document = document[int(key)]
        elif isinstance(document, Mapping):
            document = document.get(key)
        else:
            return None
    return document


def _put(document: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    for key in way:
        document = document[int(key)] if isinstance(document, list) else document.setdefault(key, {})
    if value is None:
        document.pop(last, None)
    else:
        document[last] = value
