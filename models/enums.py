"""The closed lists of the domain (PRODUCT.md, Words). Pure: rules import these without touching a table."""

from enum import StrEnum


class IntegrationStage(StrEnum):
    """Where an integration is on its path through the programme."""

    REQUESTED = "requested"
    BUILDING = "building"
    PUBLIC_BETA = "public_beta"
    PUBLIC = "public"
    DECLINED = "declined"
    DELISTED = "delisted"


LIVE = frozenset({IntegrationStage.PUBLIC_BETA, IntegrationStage.PUBLIC})


class SubmissionStage(StrEnum):
    """Where a submission is: one request to pass one gate."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


OPEN_SUBMISSION = frozenset(
    {
        SubmissionStage.DRAFT,
        SubmissionStage.SUBMITTED,
        SubmissionStage.IN_REVIEW,
        SubmissionStage.CHANGES_REQUESTED,
    }
)
"""Stages in which a submission can still move; at most one such submission per integration and gate."""

QUEUED_SUBMISSION = OPEN_SUBMISSION - {SubmissionStage.DRAFT}
"""Stages that wait for somebody. A draft is nobody's business but its partner's."""


class SubmissionKind(StrEnum):
    ACCESS = "access"
    LAUNCH = "launch"
    UPDATE = "update"
    GRADUATION = "graduation"


class GateName(StrEnum):
    ACCESS = "access"
    PUBLIC_BETA = "public_beta"
    PUBLIC = "public"
    BONUS = "bonus"


GATE_OF_KIND = {
    SubmissionKind.ACCESS: GateName.ACCESS,
    SubmissionKind.LAUNCH: GateName.PUBLIC_BETA,
    SubmissionKind.UPDATE: GateName.PUBLIC_BETA,
    SubmissionKind.GRADUATION: GateName.PUBLIC,
}


class ComponentKind(StrEnum):
    """What a partner builds: a webhook or function, a web plugin, or a source."""

    SUBSCRIPTION = "subscription"
    PLUGIN = "plugin"
    STREAM = "stream"


class SpecCall(StrEnum):
    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"
    DELETE = "delete"


class Role(StrEnum):
    REVIEWER = "reviewer"
    LEAD = "lead"
    MANAGER = "manager"
    AUDITOR = "auditor"
    ADMIN = "admin"
    PARTNER = "partner"


class SignInWay(StrEnum):
    """How a person showed who it is: a link in a mail, the team's identity provider, or a demo's button."""

    LINK = "link"
    PROVIDER = "provider"
    DEMO = "demo"


class TokenScope(StrEnum):
    """What an API token may be used for; which roles may is in `review.scopes.SCOPES`."""

    PREFLIGHT = "preflight"
    READ = "read"
    SUBMIT = "submit"
    REVIEW = "review"
    REVEAL = "reveal"
    MANAGE = "manage"
    ADMIN = "admin"


class Outcome(StrEnum):
    """What a check says of an item. UNKNOWN is ours and never counts as FAILED."""

    PASSED = "passed"
    WARNED = "warned"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


class ResultSource(StrEnum):
    """Who said it: a check that ran, or a person who attested."""

    CHECK = "check"
    PERSON = "person"


class ItemMode(StrEnum):
    """Who decides an item: a check, a person with a check's evidence, or a person alone."""

    AUTOMATIC = "automatic"
    ASSISTED = "assisted"
    MANUAL = "manual"


class Severity(StrEnum):
    """REQUIRED holds the gate; ADVISED is told and never holds it; BONUS is only shown."""

    REQUIRED = "required"
    ADVISED = "advised"
    BONUS = "bonus"


class GateSays(StrEnum):
    """A verdict in one word: HOLDS, FAILS (a required item failed), OPEN (a person must look)."""

    HOLDS = "holds"
    FAILS = "fails"
    OPEN = "open"


class DecisionKind(StrEnum):
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"


class FindingStage(StrEnum):
    OPEN = "open"
    FIXED = "fixed"
    WAIVED = "waived"


class TargetName(StrEnum):
    """What a clock counts down to. PARTNER_ANSWER is the partner's to keep, the others are promises of ours."""

    ACCESS = "access"
    FIRST_RESPONSE = "first_response"
    DECISION = "decision"
    RE_REVIEW = "re_review"
    PARTNER_ANSWER = "partner_answer"


OUR_PROMISES = frozenset(TargetName) - {TargetName.PARTNER_ANSWER}
"""Targets that the team keeps; their clocks pause while the partner is waited for."""


class Hearer(StrEnum):
    """Whom a step of the ladder tells. CHANNEL is the reviewers' channel; without one, each reviewer."""

    ASSIGNEE = "assignee"
    CHANNEL = "channel"
    LEAD = "lead"
    MANAGER = "manager"
    PARTNER = "partner"


class ChannelName(StrEnum):
    CONSOLE = "console"
    FILE = "file"
    MAIL = "mail"
    SLACK = "slack"
    WEBHOOK = "webhook"


