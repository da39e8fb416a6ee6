"""Pages of strangers are read in processes that can be killed, and nothing else comes to harm."""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checklist.images import NoSvg, svg_facts
from checklist.pages import PageFacts, PageState, Saved, facts_of, handover, saved_from
from checklist.pages.reader import Unreadable
from checklist.pages.workers import PageReaders, WorkerFailed

ODD = """
import json, os, signal, time
from checklist.pages.facts import PageFacts, PageState
from checklist.pages.reading import facts_of

kept = []

def read(page):
    if page.text == "sleep":
        time.sleep(600)
    if page.text == "spin":
        while True:
            pass
    if page.text == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if page.text == "exit":
        os._exit(0)
    if page.text == "memory":
        kept = [bytes(10_000_000) for _ in range(1_000)]
    if page.text == "memory outside Python":
        import mmap
        kept = [mmap.mmap(-1, 100_000_000) for _ in range(100)]
    if page.text == "grow":
        kept.append(bytes(180_000_000))
    if page.text == "error":
        {}[page.text]
    if page.text == "nonsense":
        return PageFacts(PageState.USABLE, "", links=(("not a link",),), ordered_steps="many")
    if page.text == "raw":
        os.write(0, b"\\xff" * 100)
        time.sleep(600)
    if page.text == "who":
        try:
            opened = open("/etc/passwd").name
        except OSError as error:
            opened = type(error).__name__
        told = {"environment": dict(os.environ), "pid": os.getpid(), "opened": opened, "cwd": os.getcwd()}
        return PageFacts(PageState.USABLE, "", text=json.dumps(told))
    if page.text == "write":
        os.write(2, b"words of a stranger")
    return facts_of(page)
"""
LONGEST = 0.5
"""Seconds a page may take here."""
SMALL = 300_000_000
"""Bytes of memory a worker may have here."""

USUAL = Saved("<title>Usual</title><h1>Usual</h1><p>A page as there are many.</p>")


def is_there(pid):
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """Readers whose workers do what the text of a page says."""
    (tmp_path / "odd_reading.py").write_text(ODD)
    monkeypatch.syspath_prepend(str(tmp_path))
    with_readers = []

    def readers(**limits):
        with_readers.append(PageReaders(**({"seconds": LONGEST, "memory": SMALL} | limits), reading="odd_reading:read"))
        return with_readers[-1]

    yield readers
    for one in with_readers:
        one.close()


@dataclass(frozen=True)
class Harm:
    text: str
    told: str


HARMS = [
    Harm("sleep", "took longer than 0.5 seconds to read"),
    Harm("spin", "took longer than 0.5 seconds to read"),
    Harm("crash", "ended our reader (signal 11)"),
    Harm("exit", "ended our reader (exit code 0)"),
    Harm("memory", "took more memory to read than a page may"),
    Harm("memory outside Python", "could not be read"),
    Harm("error", "our own fault (KeyError in read:"),
    Harm("nonsense", "could not be read"),
    Harm("raw", "an answer of"),
]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.text)
async def test_a_page_that_does_harm_is_unreadable_and_the_next_one_is_read(odd, harm):
    readers = odd(workers=1)
    assert (await readers.facts_of(USUAL)).title == "Usual"
    began = time.monotonic()
    facts = await readers.facts_of(Saved(harm.text, url="https://acme.example/"))
    assert (facts.state, facts.url, facts.text) == (PageState.UNREADABLE, "https://acme.example/", "")
    assert harm.told in facts.state_reason
    assert time.monotonic() - began < 10 * LONGEST
    assert (await readers.facts_of(USUAL)) == facts_of(USUAL)
    assert len(readers.pids) == 1


async def test_others_are_read_while_one_page_keeps_its_worker_busy(odd):
    readers = odd(workers=2, seconds=30)
    stuck = asyncio.create_task(readers.facts_of(Saved("sleep")))
    await asyncio.sleep(0)
    assert [(await readers.facts_of(USUAL)).title for _ in range(3)] == ["Usual"] * 3
    assert not stuck.done()
    readers.close()
    assert (await stuck).state is PageState.UNREADABLE


