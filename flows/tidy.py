"""What nobody needs any more is taken out."""

import asyncio

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.pruning import in_words, prune
from flows.wiring import ports


@flow(name="tidy", flow_run_name="take out what is old")
async def tidy() -> State:
    """Safe to run at any time, and twice at once."""
    gone = await asyncio.to_thread(prune, ports())
    return Completed(message=f"taken out: {in_words(gone)}")
