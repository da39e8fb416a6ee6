import asyncio
from datetime import UTC, datetime

import pytest

from checklist.canned_web import CannedWeb
from checklist.case import CHECKS, Check, Context
from checklist.checks import load_all
from checklist.dossier import Dossier
from checklist.outcome import CheckResult
from checklist.rulebook import Item, Rulebook
from checklist.run import AT_ONCE, ItemsUnknown, run_checks
from models.enums import GateName, ItemMode, Outcome

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DOSSIER = Dossier.parse(
    {"external_id": "a", "kind": "launch", "partner": {"name": "Acme"}, "integration": {"slug": "acme", "name": "Acme"}}
)


@pytest.fixture
def known():
    """Checks of this test alone, taken away afterwards."""
    load_all()
    before = dict(CHECKS)

    def register(name, run, seconds=None):
        CHECKS[name] = Check(name, run, (), {}, "what {marketplace} asks", seconds)

    yield register
    CHECKS.clear()
    CHECKS.update(before)


def item(name, **more):
    return Item(id=name, gate=GateName.PUBLIC_BETA, title=name, help="help", check=name, **more)


def rulebook(*items):
    return Rulebook.load("v1").model_copy(update={"items": items})


async def run(book, **more):
    previous = more.pop("previous", {})
    context = Context(CannedWeb({}), AT, previous=previous)
    return await run_checks(DOSSIER, book, GateName.PUBLIC_BETA, context, **more)


async def test_results_come_in_the_rulebooks_order_however_long_each_takes(known):
    async def slow(case):
        await asyncio.sleep(0.02)
        return case.passed("slow")

    known("docs.slow", slow)
    known("docs.quick", lambda case: case.passed("quick"))
    heard = []
    found = await run(
        rulebook(item("docs.slow"), item("docs.quick")), progress=lambda result: heard.append(result.item)
    )
    assert [result.item for result in found] == ["docs.slow", "docs.quick"]
    assert heard == ["docs.quick", "docs.slow"]


async def test_a_check_that_breaks_is_unknown_and_stops_no_other(known, caplog):
    def broken(case):
        raise ZeroDivisionError

    known("docs.broken", broken)
    known("docs.fine", lambda case: case.passed("fine"))
    first, second = await run(rulebook(item("docs.broken"), item("docs.fine")))
    assert (first.outcome, second.outcome) == (Outcome.UNKNOWN, Outcome.PASSED)
    assert "nothing is wrong on your side" in first.summary
    assert "ZeroDivisionError" in caplog.text


async def test_a_check_that_takes_too_long_is_unknown(known):
    async def endless(case):
        await asyncio.sleep(60)
        return case.passed("never")

    known("docs.endless", endless)
    (found,) = await run(rulebook(item("docs.endless")), check_seconds=0.01)
    assert found.outcome is Outcome.UNKNOWN
    assert "could not tell within 0.01 seconds" in found.summary


async def test_at_the_runs_end_what_is_known_is_told_and_the_rest_is_unknown(known):
    async def endless(case):
        await asyncio.sleep(60)

    known("docs.endless", endless)
    known("docs.quick", lambda case: case.passed("quick"))
    book = rulebook(item("docs.endless"), item("docs.quick"), item("docs.later", needs=("docs.endless",)))
    known("docs.later", lambda case: case.passed("must wait"))
    heard = []
    found = await run(book, run_seconds=0.05, progress=lambda result: heard.append(result.item))
    assert [result.outcome for result in found] == [Outcome.UNKNOWN, Outcome.PASSED, Outcome.UNKNOWN]
    assert found[0].summary == "could not tell within 0.05 seconds; nothing is wrong on your side"
    assert sorted(heard) == ["docs.endless", "docs.later", "docs.quick"]


async def test_what_asks_nobody_is_known_however_many_wait_for_an_answer(known):
    async def endless(case):
        await asyncio.sleep(60)

    waiting = [f"docs.endless_{chr(97 + number)}" for number in range(AT_ONCE + 1)]
    for name in waiting:
        known(name, endless)
    known("docs.quick", lambda case: case.passed("quick"))
    found = await run(rulebook(*map(item, waiting), item("docs.quick")), run_seconds=0.05)
    assert found[-1].outcome is Outcome.PASSED


