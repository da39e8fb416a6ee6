"""What a dialog shows, read from the rows of this moment."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from checklist.verdict import Verdict
from desk.slack import dialogs
from desk.slack.dialogs import Choice, Told
from desk.slack.reasons import Reasons
from models.enums import Outcome
from models.submission import Submission
from notifications.buttons import Act
from notifications.words import GATE, KIND
from review.actions.attesting import LONGEST_WAIVER
from review.results import current_results, dossier_of, standing


def blocks_of(session: Session, submission: Submission, act: Act, at: datetime, reasons: Reasons) -> list[Any]:
    """The dialog's blocks for an act that has one."""
    integration = submission.integration
    about = f"{integration.name} of {integration.partner.name}: {KIND[submission.kind]} for {GATE[submission.gate]}"
    if act is Act.ASK_PARTNER:
        return dialogs.ask_partner(about)
    said = standing(session, submission, at=at)
    if act is Act.WAIVE:
        today = at.date()
        return dialogs.waive(about, _choices(submission, said), today, today + LONGEST_WAIVER)
    return dialogs.request_changes(about, _failed(session, submission, said), reasons(session, submission, at))


def _failed(session: Session, submission: Submission, said: Verdict) -> list[Told]:
    titles = _titles(submission)
    seen = {row.item: row.summary for row in current_results(session, submission) if row.outcome is Outcome.FAILED}
    return [Told(titles.get(item, item), seen.get(item, "")) for item in said.failed]


def _choices(submission: Submission, said: Verdict) -> list[Choice]:
    """Every item that is asked: what failed, what is open, then the others."""
    titles = _titles(submission)
    order = dict.fromkeys([*said.failed, *said.unknown, *titles])
    return [Choice(item, f"{item}: {titles[item]}") for item in order if item in titles]


def _titles(submission: Submission) -> dict[str, str]:
    rulebook = Rulebook.load(submission.rulebook)
    asked = rulebook.items_of(submission.gate, dossier_of(submission).kinds, submission.kind)
    return {item.id: item.title for item in asked}
