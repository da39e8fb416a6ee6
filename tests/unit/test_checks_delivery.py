"""The items of the delivery test suite over a canned web, behind which a reference component answers."""

import base64
import json
from datetime import UTC, datetime

import pytest

from checklist.canned_web import CannedWeb, Page
from checklist.case import Context
from checklist.delivery import ownership
from checklist.delivery.endpoint import Endpoint
from checklist.delivery.suite import Pace
from checklist.dossier import Dossier
from checklist.rulebook import Rulebook
from checklist.run import run_checks
from checklist.verdict import verdict
from models.enums import GateName, Outcome, Severity, SpecCall
from sample.component import API_KEY, HOST, PATH, ReferenceComponent, submission
from sample.serving import Request

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
V1 = Rulebook.load("v1")
URL = f"https://{HOST}{PATH}"
FILE = f"https://{HOST}{ownership.PATH}"
SUITE = ("test.delivery", "test.auth", "test.malformed", "test.duplicate", "test.casing")
PASSED, WARNED, FAILED, UNKNOWN, NOT_APPLICABLE = Outcome
EAGER = Pace(again_after_seconds=0.0)


def answering(component):
    """The component as an endpoint of the canned web: the same answers without a wire."""

    def answer(sent):
        headers = {name.lower(): value for name, value in sent.headers.items()}
        reply = component.answer(
            Request(sent.method, HOST, sent.url.removeprefix(f"https://{HOST}"), headers, sent.content)
        )
        return Page(
            reply.body,
            reply.status.value,
            reply.content_type.partition(";")[0],
            headers={name.lower(): value for name, value in reply.headers.items()},
            seconds=reply.after_seconds,
        )

    return answer


def web_of(*faults, **more):
    component = ReferenceComponent(V1, faults=faults, **more)
    return CannedWeb({}, {URL: answering(component), FILE: answering(component)})


def line(slug="reference-component", url=URL):
    component = Dossier.parse(submission()).components[0].model_copy(update={"endpoint": url})
    return ownership.text_for(Endpoint.of(component, slug), "Segment")


def dossier(**change):
    document = submission()
    document["components"][0] |= change
    return Dossier.parse({key: value for key, value in document.items() if value is not None})


async def look(web, *items, of=None, rulebook=V1, **context):
    """Item id to result, of these items alone."""
    given = {"pace": EAGER, **context}
    found = await run_checks(of or dossier(), rulebook, GateName.PUBLIC_BETA, Context(web, AT, **given), only=items)
    for result in found:
        if result.outcome is FAILED:
            assert result.fix, result.item
            assert result.expected, result.item
    return {result.item: result for result in found}


def posted(web):
    return [sent for sent in web.sent if sent.method == "POST"]


def key_of(sent):
    return base64.b64decode(sent.headers["Authorization"].removeprefix("Basic ")).decode()


# --- what is sent --------------------------------------------------------------------------------------------------


async def test_a_good_component_passes_every_item():
    found = await look(web_of(), *SUITE)
    assert {result.outcome for result in found.values()} == {PASSED}
    assert found["test.delivery"].summary == (
        "delivered: identify, track, page, group; answered as not supported: screen, alias, delete"
    )


async def test_every_call_is_made_once_and_shared_by_the_items():
    web = web_of()
    await look(web, *SUITE)
    bodies = [sent.content for sent in posted(web)]
    again = [body for body in set(bodies) if bodies.count(body) > 1]
    # 7 types, a wrong key, 2 malformed, one again, 3 casings; only the repeated one is sent twice.
    assert len(bodies) == 14
    assert [json.loads(body)["type"] for body in again] == ["identify"]


async def test_only_what_is_asked_for_is_sent():
    web = web_of()
    await look(web, "test.auth")
    assert [key_of(sent).startswith("wrong-") for sent in posted(web)] == [True]


