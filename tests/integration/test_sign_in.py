"""Signing in to the desk: by a mailed link, at the identity provider, as one of the demo's people; and out again."""

import asyncio
import re
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from selectolax.lexbor import LexborHTMLParser
from sqlalchemy import select

from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.signing.cookie import HOST_ONLY, PLAIN
from desk.signing.doors import own_path
from desk.signing.provider import Provider
from desk.signing.rate import SIGN_INS, client_of
from models.delivery import Delivery
from models.enums import ChannelName, DeliveryStage, Role, SignInWay
from models.people import Partner, Person, PersonRole
from models.sign_in import SignIn
from notifications.channels.fake import FakeChannel
from notifications.outbox import deliver_due, plan
from notifications.programme import ProgrammeSettings
from notifications.signing_in import PATH
from review.actions.companies import add_person
from review.actions.signing_in import LINK_WORKS, LINKS_AN_HOUR, end_every_sign_in, forget_old
from review.signing_in import IDLE, LONGEST
from tests.fixtures.oidc_server import CLIENT, SECRET, identity_provider

NOW = datetime.fromisoformat("2026-11-23T18:00:00+00:00")
KEY = b"k" * 32
ROSA, INES, AUDITOR, GONE = "rosa@team.test", "ines@larkenfell.test", "audrey@team.test", "gone@team.test"


class Time:
    """A clock that a test moves."""

    def __init__(self):
        self.now = NOW

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def programme(sqlite_database):
    with sqlite_database.write.begin() as session:
        company = Partner(name="Larkenfell", website="", created_at=NOW)
        session.add(company)
        session.flush()
        people = {
            ROSA: (frozenset({Role.REVIEWER}), None),
            AUDITOR: (frozenset({Role.AUDITOR}), None),
            INES: (frozenset({Role.PARTNER}), company),
            GONE: (frozenset({Role.REVIEWER}), None),
        }
        for email, (roles, of) in people.items():
            add_person(session, name=email.partition("@")[0].title(), email=email, roles=roles, at=NOW, partner=of)
        session.scalars(select(Person).where(Person.email == GONE)).one().active = False
    return sqlite_database


def desk(database, time, **more):
    base = {"base_url": "http://127.0.0.1", "links_key": KEY} | more
    return assemble(Desk(database, time, **base), names=LOOPBACK_NAMES | {"desk.example"})


def browser(app, base_url="http://127.0.0.1"):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base_url)


def mailed(database, key=KEY):
    """Every message that went out, in full."""
    channel = FakeChannel()
    programme = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset({ChannelName.MAIL}), links_key=key)
    with database.write.begin() as session:
        plan(session, at=NOW, programme=programme)
    asyncio.run(
        deliver_due(database, {ChannelName.MAIL: channel}, clock=lambda: NOW, worker="test", programme=programme)
    )
    return [got.message for got in channel.got]


def link_in(message):
    (secret,) = set(re.findall(rf"{PATH}([\w.-]+)", message.text + message.html))
    return f"{PATH}{secret}"


async def asked_for_link(database, client, email):
    answer = await client.post("/sign-in/link", data={"email": email})
    assert answer.status_code == 200
    messages = await asyncio.to_thread(mailed, database)
    return answer, messages


async def test_a_mailed_link_signs_in_once_by_its_button_and_not_by_being_looked_at(programme, time):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, " Rosa@Team.test ")
        assert message.recipient == ROSA
        link = link_in(message)
        for _ in range(3):
            looked = await client.get(link)
            assert looked.status_code == 200
            assert PLAIN not in client.cookies
        entered = await client.post(link)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie, "only this machine reaches it"
        assert (await client.get("/")).status_code == 200
    async with browser(desk(programme, time)) as other:
        again = await other.post(link)
        assert again.status_code == 410
        assert PLAIN not in other.cookies


async def test_a_link_says_whom_it_signs_in_and_that_it_is_used_up(programme, time):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, ROSA)
        link = link_in(message)
        shown = LexborHTMLParser((await client.get(link)).text).css_first("main").text()
        assert "Sign in as Rosa" in shown
        assert ROSA in shown
        await client.post(link)
        spent = await client.get(link)
        assert spent.status_code == 410
        assert ROSA not in spent.text.replace(f"{PATH}", "")


