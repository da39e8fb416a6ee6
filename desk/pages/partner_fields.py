"""The fields of the form for a next revision: where each stands in the document, and the item that reads it.

Sections and help come from the rulebook: a field is asked where its item is.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from checklist.dossier import Dossier
from checklist.rulebook import Item, Rulebook
from checklist.uploads import digest_in
from desk.pages.partner_shapes import Shape, read, tidy, written
from models.enums import ComponentKind, SpecCall


@dataclass(frozen=True, slots=True)
class Field:
    """`path` is the key path in the document, `item` the rulebook's item that it is about, if it is about one.

    A field of a `group` is always asked, under that heading; any other where its item is asked, under its family.
    """

    path: str
    label: str
    shape: Shape
    item: str = ""
    group: str = ""
    help: str = ""

    @property
    def element(self) -> str:
        """The id of its element on the page."""
        return "f-" + self.path.replace(".", "-")

    @property
    def file(self) -> str:
        """The name under which a form sends files for it; empty where it takes none."""
        return f"{self.path}:file" if self.shape in {Shape.PICTURE, Shape.PICTURES} else ""

    @property
    def takes(self) -> str:
        """The types of files it takes, as a browser's file chooser reads them."""
        return ".svg,image/svg+xml" if self.shape is Shape.PICTURE else "image/png,image/jpeg,image/webp"


@dataclass(frozen=True, slots=True)
class Shown:
    """A field with its text as it stands in the form, and what is wrong with it."""

    field: Field
    help: str
    text: str
    mistakes: tuple[str, ...]

    @property
    def pictures(self) -> tuple[str, ...]:
        """Where what was sent as a file can be seen."""
        if not self.field.file:
            return ()
        digests = (digest_in(line.partition(" ")[0]) for line in self.text.split("\n"))
        return tuple(f"/uploads/{digest}" for digest in digests if digest is not None)


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    fields: tuple[Shown, ...]


INTEGRATION: Final = "Your integration"
COMPANY: Final = "Your company"
LAST: Final = "Notes"
"""The group that ends every form."""

FIELDS: Final = (
    Field("integration.name", "Name of the integration", Shape.LINE, group=INTEGRATION),
    Field("partner.website", "Company website", Shape.LINE, "access.website", COMPANY),
    Field("partner.contact_name", "Name of the contact", Shape.LINE, group=COMPANY),
    Field("partner.contact_email", "E-mail address of the contact", Shape.LINE, "access.email", COMPANY),
    Field("access.survey.company_name", "Company name", Shape.LINE, "access.survey"),
    Field("access.survey.website", "Website", Shape.LINE, "access.survey"),
    Field("access.survey.data_in", "How customers get data in today", Shape.TEXT, "access.survey"),
    Field("access.survey.data_goes", "Where the data goes and shows", Shape.TEXT, "access.survey"),
    Field("access.survey.used_for", "What customers use the tool for", Shape.TEXT, "access.survey"),
    Field("access.survey.heard_from", "How you heard of the programme", Shape.TEXT, "access.survey"),
    Field(
        "access.customer_requests",
        "Customers who asked for it, an empty line between them",
        Shape.PARAGRAPHS,
        "access.survey",
    ),
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
    Field("catalog.logo", "The logo: an address, or a file", Shape.PICTURE, "catalog.logo"),
    Field("catalog.mark", "The mark: an address, or a file", Shape.PICTURE, "catalog.mark"),
    Field(
        "catalog.screenshots",
        "Screenshots: address and caption, one a line, or files",
        Shape.PICTURES,
        "catalog.screenshots",
    ),
    Field("catalog.website", "Website in the catalog", Shape.LINE, "catalog.website"),
    Field("catalog.support_email", "Address for customer support", Shape.LINE, "catalog.support"),
    Field("marketing.integrations_page", "Your integrations page", Shape.LINE, "marketing.integrations_page"),
    Field("marketing.blog_post", "Blog post", Shape.LINE, "marketing.blog_post"),
    Field("marketing.email_announcement", "Or the e-mail announcement", Shape.TEXT, "marketing.blog_post"),
    Field("marketing.shared", "Where it was shared, one address a line", Shape.LINES, "marketing.shared"),
    Field("security.guidance_read", "We have read the security guidance", Shape.CHECK, "security.guidance"),
    Field("security.acceptable_use_accepted", "We accept the Acceptable Use Policy", Shape.CHECK, "security.guidance"),
    Field("security.contact", "Security contact", Shape.LINE, "security.guidance"),
    Field("replay.accepts_replays", "Are replays accepted?", Shape.YES_NO, "replay.info"),
    Field("replay.honours_timestamp", "Is the time of the event kept?", Shape.YES_NO, "replay.info"),
    Field("replay.rate_limits", "Rate limits", Shape.TEXT, "replay.info"),
    Field("oauth.page", "The page that shows the button", Shape.LINE, "oauth.button"),
    Field("oauth.wider_scopes_approved", "Wider scopes that were approved, one a line", Shape.LINES, "oauth.button"),
    Field("select_member", "We are a member of the select programme", Shape.CHECK, "select.member"),
    Field("notes", "Anything else we should know", Shape.TEXT, group=LAST),
)

NEW: Final = (
    Field(
        "integration.slug",
        "Short name in addresses",
        Shape.LINE,
        group=INTEGRATION,
        help="Small letters, digits and hyphens, such as acme-analytics. It never changes later.",
    ),
)
"""What is asked of an integration that does not exist yet."""

