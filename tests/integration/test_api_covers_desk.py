"""Whatever somebody can do at the desk, a program can do over the API, or docs/api.md says why not."""

from pathlib import Path

import pytest

from desk.api.assembling import create_api
from tests.fixtures.routes import ways_into
from tests.integration.desk_story import nobodys_desk

DOCS = Path(__file__).resolve().parents[2] / "docs" / "api.md"

COVERED = {
    "/queue/take": ["/submissions/{submission}/claim"],
    "/queue/assign": ["/queue/assign"],
    "/submissions/{submission_id}/act": [
        f"/submissions/{{submission}}/{move}"
        for move in ("decide", "ask", "message", "withdraw", "claim", "assign", "release", "attest", "waive", "undo")
    ],
    "/submissions/{submission_id}/secret": ["/submissions/{submission}/secret"],
    "/integrations/{slug}/extend": ["/integrations/{slug}/extend"],
    "/integrations/{slug}/dismiss": ["/integrations/{slug}/dismiss"],
    "/reports/graduation/nudge": ["/reports/graduation/nudge"],
    "/integrations/{slug}/delist": ["/integrations/{slug}/delist"],
    "/integrations/{slug}/waive": ["/integrations/{slug}/waive"],
    "/integrations/{slug}/end-waiver": ["/integrations/{slug}/end-waiver"],
    "/rulebooks/simulate": ["/rulebooks/simulate"],
    "/people/add": ["/people"],
    "/people/{number}/change": ["/people/{person}/change"],
    "/people/{number}/sign-out": ["/people/{person}/sign-out"],
    "/people/{number}/link": ["/people/{person}/link"],
    "/people/{number}/tokens": ["/tokens"],
    "/people/{number}/tokens/{token}/revoke": ["/tokens/{token}/revoke"],
    "/calendars/{calendar}/change": ["/calendars/{name}/change"],
    "/calendars/{calendar}/holidays": ["/calendars/{name}/holidays"],
    "/policies/{version}/targets": ["/policy/change"],
    "/policies/{version}/change": ["/policy/change"],
    "/drift/recompute": ["/clocks/recompute"],
    "/deliveries/{number}/retry": ["/deliveries/{delivery}/retry"],
    "/deliveries/retry": ["/deliveries/retry"],
    "/partner/submissions/{submission_id}/answer": ["/submissions/{submission}/answer"],
    "/partner/submissions/{submission_id}/withdraw": ["/submissions/{submission}/withdraw"],
    "/partner/submissions/{submission_id}/revise": ["/submissions", "/preflight", "/uploads"],
    "/partner/new/{kind}": ["/submissions", "/preflight", "/uploads"],
    "/partner/new/{kind}/{slug}": ["/submissions", "/preflight", "/uploads"],
}
"""What each form of the desk does, and with which POST a program does it."""

LEFT_OUT = {
    "/submissions/{submission_id}/act": "Notes of the team",
    "/sign-in/link": "Signing in and out",
    "/sign-in/link/{secret}": "Signing in and out",
    "/sign-in/demo": "Signing in and out",
    "/sign-out": "Signing in and out",
    "/unsubscribe/{secret}": "Signing in and out",
    "/people/{number}/tokens": "Tokens",
    "/people/{number}/tokens/{token}/revoke": "Tokens",
}
"""What a form does that the API does not, or not for everybody who may; under this name docs/api.md says why."""


def forms(database) -> set[str]:
    ways = (way.partition(" ") for way in ways_into(nobodys_desk(database).routes))
    return {path for method, _, path in ways if method == "POST" and not path.startswith(("/api/", "/slack/"))}


def test_every_form_of_the_desk_has_its_way_over_the_api_or_its_reason(sqlite_database):
    assert forms(sqlite_database) == COVERED.keys() | LEFT_OUT.keys()


@pytest.mark.parametrize("form", sorted(COVERED))
def test_each_way_is_there(form):
    paths = create_api(None, None, None).openapi()["paths"]
    assert [path for path in COVERED[form] if "post" not in paths.get(path, {})] == []


def test_each_reason_is_told():
    page = DOCS.read_text("utf-8").partition("## What the API leaves to the desk")[2]
    assert [reason for reason in LEFT_OUT.values() if f"- **{reason}**" not in page] == []
