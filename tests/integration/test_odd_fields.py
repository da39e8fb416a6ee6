"""Whatever stands in a field or after a question mark, the desk answers in words: never a mistake of ours."""

import itertools
import random

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from models.enums import Role
from models.submission import Submission
from review.actions.companies import add_person
from review.vault import Vault
from tests.fixtures.signing import signed_in
from tests.integration.desk_story import NOW, tell
from tests.integration.test_doors import COMPANY, DOORS, OWN

ODD = (
    *("", "0", "-1", "1", "9" * 30, "1e400", "NaN", "true", "1_000", " 1 ", "\u0661\u0662", "\u00b2", "0x10", "1.5"),
    *("0001-01-01", "9999-12-31", "2026-02-30", "2026-11-23T25:00", "9999-12-31T23:59:59+23:59", "20261123"),
    *("'", '"><script>alert(1)</script>', "%", "%%%", "\\", "../../etc/passwd", "a\r\nX-Evil: 1", "\u202e\ufeff\uffff"),
    *("\U0001f383" * 400, "x" * 30_000, "{{7*7}}", "${7*7}", "=1+1", "[]", "{}", "null", "\x7f\x1b[31m", "\ud800"),
    *("larkenfell", "1.1.1", f"{2**63}", f"{2**63}.1.1", "Etc/UTC", "Europe/../../etc/passwd", "v1", "reviewer"),
)
EACH = 6
"""So many odd values for each field, other ones with another seed."""
SEED = 7


def fields_of(app):
    """The names that each way in reads, by `METHOD /path`."""
    found = {}
    for route in itertools.chain.from_iterable(getattr(one, "original_router", one).routes for one in included(app)):
        if not isinstance(route, APIRoute):
            continue
        names = set()
        for field in (*route.dependant.query_params, *route.dependant.body_params):
            kind = field.field_info.annotation
            is_model = isinstance(kind, type) and issubclass(kind, BaseModel)
            names |= set(kind.model_fields) if is_model else {field.alias}
        for method in route.methods - {"HEAD"}:
            found[f"{method} {route.path}"] = sorted(names)
    return found


def included(app):
    return [one for one in app.routes if hasattr(one, "original_router")]


@pytest.fixture
def places(database):
    with database.write.begin() as session:
        tell(session)
        add_person(session, name="Ada", email="ada@doors.test", roles=frozenset({Role.ADMIN}), at=NOW)
        one = next(row for row in session.query(Submission) if row.integration.partner.name == COMPANY)
        partner = one.integration.partner
        add_person(
            session, name="Odd", email="odd@doors.test", roles=frozenset({Role.PARTNER}), at=NOW, partner=partner
        )
        return {
            "submission_id": one.id,
            "slug": one.integration.slug,
            "number": 1,
            "token": 1,
            "calendar": "team",
            "digest": "0" * 64,
            "kind": "update",
            "secret": "x",
            "name": "x",
            "form": "csv",
            "key": "a.0",
            "report": "sla",
            "version": "v1",
        }


async def test_no_odd_value_of_a_field_makes_a_page_stumble(database, places):
    app = assemble(Desk(database, lambda: NOW, links_key=b"k" * 32, vault=Vault("x" * 32)), names=LOOPBACK_NAMES)
    chance, stumbled = random.Random(SEED), []
    fields = fields_of(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        for way in sorted(fields.keys() & DOORS.keys()):
            if way in {"GET /queue/changes", "POST /sign-out", "POST /people/{number}/sign-out"}:
                continue
            method, _, path = way.partition(" ")
            signed_in(client, database, "odd@doors.test" if DOORS[way] == OWN else "ada@doors.test", at=NOW)
            names = fields[way] or ["q"]
            for _ in range(EACH * len(names)):
                given = {name: chance.choice(ODD) for name in names if chance.random() < 0.8}
                sent = {name: text.encode("utf-8", "surrogatepass") for name, text in given.items()}
                asked = {"params": sent} if method == "GET" else {"data": sent}
                answer = await client.request(method, path.format(**places), **asked)
                if answer.status_code >= 500:
                    stumbled.append((way, given, answer.status_code))
                assert "<script>alert(1)" not in answer.text, (way, given)
                assert "X-Evil" not in answer.headers, (way, given)
    assert stumbled == []