@pytest.mark.parametrize(
    ("email", "wanted", "place"),
    [
        (ROSA, "/integrations?stage=public_beta", "/integrations?stage=public_beta"),
        (ROSA, "https://evil.test/", "/"),
        (INES, "/partner/integrations/larkenfell", "/partner/integrations/larkenfell"),
        (INES, "/integrations", "/partner"),
    ],
)
async def test_the_page_that_somebody_wanted_comes_after_the_mail_too(programme, time, email, wanted, place):
    async with browser(desk(programme, time)) as client:
        form = LexborHTMLParser((await client.get(f"/sign-in?next={quote(wanted, safe='')}")).text)
        fields = {field.attributes["name"]: field.attributes.get("value") for field in form.css("form input")}
        await client.post("/sign-in/link", data=fields | {"email": email})
        (message,) = await asyncio.to_thread(mailed, programme)
        address = urlsplit(message.url)
        looked = LexborHTMLParser((await client.get(f"{address.path}?{address.query}")).text)
        (kept,) = looked.css("main input[name=next]")
        entered = await client.post(address.path, data={"next": kept.attributes["value"]})
        assert entered.headers["location"] == place


async def test_who_signs_in_as_somebody_else_leaves_no_sign_in_behind(programme, time):
    app = desk(programme, time, demo_people=(ROSA, AUDITOR))
    async with browser(app) as client:
        page = LexborHTMLParser((await client.get("/sign-in")).text)
        for button in page.css("button[name=person_id]"):
            assert (await client.post("/sign-in/demo", data={"person_id": button.attributes["value"]})).is_redirect
    with programme.read() as session:
        ended = [one.ended_at is not None for one in session.scalars(select(SignIn).order_by(SignIn.id))]
    assert ended == [True, False]


async def test_nothing_stored_opens_anything(programme, time):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, ROSA)
        secret = link_in(message).removeprefix(PATH)
        with programme.read() as session:
            (kept,) = session.scalars(select(Delivery)).all()
        assert kept.stage is DeliveryStage.SENT
        assert secret not in str(kept.message)
        await client.post(f"{PATH}{secret}")
        with programme.read() as session:
            (begun,) = session.scalars(select(SignIn)).all()
        assert client.cookies[PLAIN] not in begun.digest
        assert begun.way is SignInWay.LINK


async def test_who_asks_learns_nothing_about_who_is_known(programme, time):
    async with browser(desk(programme, time)) as client:
        texts = []
        for email in (ROSA, "nobody@nowhere.test", GONE):
            answer = await client.post("/sign-in/link", data={"email": email})
            texts.append(answer.text.replace(email, "…"))
        assert len(set(texts)) == 1
    assert [message.recipient for message in await asyncio.to_thread(mailed, programme)] == [ROSA]


async def test_nobodys_inbox_is_filled(programme, time):
    async with browser(desk(programme, time, sign_in_rate=replace(SIGN_INS, most=100))) as client:
        for _ in range(LINKS_AN_HOUR + 3):
            await client.post("/sign-in/link", data={"email": ROSA})
        assert len(await asyncio.to_thread(mailed, programme)) == LINKS_AN_HOUR


async def test_one_client_tries_only_so_often(programme, time):
    async with browser(desk(programme, time, sign_in_rate=replace(SIGN_INS, most=3))) as client:
        codes = [(await client.post("/sign-in/link", data={"email": "x@y.test"})).status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]


async def test_tries_count_for_every_desk_over_the_same_database_and_over_a_restart(programme, time):
    """Nobody gets more of them by coming to another desk, and who waited comes in again."""
    codes = []
    for _ in range(2):
        async with browser(desk(programme, time, sign_in_rate=replace(SIGN_INS, most=3))) as client:
            for _ in range(2):
                answer = await client.post("/sign-in/link", data={"email": "x@y.test"})
                codes.append(answer.status_code)
    assert codes == [200, 200, 200, 429]
    assert answer.headers["Retry-After"] == "600"
    assert "Come back in 10 minutes." in answer.text
    time.now += timedelta(minutes=10)
    async with browser(desk(programme, time, sign_in_rate=replace(SIGN_INS, most=3))) as client:
        assert (await client.post("/sign-in/link", data={"email": "x@y.test"})).status_code == 200


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", "nobody"),
    ],
)
def test_who_has_a_whole_network_counts_as_one(address, client):
    assert client_of(address) == client


async def test_a_link_runs_out_and_one_of_another_key_opens_nothing(programme, time):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, ROSA)
        time.now = NOW + timedelta(minutes=61)
        assert (await client.post(link_in(message))).status_code == 410
        for forged in ("1", "MQ.forged", "x" * 500, "é"):
            for method in ("GET", "POST"):
                assert (await client.request(method, f"{PATH}{quote(forged)}")).status_code == 404


