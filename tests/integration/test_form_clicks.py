"""A few reviewers at the same pages, some of them stale: what they were told is what the database holds."""

import random
from collections import Counter
from contextlib import ExitStack

import httpx

from bench.clicking.forms import Click, Reviewer
from bench.clicking.serving import serving
from bench.clicking.world import AT, counted, desk_over, filled
from desk.acts import Act
from desk.signing.cookie import PLAIN
from models.database import Database

SEED, CLICKS = 1, 120


def test_each_accepted_click_has_its_effect_and_each_refused_one_says_who_changed_what(database: Database):
    """Whoever acts does so from a page that others may have acted on since they opened it."""
    world = filled(database, reviewers=5, submissions=3)
    chance = random.Random(SEED)
    clicks: list[Click] = []
    with ExitStack() as opened:
        address = opened.enter_context(serving(desk_over(database, lambda: AT)))
        people = [
            Reviewer(person, opened.enter_context(browser(address, secret)), random.Random(person), world.people)
            for person, secret in world.secrets.items()
        ]
        while len(clicks) < CLICKS:
            one, submission = chance.choice(people), chance.choice(world.submissions)
            if submission not in one.open:
                one.look(submission)
            elif (click := one.act(submission)) is not None:
                clicks.append(click)
    with database.read() as session:
        assert counted(session, world, clicks) == []
    done, refused = Counter(click.act for click in clicks if click.is_done), Counter(click.status for click in clicks)
    assert refused[409] > 10
    assert {Act.CLAIM, Act.ASSIGN, Act.RELEASE, Act.WAIVE, Act.NOTE, Act.UNDO} <= done.keys()
    assert done.keys() & {Act.APPROVE, Act.REQUEST_CHANGES, Act.REJECT}


def browser(address: str, secret: str) -> httpx.Client:
    return httpx.Client(base_url=address, cookies={PLAIN: secret}, timeout=30)
