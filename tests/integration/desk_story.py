"""A small programme in which everything a page shows happens once, built by the verbs themselves."""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from checklist.dossier import Dossier
from checklist.outcome import CheckResult, Evidence
from checklist.rulebook import Rulebook
from desk.assembling import assemble
from desk.hosts import LOOPBACK_NAMES
from desk.rendering import Desk
from desk.reporting.asking import REPORTS
from models.database import Database
from models.delivery import Delivery
from models.enums import (
    ChannelName,
    DecisionKind,
    DeliveryStage,
    EventName,
    GateName,
    ItemMode,
    Outcome,
    Role,
)
from models.event import Event
from models.people import Person
from models.submission import Submission
from review.actions import asking, assigning, attesting, auditing, checking, deciding, launching, submitting, watching
from review.actions.auditing import Judged
from review.actions.companies import add_person
from review.vault import Vault
from sample.partners import document
from tests.fixtures.signing import ActingAs

NOW = datetime(2026, 11, 23, 18, tzinfo=UTC)
"""A Monday, ten o'clock where the team is."""

RULEBOOK = Rulebook.load("v1")
SECRET = "sample-ferry-lantern-41"
REVIEWER = "rosa@team.test"
HOSTILE_NAME = "<script>alert('partner')</script> & Söhne"
HOSTILE_TEXT = '"><img src=x onerror=alert(1)> \u202egnp.tpircs'
HOSTILE_ADDRESS = "javascript:alert(document.domain)"


def before(*, days: float = 0, hours: float = 0) -> datetime:
    return NOW - timedelta(days=days, hours=hours)


@dataclass
class Story:
    """Ids of what happened, by the partner it happened to."""

    rosa: Person
    idris: Person
    ids: dict[str, int] = field(default_factory=dict)
    slugs: dict[str, str] = field(default_factory=dict)


def results(submission: Submission, at: datetime, said: Mapping[str, CheckResult] | None = None) -> list[CheckResult]:
    """Everything a check looks at passed, unless `said` knows better."""
    items = RULEBOOK.items_of(submission.gate, (), submission.kind)
    given = said or {}
    return [
        given.get(item.id)
        or CheckResult(
            item.id,
            Outcome.UNKNOWN if item.mode is ItemMode.ASSISTED else Outcome.PASSED,
            "looked at, and it is as asked" if item.mode is not ItemMode.ASSISTED else "a person has to compare",
            evidence=(
                Evidence(
                    "page",
                    "Segment · Send events from Segment to us. Connect in two minutes.",
                    url="https://www.example.test/integrations?page=1",
                    status=200,
                    at=at,
                ),
            ),
        )
        for item in items
        if item.mode is not ItemMode.MANUAL
    ]


def failed(item: str, summary: str, **more: Any) -> CheckResult:
    return CheckResult(item, Outcome.FAILED, summary, **more)


def send(session: Session, dossier: Dossier, at: datetime) -> Submission:
    return submitting.submit(session, dossier, by=None, at=at, rulebook=RULEBOOK, vault=Vault("x" * 32)).submission


def check(
    session: Session, submission: Submission, at: datetime, said: Mapping[str, CheckResult] | None = None
) -> None:
    submitting.acknowledge(session, submission, at=at)
    checking.take_results(
        session, submission, results(submission, at, said), revision=submission.revision, inputs={}, at=at
    )
    checking.open_review(session, submission, at=at)


def sample(name: str, **changes: Any) -> Dossier:
    return Dossier.parse(document(name) | changes, name)


def tell(session: Session) -> Story:
    """Everything, in the order in which it happened."""
    rosa = add_person(
        session, name="Rosa Lindqvist", email=REVIEWER, roles=frozenset({Role.REVIEWER}), at=before(days=90)
    )
    idris = add_person(
        session, name="Idris Falkenrath", email="idris@team.test", roles=frozenset({Role.LEAD}), at=before(days=90)
    )
    story = Story(rosa, idris)
    for happen in (live_since_spring, sent_back, nobody_answered, with_rosa, asked_for_access, hostile):
        happen(session, story)
    watching.sweep(session, at=NOW, limit=100)
    deliveries(session)
    return story


@cache
def told_once(template: Path) -> tuple[Path, Story]:
    """A file of the story, told in a copy of a migrated file."""
    file = template.with_name("story.sqlite")
    shutil.copyfile(template, file)
    database = Database(f"sqlite:///{file}")
    with database.write.begin() as session:
        story = tell(session)
    database.close()
    return file, story