@pytest.mark.parametrize(
    ("late", "then", "told"),
    [
        (LINK_WORKS, lambda _session: None, "run out"),
        (
            timedelta(),
            lambda session: end_every_sign_in(
                session, session.scalar(select(Person).where(Person.email == ROSA)), at=NOW
            ),
            "revoked",
        ),
    ],
)
async def test_a_link_that_no_longer_works_is_not_sent(programme, time, late, then, told):
    channel, sent_at = FakeChannel(), NOW + late
    settings = ProgrammeSettings(base_url="http://127.0.0.1", channels=frozenset({ChannelName.MAIL}), links_key=KEY)
    async with browser(desk(programme, time)) as client:
        await client.post("/sign-in/link", data={"email": ROSA})
    with programme.write.begin() as session:
        then(session)
        plan(session, at=sent_at, programme=settings)
    await deliver_due(programme, {ChannelName.MAIL: channel}, clock=lambda: sent_at, worker="late", programme=settings)
    assert channel.got == []
    with programme.read() as session:
        (delivery,) = session.scalars(select(Delivery))
        assert delivery.stage is DeliveryStage.SKIPPED
        assert told in delivery.error


async def test_signing_out_ends_it_here_and_revoking_ends_it_everywhere(programme, time):
    app = desk(programme, time, demo_people=(ROSA,))
    async with browser(app) as one, browser(app) as two, browser(app) as three:
        for client in (one, two, three):
            page = LexborHTMLParser((await client.get("/sign-in")).text)
            number = page.css_first("button[name=person_id]").attributes["value"]
            assert (await client.post("/sign-in/demo", data={"person_id": number})).status_code == 303
            assert (await client.get("/")).status_code == 200
        kept = one.cookies[PLAIN]
        left = await one.post("/sign-out")
        assert left.headers["location"] == "/sign-in"
        assert PLAIN not in one.cookies
        one.cookies.set(PLAIN, kept)
        assert (await one.get("/")).status_code == 303, "the secret itself opens nothing any more"
        assert (await two.get("/")).status_code == 200
        with programme.write.begin() as session:
            person = session.scalars(select(Person).where(Person.email == ROSA)).one()
            assert end_every_sign_in(session, person, at=NOW) == 2
        assert [(await client.get("/")).status_code for client in (two, three)] == [303, 303]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda person: setattr(person, "active", False), 303),
        (lambda person: person.role_rows.clear(), 404),
    ],
    ids=["who has left", "who lost every role"],
)
async def test_what_is_taken_from_a_person_is_gone_with_the_next_page(programme, time, change, status):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, ROSA)
        await client.post(link_in(message))
        assert (await client.get("/")).status_code == 200
        with programme.write.begin() as session:
            change(session.scalars(select(Person).where(Person.email == ROSA)).one())
        assert (await client.get("/")).status_code == status


async def test_a_sign_in_ends_unused_after_days_and_used_after_a_month(programme, time):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, ROSA)
        await client.post(link_in(message))
        step = IDLE - timedelta(hours=1)
        while time.now + step < NOW + LONGEST:
            time.now += step
            assert (await client.get("/")).status_code == 200
        time.now = NOW + LONGEST + timedelta(minutes=1)
        assert (await client.get("/")).status_code == 303
        with programme.write.begin() as session:
            assert forget_old(session, at=time.now) == 0
            later = time.now + timedelta(days=200)
            assert forget_old(session, at=later) == 2, "the sign-in and the link that began it"
            assert forget_old(session, at=later) == 0


async def test_over_https_the_cookie_is_the_hosts_alone(programme, time):
    app = desk(programme, time, base_url="https://desk.example", demo_people=(ROSA,))
    async with browser(app, "https://desk.example") as client:
        page = LexborHTMLParser((await client.get("/sign-in")).text)
        number = page.css_first("button[name=person_id]").attributes["value"]
        entered = await client.post("/sign-in/demo", data={"person_id": number})
        cookie = entered.headers["set-cookie"]
        assert cookie.startswith(f"{HOST_ONLY}=")
        assert "Secure" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert (await client.get("/")).status_code == 200


async def test_the_secret_before_a_sign_in_is_not_the_one_after_it(programme, time):
    async with browser(desk(programme, time, demo_people=(ROSA,))) as client:
        client.cookies.set(PLAIN, "planted by somebody")
        page = LexborHTMLParser((await client.get("/sign-in")).text)
        number = page.css_first("button[name=person_id]").attributes["value"]
        entered = await client.post("/sign-in/demo", data={"person_id": number})
        assert "planted" not in entered.headers["set-cookie"]


