"""The API held to its own description, as programs of each role meet it: no server error, nothing undocumented."""

import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi import checks

from checklist.canned_web import CannedWeb
from checklist.case import Context
from checklist.fetch import Fetched
from desk.api.means import UnderWay
from desk.api.turnstile import Bounds
from models.database import Database
from tests.fixtures.desk_server import served
from tests.integration.api_programme import TOKENS, Programme, programme_in

WIDE = Bounds(a_minute=100_000, at_once=50, at_once_of_all=50)
POSITIVE, NEGATIVE = 8, 5
"""Requests of each route, each by every role: as described, and with something wrong."""

HELD_TO = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
    checks.ignored_auth,
    checks.allow_header_conformance,
]
"""Not `positive_data_acceptance`: what a reader may not do, or not now, is described and refused (403, 404, 409, 412)."""


class Nowhere:
    """A door to the web behind which no address is refused and none is there."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing was opened."""

    def lacks_tls(self, address: str) -> bool:
        return not address.startswith("https://")

    async def why_not(self, address: str) -> str:
        return "" if "." in address else "that is no address of the web"

    async def request(self, method: str, address: str, **_: object) -> Fetched:
        del method
        return await CannedWeb({}).get(address)


@asynccontextmanager
async def nowhere(at: datetime) -> AsyncIterator[Context]:
    yield Context(CannedWeb({}), at)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_every_answer_is_as_described_whatever_is_sent(sqlite_database: Database, tmp_path: Path):
    """Each request is made once, which takes most of the time, and sent by each role to a programme of its own."""
    told = programme_in(sqlite_database, tmp_path)
    ids = {
        "submission": sorted(told.story.ids.values()),
        "slug": sorted(told.story.slugs.values()),
        "delivery": [1, 2, 6],
        "audit": [1],
        "partner": [1, 2],
        "endpoint": [1, 2],
        "version": ["v1"],
        "digest": ["0" * 64],
        "key": ["no-logo"],
        "name": ["team", "too-many"],
    }
    with ExitStack() as open_ones:
        at = {who: open_ones.enter_context(served_alone(told, tmp_path / f"{who}.sqlite")) for who in TOKENS}
        described = schemathesis.openapi.from_url(f"{at['rosa']}/openapi.json", config=CONFIG)
        operations = [found.ok() for found in described.get_all_operations()]
        troubles = [trouble for one in operations for trouble in troubles_of(one, at, ids)]
    assert len(operations) > 50
    assert not troubles, "\n\n".join(troubles)


@contextmanager
def served_alone(told: Programme, file: Path) -> Iterator[str]:
    """The API's address, over a copy of the programme as it was told."""
    with closing(sqlite3.connect(file)) as copy, closing(told.database.engine.raw_connection()) as source:
        source.driver_connection.backup(copy)
    database = Database(f"sqlite:///{file}")
    with closing(database):
        programme = replace(
            told,
            database=database,
            intake=WIDE,
            uploads=WIDE,
            preflights=WIDE,
            fetcher=Nowhere,
            surroundings=nowhere,
            under_way=UnderWay(),
        )
        with served(programme.app()) as address:
            yield f"{address}/api"


REFUSED = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]
"""All of them described; that a document is too large is told before it is read (413)."""
CONFIG = schemathesis.Config.from_dict(
    {"seed": 1, "checks": {"negative_data_rejection": {"expected-statuses": [str(status) for status in REFUSED]}}}
)


def takes_a_version(operation: Any) -> bool:
    return any(parameter.name == "If-Match" for parameter in operation.iter_parameters())


def troubles_of(operation: Any, at: Mapping[str, str], ids: dict[str, list[Any]]) -> Iterator[str]:
    """What was not as described, each with the request that shows it: the first of each role, whose API is there."""

    def bounded(examples: int) -> Any:
        return settings(
            max_examples=examples,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )

    versions = [{}, {"If-Match": "*"}] if takes_a_version(operation) else [{}]
    seen: dict[str, str] = {}

    def ask(case: Any) -> None:
        for who, base_url in at.items():
            headers = {"Authorization": f"Bearer {TOKENS[who]}"}
            try:
                case.call_and_validate(base_url=base_url, headers=headers, checks=HELD_TO, timeout=60)
            except (FailureGroup, Failure) as failure:
                seen.setdefault(who, f"{operation.label} by {who}: {failure}")

    @bounded(POSITIVE)
    @given(case=operation.as_strategy(GenerationMode.POSITIVE), data=st.data())
    def as_described(case, data):
        for name in ids.keys() & (case.path_parameters or {}).keys():
            case.path_parameters[name] = data.draw(st.sampled_from(ids[name]))
        case.headers.update(data.draw(st.sampled_from(versions)))
        ask(case)

    @bounded(NEGATIVE)
    @given(case=operation.as_strategy(GenerationMode.NEGATIVE))
    def with_something_wrong(case):
        ask(case)

    has_input = operation.body or any(True for _ in operation.iter_parameters())
    for tried in (as_described, *((with_something_wrong,) if has_input else ())):
        with suppress(Unsatisfiable):  # nothing can be wrong with what a route takes
            tried()
    yield from seen.values()