async def test_calls_carry_the_programmes_headers_and_say_who_sends_them():
    web = web_of()
    await look(web, *SUITE)
    for sent in posted(web):
        assert sent.headers["User-Agent"] == "Segment.io/1.0 LaunchReview/test"
        assert json.loads(base64.b64decode(sent.headers["X-Segment-Settings"])) == {"region": "eu"}
        assert sent.headers["Content-Type"] == "application/json"
    assert sorted({key_of(sent).partition("-")[0] for sent in posted(web)}) == ["reference", "wrong"]
    assert all(key_of(sent).endswith(":") for sent in posted(web))


async def test_each_run_sends_calls_that_were_never_seen():
    first, second = web_of(), web_of()
    await look(first, "test.delivery")
    await look(second, "test.delivery")
    assert not {sent.content for sent in posted(first)} & {sent.content for sent in posted(second)}


async def test_what_is_said_has_no_times_so_that_it_reads_the_same_each_night():
    slow = [await look(web_of("slow", slow_seconds=seconds), "test.delivery") for seconds in (1.5, 2.5)]
    assert slow[0]["test.delivery"].summary == slow[1]["test.delivery"].summary
    assert slow[0]["test.delivery"].evidence != slow[1]["test.delivery"].evidence


async def test_each_call_is_evidence_with_its_status_its_time_and_what_was_said():
    found = (await look(web_of("slow", "fails-on-track"), "test.delivery"))["test.delivery"]
    seen = {evidence.seen.partition(":")[0]: evidence for evidence in found.evidence}
    assert set(seen) == set(SpecCall)
    assert seen["identify"].seen == "identify: yellow, answered 200 in 1.50 s"
    assert seen["track"].seen.startswith('track: red, answered 500, then 500 in 0.00 s, “{"message": "Something went')
    assert (seen["track"].status, seen["track"].url, seen["track"].at) == (
        500,
        URL,
        datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    assert {call["colour"] for call in found.facts["calls"]} == {"green", "yellow", "red"}


# --- whose endpoint it is ------------------------------------------------------------------------------------------


async def test_nothing_but_one_plain_request_reaches_a_host_that_does_not_show_whose_the_endpoint_is():
    web = web_of("hides-owner")
    found = await look(web, *SUITE)
    assert [(sent.method, sent.url, sent.content) for sent in web.sent] == [("GET", FILE, b"")]
    assert not any({"Authorization", "X-Segment-Settings"} & set(sent.headers) for sent in web.sent)
    assert found["test.delivery"].outcome is FAILED
    record = f"_launch-review.{HOST}"
    assert found["test.delivery"].fix == (
        f"Put this line into {FILE}, served as it is; or into a TXT record of {record}: {line()}"
    )
    assert web.looked_up == [record]


RECORD = f"_launch-review.{HOST}"
OTHERS = "launch-review=" + "0" * 40


def web_with_records(*records, trouble="", file=None):
    """A good component that shows no file (or answers `file` for it), and what DNS says at its name."""
    component = ReferenceComponent(V1, faults=["hides-owner"])
    pages = {URL: answering(component), FILE: (lambda _: file) if file is not None else answering(component)}
    return CannedWeb({}, pages, {RECORD: trouble or records})


async def test_a_record_shows_whose_it_is_where_no_file_does():
    web = web_with_records(OTHERS, f'"{line()}"', "v=spf1 -all")
    found = await look(web, *SUITE)
    assert {result.outcome for result in found.values()} == {PASSED}
    assert web.looked_up == [RECORD]


async def test_a_record_shows_it_while_the_file_cannot_be_read():
    found = await look(web_with_records(line(), file=Page(trouble="deadline")), "test.delivery")
    assert found["test.delivery"].outcome is PASSED


async def test_nobody_asks_for_a_record_where_the_file_shows_it_or_the_host_cannot_be_asked():
    for web in (web_of(), CannedWeb({})):
        await look(web, "test.delivery")
        assert web.looked_up == []


@pytest.mark.parametrize(
    ("records", "trouble", "file", "expected"),
    [
        ((), "", None, FAILED),
        ((OTHERS, "v=spf1 -all"), "", None, FAILED),
        ((), "no name server told", None, UNKNOWN),
        ((), "", Page(trouble="deadline"), UNKNOWN),
        ((), "no name server told", Page(status=503), UNKNOWN),
    ],
)
async def test_what_neither_shows_fails_and_what_one_could_not_tell_is_unknown(records, trouble, file, expected):
    web = web_with_records(*records, trouble=trouble, file=file)
    found = (await look(web, "test.delivery"))["test.delivery"]
    assert found.outcome is expected
    assert line() in found.fix + found.summary
    assert RECORD in found.fix + found.summary
    assert posted(web) == []


async def test_the_line_of_another_integration_or_host_is_a_strangers():
    for strangers in (line(slug="other"), line(url="https://other.example/x"), line() + "0", line()[:-1]):
        web = web_with_records(strangers)
        assert (await look(web, "test.delivery"))["test.delivery"].outcome is FAILED
        assert posted(web) == []


async def test_an_address_has_no_record():
    web = CannedWeb({"https://192.0.2.1/.well-known/launch-review.txt": Page(status=404)})
    found = (await look(web, "test.delivery", of=dossier(endpoint="https://192.0.2.1/x")))["test.delivery"]
    assert (found.outcome, web.looked_up, "TXT" in found.fix) == (FAILED, [], False)


async def test_a_record_does_not_let_the_key_travel_in_the_clear():
    plain = "http://component.example/segment"
    web = CannedWeb(
        {"http://component.example/.well-known/launch-review.txt": Page(status=404)},
        records={RECORD: (line(url=plain),)},
    )
    found = (await look(web, "test.delivery", of=dossier(endpoint=plain)))["test.delivery"]
    assert (found.outcome, found.fix, posted(web)) == (FAILED, "Serve the endpoint over HTTPS.", [])


async def test_what_keeps_calls_from_being_sent_is_told_once_and_the_others_wait_for_it():
    found = await look(web_of("hides-owner"), *SUITE)
    others = [found[item] for item in SUITE[1:]]
    assert {result.outcome for result in others} == {NOT_APPLICABLE}
    assert {result.facts["skipped_because"] for result in others} == {"test.delivery"}
    said = verdict(V1, GateName.PUBLIC_BETA, (), found.values(), on=AT.date())
    assert said.failed == ("test.delivery",)
    assert not set(said.unknown) & set(SUITE)


@pytest.mark.parametrize("item", SUITE)
async def test_an_item_asked_for_alone_says_itself_what_is_missing(item):
    found = (await look(web_of("hides-owner"), item))[item]
    assert found.outcome is FAILED
    assert line() in found.fix


async def test_an_item_that_holds_no_gate_does_not_speak_for_the_others():
    items = [
        item.model_copy(update={"severity": Severity.ADVISED}) if item.id == "test.delivery" else item
        for item in V1.items
    ]
    found = await look(web_of("hides-owner"), *SUITE, rulebook=V1.model_copy(update={"items": tuple(items)}))
    assert {result.outcome for result in found.values()} == {FAILED}


@pytest.mark.parametrize(
    "shown",
    [
        Page(line(slug="somebody-else")),
        Page(f"<p>{line()}</p>"),
        Page(line(), status=404),
        Page(line(), status=302, headers={"location": FILE}),
        Page(line(url="https://elsewhere.example/segment")),
    ],
)
async def test_a_line_that_is_another_ones_or_stands_elsewhere_shows_nothing(shown):
    web = CannedWeb({FILE: shown}, {URL: answering(ReferenceComponent(V1))})
    assert (await look(web, "test.delivery"))["test.delivery"].outcome is FAILED
    assert posted(web) == []


@pytest.mark.parametrize(
    "trouble",
    [
        Page(status=500),
        Page(status=503),
        Page(status=429),
        *(Page(trouble=kind) for kind in ("deadline", "connect", "tls", "incomplete")),
    ],
)
async def test_when_nobody_can_tell_whose_it_is_nothing_is_sent_and_nobody_is_blamed(trouble):
    web = CannedWeb({FILE: trouble}, {URL: answering(ReferenceComponent(V1))})
    found = await look(web, *SUITE)
    assert {result.outcome for result in found.values()} == {UNKNOWN}
    assert posted(web) == []


async def test_a_name_without_an_address_is_unknown_and_an_address_that_cannot_be_right_is_told():
    assert (await look(CannedWeb({}), "test.delivery"))["test.delivery"].outcome is UNKNOWN
    wrong = CannedWeb({FILE: Page(trouble="address", refused=True), URL: Page(trouble="address", refused=True)})
    found = (await look(wrong, "test.delivery"))["test.delivery"]
    assert (found.outcome, "cannot be asked" in found.summary) == (FAILED, True)


async def test_the_key_does_not_travel_in_the_clear():
    plain = "http://component.example/segment"
    component = answering(ReferenceComponent(V1))
    web = CannedWeb(
        {"http://component.example/.well-known/launch-review.txt": Page(line(url=plain))}, {plain: component}
    )
    found = (await look(web, "test.delivery", of=dossier(endpoint=plain)))["test.delivery"]
    assert (found.outcome, found.fix) == (FAILED, "Serve the endpoint over HTTPS.")
    assert posted(web) == []


async def test_what_is_live_and_never_showed_whose_it_is_has_not_fallen():
    found = await look(web_of("hides-owner"), *SUITE, after_launch=True)
    assert {result.outcome for result in found.values()} == {UNKNOWN}
    assert "does not show yet that it is yours" in found["test.delivery"].summary
    good = await look(web_of(), "test.delivery", after_launch=True)
    assert good["test.delivery"].outcome is PASSED
    fallen = await look(web_of("fails-on-track"), "test.delivery", after_launch=True)
    assert fallen["test.delivery"].outcome is FAILED


async def test_a_test_key_that_was_taken_back_after_the_launch_is_no_fall():
    before = await look(web_of("refuses-every-key"), "test.delivery")
    after = await look(web_of("refuses-every-key"), "test.delivery", after_launch=True)
    assert (before["test.delivery"].outcome, after["test.delivery"].outcome) == (FAILED, UNKNOWN)
    assert "refused by now" in after["test.delivery"].summary


# --- what has to be given ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacking", "fix"),
    [
        ({"endpoint": None}, "`endpoint`"),
        ({"methods": []}, "`methods`"),
        ({"api_key": None}, "`api_key`"),
        ({"api_key": "  "}, "`api_key`"),
    ],
)
async def test_what_a_component_lacks_is_told_once_with_how_to_give_it(lacking, fix):
    web = web_of()
    found = await look(web, *SUITE, of=dossier(**lacking))
    assert found["test.delivery"].outcome is FAILED
    assert fix in found["test.delivery"].fix
    assert {found[item].outcome for item in SUITE[1:]} == {NOT_APPLICABLE}
    assert web.sent == []
    live = await look(web, *SUITE, of=dossier(**lacking), after_launch=True)
    assert {result.outcome for result in live.values()} == {UNKNOWN}