SETTINGS: Final = (
    "settings",
    "Settings besides the key: name = value, one a line",
    Shape.SETTINGS,
    "With values that work for the test, and no secrets.",
)
METHODS: Final = (
    "methods",
    "Spec methods, one a line",
    Shape.LINES,
    f"Of {', '.join(call.value for call in SpecCall)}.",
)
API_KEY: Final = ("api_key", "Key for the test calls", Shape.SECRET, "")
OF_KIND: Final = {
    ComponentKind.SUBSCRIPTION: (
        ("endpoint", "Address of the endpoint", Shape.LINE, "Where it receives its calls."),
        METHODS,
        API_KEY,
        SETTINGS,
    ),
    ComponentKind.PLUGIN: (METHODS, API_KEY, SETTINGS),
    ComponentKind.STREAM: (
        METHODS,
        (
            "samples",
            "Samples of what it sends, as JSON",
            Shape.SAMPLES,
            'A list of requests: [{"headers": {"Content-Type": "application/json"}, "body": {"type": "track"}}].',
        ),
        ("requests_per_second", "The most requests a second", Shape.LINE, ""),
        API_KEY,
        SETTINGS,
    ),
}
"""What is asked of each kind of component: key, label, shape, help."""

KINDS: Final = {
    ComponentKind.SUBSCRIPTION: "a subscription: a webhook or function that receives calls",
    ComponentKind.PLUGIN: "a plugin: code that runs in the web page",
    ComponentKind.STREAM: "a stream: a source that sends calls",
}
USED: Final = "used"
"""The key that says that a component is there, in a form that offers every kind. No part of a submission."""


def asked(items: Iterable[Item], components: Iterable[Mapping[str, Any]]) -> tuple[Field, ...]:
    """The fields of every group, of each component, and those that these items ask for."""
    ids = {item.id for item in items}
    of_components = tuple(
        field for number, component in enumerate(components) for field in _of_component(number, component)
    )
    return tuple(field for field in (*of_components, *FIELDS) if field.group or field.item in ids)


def _of_component(number: int, component: Mapping[str, Any]) -> Iterator[Field]:
    kind, group = ComponentKind(component["kind"]), f"Component {number + 1}: {component['kind']}"
    if USED in component:
        yield Field(f"components.{number}.{USED}", f"It has {KINDS[kind]}", Shape.CHECK, group=group)
    for key, label, shape, told in OF_KIND[kind]:
        yield Field(f"components.{number}.{key}", label, shape, group=group, help=told)


def mistyped(fields: Iterable[Field], typed: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What can't be read at all, by the path of its field."""
    found: dict[str, tuple[str, ...]] = {}
    for field in fields:
        text = tidy(typed.get(field.path, ""))
        if field.shape is Shape.SAMPLES and text and not isinstance(read(field.shape, text), list):
            found[field.path] = ("Saw text that is no list in JSON, expected a list of requests.",)
        if field.shape is Shape.SETTINGS:
            bad = next((line for line in text.split("\n") if line.strip() and "=" not in line), None)
            if bad is not None:
                found[field.path] = (f"Saw {bad.strip()[:60]!r}, expected name = value.",)
    return found


def texts_of(document: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, str]:
    """The document as the form shows it; secrets are never in it."""
    return {
        field.path: written(field.shape, _at(document, field.path))
        for field in fields
        if field.shape is not Shape.SECRET
    }


def filled(document: Mapping[str, Any], fields: Iterable[Field], typed: Mapping[str, str]) -> dict[str, Any]:
    """The document with what was typed; what was emptied is left out, what was left alone stays to the letter.

    A secret left empty stays as it is kept.
    """
    new: dict[str, Any] = deepcopy(dict(document))
    for field in fields:
        if field.path not in typed and field.shape is not Shape.CHECK:
            continue
        text = tidy(typed.get(field.path, ""))
        if text != tidy(written(field.shape, _at(document, field.path))):
            _put(new, field.path, read(field.shape, text))
    return new


def sections(
    rulebook: Rulebook, fields: Iterable[Field], typed: Mapping[str, str], mistakes: Mapping[str, tuple[str, ...]]
) -> Iterator[Section]:
    """Groups first, then by family in the rulebook's order; an item's help stands under its first field."""
    fields = tuple(fields)
    groups = [field.group for field in fields if field.group and field.group != LAST]
    first = dict.fromkeys((INTEGRATION, COMPANY, *groups))
    by_title: dict[str, list[Shown]] = {title: [] for title in (*first, *rulebook.families.values(), LAST)}
    items = {item.id: item for item in rulebook.items}
    told: set[str] = set()
    for field in fields:
        item = items.get(field.item)
        text = "" if field.shape is Shape.SECRET else typed.get(field.path, "")
        help_text = field.help or (item.help if item is not None and item.id not in told else "")
        told.add(field.item)
        title = field.group or rulebook.families[rulebook.item(field.item).family]
        by_title[title].append(Shown(field, help_text, text, mistakes.get(field.path, ())))
    for title, shown in by_title.items():
        if shown:
            yield Section(title, tuple(shown))


def field_of(where: str, fields: Collection[Field]) -> str:
    """The path of the field that holds the key path `where`; empty when none does."""
    return next((field.path for field in fields if where == field.path or where.startswith(f"{field.path}.")), "")


def as_asked(dossier: Dossier, rulebook: Rulebook) -> tuple[Field, ...]:
    items = rulebook.items_of(dossier.gate, dossier.kinds, dossier.kind)
    return asked(items, dossier.public_document().get("components", ()))


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
