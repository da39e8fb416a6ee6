from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from checklist.customers.file import CustomersFile
from checklist.fetch import Fetcher, Limits
from checklist.rulebook import current
from flows.catalog import FileCatalog
from flows.steps import Steps
from flows.wiring import Ports
from models.clock import Clock
from models.enums import FindingStage, IntegrationStage, SubmissionKind, SubmissionStage, TargetName
from models.event import Event, UnplannedEvent
from models.integration import Integration
from models.people import Person
from models.result import Finding
from models.submission import Submission
from notifications.programme import ProgrammeSettings
from review import clock as rules
from review.actions.clocks import ladder_of, state_of
from review.calendars import compiled
from review.path import Step
from review.vault import Vault
from sample.customers import SampleCustomers
from sample.load import SampleProgramme
from sample.people import CONTACTS, PEOPLE
from sample.sites import SampleSites
from sample.story import audit

MONDAY = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
INSTANTS = [
    pytest.param(MONDAY, id="a Monday in the morning"),
    pytest.param(datetime(2026, 11, 28, 3, 0, tzinfo=UTC), id="the night after Thanksgiving"),
    pytest.param(datetime(2027, 1, 4, 17, 0, tzinfo=UTC), id="the first opening of a year"),
]


@pytest.fixture
def at(request):
    return getattr(request, "param", MONDAY)


@pytest.fixture
async def sites(tmp_path, at):
    async with SampleSites(tmp_path, at=at) as served:
        yield served


@pytest.fixture
def ports(sqlite_database, sites, tmp_path, at):
    return Ports(
        database=sqlite_database,
        fetcher=lambda: Fetcher(hosts=sites.hosts, tls=sites.client_tls(), limits=Limits(spacing_seconds=0.0)),
        channels={},
        programme=ProgrammeSettings(base_url="http://127.0.0.1:8300", channels=frozenset()),
        catalog=FileCatalog(tmp_path / "catalog.json"),
        vault=Vault("a key for the tests"),
        customers=CustomersFile(SampleCustomers(tmp_path / "customers.json", at=at).path),
        rulebook=current,
        now=lambda: at,
        worker="test",
    )


@pytest.fixture
async def session(ports, sites, at):
    await SampleProgramme(ports, sites, at=at).load()
    with ports.database.read() as opened:
        yield opened


def only(session, table, **having):
    return session.scalars(select(table).filter_by(**having)).one()


@pytest.mark.parametrize("at", INSTANTS, indirect=True)
async def test_the_queue_has_a_submission_in_every_stage(session, ports, sites, at):
    stages = {integration.slug: integration.stage for integration in session.scalars(select(Integration))}
    assert stages == {
        "ambervane": IntegrationStage.PUBLIC,
        "larkenfell": IntegrationStage.PUBLIC_BETA,
        "quillharbor": IntegrationStage.BUILDING,
        "mossbeacon": IntegrationStage.BUILDING,
        "thistlewick-surveys": IntegrationStage.REQUESTED,
    }
    assert {one.external_id: one.stage for one in session.scalars(select(Submission))} == {
        "ambervane-launch": SubmissionStage.APPROVED,
        "graduation-ambervane-1": SubmissionStage.APPROVED,
        "larkenfell-launch": SubmissionStage.APPROVED,
        "quillharbor-access": SubmissionStage.APPROVED,
        "quillharbor-launch": SubmissionStage.IN_REVIEW,
        "mossbeacon-launch": SubmissionStage.CHANGES_REQUESTED,
        "thistlewick-access": SubmissionStage.SUBMITTED,
    }
    instants = session.scalars(select(Event.at).order_by(Event.id)).all()
    assert instants == sorted(instants)
    assert instants[-1] <= at
    people = session.scalars(select(Person.email)).all()
    assert sorted(people) == sorted(person.email for person in (*PEOPLE, *CONTACTS.values()))

    await _quillharbor_waits_close_to_its_next_warning(session, at)
    _mossbeacon_was_told_what_to_mend(session)
    _what_has_launched_is_in_the_catalog(session, ports)
    _only_news_is_still_to_be_told(session, at)
    await _a_second_load_changes_nothing(ports, sites, at)


async def _quillharbor_waits_close_to_its_next_warning(session, at):
    submission = only(session, Submission, external_id="quillharbor-launch")
    clock = only(session, Clock, submission_id=submission.id, target=TargetName.FIRST_RESPONSE)
    calendar = compiled(clock.calendar)
    used = calendar.elapsed(clock.started_at, at) / clock.target_seconds

    assert clock.stopped_at is None
    assert clock.due_at > at
    assert used == pytest.approx(0.7, abs=0.001)
    told_at_start = rules.next_fire(calendar, state_of(clock), ladder_of(clock), told=0)
    assert told_at_start.rung.name == "50"


async def test_the_stuck_one_is_proposed_for_public_once_it_has_a_button_and_a_third_customer(
    ports, sites, tmp_path, at
):
    await SampleProgramme(ports, sites, at=at).load_launched()
    path = Steps(ports, "larkenfell")
    customers = SampleCustomers(tmp_path / "customers.json", at=at)

    await audit(ports, ["larkenfell"])
    assert Step.PROPOSE_GRADUATION not in await path.due()

    sites.publish_button()
    customers.add_customer(at=at)
    await audit(ports, ["larkenfell"])
    assert Step.PROPOSE_GRADUATION in await path.due()


async def test_a_walk_begins_with_what_has_launched_and_nothing_else(ports, sites, at):
    await SampleProgramme(ports, sites, at=at).load_launched()

    with ports.database.read() as session:
        stages = dict(session.execute(select(Integration.slug, Integration.stage)).all())
    assert stages == {"ambervane": IntegrationStage.PUBLIC, "larkenfell": IntegrationStage.PUBLIC_BETA}


def _mossbeacon_was_told_what_to_mend(session):
    submission = only(session, Submission, external_id="mossbeacon-launch")
    findings = session.scalars(select(Finding).where(Finding.submission_id == submission.id)).all()

    assert len(findings) == 5
    assert {finding.stage for finding in findings} == {FindingStage.OPEN}
    assert all(finding.fix for finding in findings)


def _what_has_launched_is_in_the_catalog(session, ports):
    assert ports.catalog.status("ambervane") == "PUBLIC"
    assert ports.catalog.status("larkenfell") == "PUBLIC_BETA"
    assert ports.catalog.status("quillharbor") is None
    graduation = only(session, Submission, kind=SubmissionKind.GRADUATION)
    assert graduation.submitted_by_id is None


def _only_news_is_still_to_be_told(session, at):
    untold = session.scalars(select(Event).join(UnplannedEvent, UnplannedEvent.event_id == Event.id)).all()

    assert untold
    assert all(event.at >= at - timedelta(hours=1) for event in untold)


async def _a_second_load_changes_nothing(ports, sites, at):
    def events():
        with ports.database.read() as session:
            return session.scalar(select(func.count()).select_from(Event))

    before = events()
    await SampleProgramme(ports, sites, at=at).load()
    assert events() == before
