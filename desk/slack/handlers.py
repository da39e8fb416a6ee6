"""What happens when somebody presses, sends a dialog or types the command: acknowledged first, then done."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from desk.slack import command, deeds, dialogs, opening
from desk.slack.acting import Answer, Deed, act, stands_against
from desk.slack.answering import said_instead, tell
from desk.slack.dialogs import ITEM, REASONS, UNTIL, WORDS
from desk.slack.reasons import Reasons, is_of_library
from desk.slack.who import Workspace, person_of
from flows.wiring import Ports
from models.submission import Submission
from notifications.buttons import Act, Click
from review.actions.attesting import LONGEST_WAIVER
from review.results import standing

ACKNOWLEDGED_WITHIN_SECONDS: Final = 2.0
"""Slack gives up after three. Until then an error can be shown beside the field it is about."""

Body = Mapping[str, Any]


class FieldError(Exception):
    """Something in a dialog has to be put in otherwise."""

    def __init__(self, field: str, words: str) -> None:
        self.field = field
        self.words = words
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class Handlers:
    """The listeners of the app. Work that blocks runs in threads: a slow database must not keep others waiting."""

    here: Ports
    client: AsyncWebClient
    reasons: Reasons
    acknowledged_within_seconds: float = ACKNOWLEDGED_WITHIN_SECONDS

    async def acknowledge(self, ack: AsyncAck) -> None:
        """A button that only opens a page."""
        await ack()

    async def pressed(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        words = await said_instead(self._press(body, _workspace(context)))
        if words:
            await tell(str(body.get("response_url", "")), words)

    async def typed(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await ack()
        found = await said_instead(self._look(body, _workspace(context)))
        if isinstance(found, str):
            await tell(str(body["response_url"]), found)
        else:
            await tell(str(body["response_url"]), "Launch Review", found)

    async def sent(self, ack: AsyncAck, body: Body, view: Body, context: AsyncBoltContext) -> None:
        """An answer in time closes the dialog or stands beside a field; one that takes longer comes into the dialog."""
        doing = asyncio.ensure_future(said_instead(self._send(body, view, _workspace(context))))
        await asyncio.wait({doing}, timeout=self.acknowledged_within_seconds)
        asked = Act(str(view["callback_id"]))
        if not doing.done():
            await ack(
                response_action="update", view=dialogs.notice(asked, "One moment, this takes longer than usual …")
            )
            answer = _answer(await doing)
            words = answer.words if isinstance(answer, FieldError) else answer.said
            await said_instead(self._update(str(view["id"]), asked, words))
            return
        answer = _answer(doing.result())
        if isinstance(answer, FieldError):
            await ack(response_action="errors", errors=dialogs.error_in(view, answer.field, answer.words))
        elif answer.refused:
            await ack(response_action="errors", errors=dialogs.error_in(view, WORDS, answer.said))
        else:
            await ack()
            await tell(dialogs.remembered(view)[1], answer.said)

    async def _press(self, body: Body, workspace: Workspace) -> str:
        pressed = body["actions"][0]
        asked, click = Act(pressed["action_id"]), Click.of_value(pressed["value"])
        person_id = await person_of(self.here, self.client, body["user"]["id"], workspace)
        if asked in deeds.AT_ONCE:
            answer = await asyncio.to_thread(
                act, self.here, click, person_id, deeds.AT_ONCE[asked](click, self.here.undo_for)
            )
            return answer.said
        against = await asyncio.to_thread(stands_against, self.here, click, person_id, asked)
        if against is not None:
            return against.said
        blocks = await asyncio.to_thread(self._blocks, click, asked)
        view = dialogs.view(asked, click, str(body.get("response_url", "")), blocks)
        await self.client.views_open(trigger_id=body["trigger_id"], view=view)
        return ""

    def _blocks(self, click: Click, asked: Act) -> list[Any]:
        with self.here.database.read() as session:
            submission = session.get_one(Submission, click.submission)
            return opening.blocks_of(session, submission, asked, self.here.now(), self.reasons)

    async def _look(self, body: Body, workspace: Workspace) -> command.Blocks:
        person_id = await person_of(self.here, self.client, str(body["user_id"]), workspace)
        return await asyncio.to_thread(command.answer, self.here, person_id, str(body.get("text", "")))

    async def _send(self, body: Body, view: Body, workspace: Workspace) -> Answer | FieldError:
        click, _ = dialogs.remembered(view)
        person_id = await person_of(self.here, self.client, body["user"]["id"], workspace)
        return await asyncio.to_thread(self._do, click, person_id, view)

    def _do(self, click: Click, person_id: int, view: Body) -> Answer | FieldError:
        try:
            deed = self._deed(click, Act(view["callback_id"]), dialogs.fields(view))
        except FieldError as wrong:
            return wrong
        return act(self.here, click, person_id, deed)

    def _deed(self, click: Click, asked: Act, given: Mapping[str, Any]) -> Deed:
        """What the dialog asks for. Raises FieldError."""
        words = str(given.get(WORDS, "")).strip()
        if asked is Act.WAIVE:
            return deeds.waive(click, str(given[ITEM]), _needed(words), self._day(str(given.get(UNTIL, ""))))
        if asked is Act.ASK_PARTNER:
            return deeds.ask_partner(click, _needed(words))
        at = self.here.now()
        with self.here.database.read() as session:
            submission = session.get_one(Submission, click.submission)
            chosen = set(given.get(REASONS) or ())
            reasons = [reason for reason in self.reasons(session, submission, at) if reason.id in chosen]
            if any(is_of_library(one) for one in chosen - {reason.id for reason in reasons}):
                raise FieldError(REASONS, "One of these was retired meanwhile; open the dialog again and choose.")
            if not reasons and not standing(session, submission, at=at).failed:
                _needed(words)
        return deeds.request_changes(click, reasons, words, self.here.undo_for)

    def _day(self, text: str) -> date:
        today = self.here.now().date()
        latest = today + LONGEST_WAIVER
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise FieldError(UNTIL, f"Choose a day from {today} to {latest}.") from None
        if not today <= day <= latest:
            raise FieldError(UNTIL, f"{day} is out of range; choose a day from {today} to {latest}.")
        return day

    async def _update(self, view_id: str, asked: Act, words: str) -> str:
        await self.client.views_update(view_id=view_id, view=dialogs.notice(asked, words))
        return ""


def _needed(words: str) -> str:
    if not words:
        raise FieldError(WORDS, "Write one sentence that the reader understands.")
    return words


def _answer(said: Answer | FieldError | str) -> Answer | FieldError:
    return Answer(said, refused=True) if isinstance(said, str) else said


def _workspace(context: AsyncBoltContext) -> Workspace:
    installed = context.authorize_result
    if installed is None:
        return Workspace("")
    return Workspace(installed.team_id or "", installed.enterprise_id or "")
