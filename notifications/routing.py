"""Who hears of which event, by which channel, in which words: one table, pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from models.enums import ChannelName, EventName, GateName, Hearer
from notifications.message import Category, Placement
from notifications.public_events import PUBLIC_EVENTS


class Audience(StrEnum):
    """Who is meant; planning turns each into addresses from the rows of that moment."""

    PARTNER = "partner"
    """Every active contact of the partner."""
    ASSIGNEE = "assignee"
    """Who has the submission now; nobody when it is free."""
    NAMED = "named"
    """The person the event itself names."""
    TEAM = "team"
    """The reviewers: their Slack channel, or each of them by mail."""
    TEAM_WHEN_UNASSIGNED = "team_when_unassigned"
    LEADS = "leads"
    MANAGERS = "managers"
    ENDPOINTS = "endpoints"
    """The programme's webhook endpoints that asked for the event."""
    ENDPOINTS_OF_PARTNER = "endpoints_of_partner"
    """Those of the partner whose integration it is."""


OUTSIDE = frozenset({Audience.PARTNER, Audience.ENDPOINTS, Audience.ENDPOINTS_OF_PARTNER})
"""Who is not of the team: told of a decision only once it can no longer be undone."""

BY_MAIL = (ChannelName.MAIL,)
IN_SLACK = (ChannelName.SLACK,)
IN_SLACK_OR_BY_MAIL = (ChannelName.SLACK, ChannelName.MAIL)


@dataclass(frozen=True, slots=True)
class Route:
    """One row: an audience hears of an event, by the first of `channels` that reaches them."""

    audience: Audience
    channels: tuple[ChannelName, ...]
    category: Category
    placement: Placement = Placement.DIRECT
    template: str = ""
    """Folder of templates; empty: the one named after the event."""
    receipt: bool = False
    """Also told to the person who did it."""
    gates: frozenset[GateName] = frozenset(GateName)
    """Gates of the submission for which the row holds; an event without one always passes."""
    hearer: Hearer | None = None
    """Holds only when the step of the ladder that the event tells names it; None: whatever the ladder says."""
    needs: str = ""
    """Key of the event's data without whose value there is nothing to tell."""


def _told(*, receipt: bool = False, gates: frozenset[GateName] = frozenset(GateName)) -> Route:
    """The partner hears of it by mail."""
    return Route(Audience.PARTNER, BY_MAIL, Category.STATUS, receipt=receipt, gates=gates)


def _as_the_ladder_says(category: Category, template: str = "") -> tuple[Route, ...]:
    """Whom a step of the ladder can tell of the team; what nobody has taken is told to all in place of an assignee.

    Who can do most about it comes first: of several rows that mean the same person the first one counts.
    """
    direct = {
        Hearer.LEAD: Audience.LEADS,
        Hearer.MANAGER: Audience.MANAGERS,
        Hearer.ASSIGNEE: Audience.ASSIGNEE,
    }
    in_channel = {Hearer.ASSIGNEE: Audience.TEAM_WHEN_UNASSIGNED, Hearer.CHANNEL: Audience.TEAM}
    return (
        *(
            Route(audience, IN_SLACK_OR_BY_MAIL, category, template=template, hearer=hearer)
            for hearer, audience in direct.items()
        ),
        *(
            Route(audience, IN_SLACK_OR_BY_MAIL, category, Placement.POST, template=template, hearer=hearer)
            for hearer, audience in in_channel.items()
        ),
    )


def _promised(category: Category, to_partner: str) -> tuple[Route, ...]:
    """How a promise of ours stands: to whom the ladder says, to the partner in words of their own."""
    partner = Route(Audience.PARTNER, BY_MAIL, Category.STATUS, template=to_partner, hearer=Hearer.PARTNER)
    return (partner, *_as_the_ladder_says(category))


CARD = Route(Audience.TEAM, IN_SLACK, Category.CARD, Placement.CARD)
CARD_AND_THREAD = Route(Audience.TEAM, IN_SLACK, Category.CARD, Placement.THREAD)
TO_ASSIGNEE = Route(Audience.ASSIGNEE, IN_SLACK_OR_BY_MAIL, Category.WORK)
TO_TEAM = Route(Audience.TEAM, IN_SLACK, Category.WORK, Placement.POST)

TO_PARTNER_UNASKED = Route(Audience.PARTNER, BY_MAIL, Category.REMINDER)

