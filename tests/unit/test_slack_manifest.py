"""The manifest in the documentation asks for what the app uses, and for no more."""

import re
from pathlib import Path

import yaml

from desk.slack.app import COMMAND

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "set-up-slack.md"


def manifests():
    return [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)]


def test_the_manifest_has_the_command_the_socket_and_the_scopes():
    manifest, _ = manifests()
    (command,) = manifest["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert len(command["usage_hint"]) <= 32
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == {
        *("chat:write", "commands", "users:read", "users:read.email"),
        *("channels:history", "groups:history", "im:write", "im:history"),
    }


def test_without_a_socket_both_addresses_are_the_desks_route():
    _, called = manifests()
    (command,) = called["features"]["slash_commands"]
    assert command["command"] == COMMAND
    assert {command["url"], called["settings"]["interactivity"]["request_url"]} == {
        "https://desk.example.com/slack/events"
    }
