"""The partner's monthly message from the audit to the mail server: what lacks, the way out, once a month, and quiet."""

from dataclasses import replace
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import select

from flows.deliver import deliver
from flows.prompt_partners import prompt_partners
from flows.wiring import Ports, using, wire
from models.database import Database
from models.delivery import Delivery
from models.enums import ChosenCategory, DeliveryStage, EventName, How, Outcome, Role
from models.integration import Integration
from models.people import Person
from review.actions.preferring import prefer
from settings import Settings
from tests.building import NOW, V1, after, audited, live, person
from tests.fixtures.smtp_server import SmtpServer, smtp_server

BUTTON = {"oauth.button": Outcome.FAILED}
BOTH = BUTTON | {"customers.active": Outcome.FAILED}
MENDED_ON, LAST_DAY = 75, 96
"""Days after the launch: the button is built; the last day that is looked at."""


class Programme:
    """One integration in Public Beta, whose partner has two people, day after day."""

    def __init__(self, database: Database, here: Ports, mails: SmtpServer) -> None:
        self.database, self.here, self.mails = database, here, mails
        with database.write.begin() as session:
            integration = live(session)
            person(session, "Second", Role.PARTNER, partner=integration.partner)

    async def day(self, number: int) -> list[tuple[str, str, str]]:
        """Audit, sweep, deliver: who got which mail about Public that day."""
        at = after(days=number)
        with self.database.write.begin() as session:
            integration = session.scalars(select(Integration)).one()
            audited(session, integration, BOTH if number < MENDED_ON else {"customers.active": Outcome.FAILED}, at=at)
        before = len(self.mails.got)
        with using(replace(self.here, now=lambda: at)):
            await prompt_partners.fn()
            await deliver.fn()
        return [
            (mail["to"].addresses[0].addr_spec, str(mail["subject"]), _text(mail))
            for mail in self.mails.got[before:]
            if "missing for Public" in str(mail["subject"])
        ]

    def opts_out(self, name: str) -> None:
        with self.database.write.begin() as session:
            one = session.scalars(select(Person).where(Person.name == name)).one()
            prefer(session, one, ChosenCategory.REMINDER, how=How.OFF)


def _text(mail: EmailMessage) -> str:
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def test_a_quarter_in_public_beta_as_the_partner_reads_it(sqlite_database: Database, folder):
    async with smtp_server() as mails:
        settings = Settings(
            data=folder,
            smtp_url=f"smtp://127.0.0.1:{mails.port}",
            mail_from="review@desk.example",
            base_url="https://desk.example",
            secret_key="a key for the tests, long enough",
        )
        with using(replace(wire(settings), database=sqlite_database)) as here:
            programme = Programme(sqlite_database, here, mails)
            got = {}
            for number in range(1, LAST_DAY):
                if number == 45:
                    programme.opts_out("Second")
                if said := await programme.day(number):
                    got[NOW.date() + timedelta(days=number)] = said

    one, two = "contact@acme.example", "second@example.test"
    assert {day: [to for to, _, _ in said] for day, said in got.items()} == {
        date(2026, 12, 23): [one, two],
        date(2027, 1, 25): [one],  # a month later is a Saturday
        date(2027, 2, 25): [one],  # something changed, so it is told again
    }
    (_, subject, text), *_ = got[date(2026, 12, 23)]
    assert subject == "Acme: 2 things are missing for Public"
    for item in BOTH:
        assert f"{V1.item(item).title}\n   {item} failed\n   Missing since 24 November 2026" in text
    assert text.count("To fix it: mend it") == 2
    assert "https://desk.example/partner/integrations/acme" in text
    assert "no deadline" in text
    (_, _, last) = got[date(2027, 1, 25)][0]
    assert "we don't write about this again until something does" in last
    ((_, subject, changed),) = got[date(2027, 2, 25)]
    assert subject == "Acme: 1 thing is missing for Public"
    assert V1.item("oauth.button").title not in changed
    with sqlite_database.read() as session:
        mine = [
            one for one in session.scalars(select(Delivery)) if one.message.get("event") == EventName.GRADUATION_MISSING
        ]
        skipped = [(one.recipient, one.stage) for one in mine if one.stage is not DeliveryStage.SENT]
    assert skipped == [(two, DeliveryStage.SKIPPED)] * 2
