"""Calendars and policies over the API: versions, changes with what they move, holidays, calendars of a new name."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from models.clock import CalendarVersion
from models.delivery import Delivery
from models.enums import DeliveryStage
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, detail, programme_in

WEEK = {"tz": "Europe/London", "week": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]}}


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    return programme_in(sqlite_database, tmp_path)


@pytest.fixture
def mara(programme: Programme) -> Iterator[httpx.Client]:
    with served(programme.app()) as address, client(address, "mara") as opened:
        yield opened


def seen(api: httpx.Client, path: str) -> dict[str, str]:
    return {"If-Match": api.get(path).headers["ETag"]}


def versions(programme: Programme, name: str) -> int:
    with programme.database.read() as session:
        return len(session.scalars(select(CalendarVersion).where(CalendarVersion.name == name)).all())


def test_the_next_version_of_a_calendar_is_shown_first_then_written(programme, mara):
    document = mara.get("/calendars/team").json()
    document["week"]["fri"] = []
    asked = {"calendar": document, "because": "Fridays are free."}
    before, tag = versions(programme, "team"), seen(mara, "/calendars/team")
    tried = mara.post("/calendars/team/change", json=asked | {"dry_run": True}, headers=tag).json()
    assert tried["version"] is None
    assert tried["moves"], "running promises move"
    assert versions(programme, "team") == before
    done = mara.post("/calendars/team/change", json=asked, headers=tag)
    assert done.json() == tried | {"version": before + 1}
    assert done.headers["ETag"] == f'"{before + 1}"'
    newest, *_ = mara.get("/calendars/team/versions").json()
    assert (newest["version"], newest["by"], newest["because"]) == (before + 1, "Mara", "Fridays are free.")
    assert "Mara wrote it: Fridays are free." in detail(
        mara.post("/calendars/team/change", json=asked, headers=tag), "stale"
    )


def test_a_calendar_of_a_new_name_is_made(programme, mara):
    asked = {"calendar": WEEK, "because": "London opens.", "new": True, "region": "GB-ENG"}
    tried = mara.post("/calendars/london/change", json=asked | {"dry_run": True})
    assert (tried.status_code, tried.json()["version"]) == (200, None), tried.text
    assert versions(programme, "london") == 0
    done = mara.post("/calendars/london/change", json=asked)
    assert (done.json()["version"], done.headers["ETag"]) == (1, '"1"')
    shown = mara.get("/calendars/london").json()
    assert (shown["tz"], shown["week"]["tue"]) == ("Europe/London", [["09:00", "17:00"]])
    assert "is there already; its next version goes without `new`" in detail(
        mara.post("/calendars/london/change", json=asked), "refused"
    )


def test_a_name_that_is_not_there_is_no_change(programme, mara):
    asked = {"calendar": WEEK, "because": "London opens."}
    assert "`new` makes one" in detail(
        mara.post("/calendars/london/change", json=asked, headers={"If-Match": "*"}), "no-such-thing"
    )
    detail(mara.post("/calendars/no name/change", json=asked | {"new": True}), "invalid-body")
    detail(mara.post("/calendars/london/change", json=asked | {"new": True, "calendar": {"tz": "x"}}), "invalid-body")
    assert versions(programme, "london") == 0
    detail(mara.get("/calendars/london/versions"), "no-such-thing")


def test_holidays_are_shown_first_then_imported(programme, mara):
    asked = {"years": [2029], "region": "US-CA", "because": "The year is planned.", "half_days_until": "13:00"}
    before, tag = versions(programme, "team"), seen(mara, "/calendars/team")
    tried = mara.post("/calendars/team/holidays", json=asked | {"dry_run": True}, headers=tag).json()
    assert tried["changes"] is True
    assert "2029-07-04" in {one["date"] for one in tried["difference"]["added"]}
    assert (tried["version"], versions(programme, "team")) == (int(tag["If-Match"].strip('"')), before)
    done = mara.post("/calendars/team/holidays", json=asked, headers=tag)
    assert done.json()["difference"] == tried["difference"]
    assert done.headers["ETag"] == f'"{done.json()["version"]}"' != tag["If-Match"]
    detail(mara.post("/calendars/team/holidays", json=asked, headers=tag), "stale")
    again = mara.post("/calendars/team/holidays", json=asked, headers=seen(mara, "/calendars/team")).json()
    assert (again["changes"], again["version"]) == (False, done.json()["version"]), "what is there is not written again"


@pytest.mark.parametrize(
    ("body", "name", "said"),
    [
        ({"years": [2029], "region": "XX"}, "invalid-body", "XX"),
        ({"years": [1]}, "invalid-body", "not of 1"),
        ({"years": []}, "invalid-body", "years"),
        ({"years": [2029], "half_days_until": "noon"}, "invalid-body", "half_days_until"),
    ],
)
def test_holidays_that_nobody_knows_are_told(mara, body, name, said):
    asked = {"region": "US-CA", "because": "Planned."} | body
    assert said in detail(mara.post("/calendars/team/holidays", json=asked, headers={"If-Match": "*"}), name)


def test_holidays_ask_what_was_looked_at(mara):
    asked = {"years": [2029], "region": "US-CA", "because": "Planned."}
    detail(mara.post("/calendars/team/holidays", json=asked), "no-if-match")
    detail(mara.post("/calendars/none/holidays", json=asked, headers={"If-Match": "*"}), "no-such-thing")


def test_the_policy_of_a_named_rulebook_is_shown_and_changed(mara):
    shown = mara.get("/policy", params={"rulebook": "v1"})
    assert shown.json() == mara.get("/policy").json()
    document = shown.json()
    row = next(one for one in document["targets"] if "business_days" in one)
    row["business_days"] += 1
    tag = {"If-Match": shown.headers["ETag"]}
    asked = {"policy": document, "because": "A day more."}
    done = mara.post("/policy/change", params={"rulebook": "v1"}, json=asked, headers=tag)
    assert done.status_code == 200, done.text
    newest, *_ = mara.get("/policy/versions", params={"rulebook": "v1"}).json()
    assert (newest["version"], newest["because"]) == (done.json()["version"], "A day more.")
    for answer in (
        mara.get("/policy", params={"rulebook": "../v1"}),
        mara.get("/policy/versions", params={"rulebook": "v99"}),
        mara.post("/policy/change", params={"rulebook": "v99"}, json=asked, headers=tag),
    ):
        assert "is shipped; there are: v1" in detail(answer, "no-such-thing")


def test_all_dead_deliveries_get_a_second_chance(programme, mara):
    dead = [one["id"] for one in mara.get("/deliveries", params={"stage": "dead", "limit": 200}).json()["items"]]
    assert dead
    assert mara.post("/deliveries/retry", json={"subject": "submission:999"}).json() == {"deliveries": []}
    assert mara.post("/deliveries/retry").json() == {"deliveries": sorted(dead)}
    with programme.database.read() as session:
        left = session.scalars(select(Delivery.id).where(Delivery.stage == DeliveryStage.DEAD)).all()
    assert left == []
    detail(mara.post("/deliveries/retry", json={"subject": "x y"}), "invalid-body")
