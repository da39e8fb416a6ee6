"""The whole simulation: everything live and all that is under way, under the rules of now and under a draft."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from checklist.again import Subject
from checklist.rulebook import Rulebook
from checklist.rulebook_diff import diff
from models.enums import QUEUED_SUBMISSION, AuditGrade, EventName, IntegrationStage, TargetName
from models.event import Event
from models.integration import Integration
from models.submission import Submission
from notifications.programme import ProgrammeSettings
from notifications.rehearsing import rehearse
from notifications.routing import Audience
from review import calendars, policies
from review.actions.launching import may_propose_graduation
from review.grandfathering import PASSED_GATES, Asked, passed_under
from review.simulating.dates import Suggestion, suggest
from review.simulating.effects import Effect, Line, Looked, Rules, falls, of_live, of_open, recovers
from review.simulating.reading import LiveRow, OpenRow, live_ids, live_rows, open_rows
from review.simulating.simulation import ItemTally, LiveLine, MessageTally, OpenLine, Queue, Simulation

NOBODYS: Final = ""
"""Stands for the partner of a message that goes to the team."""


def simulate(
    session: Session,
    draft: Rulebook,
    *,
    now: Rulebook,
    at: datetime,
    programme: ProgrammeSettings,
    progress: Callable[[int, int], None] | None = None,
) -> Simulation:
    """Try a draft on everything that is stored, at an instant. Nothing is written, and nobody is asked.

    `now` is the rulebook in force; `progress` hears how many of how many are done.
    """
    run = _Run(session, draft, now, at)
    ids, total = live_ids(session), _under_way(session)
    tell = progress or _nobody
    tell(0, len(ids) + total)
    for batch in live_rows(session, ids, run.newly_live):
        run.take(batch)
        tell(run.done, len(ids) + total)
    for row in open_rows(session, at):
        run.take_open(row)
        tell(run.done, len(ids) + total)
    return run.result(len(ids), total, programme)


def _nobody(*_: int) -> None:
    """Hears how far it is, and says nothing."""


class _Run:
    def __init__(self, session: Session, draft: Rulebook, now: Rulebook, at: datetime) -> None:
        self._session, self._draft, self._now, self._at = session, draft, now, at
        self._today = at.date()
        self._on = max(self._today, draft.valid_from)
        self._before, self._after = Asked(now, self._today), Asked(draft, self._on)
        watched = {item.id for item in now.items if item.live}
        self.newly_live = {item.id for item in draft.items if item.live} - watched
        self._lines: list[LiveLine] = []
        self._open: list[OpenLine] = []
        self._happened: list[Event] = []
        self._fall: list[str] = []
        self._recover: list[str] = []
        self._proposed: tuple[list[str], list[str]] = ([], [])
        self._partners: dict[int, str] = {}
        self._unseen = 0
        self.done = 0

    def take(self, batch: Sequence[LiveRow]) -> None:
        integrations = [row.integration for row in batch]
        # Nothing has passed under the draft yet, whatever day it names as its first.
        passed = passed_under(self._session, integrations, self._before.line)
        for row in batch:
            under = passed[row.integration.id]
            before, after = self._before.of(under), self._after.of(under)
            rules = self._rules(before, after)
            waived = frozenset(waiver.item for waiver in row.waivers if waiver.holds(self._on))
            subject = Subject(row.found, row.document, waived)
            self._note(row, of_live(rules, subject, row.kinds, row.waivers))
        self.done += len(batch)

    def take_open(self, row: OpenRow) -> None:
        submission = row.submission
        book = Rulebook.load(submission.rulebook)
        rules = self._rules(book, self._draft)
        waived = frozenset(waiver.item for waiver in row.waivers if waiver.holds(self._on))
        subject = Subject(row.found, lambda: row.dossier, waived, after_launch=False)
        kinds, kind = row.dossier.kinds, submission.kind
        for line in of_open(rules, subject, submission.gate, kind, kinds, row.waivers, row.words):
            self._open.append(
                OpenLine(
                    submission=submission.id,
                    slug=submission.integration.slug,
                    partner=submission.integration.partner.name,
                    kept=submission.rulebook,
                    line=line,
                )
            )
        self.done += 1

    def _rules(self, before: Rulebook, after: Rulebook) -> Rules:
        return Rules(before=before, after=after, raw=self._draft, today=self._today, on=self._on, at=self._at)

    def _note(self, row: LiveRow, looked: Looked) -> None:
        one = row.integration
        passed = PASSED_GATES[one.stage]
        self._lines += [
            LiveLine(
                slug=one.slug,
                name=one.name,
                partner=one.partner.name,
                stage=one.stage,
                passed=line.gate in passed,
                line=line,
            )
            for line in looked.lines
        ]
        self._partners[one.id] = one.partner.name
        self._unseen += one.last_audited_at is None
        if falls(looked, passed) and row.grade is not AuditGrade.REGRESSED:
            self._fall.append(one.slug)
            self._happen(EventName.REGRESSED, one, items=[])
        if recovers(looked, passed):
            self._recover.append(one.slug)
            if row.grade is AuditGrade.REGRESSED:
                self._happen(EventName.RECOVERED, one)
        ready = (looked.before.ready, looked.after.ready)
        if one.stage is IntegrationStage.PUBLIC_BETA and any(ready):
            may = may_propose_graduation(self._session, one, at=self._at)
            for proposed, is_ready in zip(self._proposed, ready, strict=True):
                if may and is_ready:
                    proposed.append(one.slug)
            if may and ready[1] and not ready[0]:
                self._happen(EventName.GRADUATION_PROPOSED, one, evidence=[])

    def _happen(self, name: EventName, one: Integration, **data: Any) -> None:
        self._happened.append(Event(at=self._at, name=name.value, integration_id=one.id, data=data))

    def result(self, live: int, under_way: int, programme: ProgrammeSettings) -> Simulation:
        messages = Counter(
            (heard.event, heard.audience, self._partner_of(heard.audience, heard.integration_id))
            for heard in rehearse(self._session, self._happened, programme)
        )
        return Simulation(
            at=self._at,
            on=self._on,
            before=self._now.version,
            draft=self._draft.version,
            changes=diff(self._now, self._draft),
            live=live,
            never_audited=self._unseen,
            under_way=under_way,
            lines=tuple(self._lines),
            open_lines=tuple(self._open),
            items=_tallies(self._lines),
            would_fall=tuple(self._fall),
            would_recover=tuple(self._recover),
            messages=tuple(
                MessageTally(event=event, audience=audience, partner=partner, number=number)
                for (event, audience, partner), number in sorted(messages.items())
            ),
            queue=Queue(now=under_way, proposed_now=tuple(self._proposed[0]), proposed_then=tuple(self._proposed[1])),
            suggestion=self._suggestion(live),
        )

    def _partner_of(self, audience: Audience, integration_id: int | None) -> str:
        theirs = audience in {Audience.PARTNER, Audience.ENDPOINTS_OF_PARTNER}
        return self._partners.get(integration_id or 0, NOBODYS) if theirs else NOBODYS

    def _suggestion(self, live: int) -> Suggestion:
        affected = {
            one.slug
            for one in self._lines
            if one.passed
            and (
                one.line.effect is Effect.FAILS
                or (one.line.effect is Effect.IN_SHADOW and one.line.asked_from is not None)
            )
        }
        untold = {one.slug for one in self._lines if one.passed and one.line.effect is Effect.CANT_TELL}
        policy = policies.policy_of(policies.as_it_stands(self._session, self._draft))
        target = policy.target(TargetName.PARTNER_ANSWER)
        version = calendars.as_it_stands(self._session, target.calendar, self._today, self._draft)
        if version is None:
            raise calendars.CalendarUnknown(target.calendar)
        calendar = calendars.compiled(version)
        return suggest(
            at=self._at,
            written=self._draft.valid_from,
            affected=len(affected),
            untold=len(untold - affected),
            live=live,
            interval_hours=self._draft.audit.interval_hours,
            answer=str(target),
            answer_seconds=target.seconds,
            moved_on=lambda start, seconds: calendar.add(start, seconds).earliest,
        )


def _tallies(lines: Iterable[LiveLine]) -> tuple[ItemTally, ...]:
    of_item: dict[str, list[Line]] = defaultdict(list)
    for one in lines:
        of_item[one.line.item].append(one.line)
    tallies = [
        ItemTally(
            item=item,
            title=mine[0].title,
            gate=mine[0].gate,
            effects=Counter(line.effect for line in mine),
            asked_from=next((line.asked_from for line in mine if line.asked_from is not None), None),
        )
        for item, mine in of_item.items()
    ]
    return tuple(sorted(tallies, key=lambda one: [-one.effects[effect] for effect in Effect]))


def _under_way(session: Session) -> int:
    return (
        session.scalar(select(func.count()).select_from(Submission).where(Submission.stage.in_(QUEUED_SUBMISSION))) or 0
    )
