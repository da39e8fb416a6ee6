import math
import tomllib
from copy import deepcopy
from datetime import date
from importlib.resources import files

import jsonschema
import pytest

from checklist.checks import unsupported
from checklist.rulebook import Rulebook, RulebookInvalid, RulebookUnknown, current, json_schema, versions
from checklist.rulebook_diff import Change, between, diff
from models.enums import ComponentKind, GateName, Hearer, ItemMode, Severity, SubmissionKind, TargetName

V1 = Rulebook.load("v1")
DOCUMENT = tomllib.loads((files("checklist") / "rulebooks" / "v1.toml").read_text("utf-8"))

ITEMS = [
    "access.website",
    "access.email",
    "access.survey",
    "access.agreements",
    "access.legitimate",
    "access.use_case",
    "access.can_integrate",
    "access.genuine",
    "test.https",
    "test.delivery",
    "test.auth",
    "test.malformed",
    "test.duplicate",
    "test.casing",
    "test.volume",
    "test.spec",
    "test.account",
    "test.end_to_end",
    "docs.segment",
    "docs.partner",
    "docs.matches",
    "catalog.description",
    "catalog.categories",
    "catalog.logo",
    "catalog.mark",
    "catalog.screenshots",
    "catalog.website",
    "catalog.support",
    "marketing.integrations_page",
    "marketing.blog_post",
    "marketing.shared",
    "marketing.utm",
    "marketing.brand_kit",
    "security.guidance",
    "replay.info",
    "oauth.button",
    "customers.active",
    "launch.holds",
    "select.member",
]


def changed(change):
    document = deepcopy(DOCUMENT)
    change(document)
    return document


def target(document, **values):
    """The first target's row, said otherwise."""
    document["sla"]["targets"][0].update(values)


def row(document, **for_whom):
    """One more row for the decision, above the others."""
    document["sla"]["targets"].insert(0, {"name": "decision", "business_days": 3, "calendar": "team", **for_whom})


def last_step(document, **values):
    document["sla"]["ladders"]["usual"][-1].update(values)


def team(document, **values):
    document["calendars"]["team"].update(values)


def refusal(document):
    with pytest.raises(RulebookInvalid) as refused:
        Rulebook.parse(document, "mine.toml")
    return str(refused.value)


def test_version_one_has_every_item_of_the_programme_in_order():
    assert [item.id for item in V1.items] == ITEMS


def test_every_shipped_rulebook_asks_only_what_this_release_can_do():
    assert [str(mistake) for version in versions() for mistake in unsupported(Rulebook.load(version))] == []


def test_version_one_keeps_the_programmes_promises():
    seconds = {target.name: target.seconds for target in V1.sla.targets}
    assert seconds == {
        TargetName.ACCESS: 28_800,
        TargetName.FIRST_RESPONSE: 57_600,
        TargetName.DECISION: 144_000,
        TargetName.RE_REVIEW: 57_600,
        TargetName.PARTNER_ANSWER: 288_000,
    }
    usual = [(step.level, list(step.tells)) for step in V1.sla.ladders["usual"]]
    assert usual == [
        (0.5, [Hearer.ASSIGNEE]),
        (0.75, [Hearer.ASSIGNEE, Hearer.CHANNEL]),
        (0.9, [Hearer.LEAD]),
        (1.0, [Hearer.LEAD]),
        (2.0, [Hearer.MANAGER]),
    ]


def test_a_first_day_of_the_year_is_a_holiday_of_the_team():
    team = V1.calendars["team"].as_spec()
    assert team["holidays"]["2027-01-01"] == "New Year's Day"
    assert team["week"]["mon"] == [["09:00", "17:00"]]
    assert all(date.fromisoformat(day).weekday() < 5 for day in team["holidays"])


def test_items_are_asked_of_the_components_they_apply_to():
    asked = {item.id for item in V1.items_of(GateName.PUBLIC_BETA, {ComponentKind.STREAM})}
    assert "test.spec" in asked
    assert "test.delivery" not in asked


def test_naming_no_component_avoids_no_item():
    assert {item.id for item in V1.items_of(GateName.PUBLIC_BETA)} >= {"test.delivery", "test.spec", "docs.partner"}


def test_an_update_needs_no_second_launch_post():
    asked = {item.id for item in V1.items_of(GateName.PUBLIC_BETA, (), SubmissionKind.UPDATE)}
    assert "marketing.blog_post" not in asked
    assert "marketing.integrations_page" in asked


