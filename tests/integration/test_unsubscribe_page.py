"""The address of a digest that one click ends, as mail programs, scanners and people use it."""

import httpx
import pytest
from sqlalchemy import select

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from models.enums import ChosenCategory, How
from models.people import Person
from models.preference import Preference
from notifications.unsubscribing import Stop, sealed
from tests.building import NOW, in_review, person

KEY = b"a key of this test alone"
WORK = frozenset({ChosenCategory.WORK})


@pytest.fixture
def rosa(sqlite_database):
    with sqlite_database.write.begin() as session:
        return person(session).id


async def asked(database, method, secret, **more):
    desk = assemble(Desk(database, lambda: NOW, links_key=KEY), names=LOOPBACK_NAMES)
    transport = httpx.ASGITransport(desk)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.request(method, f"/unsubscribe/{secret}", **more)


def chosen(database):
    with database.read() as session:
        return {row.category: row.how for row in session.scalars(select(Preference))}


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_looking_changes_nothing(sqlite_database, rosa, method):
    answer = await asked(sqlite_database, method, sealed(Stop(rosa, WORK), KEY))
    assert answer.status_code == 200
    assert chosen(sqlite_database) == {}


async def test_the_page_has_one_button_that_works_without_script(sqlite_database, rosa):
    answer = await asked(sqlite_database, "GET", sealed(Stop(rosa, WORK), KEY))
    assert answer.text.count("<form") == answer.text.count("<button") == 1
    assert '<form method="post">' in answer.text
    assert "<script" not in answer.text
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    assert "rosa@example.test then no longer gets notes about your reviews" in answer.text


async def test_one_click_switches_off_and_a_second_one_is_the_same(sqlite_database, rosa):
    secret = sealed(Stop(rosa, WORK), KEY)
    for _ in range(2):
        answer = await asked(sqlite_database, "POST", secret, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Stopped" in answer.text) == (200, True)
        assert chosen(sqlite_database) == {ChosenCategory.WORK: How.OFF}


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("key", [b"another key", b""])
async def test_an_address_made_elsewhere_is_not_found(sqlite_database, rosa, method, key):
    answer = await asked(sqlite_database, method, sealed(Stop(rosa, WORK), key))
    assert answer.status_code == 404
    assert chosen(sqlite_database) == {}


async def test_an_address_of_somebody_who_is_not_there_is_not_found(sqlite_database):
    assert (await asked(sqlite_database, "POST", sealed(Stop(99, WORK), KEY))).status_code == 404


async def test_what_a_side_no_longer_hears_is_passed_over(sqlite_database):
    with sqlite_database.write.begin() as session:
        submission = in_review(session, "acme")
        cora = session.get_one(Person, submission.submitted_by_id).id
    both = frozenset({ChosenCategory.WORK, ChosenCategory.REMINDER})
    assert (await asked(sqlite_database, "POST", sealed(Stop(cora, both), KEY))).status_code == 200
    assert chosen(sqlite_database) == {ChosenCategory.REMINDER: How.OFF}
