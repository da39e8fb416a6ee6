"""Files that were sent are judged by the same rules as fetched ones, and only those of the integration's company."""

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from checklist.canned_web import CannedWeb
from checklist.case import Context
from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from checklist.uploads import StoredFile, address_of
from models.enums import Outcome
from tests.unit.test_sound_image import SVG, png

V1 = Rulebook.load("v1")
AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
SQUARE = SVG.replace(b"0 0 4 1", b"0 0 1 1")
FILES = {
    sha256(data).hexdigest(): StoredFile(kind, data)
    for kind, data in (
        ("image/svg+xml", SVG),
        ("image/svg+xml", SQUARE),
        ("image/png", png(1200, 800)),
        ("image/png", png(20, 20)),
    )
}


def sent(data):
    return address_of(sha256(data).hexdigest())


async def uploads(slug, digest):
    return FILES.get(digest) if slug == "acme" else None


async def outcome(item, catalog, slug="acme", **more):
    document = {
        "external_id": "a",
        "kind": "launch",
        "partner": {"name": "Acme"},
        "integration": {"slug": slug, "name": "Acme"},
        "catalog": catalog,
        **more,
    }
    context = Context(CannedWeb({}), AT, uploads=uploads)
    (found,) = await run_checks(Dossier.parse(document), V1, V1.item(item).gate, context, only=[item])
    return found.outcome


@pytest.mark.parametrize(
    ("item", "catalog", "said"),
    [
        ("catalog.logo", {"logo": sent(SVG)}, Outcome.PASSED),
        ("catalog.logo", {"logo": sent(png(20, 20))}, Outcome.FAILED),
        ("catalog.mark", {"mark": sent(SQUARE)}, Outcome.PASSED),
        ("catalog.mark", {"mark": sent(SVG)}, Outcome.FAILED),
        ("catalog.screenshots", {"screenshots": [{"url": sent(png(1200, 800))}]}, Outcome.PASSED),
        ("catalog.screenshots", {"screenshots": [{"url": sent(png(20, 20))}]}, Outcome.FAILED),
    ],
)
async def test_a_file_that_was_sent_is_judged_as_one_that_was_fetched(item, catalog, said):
    assert await outcome(item, catalog) is said


async def test_a_file_that_is_not_kept_or_another_companys_is_unknown():
    assert await outcome("catalog.logo", {"logo": address_of("0" * 64)}) is Outcome.UNKNOWN
    assert await outcome("catalog.logo", {"logo": sent(SVG)}, slug="other") is Outcome.UNKNOWN


async def test_a_file_is_no_page():
    assert await outcome("catalog.website", {"website": sent(SVG)}) is not Outcome.PASSED
