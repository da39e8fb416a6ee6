"""What the measurement of business time compares with stays apart from what the project is made of."""

import re
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def pinned(file):
    lines = (REPOSITORY / file).read_text().splitlines()
    return {match[1] for line in lines if (match := re.match(r"([a-z0-9._-]+)==", line))}


def test_what_the_bench_installs_pins_nothing_that_the_project_pins():
    assert pinned("bench/requirements.txt") == {"businesstimedelta", "pandas", "workclock"}
    assert pinned("bench/requirements.txt").isdisjoint(pinned("constraints.txt"))


def test_no_committed_pin_names_where_it_is_fetched_from():
    text = (REPOSITORY / "bench/requirements.txt").read_text()
    assert not re.search(r"^--|://", text, re.MULTILINE)
