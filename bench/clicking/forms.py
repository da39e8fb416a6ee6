"""A reviewer at the desk's own pages: looks at a submission, fills in one of its forms, presses one of its buttons."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import httpx

from bench.clicking.browser import Button, Page, PageForm, page_of, send
from desk.acts import TELLS_PARTNER, Act

WITHOUT: Final = frozenset({Act.WITHDRAW})
"""Nobody takes a submission back here: there would soon be none."""
UNTIL: Final = "2027-01-31"


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One press of a button, and what came of it. `mark` is the text that no other click has sent."""

    person: int
    submission: int
    act: Act
    mark: str
    version: int | None
    """That of the page, None where its form has none."""
    holder: int | None
    to: int
    """To whom it was handed over; 0 for other acts."""
    status: int
    said: str
    """What the page says against it."""

    @property
    def is_done(self) -> bool:
        return self.status == 303


@dataclass(slots=True)
class Reviewer:
    """One person, signed in. `people` are ids by e-mail address, to hand over to."""

    person: int
    client: httpx.Client
    chance: random.Random
    people: Mapping[str, int]
    clicks: int = 0
    open: dict[int, Page] = field(default_factory=dict)
    """Pages that were opened and not acted from yet, by submission."""

    def look(self, submission: int) -> None:
        answer = self.client.get(f"/submissions/{submission}")
        if answer.status_code != 200:
            raise AssertionError(f"/submissions/{submission}: {answer.status_code} {answer.text[:500]}")
        self.open[submission] = page_of(answer)

    def act(self, submission: int) -> Click | None:
        """Press something on the page as it was looked at; None when it had no button."""
        page = self.open.pop(submission)
        offered = [
            (form, button) for form in page.forms for button in form.buttons if button.name == "act" and _wanted(button)
        ]
        if not offered:
            return None
        # Each act as often as any other, however many forms offer it.
        act = self.chance.choice(sorted({button.value for _, button in offered}))
        form, button = self.chance.choice([one for one in offered if one[1].value == act])
        self.clicks += 1
        mark = f"click {self.clicks} of {self.person}"
        filled = self._filled(form, mark)
        answer = send(self.client, form, button, filled)
        if Act(act) in TELLS_PARTNER and answer.status_code == 200:
            shown = next(one for one in page_of(answer).forms if one.value("act") == act)
            answer = send(self.client, shown, shown.buttons[0], {})
        return Click(
            person=self.person,
            submission=submission,
            act=Act(act),
            mark=mark,
            version=_number(form.value("version")),
            holder=_number(form.value("holder")),
            to=self.people[filled["to"]] if act == Act.ASSIGN.value else 0,
            status=answer.status_code,
            said=page_of(answer).refused if answer.status_code != 303 else "",
        )

    def _filled(self, form: PageForm, mark: str) -> dict[str, str]:
        filled = {"text": mark, "until": UNTIL, "to": self.chance.choice(sorted(self.people))}
        for name, values in form.choices.items():
            if values and (name != "finding" or self.chance.random() < 0.5):
                filled[name] = self.chance.choice(values)
        return filled


def _wanted(button: Button) -> bool:
    return Act(button.value) not in WITHOUT


def _number(text: str | None) -> int | None:
    return int(text) if text else None
