"""Which problem each error of the verbs is: the counterpart of the commands' exit codes."""

from collections.abc import Mapping
from typing import Final

from fastapi import FastAPI, Request
from starlette.responses import Response

from checklist.promises import PolicyInvalid
from checklist.rulebook import RulebookUnknown
from checklist.sound_image import Unsound
from desk.api.acting import move_refused
from desk.api.problems import Problem
from notifications.outbox.endpoints import DeliveryNotSettled
from notifications.outbox.register import DeliveryNotDead, DeliveryUnknown
from notifications.subscribing import EventsInvalid
from review.actions.asking_for_audits import AuditUnderWay, NothingLive
from review.actions.attesting import ItemUnknown
from review.actions.companies import IntegrationUnknown
from review.actions.endpoints import EndpointRefused, EndpointUnknown
from review.actions.falling import FallRefused
from review.actions.tiering import TierInvalid
from review.actions.tokens import TokenRefused, TokenUnknown
from review.actions.uploading import NotKept, StillNamed
from review.calendar_spec import CalendarInvalid
from review.calendars import CalendarUnknown
from review.finding_people import PartnerUnknown, PersonUnknown
from review.lifecycle import MoveRefused
from review.reasons import ReasonRetired, ReasonUnknown
from review.reasons_entry import ReasonInvalid
from review.revision import NeverDue
from review.vault import SecretUnreadable

PROBLEM_OF: Final[Mapping[type[Exception], str]] = {
    ItemUnknown: "unknown-item",
    PersonUnknown: "unknown-name",
    PartnerUnknown: "unknown-name",
    IntegrationUnknown: "unknown-name",
    ReasonUnknown: "unknown-name",
    ReasonRetired: "unknown-name",
    TierInvalid: "invalid-body",
    EventsInvalid: "invalid-body",
    ReasonInvalid: "invalid-body",
    RulebookUnknown: "no-such-thing",
    CalendarUnknown: "no-such-thing",
    DeliveryUnknown: "no-such-thing",
    EndpointUnknown: "no-such-thing",
    DeliveryNotDead: "refused",
    TokenRefused: "refused",
    TokenUnknown: "no-such-thing",
    SecretUnreadable: "refused",
    CalendarInvalid: "invalid-body",
    PolicyInvalid: "invalid-body",
    NeverDue: "refused",
    DeliveryNotSettled: "refused",
    EndpointRefused: "refused",
    FallRefused: "refused",
    Unsound: "unsound-file",
    NotKept: "refused",
    StillNamed: "refused",
    AuditUnderWay: "refused",
    NothingLive: "refused",
}
"""Errors whose message is the detail."""


def answer_refusals(app: FastAPI) -> None:
    for kind in PROBLEM_OF:
        app.add_exception_handler(kind, _told)
    app.add_exception_handler(MoveRefused, _move_refused)


async def _told(_request: Request, error: Exception) -> Response:
    name = next(PROBLEM_OF[kind] for kind in type(error).__mro__ if kind in PROBLEM_OF)
    return Problem(name, str(error)).answer()


async def _move_refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MoveRefused)
    return move_refused(error).answer()
