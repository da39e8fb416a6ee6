"""`launch-review note`: what the team writes for itself."""

from typing import Any

from sqlalchemy.orm import Session

from desk.cli.writing import AsPerson, instant, tell
from desk.wiring import open_ports, writing
from models.submission import Submission
from review.actions.noting import note as write_note
from review.finding_people import person_called
from review.finding_submissions import submission_called
from review.notes import notes_of


def note(submission: str, text: str, /, *, as_: AsPerson) -> int:
    """Write a note for the team: `show`, `history` and the desk have it, and no partner ever does."""
    ports = open_ports()
    with writing(ports) as session:
        found = submission_called(session, submission)
        write_note(session, found, by=person_called(session, as_), at=ports.now(), text=text)
        line = f"noted at submission {found.id}, for the team only"
    tell(line)
    return 0


def notes_as_json(session: Session, submission: Submission) -> list[dict[str, Any]]:
    """Oldest first."""
    return [
        {"at": instant(one.written_at), "by": one.written_by.email, "text": one.text, "team_only": True}
        for one in notes_of(session, submission.id)
    ]
