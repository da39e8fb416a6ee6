"""What it costs to read pages in a process that can be killed, beside reading them here.

    .venv/bin/python bench/reading.py [--pages 200]

Pages of about 100 KB as sites make them: a navigation, prose with links, cards, scripts. Read one after the other,
here and through a worker in turn, each page both ways; then all at once with two workers; and workers are started anew.

The last line is JSON; `ratio` is the median time of a page through a worker over the median time here.
"""

import argparse
import asyncio
import json
from statistics import median
from time import perf_counter

from checklist.pages import Saved, facts_of
from checklist.pages.workers import PageReaders

STARTS = 7


def page(number: int) -> Saved:
    navigation = "".join(f'<li><a href="/part-{part}">Part {part}</a></li>' for part in range(60))
    cards = "".join(
        f'<div class="card card-{card}"><img alt="Tool {card}" src="/logo-{card}.svg"><h3>Tool {card}</h3>'
        f"<p>Connect tool {card} with Segment in <b>three</b> steps, page {number}. "
        f'<a href="/tool-{card}">More</a></p></div>'
        for card in range(280)
    )
    prose = "".join(f"<h2>Step {step}</h2><p>{'Open the settings and paste the key. ' * 12}</p>" for step in range(30))
    script = "<script>" + "window.data = window.data || [];" * 600 + "</script>"
    return Saved(
        f"<title>Page {number}</title><nav><ul>{navigation}</ul></nav><main>{prose}{cards}</main>{script}",
        url=f"https://tool-{number}.example/integrations",
        status=200,
    )


async def measure(pages: list[Saved]) -> dict[str, float]:
    here, there, starts = [], [], []
    async with PageReaders(workers=2) as readers:
        await readers.facts_of(pages[0])
        for each in pages:
            begun = perf_counter()
            facts = facts_of(each)
            here.append(perf_counter() - begun)
            begun = perf_counter()
            same = await readers.facts_of(each) == facts
            there.append(perf_counter() - begun)
            if not same:
                raise SystemExit(f"{each.url}: other facts there than here")
        begun = perf_counter()
        await asyncio.gather(*(readers.facts_of(each) for each in pages))
        at_once = perf_counter() - begun
    for _ in range(STARTS):
        async with PageReaders(workers=1) as one:
            begun = perf_counter()
            await one.facts_of(Saved("<p>A page</p>"))
            starts.append(perf_counter() - begun)
    return {
        "here_ms": round(1_000 * median(here), 2),
        "worker_ms": round(1_000 * median(there), 2),
        "two_workers_ms": round(1_000 * at_once / len(pages), 2),
        "start_ms": round(1_000 * median(starts), 1),
        "ratio": round(median(there) / median(here), 2),
    }


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--pages", type=int, default=200)
    pages = [page(number) for number in range(arguments.parse_args().pages)]
    size = round(len(pages[0].text) / 1_000)
    print(json.dumps({"bench": "reading", "page_kb": size} | asyncio.run(measure(pages))))


if __name__ == "__main__":
    main()