async def test_each_subscription_is_tested_and_the_worst_decides():
    other = "https://other.example/hook"
    document = submission()
    document["components"].append({**document["components"][0], "endpoint": other})
    bad = answering(ReferenceComponent(V1, faults=["fails-on-track"]))
    pages = {"https://other.example/.well-known/launch-review.txt": Page(line(url=other))}
    good = answering(ReferenceComponent(V1))

    def at_the_other(sent):
        return bad(type(sent)(sent.method, URL, sent.headers, sent.content))

    web = CannedWeb(pages, {URL: good, FILE: good, other: at_the_other})
    found = await look(web, *SUITE, of=Dossier.parse(document))
    assert found["test.delivery"].outcome is FAILED
    assert {evidence.url for evidence in found["test.delivery"].evidence} == {URL, other}
    assert found["test.auth"].outcome is PASSED


@pytest.mark.parametrize("call", list(SpecCall))
async def test_a_component_of_one_call_can_be_tested(call):
    web = web_of(methods=[call])
    found = await look(web, *SUITE, of=dossier(methods=[call]))
    without_fields = call in {SpecCall.ALIAS, SpecCall.DELETE}
    assert found["test.casing"].outcome is (NOT_APPLICABLE if without_fields else PASSED)
    assert {found[item].outcome for item in SUITE[:4]} == {PASSED}


