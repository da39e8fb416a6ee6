"""Whether the Prefect API answers right now: the product works without it, only unrecorded."""

import asyncio
import logging

import httpx

LOG = logging.getLogger(__name__)

ANSWER_WITHIN_SECONDS = 1.0


class PrefectUnreachable(Exception):
    """A Prefect server was named and does not answer."""

    exit_code = 1

    def __init__(self, url: str) -> None:
        super().__init__(
            f"no Prefect server answers at PREFECT_API_URL={url}: start it, correct the address "
            "(it ends in /api), or unset PREFECT_API_URL to use the embedded one"
        )


class PrefectApi:
    """The Prefect API at `url`. An answer holds for `up_for` seconds, the lack of one for `down_for`."""

    def __init__(self, url: str, *, up_for: float = 1.0, down_for: float = 3.0) -> None:
        self.url = url.rstrip("/")
        self._up_for = up_for
        self._down_for = down_for
        self._tls = httpx.create_ssl_context()  # costs more than the question, so made once
        self._answered = True
        self._holds_until = 0.0

    async def answers(self, *, ask_again: bool = False) -> bool:
        """Whether it answered when last asked; `ask_again` asks now. A change is logged once."""
        loop_time = asyncio.get_running_loop().time
        if ask_again or loop_time() >= self._holds_until:
            answered = await self.ask()
            if answered != self._answered:
                LOG.warning(
                    "the Prefect API at %s answers again: runs are recorded"
                    if answered
                    else "the Prefect API at %s does not answer: work goes on, runs are not recorded",
                    self.url,
                )
            self._answered = answered
            self._holds_until = loop_time() + (self._up_for if answered else self._down_for)
        return self._answered

    async def ask(self) -> bool:
        """Whether it answers now; without memory and without a word in the log."""
        try:
            async with httpx.AsyncClient(verify=self._tls, timeout=ANSWER_WITHIN_SECONDS) as client:
                response = await client.get(f"{self.url}/health")
        except httpx.HTTPError:
            return False
        return not response.is_server_error


async def require(url: str, within: float = 5.0) -> None:
    """Raises PrefectUnreachable unless the API at `url` answers within `within` seconds."""
    api = PrefectApi(url)
    give_up = asyncio.get_running_loop().time() + within
    while not await api.ask():
        if asyncio.get_running_loop().time() >= give_up:
            raise PrefectUnreachable(url)
        await asyncio.sleep(0.5)
