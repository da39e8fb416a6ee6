"""An example of every event, to look at its messages without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

from models.enums import (
    GATE_OF_KIND,
    EventName,
    GateName,
    IntegrationStage,
    Outcome,
    SubmissionKind,
    SubmissionStage,
    TargetName,
)
from notifications.facts import Facts, IntegrationFacts, Promise, SubmissionFacts, Trouble, Turn

AT = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
DUE_AT = AT + timedelta(days=2)
WAS_DUE_AT = AT - timedelta(minutes=20)
DUE_A_DAY_AGO = AT - timedelta(days=3, minutes=20)
"""On the Friday before."""

FINDINGS = [
    {
        "item": "docs.partner",
        "title": "The documentation on the partner's site tells how to set it up",
        "what": "https://mapleworks.example/docs/segment answered 404.",
        "fix": "Publish the page, or correct `documentation.partner_url` in the submission.",
    },
    {
        "item": "test.auth",
        "title": "A wrong key is refused",
        "what": "A call with a wrong key was answered with 200.",
        "fix": "Answer 401 or 403 when the key is not yours.",
    },
]
FALLEN = [{**FINDINGS[0], "fix_by": "2026-12-08"}]
MENDED = {"item": FINDINGS[1]["item"], "title": FINDINGS[1]["title"]}
REASONS = [
    {
        "key": "docs-page-missing",
        "version": 2,
        "title": "Your documentation page can't be opened",
        "text": "Customers set the integration up from this page, so it has to be there before it launches.",
        "links": ["https://segment.com/docs/"],
        "fix_by": "2026-12-01",
        "about": ["docs.partner"],
    },
    {
        "key": "tell-us-before-you-announce",
        "version": 1,
        "title": "Tell us the day of your announcement",
        "text": "We announce on the same day.\nA week's notice is enough.",
        "links": [],
        "fix_by": "2026-12-08",
        "about": [],
    },
]
AS_TEXT = (
    "Your documentation page can't be opened: Customers set the integration up from this page, so it has to be there "
    "before it launches.\nhttps://segment.com/docs/\nPlease do this by Tuesday 1 December 2026.\n\n"
    "Tell us the day of your announcement: We announce on the same day.\nA week's notice is enough.\n"
    "Please do this by Tuesday 8 December 2026."
)
LACKING = [
    {
        "item": "oauth.button",
        "title": "Customers can enable it with one button",
        "what": "https://mapleworks.example/segment has no button that leads to the authorize address.",
        "fix": "Add the button; it leads to the authorize address with your client id.",
        "since": (AT - timedelta(days=30)).isoformat(),
    },
    {
        "item": "customers.active",
        "title": "Customers actively use it",
        "what": "1 of 3 customers use mapleworks actively",
        "fix": "Bring 2 more customers to use it in production; each counts from its first successful delivery.",
        "since": (AT - timedelta(days=12)).isoformat(),
    },
]
CLOCK = {
    "target": TargetName.FIRST_RESPONSE.value,
    "due_at": DUE_AT.isoformat(),
    "breach_at": DUE_AT.isoformat(),
    "missed": [],
    "cause": "",
    "also": [],
    "waiting_on": "reviewer",
    "offers": [],
}
OFFERS = [
    {"name": "Ann Kowalczyk", "email": "ann@marketplace.example", "open": 1},
    {"name": "Rosa Lindqvist", "email": "rosa@marketplace.example", "open": 4},
]
DECISION_TOO = {
    "target": TargetName.DECISION.value,
    "rung": "50",
    "level": 0.5,
    "due_at": (DUE_AT + timedelta(days=5)).isoformat(),
    "breach_at": (DUE_AT + timedelta(days=5)).isoformat(),
    "missed": [],
    "cause": "",
}
REMINDER = {
    "target": TargetName.PARTNER_ANSWER.value,
    "rung": "reminder_1",
    "level": 1.0,
    "tells": ["partner"],
    "due_at": DUE_AT.isoformat(),
    "since": (AT - timedelta(days=6)).isoformat(),
    "findings": FINDINGS[1:],
    "text": "",
    "count": 1,
}
MOVES = [
    {
        "integration": "Mapleworks",
        "submission": 7,
        "target": TargetName.FIRST_RESPONSE.value,
        "was": DUE_AT.isoformat(),
        "now": (DUE_AT + timedelta(days=1)).isoformat(),
    }
]

DATA: dict[EventName, dict[str, Any]] = {
    EventName.SUBMISSION_ACKNOWLEDGED: {
        "due_at": DUE_AT.isoformat(),
        "target": TargetName.FIRST_RESPONSE.value,
        "usually_between": [(AT + timedelta(hours=20)).isoformat(), (AT + timedelta(days=1, hours=6)).isoformat()],
        "rulebook": "1",
        "gate": GateName.PUBLIC_BETA.value,
    },
    EventName.SUBMISSION_CHECKED: {
        "counts": {"passed": 22, "failed": 2, "unknown": 1},
        "failed": [{"item": finding["item"], "title": finding["title"]} for finding in FINDINGS],
        "says": "fails",
    },
    EventName.CLAIMED: {
        "person_id": 1,
        "leased_until": DUE_AT.isoformat(),
        "message": "I have your test account and begin with the documentation.",
    },
    EventName.ASSIGNED: {"person_id": 1, "leased_until": DUE_AT.isoformat()},
    EventName.QUESTION_ASKED: {
        "text": "Does the integration honour `timestamp` when calls are replayed?",
        "reminded_at": (AT + timedelta(days=14)).isoformat(),
    },
    EventName.ANSWERED: {"text": "Yes, for calls of the last 30 days."},
    EventName.CHANGES_REQUESTED: {
        "reason": f"Nearly there: this is all that stands between you and Public Beta.\n\n{AS_TEXT}",
        "words": "Nearly there: this is all that stands between you and Public Beta.",
        "reasons": REASONS,
        "findings": [{**FINDINGS[0], "fix_by": "2026-12-01"}, {**FINDINGS[1], "fix_by": None}],
        "decision_id": 4,
        "reminded_at": (AT + timedelta(days=14)).isoformat(),
    },
    EventName.APPROVAL_RECORDED: {"reason": "Works as documented.", "gate": GateName.PUBLIC_BETA.value},
    EventName.APPROVED: {
        "reason": "Works as documented, and the set-up took five minutes.",
        "gate": GateName.PUBLIC_BETA.value,
        "open_items": [],
    },
    EventName.REJECTED: {
        "reason": "The service it connects to closes at the end of the year.",
        "gate": GateName.PUBLIC_BETA.value,
        "open_items": [],
    },
    EventName.DECISION_UNDONE: {"undone_event": 4, "decision": "request_changes", "decided_by": "Ann Reviewer"},
    EventName.MESSAGE_SENT: {
        "text": "We test from Monday on; nothing for you to do.",
        "to_partner": True,
        "to_team": True,
    },
    EventName.WITHDRAWN: {"reason": "We launch after our new API is out."},
    EventName.ACCESS_GRANTED: {
        "handbook": "https://marketplace.example/docs/partners/",
        "support": "partners@marketplace.example",
    },
    EventName.ACCESS_DECLINED: {"reason": "The tool keeps no customer data that calls could feed."},
    EventName.LAUNCHED: {
        "stage": IntegrationStage.PUBLIC_BETA.value,
        "missing_for_public": [
            {
                "item": "oauth.button",
                "title": "An “Enable with Segment” button on your page",
                "fix": "Add the button; it leads to the authorize address with your client id.",
            },
            {
                "item": "customers.active",
                "title": "Three active customers",
                "fix": "Nothing to send: we count customers with a delivery in the last 30 days.",
            },
        ],
    },
    EventName.REPLAY_REQUESTED: {
        "item": "replay.info",
        "missing": ["accepts_replays", "honours_timestamp", "rate_limits"],
        "is_live": False,
    },
    EventName.OAUTH_REQUESTED: {
        "marketplace": "Segment",
        "handbook": "https://marketplace.example/docs/partners/",
        **LACKING[0],
    },
    EventName.GRADUATION_MISSING: {"items": LACKING, "digest": "0" * 64, "is_last": False},
    EventName.UPDATED: {"stage": IntegrationStage.PUBLIC_BETA.value, "missing_for_public": []},
    EventName.GRADUATION_PROPOSED: {
        "submission_id": 7,
        "evidence": [{"item": "customers.active", "summary": "4 customers in the last 30 days"}],
    },
    EventName.GRADUATED: {"stage": IntegrationStage.PUBLIC.value, "missing_for_public": []},
    EventName.REGRESSED: {"items": FALLEN},
    EventName.PARTLY_RECOVERED: {"mended": [MENDED], "items": FALLEN, "fix_by": FALLEN[0]["fix_by"]},
    EventName.FIX_REMINDED: {"items": FALLEN, "fix_by": FALLEN[0]["fix_by"]},
    EventName.FIX_EXTENDED: {"items": FALLEN, "fix_by": FALLEN[0]["fix_by"], "reason": "Their team moves its servers."},
    EventName.DELISTING_PROPOSED: {"items": FALLEN, "fix_by": FALLEN[0]["fix_by"]},
    EventName.WAIVER_RUNS_OUT: {"items": FALLEN, "until": FALLEN[0]["fix_by"], "renewals": 2, "waivers": [4]},
    EventName.DELISTING_DISMISSED: {
        "items": FALLEN,
        "until": FALLEN[0]["fix_by"],
        "reason": "Their servers are moving, and customers are served meanwhile.",
    },
    EventName.DELISTED: {"reason": "The endpoint has not answered for thirty days."},
    EventName.RELISTED: {"reason": ""},
    EventName.CLOCK_WARNED: {**CLOCK, "rung": "75", "level": 0.75, "tells": ["assignee", "channel"]},
    EventName.CLOCK_BREACHED: {
        **CLOCK,
        "due_at": WAS_DUE_AT.isoformat(),
        "breach_at": WAS_DUE_AT.isoformat(),
        "rung": "breach",
        "level": 1.0,
        "tells": ["lead"],
        "missed": [0.75, 0.9],
        "cause": "with Tomasz Okafor",
        "also": [DECISION_TOO],
        "offers": OFFERS,
    },
    EventName.CLOCK_ESCALATED: {
        **CLOCK,
        "due_at": DUE_A_DAY_AGO.isoformat(),
        "breach_at": DUE_A_DAY_AGO.isoformat(),
        "rung": "breach_plus_1bd",
        "level": 2.0,
        "tells": ["manager"],
        "cause": "with Tomasz Okafor",
        "offers": OFFERS,
    },
    EventName.CLOCK_REVISED: {
        "target": TargetName.FIRST_RESPONSE.value,
        "due_at": (DUE_AT + timedelta(days=1)).isoformat(),
        "was_due_at": DUE_AT.isoformat(),
        "because": "Thanksgiving Friday is free this year",
        "source": "calendar team, version 3",
    },
    EventName.DIGEST_JOINED: {
        "lines": [
            {
                "title": "Mapleworks: half of the time is used for the first answer by a person",
                "at": (AT - timedelta(hours=20)).isoformat(),
                "url": "https://desk.example/submissions/7",
                "turn": "team",
            },
            {
                "title": "Mapleworks Inc. answered about Mapleworks",
                "at": (AT - timedelta(hours=3)).isoformat(),
                "url": "https://desk.example/submissions/7",
                "turn": "team",
            },
            {
                "title": "Pinecone Labs: an item is no longer in order",
                "at": (AT - timedelta(hours=2)).isoformat(),
                "url": "https://desk.example/integrations/pinecone",
                "turn": "",
            },
        ],
        "since": (AT - timedelta(hours=20)).isoformat(),
        "over_cap": False,
        "side": "team",
        "stop": "https://desk.example/unsubscribe/7.work.c2FtcGxlIHNpZ25hdHVyZQ",
    },
    EventName.CALENDAR_CHANGED: {
        "name": "team",
        "version": 3,
        "because": "Thanksgiving Friday is free this year",
        "summary": "1 due date moves, 0 met would have been missed",
        "moves": MOVES,
        "more_moves": 36,
    },
    EventName.POLICY_CHANGED: {
        "name": "v1",
        "version": 2,
        "because": "Select partners are answered within a day",
        "summary": "1 due date moves, 4 met would have been missed",
        "moves": MOVES,
        "more_moves": 0,
    },
    EventName.CLOCKS_DRIFTED: {
        "source": "tzdata 2026c",
        "summary": "with tzdata 2026c 1 running due date would move",
        "moves": MOVES,
        "more_moves": 0,
        "todo": "look at `launch-review calendar drift`, then take it over with `launch-review calendar recompute`",
    },
    EventName.PARTNER_REMINDED: REMINDER,
    EventName.PARTNER_SILENT: {**REMINDER, "rung": "silent", "level": 2.0, "tells": ["manager"]},
    EventName.PARTNER_TIER_CHANGED: {"partner": "Mapleworks Inc.", "tier": "select", "was": "standard"},
    EventName.REASON_SET: {
        "key": "docs-page-missing",
        "version": 2,
        "title": "Your documentation page can't be opened",
        "changed": ["text", "links"],
    },
    EventName.REASON_RETIRED: {"key": "docs-page-missing", "version": 2},
    EventName.PERSON_ADDED: {"person": 4, "email": "sam@example.com", "roles": ["reviewer"]},
    EventName.PERSON_CHANGED: {
        "person": 4,
        "email": "sam@example.com",
        "was": {"roles": ["reviewer"], "active": True},
        "now": {"roles": ["lead", "reviewer"], "active": True},
        "because": "Sam leads the team from December on.",
    },
    EventName.PERSON_SIGNED_OUT: {"person": 4, "email": "sam@example.com", "browsers": 2},
    EventName.TOKEN_ISSUED: {"person": 4, "email": "sam@example.com", "token": 3, "name": "CI", "scopes": ["read"]},
    EventName.TOKEN_REVOKED: {"person": 4, "email": "sam@example.com", "token": 3, "name": "CI"},
    EventName.SIGN_IN_ASKED: {"person_id": 4, "link": 9, "email": "sam@example.com", "next": "/"},
    EventName.WEBHOOK_DISABLED: {
        "endpoint": 3,
        "host": "hooks.mapleworks.example",
        "because": "it took nothing since 2026-11-20 13:55 UTC; the last it said: it answered 500",
        "partner_id": 1,
        "partner": "Mapleworks Inc.",
        "by_itself": True,
    },
    EventName.PATH_STUCK: {
        "step": "launch",
        "error": "the catalog could not be read: HTTP 503",
        "since": (AT - timedelta(hours=3)).isoformat(),
    },
}
"""Data of the events that carry some."""

SUBJECT = "submission:7"
OF_THE_PROGRAMME = frozenset(
    {
        EventName.AUDIT_FINISHED,
        EventName.DIGEST_JOINED,
        EventName.SIGN_IN_ASKED,
        EventName.CALENDAR_CHANGED,
        EventName.POLICY_CHANGED,
        EventName.CLOCKS_DRIFTED,
        EventName.PARTNER_TIER_CHANGED,
        EventName.REASON_SET,
        EventName.REASON_RETIRED,
        EventName.PERSON_ADDED,
        EventName.PERSON_CHANGED,
        EventName.PERSON_SIGNED_OUT,
        EventName.TOKEN_ISSUED,
        EventName.TOKEN_REVOKED,
        EventName.WEBHOOK_DISABLED,
    }
)
ABOUT_NO_SUBMISSION = frozenset(
    {
        EventName.INTEGRATION_CREATED,
        EventName.REGRESSED,
        EventName.PARTLY_RECOVERED,
        EventName.RECOVERED,
        EventName.FIX_REMINDED,
        EventName.FIX_EXTENDED,
        EventName.DELISTING_PROPOSED,
        EventName.DELISTING_DISMISSED,
        EventName.WAIVER_RUNS_OUT,
        EventName.DELISTED,
        EventName.RELISTED,
        EventName.IMPORTED,
        EventName.SEEN_IN_CATALOG,
        EventName.OAUTH_REQUESTED,
        EventName.GRADUATION_MISSING,
        EventName.PATH_STUCK,
    }
)


STAGE = {
    EventName.LAUNCHED: IntegrationStage.PUBLIC_BETA,
    EventName.UPDATED: IntegrationStage.PUBLIC_BETA,
    EventName.GRADUATION_PROPOSED: IntegrationStage.PUBLIC_BETA,
    EventName.OAUTH_REQUESTED: IntegrationStage.PUBLIC_BETA,
    EventName.GRADUATION_MISSING: IntegrationStage.PUBLIC_BETA,
    EventName.GRADUATED: IntegrationStage.PUBLIC,
    EventName.REGRESSED: IntegrationStage.PUBLIC_BETA,
    EventName.FIX_REMINDED: IntegrationStage.PUBLIC_BETA,
    EventName.FIX_EXTENDED: IntegrationStage.PUBLIC_BETA,
    EventName.DELISTING_PROPOSED: IntegrationStage.PUBLIC_BETA,
    EventName.DELISTING_DISMISSED: IntegrationStage.PUBLIC_BETA,
    EventName.PARTLY_RECOVERED: IntegrationStage.PUBLIC_BETA,
    EventName.WAIVER_RUNS_OUT: IntegrationStage.PUBLIC_BETA,
    EventName.RECOVERED: IntegrationStage.PUBLIC_BETA,
    EventName.DELISTED: IntegrationStage.DELISTED,
    EventName.RELISTED: IntegrationStage.PUBLIC_BETA,
}
KIND = {
    EventName.ACCESS_GRANTED: SubmissionKind.ACCESS,
    EventName.ACCESS_DECLINED: SubmissionKind.ACCESS,
    EventName.UPDATED: SubmissionKind.UPDATE,
    EventName.GRADUATION_PROPOSED: SubmissionKind.GRADUATION,
    EventName.GRADUATED: SubmissionKind.GRADUATION,
}


def sample(event: EventName, *, at: datetime = AT) -> Facts:
    """The facts of one example of this event."""
    stage = STAGE.get(event, IntegrationStage.BUILDING)
    integration = IntegrationFacts("mapleworks", "Mapleworks", "Mapleworks Inc.", stage)
    if event in OF_THE_PROGRAMME:
        return Facts(event, at, "programme", "Rosa Lindqvist", data=DATA.get(event, {}))
    if event in ABOUT_NO_SUBMISSION:
        return Facts(event, at, "integration:3", "Rosa Lindqvist", integration, None, DATA.get(event, {}))
    kind = KIND.get(event, SubmissionKind.LAUNCH)
    submission = SubmissionFacts(
        id=7,
        kind=kind,
        gate=GATE_OF_KIND[kind],
        stage=SubmissionStage.IN_REVIEW,
        revision=2,
        assignee="Tomasz Okafor",
        turn=Turn.TEAM,
        promise=Promise(TargetName.FIRST_RESPONSE, DUE_AT, paused=False),
        counts={Outcome.PASSED: 22, Outcome.FAILED: 2, Outcome.UNKNOWN: 1, Outcome.NOT_APPLICABLE: 4},
        waived=1,
        trouble=(
            Trouble("docs.partner", Outcome.FAILED, FINDINGS[0]["what"]),
            Trouble("test.auth", Outcome.FAILED, FINDINGS[1]["what"]),
            Trouble("marketing.blog_post", Outcome.UNKNOWN, "The page needs a browser."),
        ),
    )
    return Facts(event, at, SUBJECT, "Rosa Lindqvist", integration, submission, DATA.get(event, {}))