@pytest.mark.parametrize(("only", "expected"), [(["docs.long"], Outcome.PASSED), (None, Outcome.UNKNOWN)])
async def test_a_check_with_a_time_of_its_own_keeps_it_only_when_it_is_named(known, only, expected):
    async def long(case):
        await asyncio.sleep(0.05)
        return case.passed("in its own time")

    known("docs.long", long, seconds=60)
    (found,) = await run(rulebook(item("docs.long")), run_seconds=0.01, only=only)
    assert found.outcome is expected


async def test_a_check_that_breaks_on_a_time_out_of_its_own_is_broken_and_not_late(known, caplog):
    async def impatient(case):
        raise TimeoutError

    known("docs.impatient", impatient)
    (found,) = await run(rulebook(item("docs.impatient")))
    assert "our own check broke" in found.summary
    assert "TimeoutError" in caplog.text


async def test_what_needs_a_failed_item_is_skipped_and_told_why(known):
    known("docs.first", lambda case: case.failed("no", fix="mend"))
    known("docs.second", lambda case: case.passed("must not run"))
    known("docs.third", lambda case: case.passed("must not run"))
    book = rulebook(
        item("docs.first"), item("docs.second", needs=("docs.first",)), item("docs.third", needs=("docs.second",))
    )
    found = await run(book)
    assert [result.outcome for result in found] == [Outcome.FAILED, Outcome.NOT_APPLICABLE, Outcome.NOT_APPLICABLE]
    assert [result.facts.get("skipped_because") for result in found] == [None, "docs.first", "docs.first"]
    assert found[1].summary.startswith("skipped because docs.first does not hold")


@pytest.mark.parametrize("change", [{"shadow_until": "2027-01-01"}, {"severity": "advised"}])
async def test_an_item_that_holds_nothing_stops_nothing(known, change):
    known("docs.first", lambda case: case.failed("no", fix="mend"))
    known("docs.second", lambda case: case.passed("looked at"))
    found = await run(rulebook(item("docs.first", **change), item("docs.second", needs=("docs.first",))))
    assert found[1].outcome is Outcome.PASSED


async def test_what_needs_a_waived_item_is_looked_at(known):
    known("docs.first", lambda case: case.failed("no", fix="mend"))
    known("docs.second", lambda case: case.passed("looked at"))
    book = rulebook(item("docs.first"), item("docs.second", needs=("docs.first",)))
    assert (await run(book, waived=["docs.first"]))[1].outcome is Outcome.PASSED


async def test_only_some_items_look_up_what_they_need_in_earlier_results(known):
    known("docs.first", lambda case: case.passed("must not run"))
    known("docs.second", lambda case: case.passed("looked at"))
    book = rulebook(item("docs.first"), item("docs.second", needs=("docs.first",)))
    earlier = {"docs.first": CheckResult("docs.first", Outcome.FAILED, "earlier")}
    (alone,) = await run(book, only=["docs.second"])
    (after,) = await run(book, only=["docs.second"], previous=earlier)
    assert (alone.outcome, after.outcome) == (Outcome.PASSED, Outcome.NOT_APPLICABLE)


async def test_a_manual_item_waits_for_a_person():
    manual = Item(
        id="docs.manual", gate=GateName.PUBLIC_BETA, title="t", help="h", mode=ItemMode.MANUAL, attested_by="team"
    )
    (found,) = await run(rulebook(manual))
    assert (found.outcome, found.summary) == (Outcome.UNKNOWN, "waits for a person of the team to confirm it")


async def test_a_check_that_this_release_lacks_is_unknown(caplog):
    (found,) = await run(rulebook(item("docs.fancy")))
    assert found.outcome is Outcome.UNKNOWN
    assert "no known check" in caplog.text


async def test_an_item_that_is_not_asked_is_refused_by_name():
    with pytest.raises(ItemsUnknown, match=r"docs\.nothing: no such item at the gate public_beta"):
        await run(Rulebook.load("v1"), only=["docs.nothing"])


async def test_audits_may_look_at_what_an_update_is_not_asked():
    update = Dossier.parse(DOSSIER.public_document() | {"kind": "update"})
    context = Context(CannedWeb({}), AT)
    (found,) = await run_checks(
        update, Rulebook.load("v1"), GateName.PUBLIC_BETA, context, only=["marketing.blog_post"]
    )
    assert found.item == "marketing.blog_post"
