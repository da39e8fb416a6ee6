"""The reports over what is live: what still holds, and what stands between Public Beta and Public."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, select

from checklist.outcome import CheckResult
from checklist.rulebook import Rulebook
from desk.cli.errors import InputWrong
from desk.reporting.graduation import present
from models.enums import AuditGrade, IntegrationStage, Outcome, Role
from models.integration import Integration
from models.result import Waiver
from review.actions import auditing, launching
from review.actions.auditing import Judged
from review.actions.companies import add_person
from review.actions.importing import import_catalog
from review.reports.graduation import Distance, graduation
from review.reports.readiness import readiness

RULEBOOK = Rulebook.load("v1")
LAUNCHED = datetime(2025, 8, 25, 9, tzinfo=UTC)
NOW = LAUNCHED + timedelta(days=455)

AHEAD = ("oauth.button", "customers.active")
"""What the gate to Public asks of an audit, above the launch."""


def live(session, slug, *, stage="PUBLIC_BETA"):
    row = {
        "slug": slug,
        "name": slug.title(),
        "website": f"https://{slug}.example",
        "status": stage,
        "connection_modes": {"cloud": ["web"]},
        "methods": ["track"],
    }
    done = import_catalog(session, [row], at=LAUNCHED)
    assert (done.created, done.wrong) == (1, [])
    return session.scalars(select(Integration).where(Integration.slug == slug)).one()


def audited(session, integration, *, at=NOW, failed=(), unknown=()):
    """An audit that found everything it looks at to hold, but for what is named."""
    outcomes = dict.fromkeys([item.id for item in RULEBOOK.items if item.live], Outcome.PASSED)
    outcomes |= dict.fromkeys(failed, Outcome.FAILED) | dict.fromkeys(unknown, Outcome.UNKNOWN)
    results = [CheckResult(item, outcome, f"{item} was seen", fix=f"mend {item}") for item, outcome in outcomes.items()]
    run = auditing.begin_run(session, [integration.id], rulebook=RULEBOOK, asked_by="schedule", at=at)
    auditing.take_judged(session, run, Judged(integration.id, results, {}), at=at)
    auditing.finish_run(session, run, at=at)


def waived(session, integration, item, *, until):
    lead = add_person(session, name="Idris", email="idris@desk.example", roles=frozenset({Role.LEAD}), at=LAUNCHED)
    session.add(
        Waiver(
            integration_id=integration.id,
            item=item,
            reason="Their site moves next month.",
            granted_by_id=lead.id,
            granted_at=NOW,
            until=until,
        )
    )
    session.flush()


def found(session):
    return {line.slug: line for line in graduation(session, rulebook=RULEBOOK, at=NOW).lines}


def test_everything_ahead_holds_and_the_integration_is_ready(session):
    audited(session, live(session, "ready"))

    line = found(session)["ready"]

    assert (line.distance, line.lacks, line.unknown, line.days) == (Distance.READY, (), (), 455)
    assert "opens its graduation by itself" in line.way_out[0]


@pytest.mark.parametrize("item", AHEAD)
def test_exactly_one_item_is_lacking_and_named_with_its_fix(session, item):
    audited(session, live(session, "nearly"), failed=[item])

    line = found(session)["nearly"]

    assert line.distance is Distance.LACKS_ONE
    assert [(obstacle.item, obstacle.seen, obstacle.fix) for obstacle in line.lacks] == [
        (item, f"{item} was seen", f"mend {item}")
    ]
    assert line.way_out == (f"{RULEBOOK.item(item).title}: mend {item}",)


def test_several_items_are_lacking(session):
    audited(session, live(session, "far"), failed=AHEAD)

    line = found(session)["far"]

    assert line.distance is Distance.LACKS_MORE
    assert [obstacle.item for obstacle in line.lacks] == list(AHEAD)


def test_an_unknown_item_is_never_counted_as_lacking(session):
    audited(session, live(session, "unseen"), unknown=["oauth.button"])

    line = found(session)["unseen"]

    assert (line.distance, line.lacks) == (Distance.UNDECIDED, ())
    assert "a person has to look, because oauth.button was seen" in line.way_out[0]


def test_one_lacking_and_one_unknown_can_not_be_told_but_says_what_is_certain(session):
    audited(session, live(session, "half-seen"), failed=["oauth.button"], unknown=["customers.active"])

    line = found(session)["half-seen"]

    assert line.distance is Distance.UNDECIDED
    assert [obstacle.item for obstacle in line.lacks] == ["oauth.button"]
    assert [obstacle.item for obstacle in line.unknown] == ["customers.active"]
    assert len(line.way_out) == 2


def test_what_no_audit_has_looked_at_can_not_be_told(session):
    live(session, "never-seen")
    report = graduation(session, rulebook=RULEBOOK, at=NOW)

    assert report.lines[0].distance is Distance.UNDECIDED
    assert report.lines[0].way_out == ("No audit has looked at it yet: audit it.",)
    assert report.never_audited == 1


def test_a_waived_item_is_not_lacking_until_its_last_day_has_passed(session):
    integration = live(session, "waived")
    audited(session, integration, failed=["oauth.button"])
    waived(session, integration, "oauth.button", until=NOW.date())

    today = graduation(session, rulebook=RULEBOOK, at=NOW).lines[0]
    tomorrow = graduation(session, rulebook=RULEBOOK, at=NOW + timedelta(days=1)).lines[0]

    assert (today.distance, today.waived) == (Distance.READY, ("oauth.button",))
    assert (tomorrow.distance, tomorrow.waived) == (Distance.LACKS_ONE, ())


def test_an_open_graduation_is_named_as_the_way_out(session):
    integration = live(session, "asked")
    audited(session, integration)
    submission = launching.propose_graduation(session, integration, [], rulebook=RULEBOOK, at=NOW)

    line = found(session)["asked"]

    assert line.graduation == (submission.id, submission.stage)
    assert line.way_out == (f"Its graduation, submission {submission.id}, is submitted: decide it.",)


def test_only_public_beta_is_told_nearest_to_public_first_then_longest_waiting(session):
    for slug, failed in (("far", AHEAD), ("near", AHEAD[:1]), ("ready", ()), ("also-near", AHEAD[:1])):
        audited(session, live(session, slug), failed=failed)
    audited(session, live(session, "public", stage="PUBLIC"))
    session.scalars(select(Integration).where(Integration.slug == "near")).one().stage_since -= timedelta(days=1)

    report = graduation(session, rulebook=RULEBOOK, at=NOW)

    assert [line.slug for line in report.lines] == ["ready", "near", "also-near", "far"]
    assert report.by_distance == {
        Distance.READY: 1,
        Distance.LACKS_ONE: 2,
        Distance.LACKS_MORE: 1,
        Distance.UNDECIDED: 0,
    }
    assert [(one.item, one.number) for one in report.lacks_only] == [("oauth.button", 2)]
    assert [(one.item, one.number) for one in report.lacks] == [("oauth.button", 3), ("customers.active", 1)]
    assert report.median_days == 455


def test_readiness_counts_everything_live_by_the_grade_of_its_last_audit(session):
    live(session, "unseen")
    audited(session, live(session, "good"))
    audited(session, live(session, "wobbly"), failed=["docs.partner"])
    audited(session, live(session, "foggy"), unknown=["docs.partner"])
    fallen = live(session, "fallen", stage="PUBLIC")
    for at in (NOW - timedelta(days=1), NOW):
        audited(session, fallen, at=at, failed=["docs.partner"])
    gone = live(session, "gone")
    gone.stage, gone.delisted_from = IntegrationStage.DELISTED, IntegrationStage.PUBLIC_BETA

    report = readiness(session, rulebook=RULEBOOK, at=NOW)

    assert [(line.slug, line.grade) for line in report.lines] == [
        ("fallen", AuditGrade.REGRESSED),
        ("wobbly", AuditGrade.SUSPECTED),
        ("foggy", AuditGrade.UNDECIDED),
        ("unseen", None),
        ("good", AuditGrade.HOLDS),
    ]
    assert report.by_grade == {**dict.fromkeys((*AuditGrade, None), 1), AuditGrade.DRIFTED: 0}
    assert [(line.item, line.failed, line.unknown) for line in report.items] == [("docs.partner", 2, 1)]


def test_readiness_asks_only_for_gates_that_were_passed(session):
    audited(session, live(session, "in-beta"), failed=AHEAD)
    audited(session, live(session, "in-public", stage="PUBLIC"), failed=AHEAD)

    report = readiness(session, rulebook=RULEBOOK, at=NOW)

    assert {line.slug: line.failed for line in report.lines} == {"in-beta": (), "in-public": AHEAD}


def test_only_the_last_audit_counts(session):
    integration = live(session, "mended")
    audited(session, integration, at=NOW - timedelta(days=1), failed=["docs.partner"])
    audited(session, integration)

    report = readiness(session, rulebook=RULEBOOK, at=NOW)

    assert (report.lines[0].grade, report.lines[0].failed, report.items) == (AuditGrade.HOLDS, (), ())


def test_waivers_are_a_debt_soonest_to_run_out_first(session):
    slow, soon, over = (live(session, slug) for slug in ("slow", "soon", "over"))
    audited(session, soon, failed=["docs.partner", "catalog.logo"])
    waived(session, slow, "catalog.logo", until=date(2027, 6, 1))
    waived(session, soon, "docs.partner", until=NOW.date() + timedelta(days=3))
    waived(session, over, "docs.partner", until=NOW.date() - timedelta(days=1))

    report = readiness(session, rulebook=RULEBOOK, at=NOW)
    line = next(line for line in report.lines if line.slug == "soon")

    assert [(debt.slug, debt.item, debt.by, debt.days_left) for debt in report.debts] == [
        ("soon", "docs.partner", "Idris", 3),
        ("slow", "catalog.logo", "Idris", 190),
    ]
    assert (line.failed, line.waived) == (("catalog.logo",), ("docs.partner",))
    assert [(one.item, one.failed, one.waived) for one in report.items] == [
        ("catalog.logo", 1, 0),
        ("docs.partner", 0, 1),
    ]


def test_readiness_asks_as_many_queries_for_one_integration_as_for_many(session):
    def queries():
        session.flush()
        session.expire_all()
        asked = []
        event.listen(session.bind, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
        readiness(session, rulebook=RULEBOOK, at=NOW)
        return len(asked)

    audited(session, live(session, "one"))
    few = queries()
    for number in range(20):
        audited(session, live(session, f"tool-{number}"))

    assert queries() == few


def test_graduation_asks_as_many_queries_for_one_integration_as_for_many(session):
    audited(session, live(session, "first"))
    counts = []
    for slugs in ((), ("second", "third")):
        for slug in slugs:
            audited(session, live(session, slug), failed=["oauth.button"])
        session.flush()
        session.expire_all()
        asked = []

        def note(*arguments, asked=asked):
            asked.append(arguments[2])

        event.listen(session.bind, "before_cursor_execute", note)
        graduation(session, rulebook=RULEBOOK, at=NOW)
        event.remove(session.bind, "before_cursor_execute", note)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_graduation_is_narrowed_to_what_is_lacking_and_ordered_while_its_totals_stay(session):
    for slug, failed in (("far", AHEAD), ("near", AHEAD[:1]), ("ready", ())):
        audited(session, live(session, slug), failed=failed)
    report = graduation(session, rulebook=RULEBOOK, at=NOW)

    def shown(**asked):
        told = present(report, **asked)
        assert told.document["in_beta"] == 3
        assert len(told.sheet) == len(told.document["integrations"])
        return [entry["integration"] for entry in told.document["integrations"]]

    assert shown(lacking="oauth.button") == ["near", "far"]
    assert shown(lacking="only:oauth.button") == ["near"]
    assert shown(lacking="ready") == ["ready"]
    assert shown(sort="name") == ["far", "near", "ready"]
    for wrong in ({"lacking": "nonsense"}, {"sort": "nonsense"}):
        with pytest.raises(InputWrong, match="nonsense"):
            shown(**wrong)
