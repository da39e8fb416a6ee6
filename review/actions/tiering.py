"""Which promises a partner gets: its tier. Promises that run are kept as they were made."""

from datetime import datetime

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.orm import Session

from checklist.promises import TierName
from models.enums import EventName
from models.people import Partner, Person
from review.actions.record import record
from review.actions.refusing import lock, refuse_programme
from review.guards import is_active

_TIER: TypeAdapter[str] = TypeAdapter(TierName)


class TierInvalid(ValueError):
    """A word that can't be a tier."""

    def __init__(self, tier: str) -> None:
        super().__init__(f"tier {tier!r}: expected up to 32 small letters, digits, '-' and '_', such as select")


def set_tier(session: Session, partner: Partner, tier: str, *, by: Person, at: datetime) -> bool:
    """Give a partner another tier; False when it has that one. Raises MoveRefused for who may not, and TierInvalid.

    Clocks that start from now on get the tier's promises, and so do running ones when their policy is changed next.
    """
    refuse_programme(f"partner {partner.name}", "set tier", by=by, at=at, guards=(is_active,))
    try:
        _TIER.validate_python(tier)
    except ValidationError:
        raise TierInvalid(tier) from None
    lock(session, partner)
    was = partner.tier
    if was == tier:
        return False
    partner.tier = tier
    record(session, EventName.PARTNER_TIER_CHANGED, at=at, by=by, partner=partner.name, tier=tier, was=was)
    return True