def story_in(database: Database, template: Path) -> Story:
    """The story in a SQLite database that nobody has opened yet."""
    file, story = told_once(template)
    shutil.copyfile(file, str(database.engine.url.database))
    return story


def live_since_spring(session: Session, story: Story) -> None:
    """Launched long ago, fallen once, and ready for Public now."""
    launch = send(session, sample("larkenfell-launch"), before(days=200))
    check(session, launch, before(days=200))
    deciding.decide(
        session,
        launch,
        DecisionKind.APPROVE,
        by=story.idris,
        at=before(days=199),
        reason="All there. Welcome to the catalog.",
    )
    launching.take_effect(session, launch, at=before(days=199))
    integration = launch.integration
    run = auditing.begin_run(session, [integration.id], rulebook=RULEBOOK, asked_by="schedule", at=before(hours=9))
    found = [
        CheckResult(item.id, Outcome.PASSED, "still holds")
        for item in RULEBOOK.items
        if item.live and item.gate is not GateName.ACCESS
    ]
    entry = auditing.take_judged(session, run, Judged(integration.id, found, {}), at=before(hours=9))
    assert entry is not None
    auditing.finish_run(session, run, at=before(hours=9))
    graduation = launching.propose_graduation(
        session,
        integration,
        [CheckResult("customers.active", Outcome.PASSED, "five customers in the last 30 days")],
        rulebook=RULEBOOK,
        at=before(hours=9),
    )
    assert graduation is not None
    story.ids |= {"larkenfell-launch": launch.id, "larkenfell": graduation.id}
    story.slugs["larkenfell"] = integration.slug


def sent_back(session: Session, story: Story) -> None:
    """Changes requested: the partner's turn, the clocks wait; one item is waived."""
    submission = send(session, sample("mossbeacon-launch"), before(days=13))
    check(
        session,
        submission,
        before(days=13),
        {
            "marketing.integrations_page": failed(
                "marketing.integrations_page",
                "the page speaks of segments of customers, never of Segment",
                expected="Segment among the listed integrations",
                fix="Add Segment, with its logo from the brand kit, to the list.",
                evidence=(
                    Evidence(
                        "page",
                        "Build segments. Reach the right segment at the right time.",
                        url="https://www.mossbeacon.example/integrations",
                        status=200,
                        at=before(days=13),
                    ),
                ),
            ),
            "catalog.mark": failed("catalog.mark", "the mark is 240 by 120", expected="a square SVG"),
            "docs.partner": CheckResult("docs.partner", Outcome.WARNED, "the page has no heading about set-up"),
            "marketing.blog_post": CheckResult("marketing.blog_post", Outcome.UNKNOWN, "the site answered 403"),
        },
    )
    attesting.waive(
        session,
        submission,
        "catalog.mark",
        by=story.idris,
        at=before(days=10),
        reason="A new mark is being drawn; the old one is fine for the beta.",
        until=date(2027, 1, 31),
    )
    deciding.decide(
        session,
        submission,
        DecisionKind.REQUEST_CHANGES,
        by=story.rosa,
        at=before(days=10),
        reason="Nearly there: please list Segment on your integrations page.",
    )
    story.ids["mossbeacon"] = submission.id


def nobody_answered(session: Session, story: Story) -> None:
    submission = send(session, sample("ambervane-launch"), before(days=10))
    check(session, submission, before(days=10))
    story.ids["ambervane"] = submission.id


def with_rosa(session: Session, story: Story) -> None:
    """Taken, asked about, answered, attested; nothing failed."""
    submission = send(session, sample("quillharbor-launch"), before(days=4))
    check(
        session,
        submission,
        before(days=4),
        {"test.volume": CheckResult("test.volume", Outcome.UNKNOWN, "ownership of the endpoint is not shown yet")},
    )
    assigning.claim(session, submission, by=story.rosa, at=before(days=3, hours=1))
    asking.ask_partner(
        session, submission, by=story.rosa, at=before(days=3), text="Which of the two regions should we test?"
    )
    contact = submission.submitted_by
    assert contact is not None
    asking.answer(session, submission, by=contact, at=before(hours=1.5), text="Please take the EU region.")
    attesting.attest(
        session,
        submission,
        "test.end_to_end",
        Outcome.PASSED,
        by=story.rosa,
        at=before(hours=1),
        reason="Followed both documents with the test account; events arrived within a minute.",
    )
    story.ids["quillharbor"] = submission.id
    story.slugs["quillharbor"] = submission.integration.slug