async def test_without_a_demo_nobody_gets_in_without_showing_who_it_is(programme, time):
    async with browser(desk(programme, time)) as client:
        assert "demo" not in (await client.get("/sign-in")).text
        for number in range(1, 6):
            assert (await client.post("/sign-in/demo", data={"person_id": str(number)})).status_code == 404
    async with browser(desk(programme, time, demo_people=(ROSA,))) as client:
        with programme.read() as session:
            others = session.scalars(select(Person.id).where(Person.email != ROSA)).all()
        for number in others:
            assert (await client.post("/sign-in/demo", data={"person_id": str(number)})).status_code == 404


async def test_a_page_comes_after_the_sign_in_and_never_another_site(programme, time):
    app = desk(programme, time, demo_people=(ROSA,))
    async with browser(app) as client:
        sent = await client.get("/integrations?stage=public_beta")
        assert sent.headers["location"] == "/sign-in?next=%2Fintegrations%3Fstage%3Dpublic_beta"
        page = LexborHTMLParser((await client.get(sent.headers["location"])).text)
        number = page.css_first("button[name=person_id]").attributes["value"]
        for wanted, place in {
            "/integrations?stage=public_beta": "/integrations?stage=public_beta",
            "https://evil.test/": "/",
            "//evil.test/": "/",
            "/\\evil.test": "/",
            "javascript:alert(1)": "/",
        }.items():
            entered = await client.post("/sign-in/demo", data={"person_id": number, "next": wanted})
            assert entered.headers["location"] == place


@pytest.mark.parametrize(
    "text", ["", "x", "http:/x", "///x", "/ x", "/\tx", "/\nSet-Cookie: a=b", "/é", "/" + "x" * 600, "\\\\x", "/\\x"]
)
def test_no_way_leads_out(text):
    assert own_path(text) == "/"


async def test_a_form_that_is_sent_while_signed_out_changes_nothing_and_says_so(programme, time):
    async with browser(desk(programme, time)) as client:
        answer = await client.post("/submissions/1")
    assert answer.status_code in {401, 405}


async def test_who_is_a_partner_is_led_to_their_own_place_and_knows_of_no_other(programme, time):
    async with browser(desk(programme, time)) as client:
        _, (message,) = await asked_for_link(programme, client, INES)
        entered = await client.post(link_in(message))
        assert entered.headers["location"] == "/partner"
        assert "Larkenfell" in (await client.get("/partner")).text
        assert (await client.get("/")).headers["location"] == "/partner"
        for place in ("/deliveries", "/integrations", "/submissions/1"):
            assert (await client.get(place)).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "https://evil.test"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:81"}, 403),
        ({"Origin": "http://127.0.0.1"}, 303),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({}, 303),
    ],
)
async def test_another_site_can_not_act_for_who_is_signed_in(programme, time, headers, status):
    async with browser(desk(programme, time)) as client:
        assert (await client.post("/sign-out", headers=headers)).status_code == status


@pytest.fixture
def provider():
    with identity_provider(NOW) as fake:
        yield fake


def desk_with(programme, time, fake):
    known = Provider(fake.issuer, CLIENT, SECRET, "http://127.0.0.1/sign-in/provider/back", lambda: time().timestamp())
    return desk(programme, time, provider=known)


async def there_and_back(client, fake, *, wanted="/"):
    sent = await client.get(f"/sign-in/provider?next={quote(wanted, safe='')}")
    assert sent.status_code == 303, sent.text
    way = sent.headers["location"]
    (state,) = parse_qs(urlsplit(way).query)["state"]
    return await client.get("/sign-in/provider/back", params={"code": fake.agree(way), "state": state})