async def test_more_pages_than_workers_wait_for_their_turn_which_does_not_count(odd):
    readers = odd(workers=1)
    pages = [Saved("sleep"), USUAL, Saved("crash"), USUAL]
    found = await asyncio.gather(*(readers.facts_of(page) for page in pages))
    unreadable, usual = PageState.UNREADABLE, facts_of(USUAL).state
    assert [facts.state for facts in found] == [unreadable, usual, unreadable, usual]


async def test_who_gives_up_waiting_leaves_the_worker_to_others(odd):
    readers = odd(workers=1, seconds=2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await readers.facts_of(Saved("sleep"))
    assert (await readers.facts_of(USUAL)).title == "Usual"


async def test_a_worker_that_died_idle_costs_no_page(odd):
    readers = odd(workers=1)
    await readers.facts_of(USUAL)
    (pid,) = readers.pids
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(os.waitid, os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    assert (await readers.facts_of(USUAL)).title == "Usual"
    assert pid not in readers.pids


async def test_nothing_runs_before_the_first_page_and_after_the_end(odd):
    async with odd(workers=2, seconds=30) as readers:
        assert not readers.pids
        reading = [asyncio.create_task(readers.facts_of(page)) for page in (Saved("spin"), USUAL)]
        await reading[1]
        pids = readers.pids
        assert len(pids) == 2
    assert not readers.pids
    assert not any(is_there(pid) for pid in pids)
    assert (await reading[0]).state is PageState.UNREADABLE


async def test_readers_nobody_closed_end_when_nobody_holds_them(odd):
    readers = PageReaders(workers=1)
    await readers.facts_of(USUAL)
    (pid,) = readers.pids
    del readers
    assert await asyncio.to_thread(ends, pid)


async def test_a_worker_is_kept_for_the_next_page_however_large_its_parent_is(odd):
    large = b"x" * SMALL
    readers = odd(workers=1)
    await readers.facts_of(USUAL)
    pids = readers.pids
    del large
    await readers.facts_of(USUAL)
    assert readers.pids == pids != frozenset()


async def test_a_worker_that_has_grown_is_replaced(odd):
    readers = odd(workers=1, seconds=30)
    await readers.facts_of(Saved("grow"))
    assert not readers.pids


async def test_a_worker_has_none_of_our_environment_and_opens_nothing(odd, monkeypatch):
    monkeypatch.setenv("LAUNCH_REVIEW_SECRET_KEY", "must not be seen")
    told = json.loads((await odd(workers=1).facts_of(Saved("who"))).text)
    assert "LAUNCH_REVIEW_SECRET_KEY" not in told["environment"]
    assert set(told["environment"]) <= {"LC_CTYPE"}
    assert told["opened"] == "OSError"
    assert told["cwd"] == "/"


async def test_words_of_a_worker_reach_no_terminal(odd, capfd):
    await odd(workers=1).facts_of(Saved("write"))
    assert capfd.readouterr() == ("", "")


async def test_the_terminal_s_ctrl_c_does_not_reach_a_worker(odd):
    readers = odd(workers=1)
    await readers.facts_of(USUAL)
    (pid,) = readers.pids
    assert os.getsid(pid) != os.getsid(0)
    assert os.getpgid(pid) != os.getpgid(0)


PARENT = """
import asyncio, sys, time
from checklist.pages import Saved
from checklist.pages.workers import PageReaders

async def main():
    readers = PageReaders(workers=1, seconds=1.0, reading="odd_reading:read")
    await readers.facts_of(Saved("<p>x"))
    print(*readers.pids, flush=True)
    if sys.argv[1] == "busy":
        await asyncio.sleep(0)
        await readers.facts_of(Saved("spin"))
    time.sleep(600)

asyncio.run(main())
"""


@pytest.mark.parametrize("busy", ["idle", "busy"])
async def test_a_worker_ends_with_a_parent_that_was_killed(odd, tmp_path, busy):
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        busy,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )
    odd()
    pid = int(await parent.stdout.readline())
    await asyncio.sleep(0.3)
    parent.kill()
    await parent.wait()
    assert await asyncio.to_thread(ends, pid)


def ends(pid):
    """Whether the process ends within a while; where nobody collects orphans they stay as zombies."""
    deadline = time.monotonic() + 20
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def is_running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_readers_serve_one_event_loop_after_another_and_two_at_once(odd):
    readers = odd(workers=2)
    assert [asyncio.run(readers.facts_of(USUAL)).title for _ in range(2)] == ["Usual", "Usual"]
    assert len(readers.pids) == 1
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(asyncio.run(readers.facts_of(USUAL)).title)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Usual"] * 4


async def test_a_process_that_cannot_start_is_our_fault_and_not_the_page_s(capfd):
    async with PageReaders(workers=1, reading="no_such_module:read") as readers:
        with pytest.raises(WorkerFailed):
            await readers.facts_of(USUAL)
        assert not readers.pids
    assert "no_such_module" in capfd.readouterr().err


async def test_a_real_page_that_passes_the_scan_and_is_slow_is_stopped():
    slow = Saved("<span>" * 1_900 + "words " * 1_300_000)
    async with PageReaders(workers=1, seconds=0.02) as readers:
        assert (await readers.facts_of(slow)).state is PageState.UNREADABLE


@pytest.fixture(scope="module")
def readers():
    shared = PageReaders(workers=1)
    yield shared
    shared.close()


async def test_facts_of_real_pages_are_the_same_here_and_there(shared_data, readers):
    folder = shared_data / "pages"
    entries = json.loads((folder / "index.json").read_text())["entries"]
    for entry in entries:
        page = saved_from((folder / entry["file"]).read_text("utf-8", "replace"), entry["file"], status=200)
        assert await readers.facts_of(page) == facts_of(page), entry["file"]
    assert len(entries) > 100


PIECES = st.sampled_from(
    [
        "<title>",
        "<h1>",
        "<p>",
        "</p>",
        "<a href='/x'>",
        "<a href=https://segment.com/?utm_source=a>",
        "<nav>",
        "<form action=/go method=post><input type=hidden name=a value=b>",
        "<button onclick=\"location='/x'\">Enable with Segment",
        "<script>let a = '<b>'</script>",
        "<time datetime='2026-11-23'>",
        "<meta name=date content=2026-11-23>",
        '<script type="application/ld+json">{"datePublished": "2026-01-02"}</script>',
        "<img alt='Segment'>",
        "<ol><li>",
        "# Heading\n",
        "[a](https://acme.example/)",
        "---\ndate: 2026-11-23\n---\n",
        "<meta http-equiv=refresh content=0>",
        "\x00",
        "\ud800",
        "\u2028",
    ]
)
PAGES = st.builds(
    Saved,
    text=st.lists(PIECES | st.text(max_size=20), max_size=30).map("".join),
    form=st.sampled_from(["html", "markdown", "template", "code"]),
    url=st.none() | st.just("https://acme.example/docs/"),
    status=st.none() | st.sampled_from([200, 404, 503]),
    headers=st.sampled_from([(), (("cf-mitigated", "challenge"),)]),
)


@given(page=PAGES)
@settings(max_examples=200)
def test_facts_of_any_page_are_the_same_here_and_there(readers, page):
    assert asyncio.run(readers.facts_of(page)) == facts_of(page)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 2"><title>Acme</title><script/></svg>'


async def test_drawings_are_read_there_too(readers):
    assert await readers.svg_facts(SVG) == svg_facts(SVG)
    assert await readers.svg_facts(b"<svg/>") == svg_facts(b"<svg/>")
    for body in (b"\x89PNG", b"<html/>", b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>", b"<svg"):
        with pytest.raises(NoSvg) as here:
            svg_facts(body)
        with pytest.raises(NoSvg) as there:
            await readers.svg_facts(body)
        assert str(there.value) == str(here.value)


async def test_a_drawing_that_takes_too_long_is_unreadable():
    large = b"<svg>" + b"<g style='fill:url(#a)'/>" * 49_000 + b"</svg>"
    async with PageReaders(workers=1, seconds=0.01) as few:
        with pytest.raises(Unreadable, match=r"took longer than 0\.01 seconds to read"):
            await few.svg_facts(large)


def test_facts_have_no_field_that_is_not_handed_over():
    assert set(handover._FIELDS) == set(PageFacts.__dataclass_fields__)
