"""What requests carry that do something: one model each, so that every mistake is told with its place."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from desk.api.sent import Body
from models.enums import Role
from models.webhook_endpoint import ADDRESS_CHARACTERS

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
"""Words of people; whether there must be some is the move's to say."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
ItemId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Claim(Body):
    message: Text = ""
    """A word to the partner; it counts as the first response."""


class Assign(Body):
    to: Name
    """Who shall have it: an e-mail address, or a name that only one has."""


class Release(Body):
    """Nothing needs to be said."""


class Question(Body):
    text: Text
    """What the partner reads, or what the reviewer reads of the partner's answer."""


class Attestation(Body):
    item: ItemId
    outcome: Literal["passed", "warned", "failed", "not_applicable"]
    reason: Text


class WaiverAsked(Body):
    item: ItemId
    reason: Text
    until: date
    """The last day it counts."""


class FindingMade(Body):
    item: ItemId
    what: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
    fix: Text = ""


class DecisionMade(Body):
    decision: Literal["approve", "request_changes", "reject"]
    reason: Text = ""
    """What the partner reads, in your own words; needed unless the library says it."""
    because: tuple[Annotated[str, StringConstraints(strip_whitespace=True, max_length=64)], ...] = Field(
        default=(), max_length=20
    )
    """Keys of the reasons library; go with request_changes only."""
    findings: tuple[FindingMade, ...] = Field(default=(), max_length=50)
    """What you found that no check did; goes with request_changes only."""


class Withdrawal(Body):
    reason: Text = ""


class Reason(Body):
    reason: Text


class TierGiven(Body):
    tier: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)]


class PersonAdded(Body):
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=r"^[^@\s]+@[^@\s]+$")]
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    roles: Annotated[frozenset[Role], Field(min_length=1)]
    partner: Name | None = None
    """The company, of a person with the role partner."""
    time_zone: Annotated[str, StringConstraints(max_length=64)] = "Etc/UTC"


class EndpointAdded(Body):
    url: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=ADDRESS_CHARACTERS)]
    events: Annotated[
        tuple[Annotated[str, StringConstraints(max_length=100)], ...], Field(min_length=1, max_length=100)
    ]
    """Names of events, prefixes such as `submission.*`, or `*`."""
    partner: Name | None = None
    """Whose it is: it hears of that partner's integrations alone."""


class EndpointRotated(Body):
    at_once: bool = False
    """The former secret stops signing now: for one that others have seen."""


class EndpointDisabled(Body):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1_000)] = (
        "disabled over the API"
    )


class EndpointEnabled(Body):
    """Nothing needs to be said."""


class RetryAsked(Body):
    """Nothing needs to be said."""


BODIES = (
    Claim,
    Assign,
    Release,
    Question,
    Attestation,
    WaiverAsked,
    DecisionMade,
    Withdrawal,
    Reason,
    TierGiven,
    PersonAdded,
    EndpointAdded,
    EndpointRotated,
    EndpointDisabled,
    EndpointEnabled,
    RetryAsked,
)
