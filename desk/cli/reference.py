"""`launch-review reference-component`: a webhook to try the delivery tests on, good or with chosen faults."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from cyclopts import Parameter

from checklist.rulebook import Rulebook, current
from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, say, say_json, table
from models.enums import SpecCall
from sample.component import API_KEY, HOST, METHODS, PATH, FaultUnknown, ReferenceComponent, ServedComponent
from sample.faults import NAMES
from settings import Settings

FOLDER = "reference-component"
"""In the data folder: the certificate to trust, and the submission to look at."""

TESTS = ("test.https", "test.delivery", "test.auth", "test.malformed", "test.duplicate", "test.casing")

Faults = Annotated[
    list[str] | None, Parameter(name="--fault", negative="", help="Something it does wrong; may be given again.")
]
Methods = Annotated[
    list[SpecCall] | None,
    Parameter(name="--methods", negative="", consume_multiple=True, help="The Spec calls it supports."),
]


async def reference_component(
    *,
    port: Annotated[int, Parameter(help="Where it listens; 0 for any free port.")] = 8400,
    host: Annotated[str, Parameter(help="The address it listens on.")] = "127.0.0.1",
    fault: Faults = None,
    methods: Methods = None,
    faults: Annotated[bool, Parameter(name="--list-faults", negative="", help="List the faults, and end.")] = False,
    json: AsJson = False,
) -> int:
    """Serve a webhook as the programme asks for it, with a submission that names it, until Ctrl-C.

    Its host is made up, and its certificate is of an authority of its own: what is printed leads preflight to it.
    """
    if faults:
        _list_faults(json=json)
        return 0
    settings = Settings()
    today = datetime.now(UTC).date()  # noqa: TID251 - the command is the entry point that knows the instant
    rulebook = Rulebook.load(settings.rulebook) if settings.rulebook else current(today)
    supported = tuple(methods or METHODS)
    try:
        component = ReferenceComponent(rulebook, methods=supported, faults=fault or ())
    except FaultUnknown as unknown:
        raise InputWrong(str(unknown)) from None
    folder = settings.data.resolve() / FOLDER
    served = ServedComponent(component, folder, methods=supported, host=host, port=port)
    stopped = _stopped_by_signal()
    try:
        async with served:
            where = _where(served, fault or [])
            if json:
                say_json(where)
            else:
                say(*_in_words(where))
            sys.stdout.flush()
            await stopped.wait()
    except OSError as error:
        raise InputWrong(f"{host}:{port} can't be listened on ({error.strerror or error}); choose another") from None
    return 0


def _where(served: ServedComponent, faults: list[str]) -> dict[str, Any]:
    """All that leads to it."""
    return {
        "endpoint": f"https://{HOST}{PATH}",
        "api_key": API_KEY,
        "faults": faults,
        "environment": {
            "LAUNCH_REVIEW_FETCH_HOSTS": ",".join(f"{name}={at}" for name, at in served.hosts.items()),
            "LAUNCH_REVIEW_FETCH_CA": str(served.ca_file),
        },
        "submission": str(served.submission_file),
    }


def _in_words(where: dict[str, Any]) -> Iterator[str]:
    yield f"{where['endpoint']} takes calls with the key {where['api_key']}"
    for name in where["faults"]:
        yield f"  {name}: {NAMES[name]}"
    yield ""
    yield "In another terminal:"
    for name, value in where["environment"].items():
        yield f"  export {name}={value}"
    yield f"  launch-review preflight {where['submission']} {' '.join(f'--only {item}' for item in TESTS)}"


def _list_faults(*, json: bool) -> None:
    if json:
        say_json([{"fault": name, "does": does} for name, does in NAMES.items()])
    else:
        say(*table(("fault", "the component"), list(NAMES.items())))


def _stopped_by_signal() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stopped.set)
    return stopped