class DeliveryStage(StrEnum):
    """PLANNED waits for its try; SENDING was handed to a worker that has not settled it yet.

    SENT went out once as far as anyone knows; UNCERTAIN went out, but an earlier try may have too;
    SKIPPED was no longer true when its turn came; DEAD was refused for good.
    """

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"
    DEAD = "dead"


class ChosenCategory(StrEnum):
    """Kinds of messages whose rhythm a person may choose; whatever is urgent among them comes at once all the same."""

    STATUS = "status"
    REMINDER = "reminder"
    WORK = "work"


class How(StrEnum):
    """How a person wants to hear of one kind of messages."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    OFF = "off"


class ChosenChannel(StrEnum):
    """By which channel a person may want to hear, where both reach them."""

    MAIL = "mail"
    SLACK = "slack"


class HeldFor(StrEnum):
    """Why a delivery waits although it could be sent. QUIET: it comes alone, after the recipient's quiet time;
    DIGEST and CAP: it comes within a digest, as they want it or because they got enough mails that day.
    """

    QUIET = "quiet"
    DIGEST = "digest"
    CAP = "cap"


class AuditGrade(StrEnum):
    """How an audited integration stands against its gates. DRIFTED: it holds, but what was seen is materially other
    than what was approved. SUSPECTED: a fall seen once; nobody is told yet.
    """

    HOLDS = "holds"
    DRIFTED = "drifted"
    SUSPECTED = "suspected"
    REGRESSED = "regressed"
    UNDECIDED = "undecided"


class EventName(StrEnum):
    """What can happen; each is written in the transaction that makes it happen."""

    SUBMISSION_RECEIVED = "submission.received"
    SUBMISSION_ACKNOWLEDGED = "submission.acknowledged"
    SUBMISSION_CHECKED = "submission.checked"
    REVIEW_OPENED = "submission.review_opened"
    CLAIMED = "submission.claimed"
    ASSIGNED = "submission.assigned"
    RELEASED = "submission.released"
    QUESTION_ASKED = "submission.question_asked"
    ANSWERED = "submission.answered"
    MESSAGE_SENT = "submission.message_sent"
    CHANGES_REQUESTED = "submission.changes_requested"
    RESUBMITTED = "submission.resubmitted"
    APPROVAL_RECORDED = "submission.approval_recorded"
    APPROVED = "submission.approved"
    REJECTED = "submission.rejected"
    DECISION_UNDONE = "submission.decision_undone"
    WITHDRAWN = "submission.withdrawn"

    ITEM_ATTESTED = "item.attested"
    FINDING_CLOSED = "finding.closed"
    WAIVER_GRANTED = "waiver.granted"
    WAIVER_ENDED = "waiver.ended"
    WAIVER_RUNS_OUT = "waiver.runs_out"

    INTEGRATION_CREATED = "integration.created"
    ACCESS_GRANTED = "integration.access_granted"
    ACCESS_DECLINED = "integration.access_declined"
    LAUNCHED = "integration.launched"
    UPDATED = "integration.updated"
    GRADUATION_PROPOSED = "integration.graduation_proposed"
    GRADUATED = "integration.graduated"
    REGRESSED = "integration.regressed"
    PARTLY_RECOVERED = "integration.partly_recovered"
    RECOVERED = "integration.recovered"
    FIX_REMINDED = "integration.fix_reminded"
    FIX_EXTENDED = "integration.fix_extended"
    DELISTING_PROPOSED = "integration.delisting_proposed"
    DELISTING_DISMISSED = "integration.delisting_dismissed"
    DELISTED = "integration.delisted"
    RELISTED = "integration.relisted"
    IMPORTED = "integration.imported"
    SEEN_IN_CATALOG = "integration.seen_in_catalog"

    CLOCK_WARNED = "clock.warned"
    CLOCK_BREACHED = "clock.breached"
    CLOCK_ESCALATED = "clock.escalated"
    CLOCK_REVISED = "clock.revised"
    PARTNER_REMINDED = "partner.reminded"
    PARTNER_SILENT = "partner.silent"
    REPLAY_REQUESTED = "replay.requested"
    OAUTH_REQUESTED = "oauth.requested"
    GRADUATION_MISSING = "graduation.missing"

    DIGEST_JOINED = "digest.joined"
    SIGN_IN_ASKED = "sign_in.asked"

    CALENDAR_CHANGED = "calendar.changed"
    POLICY_CHANGED = "policy.changed"
    CLOCKS_DRIFTED = "clocks.drifted"
    PARTNER_TIER_CHANGED = "partner.tier_changed"
    REASON_SET = "reason.set"
    REASON_RETIRED = "reason.retired"

    PERSON_ADDED = "person.added"
    PERSON_CHANGED = "person.changed"
    PERSON_SIGNED_OUT = "person.signed_out"
    TOKEN_ISSUED = "token.issued"  # noqa: S105 - a name, not a secret
    TOKEN_REVOKED = "token.revoked"  # noqa: S105 - a name, not a secret

    AUDIT_FINISHED = "audit.finished"
    SECRET_REVEALED = "secret.revealed"  # noqa: S105 - a name, not a secret
    PATH_STUCK = "path.stuck"
    WEBHOOK_DISABLED = "webhook.disabled"
