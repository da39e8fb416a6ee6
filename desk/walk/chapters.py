"""The story of the walk, chapter by chapter."""

from dataclasses import dataclass

from sqlalchemy import func, select

from desk.walk.scene import Scene, graduation_of, say
from models.audit import AuditEntry
from models.enums import DecisionKind, IntegrationStage, SubmissionStage
from models.event import Event
from models.integration import Integration
from models.submission import Submission
from review.actions import assigning
from review.results import as_value, current_audit_results
from sample.customers import SampleCustomers
from sample.people import LEAD, REVIEWER
from sample.sites import SampleSites


@dataclass
class Chapters:
    """What happens, and to whom."""

    scene: Scene
    sites: SampleSites
    customers: SampleCustomers

    async def all_of_them(self) -> None:
        await self.scene.messages()
        await self.access()
        await self.a_good_launch()
        await self.a_launch_with_faults()
        await self.nobody_answers()
        await self.out_of_public_beta()
        self.what_it_came_to()

    async def access(self) -> None:
        _chapter("Quillharbor asks for access")
        number = self.scene.sends("quillharbor-access")
        await self.scene.in_review(number)
        self.scene.verdict(number)
        self.scene.due(number)
        self.scene.attests(number, REVIEWER)
        self.scene.decides(number, DecisionKind.APPROVE, REVIEWER, "A good fit: welcome to the Developer Center.")
        await self.scene.reaches("quillharbor", IntegrationStage.BUILDING)
        await self.scene.messages()

    async def a_good_launch(self) -> None:
        _chapter("Quillharbor submits its integration, and everything holds")
        number = self.scene.sends("quillharbor-launch")
        await self.scene.in_review(number)
        self.scene.verdict(number)
        self.scene.due(number)
        word = "Thank you! I am following your documentation today."
        with self.scene.acting(number, REVIEWER) as (session, submission, by):
            assigning.claim(session, submission, by=by, at=self.scene.here.now(), message=word)
        say(f"  {REVIEWER.name} takes it with a word to the partner: the first response is given")
        self.scene.attests(number, REVIEWER)
        reason = "Everything works as you describe it. Well done."
        self.scene.decides(number, DecisionKind.APPROVE, REVIEWER, reason)
        await self.scene.reaches("quillharbor", IntegrationStage.PUBLIC_BETA)
        await self.scene.messages()

    async def a_launch_with_faults(self) -> None:
        _chapter("Mossbeacon submits with the usual faults")
        number = self.scene.sends("mossbeacon-launch")
        await self.scene.in_review(number)
        self.scene.verdict(number)
        reason = "A promising integration. Please mend what is listed and send it again; nothing else is missing."
        self.scene.decides(number, DecisionKind.REQUEST_CHANGES, REVIEWER, reason)
        await self.scene.messages()
        self.sites.fix_pages()
        say("  Mossbeacon mends its pages and sends the submission again")
        self.scene.sends("mossbeacon-launch-corrected")
        await self.scene.in_review(number)
        self.scene.verdict(number)
        self.scene.attests(number, REVIEWER)
        reason = "All mended, and quickly. Welcome to the catalog."
        self.scene.decides(number, DecisionKind.APPROVE, REVIEWER, reason)
        await self.scene.reaches("mossbeacon", IntegrationStage.PUBLIC_BETA)
        await self.scene.messages()

    async def nobody_answers(self) -> None:
        _chapter("Thistlewick asks for access, and nobody answers: the ladder")
        number = self.scene.sends("thistlewick-access")
        await self.scene.in_review(number)
        self.scene.due(number)
        while self.scene.has_a_rung_left(number):
            await self.scene.next_rung(number)
            await self.scene.messages()
        self.scene.attests(number, LEAD)
        self.scene.decides(number, DecisionKind.APPROVE, LEAD, "Sorry for the wait: welcome to the Developer Center.")
        await self.scene.reaches("thistlewick-surveys", IntegrationStage.BUILDING)
        await self.scene.messages()

    async def out_of_public_beta(self) -> None:
        _chapter("Larkenfell has been in Public Beta for 455 days: why, and the way out")
        await self._audited()
        self.sites.publish_button()
        self.customers.add_customer(at=self.scene.here.now())
        say("  Larkenfell shows the button, and its third customer goes into production; the audit looks again")
        await self._audited()
        number = await self._proposed()
        await self.scene.in_review(number)
        self.scene.verdict(number)
        reason = "Three customers use it and the button works. Congratulations!"
        self.scene.decides(number, DecisionKind.APPROVE, REVIEWER, reason)
        await self.scene.reaches("larkenfell", IntegrationStage.PUBLIC)
        await self.scene.messages()

    def what_it_came_to(self) -> None:
        _chapter("What it came to")
        with self.scene.here.database.read() as session:
            stages = session.execute(
                select(Integration.name, Integration.stage, Integration.stage_since).order_by(Integration.id)
            ).all()
            events = session.scalar(select(func.count()).select_from(Event)) or 0
            closed = session.scalar(
                select(func.count()).select_from(Submission).where(Submission.stage == SubmissionStage.APPROVED)
            )
        for name, stage, since in stages:
            say(f"  {name:<28} {stage.value.replace('_', ' '):<12} since {since:%d %b %Y}")
        say(f"  {closed} submissions approved, {events} events recorded")

    async def _audited(self) -> None:
        from flows.audit import audit  # noqa: PLC0415 - imports Prefect, so after its environment

        await audit(slugs=["larkenfell"], asked_by="the walk")
        with self.scene.here.database.read() as session:
            integration = session.scalars(select(Integration).where(Integration.slug == "larkenfell")).one()
            entry = session.scalars(
                select(AuditEntry)
                .where(AuditEntry.integration_id == integration.id)
                .order_by(AuditEntry.audit_run_id.desc())
            ).first()
            ready = {True: "ready for Public", False: "not ready for Public", None: "undecided"}
            said = ready[entry.ready_for_public] if entry is not None else "not audited"
            say(f"  engine: audited, {said}")
            for row in current_audit_results(session, integration.id):
                value = as_value(row)
                if value.outcome.value == "failed":
                    say(f"    ✗ {value.item}: {value.summary}")

    async def _proposed(self) -> int:
        await self.scene.until(
            "the graduation is proposed", lambda session: graduation_of(session, "larkenfell") is not None
        )
        with self.scene.here.database.read() as session:
            proposed = graduation_of(session, "larkenfell")
            return proposed.id if proposed is not None else 0


def _chapter(title: str) -> None:
    say("", title)
