import pytest

from models.enums import ChannelName, EventName, GateName, Hearer
from notifications.message import Placement
from notifications.outbox.patience import PATIENCE
from notifications.rendering import TEMPLATES
from notifications.routing import ROUTES, Audience, Route, carriers, routes_for
from notifications.samples import DATA

ALL_ROUTES = [
    pytest.param(event, route, id=f"{event.value}-{route.audience.value}")
    for event, routes in ROUTES.items()
    for route in routes
]


def audiences(event, *, gate=None, **data):
    return [route.audience for route in routes_for(event, DATA.get(event, {}) | data, gate=gate)]


def test_every_event_has_its_row():
    assert set(ROUTES) == set(EventName)


@pytest.mark.parametrize(("event", "route"), ALL_ROUTES)
def test_every_route_has_its_templates(event, route):
    folder = TEMPLATES / (route.template or event.value)
    needed = set()
    if ChannelName.MAIL in route.channels:
        needed |= {"subject.txt", "body.txt", "body.html"}
    if ChannelName.SLACK in route.channels and route.placement is not Placement.CARD:
        needed |= {"slack.txt"}
    assert needed <= ({file.name for file in folder.iterdir()} if folder.is_dir() else set())


def test_no_folder_of_templates_is_without_a_route():
    used = {route.template or event.value for event, routes in ROUTES.items() for route in routes}
    assert {folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()} <= used


@pytest.mark.parametrize(("event", "route"), ALL_ROUTES)
def test_every_category_says_how_long_it_is_tried(event, route):
    assert PATIENCE[route.category].attempts > 0


def test_a_new_submission_changes_the_card_and_mails_nobody():
    assert [(route.audience, route.channels) for route in ROUTES[EventName.REVIEW_OPENED]] == [
        (Audience.TEAM, (ChannelName.SLACK,))
    ]


@pytest.mark.parametrize(
    ("tells", "heard_by"),
    [
        ([Hearer.ASSIGNEE], {Audience.ASSIGNEE, Audience.TEAM_WHEN_UNASSIGNED}),
        ([Hearer.CHANNEL], {Audience.TEAM}),
        ([Hearer.LEAD], {Audience.LEADS}),
        ([Hearer.LEAD, Hearer.MANAGER], {Audience.LEADS, Audience.MANAGERS}),
        ([Hearer.PARTNER], {Audience.PARTNER}),
    ],
)
@pytest.mark.parametrize("event", [EventName.CLOCK_WARNED, EventName.CLOCK_BREACHED, EventName.CLOCK_ESCALATED])
def test_whom_the_step_of_the_ladder_names_hears_of_it(event, tells, heard_by):
    told = {route.audience for route in routes_for(event, {"tells": [hearer.value for hearer in tells]})}
    assert told - {Audience.TEAM} == heard_by - {Audience.TEAM}
    assert (Hearer.CHANNEL not in tells) or Audience.TEAM in told


def test_a_reminder_goes_to_the_partner_and_to_the_manager_only_when_the_ladder_says_so():
    assert audiences(EventName.PARTNER_REMINDED, tells=["partner"]) == [Audience.PARTNER]
    assert audiences(EventName.PARTNER_REMINDED, tells=["partner", "manager"]) == [Audience.PARTNER, Audience.MANAGERS]


def test_only_the_team_hears_that_a_partner_is_silent():
    told = {route.audience for route in ROUTES[EventName.PARTNER_SILENT]}
    assert told == {route.audience for route in ROUTES[EventName.PARTNER_REMINDED]} - {Audience.PARTNER}
    assert audiences(EventName.PARTNER_SILENT, tells=["manager"]) == [Audience.MANAGERS]


def test_a_breach_goes_to_the_leads_and_its_escalation_to_the_managers():
    assert Audience.LEADS in audiences(EventName.CLOCK_BREACHED)
    assert Audience.MANAGERS in audiences(EventName.CLOCK_ESCALATED)


def test_access_is_told_as_granted_and_not_as_approved_as_well():
    assert Audience.PARTNER not in audiences(EventName.APPROVED, gate=GateName.ACCESS)
    assert Audience.PARTNER in audiences(EventName.ACCESS_GRANTED, gate=GateName.ACCESS)
    assert Audience.PARTNER in audiences(EventName.APPROVED, gate=GateName.PUBLIC_BETA)


def test_a_claim_is_told_to_the_partner_only_with_a_message():
    assert Audience.PARTNER in audiences(EventName.CLAIMED, message="I begin with the documentation.")
    assert Audience.PARTNER not in audiences(EventName.CLAIMED, message="")


def test_every_change_of_status_is_told_to_the_partner():
    told = {event for event, routes in ROUTES.items() if any(route.audience is Audience.PARTNER for route in routes)}
    assert told >= {
        EventName.ACCESS_GRANTED,
        EventName.ACCESS_DECLINED,
        EventName.CHANGES_REQUESTED,
        EventName.QUESTION_ASKED,
        EventName.APPROVED,
        EventName.REJECTED,
        EventName.WITHDRAWN,
        EventName.LAUNCHED,
        EventName.UPDATED,
        EventName.GRADUATION_PROPOSED,
        EventName.GRADUATED,
        EventName.REGRESSED,
        EventName.RECOVERED,
        EventName.DELISTED,
        EventName.RELISTED,
        EventName.PARTNER_REMINDED,
    }


@pytest.mark.parametrize(
    ("configured", "found"),
    [
        ({ChannelName.SLACK, ChannelName.MAIL}, [ChannelName.SLACK, ChannelName.MAIL]),
        ({ChannelName.MAIL, ChannelName.FILE}, [ChannelName.MAIL]),
        ({ChannelName.FILE, ChannelName.CONSOLE}, [ChannelName.FILE]),
        ({ChannelName.CONSOLE}, []),
    ],
)
def test_a_mail_becomes_a_file_where_no_mail_server_is_configured(configured, found):
    route = Route(Audience.LEADS, (ChannelName.SLACK, ChannelName.MAIL), next(iter(PATIENCE)))
    assert list(carriers(route, frozenset(configured))) == found
