"""`launch-review notifications preview`: any message as files, without a database."""

import json
from email import message_from_bytes, policy

import pytest

from desk.cli.main import run
from models.enums import ChannelName, EventName
from notifications.previewing import NoSchemes, in_scheme, messages, readable


@pytest.fixture(autouse=True)
def installation(monkeypatch, tmp_path):
    """No `.env` of the folder one stands in interferes."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAUNCH_REVIEW_BASE_URL", "https://desk.example/")


def previewed(capsys, *arguments) -> list[str]:
    assert run(["notifications", "preview", *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_each_message_of_an_event_becomes_files_and_their_paths_are_printed(tmp_path, capsys):
    told = previewed(capsys, "submission.approved", "--out", "looked-at")
    name = "looked-at/submission.approved"
    assert told == [
        *(f"{name}.partner.{kind}" for kind in ("eml", "txt", "light.html", "dark.html")),
        *(f"{name}.team.slack.{kind}" for kind in ("json", "txt")),
        f"{name}.endpoints.webhook.json",
        f"{name}.console.txt",
    ]
    assert sorted(told) == sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("looked-at/*"))


def test_every_event_can_be_looked_at_at_once(tmp_path, capsys):
    told = previewed(capsys, "--all")
    assert len(set(told)) == len(told) == len(list((tmp_path / "preview").iterdir()))
    consoles = {path.name for path in (tmp_path / "preview").glob("*.console.txt")}
    assert consoles == {f"{event.value}.console.txt" for event in EventName}


def test_a_mail_opens_in_a_mail_program_and_its_pages_keep_their_colours(tmp_path, capsys):
    previewed(capsys, "submission.changes_requested", "--channel", "mail")
    folder = tmp_path / "preview"
    mail = message_from_bytes((folder / "submission.changes_requested.partner.eml").read_bytes(), policy=policy.default)
    text = (folder / "submission.changes_requested.partner.txt").read_text()
    assert mail["Subject"] in text
    light = (folder / "submission.changes_requested.partner.light.html").read_text()
    dark = (folder / "submission.changes_requested.partner.dark.html").read_text()
    assert "prefers-color-scheme" not in light + dark
    assert "https://desk.example/partner/submissions/7" in light
    assert ("@media not all" in light, "@media all" in dark) == (True, True)
    assert {path.suffix for path in folder.iterdir()} == {".eml", ".txt", ".html"}


def test_a_card_is_there_as_blocks_and_as_text(tmp_path, capsys):
    told = previewed(capsys, "submission.review_opened", "--channel", "slack")
    assert [path.removeprefix("preview/") for path in told] == [
        "submission.review_opened.team.card.json",
        "submission.review_opened.team.card.txt",
    ]
    document = json.loads((tmp_path / told[0]).read_text())
    assert document["placement"] == "card"
    assert document["card"]["blocks"][0]["type"] == "header"
    assert document["message"]["blocks"] == []
    assert "Mapleworks: Public Beta" in (tmp_path / told[1]).read_text()


def test_what_a_webhook_endpoint_gets_is_there_as_it_is_posted(tmp_path, capsys):
    (told,) = previewed(capsys, "submission.approved", "--channel", "webhook")
    body = json.loads((tmp_path / told).read_text())
    assert body["type"] == "submission.approved"
    assert body["data"]["url"] == "https://desk.example/submissions/7"


def test_what_is_not_public_has_no_webhook(capsys):
    assert run(["notifications", "preview", "integration.imported", "--channel", "webhook"]) == 1
    assert "nobody is told" in capsys.readouterr().err


def test_blocks_read_as_they_are_shown():
    texts = ["a &amp; b &lt;!channel&gt;", "due <!date^1795615200^{date_long_pretty} at {time}|Wednesday, 14:00 UTC>"]
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": text}} for text in texts]
    assert readable(blocks) == "a & b <!channel>\n\ndue Wednesday, 14:00 UTC\n"


def test_the_list_shows_every_message_there_is(capsys):
    rows = json.loads(previewed(capsys, "--list", "--json")[0])
    assert {(row["event"], row["channel"]) for row in rows} == {
        (event.value, channel.value) for event in EventName for _, channel in messages(event)
    }
    assert run(["notifications", "preview", "--list"]) == 0
    said = capsys.readouterr()
    assert said.out.splitlines()[0].split() == ["event", "audience", "channel", "template"]
    (alone,) = [line for line in said.err.splitlines() if line.startswith("only the console narrates ")]
    assert "integration.imported" in alone


def test_the_list_of_one_channel_is_about_that_one(capsys):
    rows = json.loads(previewed(capsys, "--list", "--channel", "slack", "--json")[0])
    assert {row["channel"] for row in rows} == {"slack"}


def test_files_are_named_as_json_as_well(tmp_path, capsys):
    (row,) = json.loads(previewed(capsys, "partner.silent", "--channel", "console", "--json")[0])
    assert row == {
        "event": "partner.silent",
        "audience": "",
        "channel": "console",
        "template": "partner.silent",
        "files": ["preview/partner.silent.console.txt"],
    }
    line = (tmp_path / "preview/partner.silent.console.txt").read_text()
    assert line == "submission:7: Mapleworks Inc. has not answered about Mapleworks\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["submission.aproved"], 2, "there is no event 'submission.aproved'; did you mean submission.approved"),
        (["Regressed"], 2, "did you mean integration.regressed"),
        (["xyzzy"], 2, "there is no event 'xyzzy'; expected a name such as submission.approved; --list shows"),
        ([], 2, "expected the name of an event, or --all"),
        (["submission.approved", "--all"], 2, "expected one event or --all, not both"),
        (["submission.approved", "--channel", "file"], 2, "--channel file: it has no look of its own"),
        (["submission.approved", "--channel", "pigeon"], 2, "pigeon"),
        (["integration.imported", "--channel", "mail"], 1, "nobody is told of integration.imported by mail"),
        (["submission.approved", "--out", "taken"], 2, "--out taken: that is a file, expected a folder"),
        (["submission.approved", "--out", "taken/deeper"], 2, "--out taken/deeper: Not a directory"),
    ],
)
def test_what_can_not_be_shown_is_one_line(arguments, code, words, tmp_path, capsys):
    (tmp_path / "taken").write_text("somebody's")
    assert run(["notifications", "preview", *arguments]) == code
    said = capsys.readouterr()
    assert words in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert not (tmp_path / "preview").exists()


def test_a_page_with_one_look_only_is_a_mistake_and_not_shown_twice():
    with pytest.raises(NoSchemes, match=r"layout\.html"):
        in_scheme("<p>Hello</p>", dark=True)


def test_a_file_channel_has_no_look_of_its_own():
    assert all(channel is not ChannelName.FILE for event in EventName for _, channel in messages(event))
