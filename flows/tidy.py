"""What nobody needs any more is taken out."""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import ports
from review.actions.signing_in import forget_old
from review.actions.uploading import forget_uploads


@flow(name="tidy", flow_run_name="take out what is old")
async def tidy() -> State:
    """Safe to run at any time, and twice at once."""
    gone = await asyncio.to_thread(_sign_ins)
    files = await asyncio.to_thread(_uploads)
    return Completed(message=f"{gone} old sign-ins and links, {files} files that nothing names taken out")


def _sign_ins() -> int:
    here = ports()
    with here.database.write.begin() as session:
        return forget_old(session, at=here.now())


def _uploads() -> int:
    here = ports()
    with here.database.write.begin() as session:
        return forget_uploads(session, at=here.now())