def test_only_a_person_decides_the_manual_items_of_access():
    manual = [item.id for item in V1.items_of(GateName.ACCESS) if item.mode is ItemMode.MANUAL]
    assert manual == ["access.legitimate", "access.use_case", "access.can_integrate", "access.genuine"]


def test_the_rulebook_in_force_is_the_newest_that_has_started():
    assert current(date(2026, 11, 23)).version == "v1"
    with pytest.raises(RulebookUnknown, match="no rulebook is in force on 2001-01-01"):
        current(date(2001, 1, 1))


def test_an_unknown_version_is_refused_with_the_known_ones():
    with pytest.raises(RulebookUnknown, match=r"'v9'.*there are: v1"):
        Rulebook.load("v9")
    with pytest.raises(RulebookUnknown):
        Rulebook.load("../v1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(valid_from="soon"), "mine.toml: valid_from: saw 'soon', expected"),
        (lambda d: d.pop("sla"), "mine.toml: sla: saw nothing, expected a value"),
        (lambda d: d["items"][0].update(titel="x"), "items.0.titel: saw an unknown key, expected `title`"),
        (lambda d: d["items"][0].update(gate="acces"), "items.0.gate: saw 'acces'"),
        (lambda d: d["items"][0].update(gate="bonus", mode="manual"), "items.0"),
        (lambda d: d["items"][0].update(needs=["docs.partner"]), "items.access.website.needs: saw 'docs.partner'"),
        (lambda d: d["items"][0].update(live=True), "live has no effect at the gate access"),
        (lambda d: d["items"].append(d["items"][0]), "items.access.website: saw the same id twice"),
        (lambda d: d["calendars"]["team"].update(tz="Mars/Olympus"), "calendars.team: saw a table"),
        (lambda d: d["sla"]["targets"][0].update(calendar="moon"), "sla.targets.access.calendar: saw 'moon'"),
        (lambda d: d["sla"]["targets"][0].update(hours=1), "either business_days or hours"),
        (lambda d: d["sla"]["targets"].pop(), "sla.targets.partner_answer: saw no row"),
        (lambda d: d["sla"]["ladders"]["usual"].reverse(), "each step later than the one before"),
        (lambda d: d["sla"]["ladders"]["usual"][0].update(rung="75"), "each name once"),
        (
            lambda d: d["sla"]["ladders"]["usual"][0].update(tells=["mayor"]),
            "ladders.usual.0.tells.0: saw 'mayor', expected at least one of assignee, channel, lead, manager, partner",
        ),
        (
            lambda d: d["sla"]["ladders"]["usual"][0].update(tells=[]),
            "ladders.usual.0.tells: saw [], expected at least one of assignee, channel, lead, manager, partner",
        ),
        (lambda d: d["sla"]["targets"][0].update(ladder="rope"), "ladder: saw 'rope', expected one of usual, partner"),
        (lambda d: d["sla"]["targets"][0].update(kinds=["launch"]), "sla.targets.access: saw 0 general rows of 1"),
        (lambda d: target(d, hours=None, business_days=math.inf), "targets.0.business_days: saw inf"),
        (
            lambda d: target(d, business_days=367),
            "targets.0.business_days: saw 367, expected less than or equal to 366",
        ),
        (lambda d: target(d, business_days=0.00001), "a length of at least one second"),
        (lambda d: target(d, business_day_seconds=86_401), "targets.0.business_day_seconds: saw 86401"),
        (lambda d: target(d, tiers=["Select"]), "targets.0.tiers.0: saw 'Select'"),
        (lambda d: row(d, tiers=["select"], gates=["bonus"]), "saw a row for gate bonus, tier select, expected a gate"),
        (lambda d: row(d, gates=["public"], kinds=["launch"]), "saw a row for gate public, kind launch, expected a"),
        (
            lambda d: (row(d, tiers=["select"], kinds=["update"]), row(d, tiers=["gold", "select"])),
            "sla.targets.decision: saw a row for kind update, tier select below one that holds for all of them",
        ),
        (lambda d: last_step(d, after_breach_business_days=math.inf), "after_breach_business_days: saw inf"),
        (lambda d: d["sla"].update(claim_lease_minutes=10**9), "sla.claim_lease_minutes: saw 1000000000"),
        (lambda d: team(d, tz="Europe"), "calendars.team: saw a table of 4 keys, expected a zone of the tz database"),
        (lambda d: team(d, holidays_yearly=["02-30"]), "holidays_yearly.0: saw '02-30', expected a day of the year"),
        (lambda d: team(d, week={"mon": [["17:00", "09:00"]]}), "week.mon.0: saw ['17:00', '09:00'], expected an open"),
        (lambda d: team(d, breaks={"2026-12-24": [["12:00", "12:00:00"]]}), "breaks.2026-12-24.0: saw ['12:00'"),
        (lambda d: d["calendars"].update({"the team": d["calendars"]["team"]}), "calendars.the team"),
        (lambda d: d["families"].pop("docs"), "items.docs.segment: saw the family 'docs'"),
    ],
)
def test_a_mistake_is_told_with_its_file_its_place_and_what_was_expected(change, said):
    assert said in refusal(changed(change))


