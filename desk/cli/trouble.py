"""What each kind of trouble is called in one line, and which exit code it has.

Imported once there is trouble: it knows the errors of the whole application, and a command needs little of that.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError

from checklist.browser import BrowserUnusable
from checklist.customers import CustomersSourceInvalid
from checklist.document import DocumentUnreadable
from checklist.dossier import DossierInvalid
from checklist.promises import PolicyInvalid
from checklist.rulebook import RulebookInvalid, RulebookUnknown
from checklist.run import ItemsUnknown
from desk.cli.errors import InputWrong, Refused
from flows.catalog import CatalogUnreadable
from flows.reach import PrefectUnreachable
from flows.server import PrefectServerFailed
from flows.wiring import SecretMissing, SettingUnusable
from notifications.channels.letter import SenderInvalid
from notifications.channels.mail import SmtpUrlInvalid
from notifications.channels.webhook import EndpointUnreadable
from notifications.outbox.endpoints import DeliveryNotSettled
from notifications.outbox.register import DeliveryNotDead, DeliveryUnknown
from notifications.rhythm import QuietInvalid
from notifications.subscribing import EventsInvalid
from review.actions.attesting import ItemUnknown
from review.actions.companies import IntegrationUnknown
from review.actions.endpoints import EndpointRefused, EndpointUnknown
from review.actions.falling import FallRefused
from review.actions.feeds import FeedRefused
from review.actions.preferring import PreferenceRefused
from review.actions.tiering import TierInvalid
from review.actions.tokens import TokenRefused, TokenUnknown
from review.calendar_spec import CalendarInvalid
from review.calendars import CalendarUnknown
from review.finding_people import PartnerUnknown, PersonUnknown
from review.finding_submissions import SubmissionUnknown
from review.holiday_years import RegionUnknown, YearUnknown
from review.lifecycle import MoveRefused
from review.reasons import ReasonRetired, ReasonUnknown
from review.reasons_entry import ReasonInvalid
from review.revision import NeverDue
from review.vault import SecretUnreadable
from settings import Settings

DOES_NOT_HOLD, WRONG_INPUT = 1, 2

EXIT_CODES: dict[type[Exception], int] = {
    InputWrong: WRONG_INPUT,
    DocumentUnreadable: WRONG_INPUT,
    DossierInvalid: WRONG_INPUT,
    RulebookInvalid: WRONG_INPUT,
    RulebookUnknown: WRONG_INPUT,
    ItemsUnknown: WRONG_INPUT,
    ItemUnknown: WRONG_INPUT,
    IntegrationUnknown: WRONG_INPUT,
    SubmissionUnknown: WRONG_INPUT,
    PersonUnknown: WRONG_INPUT,
    PartnerUnknown: WRONG_INPUT,
    TierInvalid: WRONG_INPUT,
    TokenUnknown: WRONG_INPUT,
    CalendarInvalid: WRONG_INPUT,
    CalendarUnknown: WRONG_INPUT,
    PolicyInvalid: WRONG_INPUT,
    NeverDue: WRONG_INPUT,
    RegionUnknown: WRONG_INPUT,
    YearUnknown: WRONG_INPUT,
    DeliveryUnknown: WRONG_INPUT,
    EndpointUnknown: WRONG_INPUT,
    EventsInvalid: WRONG_INPUT,
    QuietInvalid: WRONG_INPUT,
    ReasonInvalid: WRONG_INPUT,
    ReasonUnknown: WRONG_INPUT,
    SecretMissing: WRONG_INPUT,
    CustomersSourceInvalid: WRONG_INPUT,
    BrowserUnusable: WRONG_INPUT,
    SettingUnusable: WRONG_INPUT,
    SmtpUrlInvalid: WRONG_INPUT,
    SenderInvalid: WRONG_INPUT,
    Refused: DOES_NOT_HOLD,
    MoveRefused: DOES_NOT_HOLD,
    FallRefused: DOES_NOT_HOLD,
    FeedRefused: DOES_NOT_HOLD,
    PreferenceRefused: DOES_NOT_HOLD,
    TokenRefused: DOES_NOT_HOLD,
    ReasonRetired: DOES_NOT_HOLD,
    DeliveryNotDead: DOES_NOT_HOLD,
    DeliveryNotSettled: DOES_NOT_HOLD,
    EndpointRefused: DOES_NOT_HOLD,
    EndpointUnreadable: DOES_NOT_HOLD,
    SecretUnreadable: DOES_NOT_HOLD,
    CatalogUnreadable: DOES_NOT_HOLD,
    PrefectUnreachable: DOES_NOT_HOLD,
    PrefectServerFailed: DOES_NOT_HOLD,
}
"""Errors that a person can cause or mend: their message is the line."""


def told(error: Exception) -> tuple[int, str] | None:
    """The exit code and the line; None for what nobody can have caused but we."""
    for kind in type(error).__mro__:
        if kind in EXIT_CODES:
            return EXIT_CODES[kind], str(error)
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        return WRONG_INPUT, "; ".join(map(_of_setting, error.errors()))
    if isinstance(error, StaleDataError):
        return DOES_NOT_HOLD, "somebody else changed it at the same moment; look again, then decide"
    if isinstance(error, DBAPIError):
        return DOES_NOT_HOLD, _of_database(error)
    return None


def _of_setting(detail: Mapping[str, Any]) -> str:
    name = ".".join(str(part) for part in detail["loc"])
    return f"LAUNCH_REVIEW_{name.upper()}: {detail['msg'].removeprefix('Value error, ')}"


def _of_database(error: DBAPIError) -> str:
    words = (str(error.orig).strip().splitlines() or [type(error).__name__])[0]
    if isinstance(error, OperationalError):
        return f"the database does not answer ({words}); nothing was changed, try again"
    if isinstance(error, ProgrammingError):
        return f"the database has another schema than this release ({words}); run `launch-review db check`"
    return f"the database refused ({words}); nothing was changed"