DIGEST = Route(Audience.NAMED, IN_SLACK_OR_BY_MAIL, Category.DIGEST, template="digest")

TO_MANAGERS = Route(Audience.MANAGERS, IN_SLACK_OR_BY_MAIL, Category.WORK)

# Access is told once, as granted or declined, not as "approved" or "rejected" as well.
NOT_ACCESS = frozenset(GateName) - {GateName.ACCESS}

ROUTES: dict[EventName, tuple[Route, ...]] = {
    EventName.SUBMISSION_RECEIVED: (),
    EventName.SUBMISSION_ACKNOWLEDGED: (
        _told(receipt=True),
        CARD,
    ),
    EventName.SUBMISSION_CHECKED: (CARD,),
    EventName.REVIEW_OPENED: (CARD,),
    EventName.CLAIMED: (
        # A claim with a message is the first answer by a person; one without is nobody's business.
        Route(Audience.PARTNER, BY_MAIL, Category.STATUS, needs="message"),
        CARD,
    ),
    EventName.ASSIGNED: (
        Route(Audience.NAMED, IN_SLACK_OR_BY_MAIL, Category.WORK),
        CARD,
    ),
    EventName.RELEASED: (CARD,),
    EventName.QUESTION_ASKED: (_told(), CARD_AND_THREAD),
    EventName.ANSWERED: (TO_ASSIGNEE, CARD_AND_THREAD),
    EventName.CHANGES_REQUESTED: (_told(), CARD_AND_THREAD),
    EventName.RESUBMITTED: (
        Route(
            Audience.PARTNER,
            BY_MAIL,
            Category.STATUS,
            template="submission.resubmitted.receipt",
            receipt=True,
        ),
        TO_ASSIGNEE,
        CARD_AND_THREAD,
    ),
    EventName.APPROVAL_RECORDED: (
        Route(Audience.LEADS, IN_SLACK_OR_BY_MAIL, Category.WORK),
        CARD,
    ),
    EventName.APPROVED: (_told(gates=NOT_ACCESS), CARD_AND_THREAD),
    EventName.REJECTED: (_told(gates=NOT_ACCESS), CARD_AND_THREAD),
    EventName.DECISION_UNDONE: (CARD_AND_THREAD,),
    EventName.MESSAGE_SENT: (
        Route(Audience.PARTNER, BY_MAIL, Category.STATUS, needs="to_partner"),
        Route(
            Audience.ASSIGNEE,
            IN_SLACK_OR_BY_MAIL,
            Category.WORK,
            template="submission.message_sent.team",
            needs="to_team",
        ),
        CARD_AND_THREAD,
    ),
    EventName.WITHDRAWN: (
        _told(receipt=True),
        Route(
            Audience.ASSIGNEE,
            IN_SLACK_OR_BY_MAIL,
            Category.WORK,
            template="submission.withdrawn.team",
        ),
        CARD_AND_THREAD,
    ),
    EventName.ITEM_ATTESTED: (CARD,),
    EventName.FINDING_CLOSED: (CARD,),
    EventName.WAIVER_GRANTED: (CARD,),
    EventName.WAIVER_ENDED: (CARD,),
    EventName.WAIVER_RUNS_OUT: (TO_PARTNER_UNASKED, TO_TEAM),
    EventName.INTEGRATION_CREATED: (),
    EventName.ACCESS_GRANTED: (_told(),),
    EventName.ACCESS_DECLINED: (_told(),),
    EventName.LAUNCHED: (_told(), CARD_AND_THREAD),
    EventName.UPDATED: (_told(), CARD_AND_THREAD),
    EventName.GRADUATION_PROPOSED: (_told(),),
    EventName.GRADUATED: (_told(), CARD_AND_THREAD),
    EventName.REGRESSED: (_told(), TO_TEAM),
    EventName.PARTLY_RECOVERED: (_told(),),
    EventName.RECOVERED: (_told(), TO_TEAM),
    EventName.FIX_REMINDED: (_told(),),
    EventName.FIX_EXTENDED: (_told(), TO_TEAM),
    EventName.DELISTING_PROPOSED: (TO_MANAGERS,),
    EventName.DELISTING_DISMISSED: (),
    EventName.DELISTED: (_told(), TO_TEAM),
    EventName.RELISTED: (_told(), TO_TEAM),
    EventName.IMPORTED: (),
    EventName.SEEN_IN_CATALOG: (),
    EventName.CLOCK_WARNED: _promised(Category.WORK, "clock.warned.partner"),
    EventName.CLOCK_BREACHED: (*_promised(Category.ESCALATION, "clock.late.partner"), CARD),
    EventName.CLOCK_ESCALATED: (*_promised(Category.ESCALATION, "clock.late.partner"), CARD),
    EventName.CLOCK_REVISED: (CARD,),
    EventName.PARTNER_REMINDED: (
        Route(Audience.PARTNER, BY_MAIL, Category.REMINDER, hearer=Hearer.PARTNER),
        *_as_the_ladder_says(Category.WORK, template="partner.silent"),
    ),
    EventName.PARTNER_SILENT: _as_the_ladder_says(Category.WORK),
    EventName.REPLAY_REQUESTED: (_told(), CARD_AND_THREAD),
    EventName.OAUTH_REQUESTED: (TO_PARTNER_UNASKED,),
    EventName.GRADUATION_MISSING: (TO_PARTNER_UNASKED,),
    EventName.DIGEST_JOINED: (DIGEST,),
    EventName.SIGN_IN_ASKED: (Route(Audience.NAMED, BY_MAIL, Category.STATUS, receipt=True),),
    EventName.CALENDAR_CHANGED: (TO_MANAGERS,),
    EventName.POLICY_CHANGED: (TO_MANAGERS,),
    EventName.CLOCKS_DRIFTED: (Route(Audience.MANAGERS, IN_SLACK_OR_BY_MAIL, Category.ESCALATION),),
    EventName.PARTNER_TIER_CHANGED: (),
    EventName.REASON_SET: (),
    EventName.REASON_RETIRED: (),
    EventName.PERSON_ADDED: (),
    EventName.PERSON_CHANGED: (),
    EventName.PERSON_SIGNED_OUT: (),
    EventName.TOKEN_ISSUED: (),
    EventName.TOKEN_REVOKED: (),
    EventName.AUDIT_FINISHED: (),
    EventName.SECRET_REVEALED: (),
    EventName.PATH_STUCK: (Route(Audience.MANAGERS, IN_SLACK_OR_BY_MAIL, Category.ESCALATION),),
    EventName.WEBHOOK_DISABLED: (
        Route(Audience.PARTNER, BY_MAIL, Category.STATUS, template="webhook.disabled.partner", needs="partner_id"),
        Route(Audience.MANAGERS, IN_SLACK_OR_BY_MAIL, Category.WORK, needs="by_itself"),
    ),
}
"""Every event has its row, also when only the console narrates it: leaving one out is a decision, not a slip."""

