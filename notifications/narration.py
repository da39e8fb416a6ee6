"""One line for each event: what the console tells, and what Slack shows where there is no room for more."""

from models.enums import EventName as E

NARRATION: dict[E, str] = {
    E.SUBMISSION_RECEIVED: "{{ partner }} submitted {{ integration }} for {{ gate }}",
    E.SUBMISSION_ACKNOWLEDGED: "the receipt of {{ integration }} is acknowledged to {{ partner }}",
    E.SUBMISSION_CHECKED: "{{ integration }}: revision {{ revision }} is checked, the gate {{ data.says }}",
    E.REVIEW_OPENED: "{{ integration }} is ready for review",
    E.CLAIMED: "{{ who }} took {{ integration }}",
    E.ASSIGNED: "{{ who }} assigned {{ integration }}{% if assignee %} to {{ assignee }}{% endif %}",
    E.RELEASED: "{{ integration }} is free again",
    E.QUESTION_ASKED: "{{ who }} asked {{ partner }} a question about {{ integration }}",
    E.ANSWERED: "{{ partner }} answered about {{ integration }}",
    E.CHANGES_REQUESTED: (
        "{{ who }} asked for changes to {{ integration }}: "
        "{{ data.findings | length + data | general | length }} to fix"
    ),
    E.RESUBMITTED: "{{ partner }} submitted {{ integration }} again, revision {{ revision }}",
    E.APPROVAL_RECORDED: "{{ who }} approved {{ integration }}; a second approval is needed",
    E.APPROVED: "{{ who }} approved {{ integration }} for {{ gate }}",
    E.REJECTED: "{{ who }} rejected {{ integration }} for {{ gate }}",
    E.DECISION_UNDONE: "{{ who }} took back a decision on {{ integration }}: {{ data.decision | replace('_', ' ') }}",
    E.MESSAGE_SENT: "{{ who }} wrote about {{ integration }}",
    E.WITHDRAWN: "{{ who }} withdrew the {{ kind }} of {{ integration }}",
    E.ITEM_ATTESTED: "{{ who }} judged an item of {{ integration }}",
    E.FINDING_CLOSED: "{{ who }} closed a finding of {{ integration }}",
    E.WAIVER_GRANTED: "{{ who }} granted {{ integration }} a waiver",
    E.WAIVER_ENDED: "a waiver of {{ integration }} ended",
    E.WAIVER_RUNS_OUT: "a waiver of {{ integration }} runs out on {{ data.until | date }}",
    E.INTEGRATION_CREATED: "{{ integration }} of {{ partner }} was created",
    E.ACCESS_GRANTED: "{{ partner }} may build {{ integration }}: access is granted",
    E.ACCESS_DECLINED: "{{ partner }} was declined access for {{ integration }}",
    E.LAUNCHED: "{{ integration }} is live in {{ words.stage[data.stage] }}",
    E.UPDATED: "the update of {{ integration }} is live",
    E.GRADUATION_PROPOSED: "{{ integration }} meets what Public asks for: graduation is proposed",
    E.GRADUATED: "{{ integration }} is Public",
    E.REGRESSED: "{{ integration }}: {{ (data | items_of) | length }} no longer in order",
    E.PARTLY_RECOVERED: (
        "{{ integration }}: {{ data.mended | length }} in order again, {{ (data | items_of) | length }} still to mend"
    ),
    E.RECOVERED: "{{ integration }} is in order again",
    E.DELISTED: "{{ integration }} was delisted",
    E.RELISTED: "{{ integration }} is listed again",
    E.FIX_REMINDED: "{{ partner }} was reminded of what fell of {{ integration }}",
    E.FIX_EXTENDED: "{{ partner }} has more time to mend what fell of {{ integration }}",
    E.DELISTING_PROPOSED: "{{ integration }} was not mended in time: a person decides whether it stays listed",
    E.DELISTING_DISMISSED: "{{ who }} leaves {{ integration }} listed; asked again after {{ data.until | date }}",
    E.IMPORTED: "{{ integration }} was imported from the catalog",
    E.SEEN_IN_CATALOG: "{{ integration }} was seen in the catalog, as its history has it",
    E.CLOCK_WARNED: "{{ integration }}: {{ data.level | level }} for {{ words.target[data.target] }}",
    E.CLOCK_BREACHED: "{{ integration }} is late with {{ words.target[data.target] }}",
    E.CLOCK_ESCALATED: "{{ integration }} is still late: {{ words.target[data.target] }}, escalated",
    E.CLOCK_REVISED: "{{ integration }}: {{ words.target[data.target] }} is now due {{ data.due_at | instant }}",
    E.PARTNER_REMINDED: "{{ partner }} was reminded of {{ integration }}",
    E.PARTNER_SILENT: "{{ partner }} has not answered about {{ integration }}",
    E.REPLAY_REQUESTED: "{{ partner }} was asked how {{ integration }} takes replays",
    E.OAUTH_REQUESTED: "{{ partner }} was asked for “Enable with {{ data.marketplace }}” at {{ integration }}",
    E.GRADUATION_MISSING: (
        "{{ partner }} was told what {{ integration }} lacks for Public: "
        "{{ data | items_of | map(attribute='title') | join(', ') }}"
    ),
    E.DIGEST_JOINED: (
        "{{ data.lines | length }} {{ 'message' if data.lines | length == 1 else 'messages' }} that waited for you"
    ),
    E.SIGN_IN_ASKED: "{{ data.email }} asked for a link to sign in",
    E.CALENDAR_CHANGED: "the calendar {{ data.name }} is changed: {{ data.summary }}",
    E.POLICY_CHANGED: "the SLA policy {{ data.name }} is changed: {{ data.summary }}",
    E.CLOCKS_DRIFTED: "{{ data.summary }}",
    E.PARTNER_TIER_CHANGED: "{{ data.partner }} is now of the tier {{ data.tier }}, no longer {{ data.was }}",
    E.REASON_SET: "{{ who }} wrote the reason {{ data.key }}, version {{ data.version }}",
    E.REASON_RETIRED: "{{ who }} retired the reason {{ data.key }}",
    E.PERSON_ADDED: "{{ data.email }} is added",
    E.PERSON_CHANGED: "{{ who }} changed what {{ data.email }} may do",
    E.PERSON_SIGNED_OUT: "{{ data.email }} is signed out everywhere",
    E.TOKEN_ISSUED: "{{ data.email }} has a new token",
    E.TOKEN_REVOKED: "a token of {{ data.email }} works no longer",
    E.AUDIT_FINISHED: "an audit has finished",
    E.SECRET_REVEALED: "{{ who }} looked at a secret of {{ integration }}",
    E.WEBHOOK_DISABLED: "nothing more goes to {{ data.host }}{% if data.partner %} of {{ data.partner }}{% endif %}: "
    "{{ data.because }}",
    E.PATH_STUCK: "{{ integration }} is stuck at {{ data.step }}: {{ data.error }}",
}