# --- patience ------------------------------------------------------------------------------------------------------


def at_first(first, times=1):
    """A good component whose first answers to each call are others."""
    good = answering(ReferenceComponent(V1))
    left = {}

    def answer(sent):
        left.setdefault(sent.content, times)
        if sent.method == "POST" and left[sent.content]:
            left[sent.content] -= 1
            return first
        return good(sent)

    return CannedWeb({}, {URL: answer, FILE: good})


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (Page(status=500), WARNED),
        (Page(status=429), PASSED),
        (Page(status=429, headers={"retry-after": "0"}), PASSED),
        (Page(status=503, headers={"retry-after": "0"}), WARNED),
        (Page(trouble="incomplete"), PASSED),
        (Page(trouble="connect"), PASSED),
        (Page(status=429, headers={"retry-after": "3600"}), UNKNOWN),
        (Page(trouble="deadline"), UNKNOWN),
    ],
)
async def test_a_call_is_sent_once_more_where_a_second_try_may_go_better(first, expected):
    found = await look(at_first(first), "test.delivery", pace=Pace(again_after_seconds=0.0))
    assert found["test.delivery"].outcome is expected


async def test_a_failure_seen_once_is_never_called_one():
    assert (await look(at_first(Page(status=500)), "test.auth"))["test.auth"].outcome is WARNED
    twice = await look(at_first(Page(status=500), times=2), "test.delivery")
    assert twice["test.delivery"].outcome is FAILED