TO_ENDPOINTS = Route(Audience.ENDPOINTS, (ChannelName.WEBHOOK,), Category.SUBSCRIBED)
TO_ENDPOINTS_OF_PARTNER = Route(Audience.ENDPOINTS_OF_PARTNER, (ChannelName.WEBHOOK,), Category.SUBSCRIBED)

STAND_INS = {ChannelName.MAIL: ChannelName.FILE}
"""What takes a channel's place when it is not configured: a mail becomes a file to look at."""


def routes_for(event: EventName, data: Mapping[str, Any], *, gate: GateName | None = None) -> Iterator[Route]:
    """The rows that hold for this event, in the order of the table."""
    tells = data.get("tells", ())
    for route in ROUTES[event]:
        given = not route.needs or bool(data.get(route.needs))
        heard = route.hearer is None or route.hearer.value in tells
        if given and heard and (gate is None or gate in route.gates):
            yield route


def subscribed_routes(event: EventName, data: Mapping[str, Any], *, gate: GateName | None = None) -> Iterator[Route]:
    """What other systems may hear of this event: the programme's all that is public, a partner's what its mails say."""
    if event not in PUBLIC_EVENTS:
        return
    yield TO_ENDPOINTS
    if any(route.audience is Audience.PARTNER for route in routes_for(event, data, gate=gate)):
        yield TO_ENDPOINTS_OF_PARTNER


def audible_to_partners() -> frozenset[EventName]:
    """Public events that a partner's endpoint may ever hear."""
    return frozenset(
        event for event in PUBLIC_EVENTS if any(route.audience is Audience.PARTNER for route in ROUTES[event])
    )


def carriers(route: Route, configured: frozenset[ChannelName]) -> Iterator[ChannelName]:
    """The configured channels that could carry the route, best first."""
    for channel in route.channels:
        if channel in configured:
            yield channel
        elif STAND_INS.get(channel) in configured:
            yield STAND_INS[channel]
