"""What requests carry that do something: one model each, so that every mistake is told with its place."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from desk.api.sent import Body
from models.enums import ChannelName, Role, TokenScope
from models.webhook_endpoint import ADDRESS_CHARACTERS

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
"""Words of people; whether there must be some is the move's to say."""
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=320)]
ItemId = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


Because = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)]


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


class WaiverEnded(Body):
    item: ItemId
    reason: Text


class MoreTime(Body):
    until: date
    """The last day to mend it, where the team is."""
    reason: Text
    """The partner and the team read it."""


class LeftListed(Body):
    until: date
    """The team is asked again after this day."""
    reason: Text
    """The team reads it, the partner does not."""


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


class RetryAllAsked(Body):
    channel: ChannelName | None = None
    """Only by this channel."""
    subject: Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z]*:?[0-9]*$")] = ""
    """Only about this, such as submission:7."""


class StandingChanged(Body):
    roles: frozenset[Role]
    """All that the person shall have from now on."""
    active: bool = True
    """False: they left; signed out at once, and every token of theirs revoked."""
    because: Because
    dry_run: bool = False
    """Only tell what stands against it; nothing is changed."""


class NothingSaid(Body):
    """Nothing needs to be said."""


class TokenAsked(Body):
    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
    scopes: Annotated[frozenset[TokenScope], Field(min_length=1)]
    """No more than the token has that asks."""
    days: Annotated[int, Field(ge=1, le=730)] = 365
    person: Name | None = None
    """Whose it shall be; left out: one's own. Another's is an admin's to issue."""


class CalendarChange(Body):
    calendar: dict[str, Any]
    """The document as `GET /calendars/{name}` shows it."""
    region: Annotated[str, StringConstraints(max_length=9)] | None = None
    """Whose public holidays it keeps; left out, it stays."""
    because: Because
    new: bool = False
    """Make a calendar of a name that isn't there yet; goes without `If-Match`."""
    dry_run: bool = False
    """Only tell what would move; nothing is written."""


class HolidaysImported(Body):
    years: Annotated[tuple[Annotated[int, Field(ge=1, le=9_999)], ...], Field(min_length=1, max_length=10)]
    region: Annotated[str, StringConstraints(max_length=9)] | None = None
    """Whose public holidays, such as US-CA; left out, those that it keeps."""
    half_days_until: Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")] | None = None
    """When half days end, such as 13:00; left out, as their name says, else half of the hours."""
    exact: bool = False
    """Take out what people wrote in these years and is not imported."""
    because: Because
    dry_run: bool = False
    """Only tell what would change and move; nothing is written."""


class PolicyChange(Body):
    policy: dict[str, Any]
    """The document as `GET /policy` shows it."""
    because: Because
    dry_run: bool = False
    """Only tell what would move; nothing is written."""


class Recomputation(Body):
    because: Because
    dry_run: bool = False
    """Only tell what would move; nothing is written."""


class ReplayAsked(Body):
    delivery: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = None
    """This one alone."""
    since: AwareDatetime | None = None
    """All that it missed since then; one of the two."""
    also_taken: bool = False
    """With `since`: also what it has taken."""


class SubmissionChosen(Body):
    submission: Annotated[int, Field(ge=1, le=2**63 - 1)]
    version: Annotated[int, Field(ge=1, le=2**63 - 1)]
    """As its line in the queue had it."""
    assignee: Text | None = None
    """Who had it, as its line said; empty, nobody."""


class AssignMany(Body):
    to: Name
    """Who shall have them: an e-mail address, or a name that only one has."""
    submissions: Annotated[tuple[SubmissionChosen, ...], Field(min_length=1, max_length=100)]
    dry_run: bool = False
    """Only tell what would happen to each."""


class ReasonWritten(Body):
    title: Text
    text: Text
    items: Annotated[tuple[ItemId, ...], Field(max_length=200)] = ()
    links: Annotated[tuple[Text, ...], Field(max_length=50)] = ()
    fix_by_business_days: int | None = None


class NudgeAsked(Body):
    integrations: Annotated[
        tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...] | None,
        Field(min_length=1, max_length=100),
    ] = None
    """Slugs; or `lacking`."""
    lacking: Annotated[str, StringConstraints(max_length=80)] = ""
    """Those that the graduation report shows with this filter, such as only:ITEM."""
    seen: dict[str, str] | None = None
    """`seen` of each message of a dry run, by slug: just these go out, or none."""
    dry_run: bool = False
    """Only show the very messages; nothing is sent."""


class AuditAsked(Body):
    integrations: (
        Annotated[
            tuple[Annotated[str, StringConstraints(min_length=1, max_length=100)], ...],
            Field(min_length=1, max_length=500),
        ]
        | None
    ) = None
    """Slugs of those that are to be looked at; left out, everything live."""


BODIES = (
    AuditAsked,
    LeftListed,
    NudgeAsked,
    AssignMany,
    ReasonWritten,
    HolidaysImported,
    RetryAllAsked,
    WaiverEnded,
    MoreTime,
    StandingChanged,
    NothingSaid,
    TokenAsked,
    CalendarChange,
    PolicyChange,
    Recomputation,
    ReplayAsked,
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
