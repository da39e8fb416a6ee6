"""People act from Slack: each button and dialog, each refusal with its reason, each click once."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from checklist.rulebook import Rulebook, also_from
from models.decision import Assignment, Decision
from models.enums import ChannelName, DecisionKind, EventName, Outcome, Role, SubmissionStage
from models.event import Event
from models.people import Partner, Person
from models.result import Finding, Waiver
from models.submission import Submission
from notifications.buttons import Act
from notifications.repairing import repair_cards
from review.actions import asking, assigning
from tests.building import NOW, after, contact, decided, person, rulebook_file
from tests.fixtures.slack_server import MENTIONS, slack_server, until, words_of
from tests.integration.slack_people import at_work

FAILED = Outcome.FAILED

APPROVED = "Approved. The partner is told in 60 seconds (until then it can be undone on the desk)."


@pytest.fixture
async def slack():
    async with slack_server() as server:
        yield server
        assert server.wrong == []


@pytest.fixture
async def office(database, tmp_path, slack):
    async with at_work(database, tmp_path, slack) as office:
        yield office


def count(office, what, *where):
    with office.here.database.read() as session:
        return session.scalar(select(func.count()).select_from(what).where(*where))


def happened(office, name):
    return count(office, Event, Event.name == name.value)


def stage(office, submission_id):
    with office.here.database.read() as session:
        return session.get_one(Submission, submission_id).stage


# --- buttons


async def test_take_it_takes_it_and_says_until_when(office):
    rosa, submission = office.member("Rosa"), office.submission()
    told = await office.press(office.click(rosa, Act.CLAIM, office.value(submission)))
    assert words_of(told).startswith("You have it until ")
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)
    with office.here.database.read() as session:
        (assignment,) = session.scalars(select(Assignment))
        assert (assignment.person.name, assignment.person.slack_id) == ("Rosa", rosa)


async def test_a_member_is_asked_for_once(office):
    rosa = office.member("Rosa")
    for slug in ("acme", "bolt"):
        await office.press(office.click(rosa, Act.CLAIM, office.value(office.submission(slug))))
    assert office.slack.calls.count("users.info") == 1


async def test_approve_decides_once_however_often_the_click_comes(office):
    rosa, submission = office.member("Rosa"), office.submission()
    click = office.click(rosa, Act.APPROVE, office.value(submission))
    envelopes = [await office.slack.send("interactive", click) for _ in range(3)]
    for envelope in envelopes:
        await office.slack.acknowledged(envelope)
    answers = [words_of(await office.slack.answer_to(click["response_url"], number)) for number in range(3)]
    assert answers == [APPROVED] * 3
    assert stage(office, submission) is SubmissionStage.APPROVED
    assert (count(office, Decision), happened(office, EventName.APPROVED)) == (1, 1)


async def test_where_a_gate_asks_for_two_approvals_the_first_says_so_and_the_card_too(office, tmp_path):
    rulebook_file(tmp_path, "v902", second_approval="true")
    with also_from(tmp_path):
        rosa, idris = office.member("Rosa"), office.member("Idris", Role.LEAD)
        submission = office.submission(rulebook=Rulebook.load("v902"))
        first = office.value(submission)
        told = await office.press(office.click(rosa, Act.APPROVE, first))
        assert "asks for two: somebody else has to approve" in words_of(told)
        assert words_of(await office.press(office.click(rosa, Act.APPROVE, first))) == words_of(told)
        assert count(office, Decision) == 1
        await office.tell()
        card = office.slack.posted[-1].body
        assert "Rosa; a second approval is needed" in words_of(card)
        assert "Rosa has approved it: yours is the second approval." in str(card)
        again = await office.press(office.click(rosa, Act.APPROVE, office.value(submission)))
        assert "Rosa has approved this already" in words_of(again)
        told = await office.press(office.click(idris, Act.APPROVE, office.value(submission)))
        assert words_of(told) == APPROVED
        assert stage(office, submission) is SubmissionStage.APPROVED


async def test_what_failed_stands_against_an_approval(office):
    rosa, submission = office.member("Rosa"), office.submission(said={"docs.partner": FAILED})
    told = await office.press(office.click(rosa, Act.APPROVE, office.value(submission)))
    assert words_of(told) == ("Not done: required items failed: docs.partner; request changes, or have each waived.")


# --- dialogs


async def test_request_changes_tells_what_failed_what_was_chosen_and_the_reviewers_words(office):
    rosa, submission = office.member("Rosa"), office.submission(said={"docs.partner": FAILED})
    view = await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission))
    assert "docs.partner failed" in words_of(view)
    options = [option["value"] for block in view["blocks"] for option in block.get("element", {}).get("options", [])]
    assert "docs.partner" not in options
    assert "test.end_to_end" in options
    sent = office.filled(rosa, view, reasons=["test.end_to_end"], words="Nearly there.")
    assert await office.send(sent) == {}
    with office.here.database.read() as session:
        (decision,) = session.scalars(select(Decision))
        found = {finding.item: finding for finding in session.scalars(select(Finding))}
    assert (decision.decision, decision.reason) == (DecisionKind.REQUEST_CHANGES, "Nearly there.")
    assert set(found) == {"docs.partner", "test.end_to_end"}
    assert "does not hold yet" in found["test.end_to_end"].what
    assert found["test.end_to_end"].fix
    assert await office.send(sent) == {}
    assert (count(office, Decision), count(office, Finding)) == (1, 2)


async def test_what_failed_without_holding_the_gate_is_chosen_already_and_can_be_left_out(office):
    advised = next(
        item.id for item in Rulebook.load("v1").items if item.severity == "advised" and item.gate == "public_beta"
    )
    rosa, submission = office.member("Rosa"), office.submission(said={advised: FAILED})
    view = await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission))
    (select_element,) = [b["element"] for b in view["blocks"] if b.get("block_id") == "reasons"]
    assert [option["value"] for option in select_element["initial_options"]] == [advised]
    errors = await office.send(office.filled(rosa, view, reasons=[]))
    assert errors == {
        "response_action": "errors",
        "errors": {"words": "Write one sentence that the reader understands."},
    }
    assert await office.send(office.filled(rosa, view)) == {}
    with office.here.database.read() as session:
        (finding,) = session.scalars(select(Finding))
        assert (finding.item, finding.what, finding.fix) == (advised, f"{advised} failed", "mend it")


async def test_ask_the_partner_asks_once_also_when_the_answer_was_quicker_than_the_repeat(office):
    rosa, submission = office.member("Rosa"), office.submission()
    view = await office.open(rosa, Act.ASK_PARTNER, office.value(submission))
    sent = office.filled(rosa, view, words="Which region?")
    assert await office.send(sent) == {}
    with office.here.database.write.begin() as session:
        one = session.get_one(Submission, submission)
        asking.answer(session, one, by=contact(session, one), at=after(minutes=1), text="The EU.")
    assert await office.send(sent) == {}
    assert happened(office, EventName.QUESTION_ASKED) == 1
    other = await office.send(office.filled(rosa, view, words="And which plan?"))
    assert other == {}, "another question from the same dialog is another question"
    assert happened(office, EventName.QUESTION_ASKED) == 2


async def test_while_a_question_is_open_another_is_refused_before_anything_is_typed(office):
    rosa, submission = office.member("Rosa"), office.submission()
    value = office.value(submission)
    view = await office.open(rosa, Act.ASK_PARTNER, value)
    await office.send(office.filled(rosa, view, words="Which region?"))
    told = await office.press(office.click(rosa, Act.ASK_PARTNER, value))
    assert "a question to the partner is open already" in words_of(told)
    assert "Rosa asked Acme Inc a question about Acme" in words_of(told)


async def test_waive_takes_an_item_a_reason_and_a_day_and_says_beside_the_day_what_is_wrong_with_it(office):
    rosa, submission = office.member("Rosa"), office.submission(said={"docs.partner": FAILED})
    view = await office.open(rosa, Act.WAIVE, office.value(submission))
    (items,) = [block["element"]["options"] for block in view["blocks"] if block.get("block_id") == "item"]
    assert items[0]["value"] == "docs.partner", "what failed comes first"
    for day in ("2026-11-22", (NOW + timedelta(days=367)).date().isoformat(), "soon"):
        answer = await office.send(office.filled(rosa, view, item="docs.partner", words="On its way.", until=day))
        assert list(answer["errors"]) == ["until"]
    sent = office.filled(rosa, view, item="docs.partner", words="On its way.", until="2027-01-31")
    assert await office.send(sent) == {}
    assert await office.send(sent) == {}
    with office.here.database.read() as session:
        (waiver,) = session.scalars(select(Waiver))
    assert (waiver.item, waiver.reason, waiver.until.isoformat()) == ("docs.partner", "On its way.", "2027-01-31")


async def test_a_dialog_that_is_out_of_date_when_it_is_sent_says_so_beside_its_field(office):
    rosa, submission = office.member("Rosa"), office.submission()
    view = await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission))
    with office.here.database.write.begin() as session:
        decided(session, session.get_one(Submission, submission), by=person(session, "Idris", Role.LEAD))
    answer = await office.send(office.filled(rosa, view, words="Nearly there."))
    assert "This card was out of date: Idris approved Acme for Public Beta at 18:00 UTC." in answer["errors"]["words"]
    assert count(office, Decision) == 1


async def test_a_dialog_that_takes_long_says_so_in_time_and_then_what_came_of_it(database, tmp_path, slack):
    import time

    from desk.slack.reasons import of_items

    slow = []

    def slow_reasons(session, submission, at):
        if slow:
            time.sleep(2.3)
        return of_items(session, submission, at)

    async with at_work(database, tmp_path, slack, slow_reasons, acknowledged_within_seconds=2.0) as office:
        rosa, submission = office.member("Rosa"), office.submission()
        view = await office.open(rosa, Act.REQUEST_CHANGES, office.value(submission))
        slow.append(True)
        answer = await office.send(office.filled(rosa, view, words="Nearly there."))
        assert answer["response_action"] == "update"
        await until(lambda: len(slack.views) == 2)
        assert "The partner is told" in words_of(slack.views[-1])
        assert count(office, Decision) == 1


async def test_the_same_press_twice_opens_its_dialog_once_and_says_nothing(office):
    rosa, submission = office.member("Rosa"), office.submission()
    click = office.click(rosa, Act.WAIVE, office.value(submission))
    for _ in range(2):
        await office.slack.acknowledged(await office.slack.send("interactive", click))
        await until(lambda: office.slack.views)
    await until(lambda: office.slack.calls.count("views.open") == 2)
    assert words_of(await office.press(office.click(rosa, Act.CLAIM, "99.1.1")))  # whatever was said before is said
    assert (len(office.slack.views), office.slack.told[click["response_url"]]) == (1, [])


async def test_a_dialog_that_slack_opens_no_more_is_told_as_ours_to_blame(office):
    rosa, submission = office.member("Rosa"), office.submission()
    office.slack.trigger_error = "expired_trigger_id"
    told = words_of(await office.press(office.click(rosa, Act.WAIVE, office.value(submission))))
    assert told.endswith("Nothing has happened; press again.")
    office.slack.trigger_error = "view_too_large"
    told = words_of(await office.press(office.click(rosa, Act.WAIVE, office.value(submission))))
    assert told.startswith("Slack refused what should have come next (view_too_large).")


# --- out of date


async def test_a_click_on_an_old_card_says_who_was_quicker_and_lets_the_card_be_drawn_anew(office):
    rosa, submission = office.member("Rosa"), office.submission()
    await office.tell()
    old = office.value(submission)
    office.clock.now = after(minutes=4)
    with office.here.database.write.begin() as session:
        assigning.claim(
            session, session.get_one(Submission, submission), by=person(session, "Ann"), at=after(minutes=4)
        )
    await office.tell()
    assert not office.look_is_asked_for()
    told = words_of(await office.press(office.click(rosa, Act.CLAIM, old)))
    assert told.startswith("This card was out of date: Ann took Acme at 18:04 UTC. Not done: Ann has it until ")
    assert office.look_is_asked_for()

    changes = len(office.slack.updated)
    done = await repair_cards(
        office.here.database,
        office.here.channels[ChannelName.SLACK],
        clock=office.clock,
        programme=office.here.programme,
    )
    assert (done.looked_at, len(office.slack.updated)) == (1, changes + 1)
    assert "Take it" not in words_of(office.slack.updated[-1])


async def test_a_decision_on_an_older_version_is_refused(office):
    rosa, submission = office.member("Rosa"), office.submission()
    old = office.value(submission)
    office.change(submission, version=office.version(submission) + 1)
    told = words_of(await office.press(office.click(rosa, Act.APPROVE, old)))
    assert "changed meanwhile" in told
    assert count(office, Decision) == 0


async def test_a_card_of_a_closed_submission_refuses_whatever_is_pressed(office):
    rosa, submission = office.member("Rosa"), office.submission()
    old = office.value(submission)
    with office.here.database.write.begin() as session:
        decided(session, session.get_one(Submission, submission), by=person(session, "Ann"))
    for act in Act:
        told = words_of(await office.press(office.click(rosa, act, old)))
        assert "This card was out of date: Ann approved Acme" in told
        assert "it is approved" in told


async def test_two_hundred_press_take_at_once_one_wins_and_the_others_are_told_who(office):
    submission, people = office.submission(), [office.member(f"R{number}") for number in range(200)]
    value = office.value(submission)
    clicks = [office.click(member, Act.CLAIM, value) for member in people]
    envelopes = await asyncio.gather(*(office.slack.send("interactive", click) for click in clicks))
    for envelope in envelopes:
        await office.slack.acknowledged(envelope)
    await until(lambda: len(office.slack.told) == 200, seconds=100)
    said = [words_of(office.slack.told[click["response_url"]][0]) for click in clicks]
    with office.here.database.read() as session:
        (assignment,) = session.scalars(select(Assignment))
        winner = assignment.person.name
    won = [words for words in said if words.startswith("You have it until ")]
    lost = [words for words in said if words.startswith("This card was out of date: ")]
    assert (len(won), len(lost)) == (1, 199)
    assert all(f"{winner} took Acme" in words and f"{winner} has it until" in words for words in lost)
    assert happened(office, EventName.CLAIMED) == 1


# --- people


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"email": "stranger@elsewhere.test"}, "knows nobody with the address stranger@elsewhere.test"),
        ({"team_id": "T0OTHER"}, "not of the workspace"),
        ({"is_stranger": True}, "not of the workspace"),
        ({"deleted": True}, "not of the workspace"),
        ({"is_bot": True}, "not of the workspace"),
        ({"profile": {}}, "does not tell this app your e-mail address"),
        ({"is_email_confirmed": False}, "is not confirmed"),
    ],
)
async def test_who_is_not_of_the_team_is_told_why_and_whom_to_ask(office, more, why):
    submission = office.submission()
    eve = office.member("Eve", Role.LEAD, **more)
    told = words_of(await office.press(office.click(eve, Act.CLAIM, office.value(submission))))
    assert told.startswith("Not done: ")
    assert why in told
    assert count(office, Assignment) == 0


async def test_a_member_that_slack_does_not_know_is_told_what_the_app_lacks(office):
    submission = office.submission()
    told = words_of(await office.press(office.click("U0NOBODY", Act.CLAIM, office.value(submission))))
    assert "user_not_found" in told
    assert "users:read.email" in told


async def test_partners_the_inactive_and_those_without_a_role_see_and_do_nothing(office):
    submission = office.submission()
    with office.here.database.write.begin() as session:
        partner = session.scalars(select(Partner)).one()
        person(session, "Cora", Role.PARTNER, partner=partner)
        person(session, "Gone", active=False)
        session.add(Person(name="New", email="new@example.test", created_at=NOW))
    said = {"Cora": "belongs to the partner Acme Inc", "Gone": "no longer active", "New": "has no role yet"}
    for name, why in said.items():
        member = office.member(name, email=f"{name.lower()}@example.test")
        assert why in words_of(await office.press(office.click(member, Act.CLAIM, office.value(submission))))
        assert why in words_of(await office.type(member, "queue"))


async def test_a_role_that_may_not_decide_is_told_which_may_and_may_still_waive(office):
    submission, mona = office.submission(), office.member("Mona", Role.MANAGER)
    told = words_of(await office.press(office.click(mona, Act.CLAIM, office.value(submission))))
    assert "Mona has the role manager; this needs admin or lead or reviewer" in told
    assert (await office.open(mona, Act.WAIVE, office.value(submission)))["callback_id"] == "waive"


async def test_the_grid_of_one_company_is_one_workspace(office):
    from desk.slack.who import Workspace

    grid = Workspace("T1", "E1")
    assert grid.has({"team_id": "T2", "enterprise_user": {"enterprise_id": "E1"}})
    assert not grid.has({"team_id": "T2", "enterprise_user": {"enterprise_id": "E2"}})
    assert not Workspace("T1").has({"team_id": "T2", "enterprise_user": {}})


# --- the command


async def test_queue_lists_ten_soonest_first_with_turn_and_due(office):
    rosa = office.member("Rosa")
    assert words_of(await office.type(rosa, "queue")) == "Nothing waits."
    numbers = [office.submission(f"acme{number}", at=after(minutes=number)) for number in range(12)]
    await office.press(office.click(rosa, Act.CLAIM, office.value(numbers[0])))
    told = await office.type(rosa, " queue ")
    words = words_of(told).split("\n")
    assert words[0] == f"{numbers[0]}: Acme0 (Acme0 Inc), Public Beta, in review"
    assert words[2].startswith("Due <!date^")
    assert "; the reviewers' turn, with Rosa, 3 unknown" in words[2]
    assert "nobody has taken it" in words[5]
    assert words[-1] == "… and 2 more in the desk."
    assert told["response_type"] == "ephemeral"


async def test_show_gives_the_card_whose_buttons_work(office):
    rosa, submission = office.member("Rosa"), office.submission()
    for called in (str(submission), "acme", "ACME-launch".lower()):
        told = await office.type(rosa, f"show {called}")
        assert "Acme: Public Beta" in words_of(told)
        values = {element.get("value") for block in told["blocks"] for element in block.get("elements", [])}
        assert office.value(submission) in values
    assert "no submission and no integration 'nothing'" in words_of(await office.type(rosa, "show nothing"))


@pytest.mark.parametrize("text", ["show", "queue mine", "approve 1", "show a b"])
async def test_wrong_words_get_one_line_of_usage(office, text):
    told = words_of(await office.type(office.member("Rosa"), text))
    assert told.startswith("Say `/launch-review queue`")
    assert "\n" not in told


@pytest.mark.parametrize("text", ["", "help"])
async def test_help_says_what_there_is(office, text):
    assert "`show SLUG`" in words_of(await office.type(office.member("Rosa"), text))


# --- text of partners, and mishaps


async def test_what_a_partner_calls_itself_stays_text_everywhere(office):
    name = " ".join(MENTIONS) + " <@U1> & *bold*"
    rosa = office.member("Rosa")
    submission = office.submission(
        said={"docs.partner": FAILED},
        partner={"name": name, "website": "https://acme.example", "contact_email": "contact@acme.example"},
        integration={"slug": "acme", "name": name},
    )
    value = office.value(submission)
    for act in (Act.REQUEST_CHANGES, Act.ASK_PARTNER, Act.WAIVE):
        await office.open(rosa, act, value)
    await office.type(rosa, "queue")
    await office.type(rosa, "show acme")
    await office.tell()
    await office.press(office.click(rosa, Act.CLAIM, value))
    ann = office.member("Ann")
    await office.press(office.click(ann, Act.CLAIM, value))
    everything = [*office.slack.views, *(posted.body for posted in office.slack.posted), *office.slack.updated]
    everything += [told for answers in office.slack.told.values() for told in answers]
    assert len(everything) >= 8
    for shown in everything:
        assert not any(mention in str(shown) for mention in (*MENTIONS, "<@U1"))


async def test_a_mistake_of_ours_is_one_line_with_a_reference_and_the_log_has_the_rest(
    database, tmp_path, slack, caplog
):
    def broken(session, submission, at):
        raise ZeroDivisionError("secret inside")

    async with at_work(database, tmp_path, slack, broken) as office:
        rosa, submission = office.member("Rosa"), office.submission()
        told = words_of(await office.press(office.click(rosa, Act.REQUEST_CHANGES, office.value(submission))))
    assert told.startswith("Something went wrong here; this is our mistake. Look at the card, then try again")
    reference = told.rstrip(".").rsplit(" ", 1)[1]
    assert f"reference {reference}" in caplog.text
    assert "secret inside" not in told
    assert "Traceback" not in told


async def test_what_no_card_of_ours_carries_is_refused(office):
    rosa = office.member("Rosa")
    assert "went wrong" in words_of(await office.press(office.click(rosa, Act.CLAIM, "1;drop")))
    assert "there is no submission '99'" in words_of(await office.press(office.click(rosa, Act.CLAIM, "99.1.1")))


async def test_who_can_not_be_answered_has_acted_all_the_same(office, caplog):
    rosa, submission = office.member("Rosa"), office.submission()
    click = office.click(rosa, Act.CLAIM, office.value(submission)) | {"response_url": f"{office.slack.url}nowhere/x"}
    await office.slack.send("interactive", click)
    await until(lambda: "could not be answered" in caplog.text)
    assert count(office, Assignment) == 1


async def test_open_in_desk_is_acknowledged_and_nothing_else(office):
    click = office.click("U0NOBODY", "open_in_desk", "")
    assert await office.slack.acknowledged(await office.slack.send("interactive", click)) == {}
    assert office.slack.told == {}