def test_of_several_rows_for_a_promise_the_first_that_fits_holds():
    def change(document):
        row(document, tiers=["select"], business_days=2)
        row(document, kinds=["graduation"], hours=6, business_days=None)

    policy = Rulebook.parse(changed(change), "mine.toml").sla
    decision, gate = TargetName.DECISION, GateName.PUBLIC
    assert str(policy.target(decision)) == "5 business days"
    assert str(policy.target(decision, gate, SubmissionKind.UPDATE, "select")) == "2 business days"
    assert str(policy.target(decision, gate, SubmissionKind.GRADUATION, "select")) == "6 hours"
    assert policy.targets[0].holds_for == "kind graduation"


def test_thresholds_without_effect_are_mistakes():
    odd = Rulebook.parse(changed(lambda d: d["items"][0].update(thresholds={"speed": 3})), "mine.toml")
    assert [str(mistake) for mistake in unsupported(odd)] == [
        "items.access.website.thresholds.speed: saw a threshold without effect, expected one of none"
    ]


def test_a_difference_is_told_by_the_items_name_and_not_by_its_place():
    def change(document):
        document["items"].reverse()
        for item in document["items"]:
            item.pop("needs", None)
        document["items"].append(document["items"].pop(0) | {"severity": "advised"})

    before = Rulebook.parse(changed(lambda d: [item.pop("needs", None) for item in d["items"]]), "before")
    after = Rulebook.parse(changed(change), "after")
    assert diff(before, after) == (Change("items.select.member.severity", "bonus", "advised"),)


def test_rows_of_one_name_are_told_apart_by_whom_they_are_for_and_by_their_order():
    select, usual = {"name": "decision", "tiers": ["select"], "hours": 2}, {"name": "decision", "hours": 9}
    assert between({"targets": [select, usual]}, {"targets": [usual, select | {"hours": 3}]}) == (
        Change("targets.decision (select).hours", 2, 3),
        Change("targets (order)", ["decision (select)", "decision"], ["decision", "decision (select)"]),
    )


def test_a_rulebook_differs_from_itself_in_nothing():
    assert diff(V1, V1) == ()


def test_the_published_schema_accepts_what_the_rulebook_accepts():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(V1.model_dump(mode="json", exclude_none=True))


def test_shadow_ends_on_its_day():
    item = V1.item("docs.partner").model_copy(update={"shadow_until": date(2027, 1, 1)})
    assert item.is_shadow(date(2026, 12, 31))
    assert not item.is_shadow(date(2027, 1, 1))


def test_only_replays_and_membership_do_not_hold_a_gate():
    lenient = [item.id for item in V1.items if item.severity is not Severity.REQUIRED]
    assert lenient == ["replay.info", "select.member"]


def test_without_a_word_on_graduations_a_person_decides_them():
    assert "graduation" not in DOCUMENT
    assert V1.graduation.decide == "person"


def test_two_approvals_and_an_automatic_graduation_contradict_each_other():
    document = deepcopy(DOCUMENT) | {"graduation": {"decide": "automatically"}}
    assert Rulebook.parse(document).graduation.audits_in_a_row == 3
    for gate in document["gates"]:
        gate["second_approval"] = True
    with pytest.raises(RulebookInvalid, match=r"graduation\.decide.*second approval"):
        Rulebook.parse(document)


def test_one_audit_is_never_enough_to_graduate_by_itself():
    with pytest.raises(RulebookInvalid, match=r"graduation\.audits_in_a_row"):
        Rulebook.parse(DOCUMENT | {"graduation": {"decide": "automatically", "audits_in_a_row": 1}})


def test_the_difference_between_two_rulebooks_names_who_decides_graduations():
    changed = Rulebook.parse(DOCUMENT | {"graduation": {"decide": "automatically"}})
    assert diff(V1, changed) == (Change("graduation.decide", "person", "automatically"),)
