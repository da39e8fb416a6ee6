"""The door to the web for one command or one preflight, as the settings say."""

import ssl

from checklist.fetch import Fetcher, WrongPair, honest_user_agent
from desk.cli.errors import InputWrong
from settings import Settings


def fetcher_for(settings: Settings) -> Fetcher:
    """A fetcher of production. Raises InputWrong when a setting of it can't be used."""
    try:
        trust = ssl.create_default_context(cafile=str(settings.fetch_ca)) if settings.fetch_ca else None
        return Fetcher(
            allow=settings.fetch_allow,
            hosts=settings.fetch_hosts,
            own_hosts=[settings.base_url],
            user_agent=honest_user_agent(settings.base_url),
            tls=trust,
        )
    except WrongPair as wrong:
        raise InputWrong(f"LAUNCH_REVIEW_FETCH_ALLOW or LAUNCH_REVIEW_FETCH_HOSTS: {wrong}") from None
    except OSError as error:
        told = f"{settings.fetch_ca} holds no certificates that can be read ({error.strerror or error})"
        raise InputWrong(f"LAUNCH_REVIEW_FETCH_CA: {told}") from None