async def test_the_team_signs_in_at_its_provider(programme, time, provider):
    async with browser(desk_with(programme, time, provider)) as client:
        assert "Sign in at 127.0.0.1" in (await client.get("/sign-in")).text
        entered = await there_and_back(client, provider, wanted="/deliveries")
        assert (entered.status_code, entered.headers["location"]) == (303, "/deliveries")
        assert (await client.get("/deliveries")).status_code == 200
    with programme.read() as session:
        assert [one.way for one in session.scalars(select(SignIn))] == [SignInWay.PROVIDER]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"changes": {"nonce": "another"}}, "nonce"),
        ({"changes": {"nonce": None}}, "nonce"),
        ({"changes": {"iss": "https://evil.test"}}, "iss"),
        ({"changes": {"aud": "another-client"}}, "aud"),
        ({"changes": {"aud": [CLIENT, "another-client"], "azp": "another-client"}}, "azp"),
        ({"changes": {"exp": int(NOW.timestamp()) - 3_600}}, "has run out"),
        ({"changes": {"iat": int(NOW.timestamp()) + 3_600}}, "issued in the future"),
        ({"changes": {"email_verified": False}}, "does not say that your e-mail address is verified"),
        ({"changes": {"email_verified": "true"}}, "does not say that your e-mail address is verified"),
        ({"changes": {"email": None}}, "names no e-mail address"),
        ({"changes": {"email": ["rosa@team.test"]}}, "names no e-mail address"),
        ({"algorithm": "none"}, "alg"),
        ({"algorithm": "HS256"}, "alg"),
    ],
    ids=str,
)
async def test_a_token_that_is_not_to_be_believed_lets_nobody_in_and_says_why(programme, time, provider, wrong, told):
    for name, value in wrong.items():
        setattr(provider, name, value)
    async with browser(desk_with(programme, time, provider)) as client:
        answer = await there_and_back(client, provider)
        assert answer.status_code == 403
        assert told in LexborHTMLParser(answer.text).css_first("main").text()
        assert (await client.get("/deliveries")).status_code == 303


async def test_a_token_signed_with_another_key_lets_nobody_in(programme, time, provider):
    provider.signs_with = provider.other_key
    async with browser(desk_with(programme, time, provider)) as client:
        assert (await there_and_back(client, provider)).status_code == 403


async def test_a_provider_that_signs_with_a_new_key_is_asked_for_it(programme, time, provider):
    app = desk_with(programme, time, provider)
    async with browser(app) as client:
        assert (await there_and_back(client, provider)).status_code == 303
        provider.turn_to_another_key()
        assert (await there_and_back(client, provider)).status_code == 403, "asked less than a minute ago"
        time.now = NOW + timedelta(minutes=2)
        assert (await there_and_back(client, provider)).status_code == 303
        assert provider.keys_asked == 2


async def test_a_provider_that_is_set_up_wrongly_is_our_trouble_and_not_the_persons(programme, time, provider):
    async with browser(desk_with(programme, time, provider)) as client:
        provider.without_token = True
        assert (await there_and_back(client, provider)).status_code == 502
        stranger = Provider(provider.issuer, CLIENT, "not the secret", "http://127.0.0.1/back", NOW.timestamp)
        async with browser(desk(programme, time, provider=stranger)) as other:
            assert (await there_and_back(other, provider)).status_code == 502
    provider.says_it_is = "https://evil.test"
    async with browser(desk_with(programme, time, provider)) as client:
        assert (await client.get("/sign-in/provider")).status_code == 502


@pytest.mark.parametrize("email", ["stranger@team.test", GONE, INES])
async def test_whom_the_programme_does_not_know_as_the_team_is_told_so_and_is_not_added(
    programme, time, provider, email
):
    provider.email = email
    with programme.read() as session:
        before = session.scalars(select(Person.id)).all()
    async with browser(desk_with(programme, time, provider)) as client:
        answer = await there_and_back(client, provider)
        assert answer.status_code == 403
        assert "nobody of the team" in answer.text
        assert (await client.get("/deliveries")).status_code == 303
    with programme.read() as session:
        assert session.scalars(select(Person.id)).all() == before
        assert len(session.scalars(select(PersonRole)).all()) == 4


async def test_who_was_not_sent_there_by_this_browser_does_not_come_back(programme, time, provider):
    app = desk_with(programme, time, provider)
    async with browser(app) as client, browser(app) as victim:
        way = (await client.get("/sign-in/provider")).headers["location"]
        (state,) = parse_qs(urlsplit(way).query)["state"]
        coming = {"code": provider.agree(way), "state": state}
        assert (await victim.get("/sign-in/provider/back", params=coming)).status_code == 403
        assert (await client.get("/sign-in/provider/back", params=coming | {"state": "other"})).status_code == 403
        assert (await client.get("/sign-in/provider/back", params={"state": state, "error": "no"})).status_code == 403


async def test_a_provider_that_is_away_is_told_in_a_page(programme, time):
    away = Provider("http://127.0.0.1:9", CLIENT, SECRET, "http://127.0.0.1/back", NOW.timestamp)
    async with browser(desk(programme, time, provider=away)) as client:
        answer = await client.get("/sign-in/provider")
    assert answer.status_code == 502
    assert "can’t" in answer.text or "can't" in answer.text.replace("&#39;", "'")