@pytest.mark.parametrize(
    ("answers", "expected", "seen"),
    [
        ([429, 500], WARNED, "answered 500, then 200"),
        ([429, 500, 500], FAILED, "answered 500, then 500"),
        ([500, 502], FAILED, "answered 500, then 502"),
        ([500, 429], UNKNOWN, "answered 500, then 429"),
        ([429, 429], UNKNOWN, "answered 429"),
        ([500, 400], FAILED, "answered 500, then 400"),
    ],
)
async def test_what_ends_with_a_failure_has_met_one_twice(answers, expected, seen):
    left = iter(answers)
    good = answering(ReferenceComponent(V1, methods=[SpecCall.TRACK]))

    def answer(sent):
        is_track = sent.method == "POST" and json.loads(sent.content)["type"] == "track"
        status = next(left, None) if is_track else None
        return good(sent) if status is None else Page(status=status)

    web = CannedWeb({}, {URL: answer, FILE: good})
    found = (await look(web, "test.delivery", of=dossier(methods=["track"])))["test.delivery"]
    assert (found.outcome, found.evidence[0].seen.partition(", ")[2].partition(" in ")[0]) == (expected, seen)


async def test_a_server_that_fails_over_everything_is_told_once_and_says_nothing_of_keys():
    found = await look(web_of("is-down"), *SUITE)
    assert found["test.delivery"].outcome is FAILED
    assert {found[item].outcome for item in SUITE[1:]} == {UNKNOWN}


async def test_one_endpoint_that_took_nothing_hides_no_failure_of_another():
    other = "https://other.example/hook"
    document = submission()
    document["components"].insert(0, {**document["components"][0], "endpoint": other})
    down, bad = (answering(ReferenceComponent(V1, faults=[fault])) for fault in ("is-down", "refuses-repeats"))
    pages = {"https://other.example/.well-known/launch-review.txt": Page(line(url=other))}

    def at_the_other(sent):
        return down(type(sent)(sent.method, URL, sent.headers, sent.content))

    web = CannedWeb(pages, {URL: bad, FILE: bad, other: at_the_other})
    found = await look(web, "test.duplicate", "test.casing", of=Dossier.parse(document))
    assert found["test.duplicate"].outcome is FAILED
    assert found["test.casing"].outcome is UNKNOWN


