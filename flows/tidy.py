"""What nobody needs any more is taken out."""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.wiring import ports
from review.actions.pruning import prune
from review.actions.signing_in import forget_old
from review.actions.uploading import forget_uploads


@flow(name="tidy", flow_run_name="take out what is old")
async def tidy() -> State:
    """Safe to run at any time, and twice at once."""
    signs_in, pruned = await asyncio.to_thread(_take_out)
    said = [f"{number} {name}" for name, number in pruned.items() if number]
    return Completed(message=", ".join([f"{signs_in} old sign-ins and links", *said]) + " taken out")


def _take_out() -> tuple[int, dict[str, int]]:
    here = ports()
    with here.database.write.begin() as session:
        signs_in = forget_old(session, at=here.now())
    with here.database.write.begin() as session:
        pruned = prune(session, at=here.now())
    with here.database.write.begin() as session:
        return signs_in, pruned | {"files that nothing names": forget_uploads(session, at=here.now())}