def asked_for_access(session: Session, story: Story) -> None:
    submission = send(session, sample("thistlewick-access"), before(hours=1))
    check(session, submission, before(hours=1))
    story.ids["thistlewick"] = submission.id


def hostile(session: Session, story: Story) -> None:
    """A partner who writes markup, and a check that saw more of it."""
    partner = {"name": HOSTILE_NAME, "website": HOSTILE_ADDRESS, "contact_email": "mallory@hostile.test"}
    dossier = sample(
        "quillharbor-launch",
        external_id="hostile-launch",
        partner=partner,
        integration={"slug": "hostile", "name": HOSTILE_NAME},
        notes=HOSTILE_TEXT,
    )
    submission = send(session, dossier, before(hours=2))
    check(
        session,
        submission,
        before(hours=2),
        {
            "docs.partner": failed(
                "docs.partner",
                HOSTILE_TEXT,
                expected=HOSTILE_TEXT,
                fix=HOSTILE_TEXT,
                evidence=(Evidence("page", HOSTILE_TEXT + "x" * 9_000, url=HOSTILE_ADDRESS, at=NOW),),
            )
        },
    )
    story.ids["hostile"] = submission.id
    story.slugs["hostile"] = submission.integration.slug


def deliveries(session: Session) -> None:
    """One message of each stage, as the outbox would have left them."""
    acknowledged = session.query(Event).filter_by(name=EventName.SUBMISSION_ACKNOWLEDGED.value)
    for number, (event, stage) in enumerate(zip(acknowledged, DeliveryStage, strict=False)):
        settled = stage not in {DeliveryStage.PLANNED, DeliveryStage.SENDING}
        session.add(
            Delivery(
                event_id=event.id,
                channel=ChannelName.MAIL,
                recipient=f"partner{number}@example.test",
                subject=f"submission:{event.submission_id}",
                message={"title": f"We have your submission {HOSTILE_TEXT}", "text": HOSTILE_TEXT} if number else {},
                stage=stage,
                attempts=number,
                next_try_at=None if settled else NOW + timedelta(minutes=5),
                leased_until=NOW if stage is DeliveryStage.SENDING else None,
                repeat_possible=stage is DeliveryStage.UNCERTAIN,
                error="550 no such mailbox" if stage is DeliveryStage.DEAD else "",
                planned_at=event.at,
                settled_at=event.at if settled else None,
            )
        )


def pages(story: Story) -> Iterable[str]:
    """Every page there is, with each kind of content."""
    yield from ("/", "/?show=unassigned", "/?show=breaching", "/?show=partner", "/?show=graduation")
    yield from (f"/submissions/{number}" for number in story.ids.values())
    yield from ("/integrations", "/integrations?stage=public_beta", "/integrations?stage=declined")
    yield from (f"/integrations/{slug}" for slug in story.slugs.values())
    yield from ("/deliveries", "/deliveries?stage=dead", "/deliveries?channel=mail&subject=submission:1")
    yield from (f"/deliveries/{number}" for number in range(1, 1 + len(DeliveryStage)))
    yield from ("/reports", *(f"/reports/{name}" for name in REPORTS))
    yield from ("/reports/graduation/nudge", "/waivers", "/waivers?partner=no-such&ends_within=30&renewed=1")
    yield "/reports/sla?since=2026-01-01&until=2026-12-31&what_if=first_response=1bd"
    yield from (
        f"/queue/past?as_of={NOW.date()}",
        "/queue/past?as_of=2019-01-01",
        f"/reports/history?as_of={NOW.date()}",
    )
    yield from (
        "/audits",
        "/audits/1",
        "/people",
        "/people/1",
        "/rulebooks",
        "/rulebooks/v1",
        "/rulebooks?before=v1&after=v1",
    )
    yield from ("/calendars", "/calendars/team", "/calendars/team?month=2026-12", "/policies/v1", "/drift")
    yield from (
        "/events",
        "/events?kind=submission&person=rosa@example.test&integration=quillharbor",
        "/events?before=9",
    )
    yield "/no-such-page"


def desk_over(database: Database, clock: Callable[[], datetime] = lambda: NOW) -> Any:
    """The desk as the story's reviewer sees it."""
    return ActingAs(nobodys_desk(database, clock), database, REVIEWER, at=clock())


def nobodys_desk(database: Database, clock: Callable[[], datetime] = lambda: NOW) -> Any:
    """The desk as who isn't signed in reaches it."""
    return assemble(Desk(database, clock), names=LOOPBACK_NAMES)
