"""What the programme does with what is live, over the API: give time, waive, end a waiver, delist, relist."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from models.enums import Outcome
from models.event import Event
from models.integration import Integration
from models.result import Waiver
from review.actions import falling, waiving
from tests.building import V1, audited
from tests.fixtures.desk_server import served
from tests.integration.api_programme import Programme, client, problem, programme_in

PATH = "/integrations/larkenfell"
DOCS = "docs.partner"


@pytest.fixture
def programme(sqlite_database, tmp_path) -> Programme:
    """Its documentation fell, and when nobody mended it the team was asked whether it stays listed."""
    programme = programme_in(sqlite_database, tmp_path)
    with programme.database.write.begin() as session:
        integration = session.scalars(select(Integration).where(Integration.slug == "larkenfell")).one()
        for hours in (0, 2):
            audited(session, integration, {DOCS: Outcome.FAILED}, at=programme.now + timedelta(hours=hours))
        programme.now += timedelta(days=40)
        falling.take_steps(session, integration.id, rulebook=V1, today=programme.now.date(), at=programme.now)
    return programme


@pytest.fixture
def address(programme: Programme) -> Iterator[str]:
    with served(programme.app()) as address:
        yield address


@pytest.fixture
def mara(address: str) -> Iterator[httpx.Client]:
    with client(address, "mara") as opened:
        yield opened


def seen(api: httpx.Client) -> dict[str, str]:
    return {"If-Match": api.get(PATH).headers["ETag"]}


def day(programme: Programme, days: int) -> str:
    return (programme.now + timedelta(days=days)).date().isoformat()


def told(programme: Programme) -> list[str]:
    with programme.database.read() as session:
        return [event.name for event in session.scalars(select(Event).order_by(Event.id.desc()).limit(1))]


def test_what_fell_is_shown_with_its_day_and_that_the_team_was_asked(programme, mara, address):
    (fall,) = mara.get(PATH).json()["falls"]
    assert fall["item"] == DOCS
    assert fall["fix_by"] < day(programme, 0)
    assert fall["proposed_at"] is not None


def test_more_time_takes_the_proposal_off_the_table(programme, mara):
    until = day(programme, 14)
    answer = mara.post(f"{PATH}/extend", json={"until": until, "reason": "Their site moves."}, headers=seen(mara))
    assert answer.status_code == 200, answer.text
    (fall,) = answer.json()["falls"]
    assert (fall["fix_by"], fall["proposed_at"], fall["extended_because"]) == (until, None, "Their site moves.")
    assert answer.headers["ETag"] == mara.get(PATH).headers["ETag"]
    assert told(programme) == ["integration.fix_extended"]


def test_waiving_grants_then_renews_and_ending_lets_the_item_count_again(programme, mara):
    first, later = day(programme, 10), day(programme, 30)
    waive = {"item": DOCS, "reason": "Their site moves.", "until": first}
    granted = mara.post(f"{PATH}/waive", json=waive, headers=seen(mara)).json()
    assert granted["falls"] == [], "what is waived need not be mended"
    (waiver,) = granted["waivers"]
    assert (waiver["item"], waiver["until"], waiver["renewals"], waiver["by"]) == (DOCS, first, 0, "mara@team.test")
    renewed = mara.post(f"{PATH}/waive", json=waive | {"until": later}, headers=seen(mara)).json()
    assert [(one["until"], one["renewals"]) for one in renewed["waivers"]] == [(later, 1)]
    ended = mara.post(f"{PATH}/end-waiver", json={"item": DOCS, "reason": "It has moved."}, headers=seen(mara))
    assert ended.json()["waivers"] == []
    again = mara.post(f"{PATH}/end-waiver", json={"item": DOCS, "reason": "It has moved."}, headers=seen(mara))
    assert problem(again, "move-refused")["reasons"] == [f"nothing is waived under '{DOCS}'"]


def test_a_proposal_can_be_dismissed_until_a_day(programme, mara, address):
    until = day(programme, 20)
    answer = mara.post(f"{PATH}/dismiss", json={"until": until, "reason": "Soon."}, headers=seen(mara))
    assert answer.status_code == 200, answer.text
    (fall,) = answer.json()["falls"]
    assert fall["dismissed_until"] == until
    assert told(programme) == ["integration.delisting_dismissed"]
    mara.post(f"{PATH}/extend", json={"until": until, "reason": "Their site moves."}, headers=seen(mara))
    again = mara.post(f"{PATH}/dismiss", json={"until": until, "reason": "Soon."}, headers=seen(mara))
    assert "nobody proposed to delist larkenfell" in problem(again, "refused")["detail"]


def test_waivers_are_listed_and_narrowed(programme, mara):
    mara.post(
        f"{PATH}/waive",
        json={"item": DOCS, "reason": "Their site moves.", "until": day(programme, 10)},
        headers={"If-Match": "*"},
    )
    (waiver,) = mara.get("/waivers").json()
    assert (waiver["integration"], waiver["item"], waiver["until"]) == ("larkenfell", DOCS, day(programme, 10))
    for asked, number in (
        ({"integration": "larkenfell"}, 1),
        ({"integration": "none"}, 0),
        ({"item": DOCS}, 1),
        ({"partner": "LARKEN"}, 1),
        ({"ends_within": 9}, 0),
        ({"ends_within": 10}, 1),
        ({"renewed": 1}, 0),
    ):
        assert len(mara.get("/waivers", params=asked).json()) == number, asked


def test_a_proposal_is_answered_with_yes_by_delisting(programme, mara):
    answer = mara.post(f"{PATH}/delist", json={"reason": "Nobody mends it."}, headers=seen(mara)).json()
    assert (answer["stage"], answer["falls"]) == ("delisted", [])
    assert mara.post(f"{PATH}/relist", json={"reason": "They did."}).json()["stage"] == "public_beta"


def test_whoever_looked_before_somebody_else_waived_is_told_who(programme, mara):
    before = seen(mara)
    with programme.database.write.begin() as session:
        one = session.scalars(select(Integration).where(Integration.slug == "larkenfell")).one()
        idris = session.merge(programme.story.idris)
        until = (programme.now + timedelta(days=60)).date()
        waiving.waive_live(
            session, one, DOCS, by=idris, at=programme.now, reason="Agreed by phone.", until=until, rulebook=V1
        )
    for name, body in (
        ("waive", {"item": DOCS, "reason": "A week.", "until": day(programme, 7)}),
        ("end-waiver", {"item": DOCS, "reason": "Over."}),
        ("extend", {"until": day(programme, 7), "reason": "A week."}),
        ("dismiss", {"until": day(programme, 7), "reason": "A week."}),
        ("delist", {"reason": "Gone."}),
    ):
        stale = problem(mara.post(f"{PATH}/{name}", json=body, headers=before), "stale")
        assert [(one["event"], one["by"]) for one in stale["changed"]] == [("waiver.granted", "Idris Falkenrath")]
    with programme.database.read() as session:
        assert session.scalars(select(Waiver.until).where(Waiver.item == DOCS)).one() == until


@pytest.mark.parametrize("name", ["extend", "waive", "end-waiver"])
def test_what_could_overwrite_anothers_word_asks_what_was_looked_at(programme, mara, name):
    body = {"item": DOCS, "reason": "Why.", "until": day(programme, 7)}
    wanted = {
        "extend": {name: body[name] for name in ("until", "reason")},
        "waive": body,
        "end-waiver": {name: body[name] for name in ("item", "reason")},
    }[name]
    problem(mara.post(f"{PATH}/{name}", json=wanted), "no-if-match")


def test_what_stands_against_it_is_told(programme, mara):
    anyhow = {"If-Match": "*"}

    def refused(name: str, **body: str) -> str:
        answer = mara.post(f"{PATH}/{name}", json=body, headers=anyhow)
        assert answer.status_code == 409, answer.text
        return answer.json()["detail"]

    late = day(programme, -1)
    assert "is no day of the coming year" in refused("extend", until=late, reason="Why.")
    assert "say why" in refused("extend", until=day(programme, 7), reason=" ")
    assert "audits don't look at 'docs.none'" in refused(
        "waive", item="docs.none", until=day(programme, 7), reason="Why."
    )
    assert "waive" in refused("waive", item=DOCS, until=late, reason="Why.")
    assert (
        mara.post("/integrations/none/extend", json={"until": late, "reason": "x"}, headers=anyhow).status_code == 404
    )
    problem(mara.post(f"{PATH}/extend", json={"until": "soon", "reason": "x"}, headers=anyhow), "invalid-body")
    on_its_way = mara.post(
        "/integrations/quillharbor/waive",
        json={"item": DOCS, "until": day(programme, 7), "reason": "x"},
        headers=anyhow,
    )
    assert "waive items of its submission" in problem(on_its_way, "move-refused")["detail"]


def test_a_repeated_request_renews_once(programme, mara):
    headers = {"If-Match": "*", "Idempotency-Key": "renew-1"}
    body = {"item": DOCS, "reason": "Their site moves.", "until": day(programme, 10)}
    first, second = (mara.post(f"{PATH}/waive", json=body, headers=headers).json() for _ in range(2))
    assert first == second
    assert first["waivers"][0]["renewals"] == 0


@pytest.mark.parametrize("who", ["rosa", "otis", "quill"])
def test_only_who_runs_the_programme_may(programme, address, who):
    with client(address, who) as api:
        for name in ("extend", "dismiss", "waive", "end-waiver", "delist", "relist"):
            problem(api.post(f"{PATH}/{name}", json={}, headers={"If-Match": "*"}), "token-may-not")


def test_a_partner_is_not_shown_that_the_team_was_asked(programme, address):
    with programme.database.write.begin() as session:
        one = session.scalars(select(Integration).where(Integration.slug == "larkenfell")).one()
        quill = session.scalars(select(Integration).where(Integration.slug == "quillharbor")).one()
        one.partner_id = quill.partner_id
    with client(address, "quill") as api:
        (fall,) = api.get(PATH).json()["falls"]
    assert (fall["item"], fall["proposed_at"]) == (DOCS, None)