async def test_after_two_calls_without_an_answer_no_more_are_sent():
    good = answering(ReferenceComponent(V1))
    web = CannedWeb(
        {}, {URL: lambda sent: Page(trouble="deadline") if sent.method == "POST" else good(sent), FILE: good}
    )
    found = await look(web, *SUITE)
    assert {result.outcome for result in found.values()} == {UNKNOWN}
    assert len(posted(web)) <= Pace().at_once + 1


async def test_after_a_word_of_peace_no_more_are_sent():
    web = web_of("limits-everything")
    found = await look(web, *SUITE)
    assert {result.outcome for result in found.values()} == {UNKNOWN}
    assert len(posted(web)) <= 2 * Pace().at_once


async def test_what_is_left_when_the_time_is_used_up_is_not_sent():
    web = web_of()
    found = await look(web, "test.delivery", pace=Pace(budget_seconds=-1.0))
    assert found["test.delivery"].outcome is UNKNOWN
    assert posted(web) == []


# --- the load is on request only -----------------------------------------------------------------------------------


def volume(**thresholds):
    items = [
        item.model_copy(update={"thresholds": {**item.thresholds, **thresholds}}) if item.id == "test.volume" else item
        for item in V1.items
    ]
    return V1.model_copy(update={"items": tuple(items)})


QUICK_LOAD = {"ramp": (20, 100), "plateau_seconds": 0.3}


@pytest.mark.parametrize(
    ("in_review", "context"),
    [(False, {}), (False, {"after_launch": True}), (True, {"after_launch": True}), (True, {"load": False})],
)
async def test_no_load_is_sent_unasked_and_never_to_what_is_live(in_review, context):
    web = web_of()
    found = await look(web, "test.volume", rulebook=volume(in_review=in_review, **QUICK_LOAD), **context)
    assert found["test.volume"].outcome is UNKNOWN
    assert web.sent == []


@pytest.mark.parametrize(("in_review", "context"), [(False, {"load": True}), (True, {})])
async def test_a_load_is_sent_when_somebody_asks_for_it_or_the_rulebook_has_it(in_review, context):
    web = web_of()
    found = (await look(web, "test.volume", rulebook=volume(in_review=in_review, **QUICK_LOAD), **context))[
        "test.volume"
    ]
    assert (found.outcome, found.summary) == (PASSED, "held 100 calls a second")
    assert found.facts["held_per_second"] == 100
    assert len(posted(web)) == 36
    assert len({json.loads(sent.content)["messageId"] for sent in posted(web)}) == 36


async def test_no_load_is_sent_to_an_endpoint_that_does_not_show_whose_it_is():
    web = web_of("hides-owner")
    found = await look(web, "test.volume", rulebook=volume(**QUICK_LOAD), load=True)
    assert found["test.volume"].outcome is FAILED
    assert posted(web) == []


@pytest.mark.parametrize(
    ("fault", "expected", "told"),
    [
        ("limits-load", UNKNOWN, "it answered 429"),
        ("fails-under-load", FAILED, "too many calls in a row failed"),
        ("refuses-every-key", FAILED, "too many calls in a row failed"),
        ("limits-everything", UNKNOWN, "it answered 429"),
    ],
)
async def test_a_load_stops_by_itself_and_says_which_rate_was_held(fault, expected, told):
    web = web_of(fault)
    found = (await look(web, "test.volume", rulebook=volume(**QUICK_LOAD), load=True))["test.volume"]
    held = 20 if "load" in fault else 0
    assert (found.outcome, found.summary) == (expected, f"held {held} calls a second of 100; it ended because {told}")
    assert len(posted(web)) < 36
    assert found.evidence


async def test_the_key_is_in_nothing_that_a_check_says():
    for faults in ([], ["repeats-the-key"], ["repeats-the-key", "fails-on-track"]):
        found = await look(web_of(*faults), *SUITE, "test.volume", rulebook=volume(**QUICK_LOAD), load=True)
        assert API_KEY not in repr(found)
