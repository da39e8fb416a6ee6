"""What the catalog is to show of an integration, and whether it does."""

import asyncio

from sqlalchemy.orm import Session

from flows.catalog import STATUS_OF_STAGE, Catalog, Tile
from models.enums import IntegrationStage, SubmissionKind
from models.integration import Integration
from models.submission import Submission


class NotInCatalog(Exception):
    """A published tile can't be seen in the catalog yet; the step is tried again later."""


async def publish_and_see(catalog: Catalog, tile: Tile) -> None:
    """NotInCatalog when it can't be seen there yet."""
    await asyncio.to_thread(catalog.publish, tile)
    seen = await asyncio.to_thread(catalog.status, tile.slug)
    if seen != tile.status:
        raise NotInCatalog(f"{tile.slug}: the catalog shows {seen or 'nothing'}, expected {tile.status}")


def tile_of(session: Session, *, submission_id: int) -> Tile:
    """What the catalog shows once this submission has taken effect."""
    submission = session.get_one(Submission, submission_id)
    integration = submission.integration
    stage = {
        SubmissionKind.LAUNCH: IntegrationStage.PUBLIC_BETA,
        SubmissionKind.GRADUATION: IntegrationStage.PUBLIC,
    }.get(submission.kind, integration.stage)
    # A graduation changes the stage and nothing else: what was updated since it was opened stays.
    is_graduation = submission.kind is SubmissionKind.GRADUATION
    document = (integration.listing or submission.document) if is_graduation else submission.document
    name = document["integration"]["name"]
    return Tile(integration.slug, name, STATUS_OF_STAGE[stage], document)


def tile_to_restate(integration: Integration) -> Tile | None:
    """Of one that was delisted or relisted, as long as the catalog has not been seen to follow."""
    status = STATUS_OF_STAGE.get(integration.stage)
    if integration.verified_at is not None or status is None or integration.listing is None:
        return None
    return Tile(integration.slug, integration.name, status, integration.listing)
