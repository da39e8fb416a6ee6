"""While the demo serves its sample sites, commands in other terminals find them, too."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from settings import Settings

SERVED: Final = Path("sample") / "served.json"
"""In the data folder, only while the sites are served."""


@contextmanager
def leading_there(led: Settings) -> Iterator[None]:
    """Say in the data folder where the sites and customers of these settings are, until the block ends."""
    file = led.data / SERVED
    served = {
        "process": os.getpid(),
        "fetch_hosts": led.fetch_hosts,
        "fetch_ca": str(led.fetch_ca),
        "customers_source": led.customers_source.get_secret_value(),
    }
    file.write_text(json.dumps(served), encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def as_beside_demo(settings: Settings) -> Settings:
    """The settings, led to the sample sites where a demo on the same data serves them; what is set stays as it is."""
    try:
        served = json.loads((settings.data / SERVED).read_text(encoding="utf-8"))
        os.kill(served["process"], 0)  # a demo that was killed has left its word behind
    except (OSError, ValueError, KeyError):
        return settings
    return settings.model_copy(
        update={
            "fetch_hosts": served["fetch_hosts"] | settings.fetch_hosts,
            "fetch_ca": settings.fetch_ca or Path(served["fetch_ca"]),
            "customers_source": settings.customers_source
            if settings.customers_source.get_secret_value()
            else SecretStr(served["customers_source"]),
        }
    )
