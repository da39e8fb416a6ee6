"""The script of docs/github-action/action.yml, run by bash as a runner does, against a real desk on loopback."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from desk.api.turnstile import Bounds
from models.database import Database
from tests.fixtures.desk_server import served
from tests.integration.api_story import JO, Story, story_over, written

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "github-action"
ACTION = yaml.safe_load((FOLDER / "action.yml").read_text("utf-8"))
(STEP,) = ACTION["runs"]["steps"]

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="the script asks with curl")


@dataclass(frozen=True)
class Ended:
    code: int
    log: str
    summary: str
    outputs: dict[str, str]

    @property
    def errors(self) -> list[str]:
        return [line for line in self.log.splitlines() if line.startswith("::error ")]


@pytest.fixture
def story(sqlite_database: Database, tmp_path) -> Iterator[Story]:
    with story_over(sqlite_database, tmp_path) as story:
        yield story


@pytest.fixture
def url(story: Story) -> Iterator[str]:
    with served(story.desk()) as address:
        yield address


def action(folder: Path, document: dict | str, name: str = "acme.json", **inputs: str) -> Ended:
    """Run the step with these inputs; the others have their defaults."""
    place = folder / "checkout"
    place.mkdir(exist_ok=True)
    (place / name).write_text(document if isinstance(document, str) else json.dumps(document))
    given = {"file": name, "token": JO, **{key.replace("_", "-"): value for key, value in inputs.items()}}
    values = {key: given.get(key, about.get("default", "")) for key, about in ACTION["inputs"].items()}
    env = {key: _expanded(value, values) for key, value in STEP["env"].items()}
    files = {key: folder / key for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    for file in files.values():
        file.write_text("")
    script = folder / "script.sh"
    script.write_text(STEP["run"])
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=place,
        env={
            "PATH": os.environ["PATH"],
            "TMPDIR": str(folder),
            **{key: str(file) for key, file in files.items()},
            **env,
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return Ended(
        done.returncode,
        done.stdout + done.stderr,
        files["GITHUB_STEP_SUMMARY"].read_text(),
        _outputs(files["GITHUB_OUTPUT"].read_text()),
    )


def _expanded(value: str, inputs: dict[str, str]) -> str:
    name = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)
    assert name is not None, value
    return inputs[name[1]]


def _outputs(text: str) -> dict[str, str]:
    long = re.findall(r"^(\w+)<<(\w+)\n(.*?)\n\2$", text, re.DOTALL | re.MULTILINE)
    return {**dict(re.findall(r"^(\w+)=(.*)$", text, re.MULTILINE)), **{name: content for name, _, content in long}}


def test_no_input_is_written_into_the_script():
    assert "${{" not in STEP["run"]
    assert "uses" not in STEP
    assert set(ACTION["outputs"]) == {"verdict", "json"}


def test_what_fails_is_told_in_the_summary_the_outputs_and_beside_the_file(url, tmp_path):
    ended = action(tmp_path, written(), url=url)
    assert ended.code == 1
    assert ended.summary.startswith("# Preflight: not yet\n")
    assert ended.outputs["verdict"] == "fails"
    said = json.loads(ended.outputs["json"])
    failed = [item for item in said["items"] if item["outcome"] == "failed"]
    assert len(ended.errors) == len(failed) == 2
    for line, item in zip(ended.errors, failed, strict=True):
        assert line.startswith(f"::error file=acme.json,title={item['title'].replace(',', '%2C')} ({item['id']})::")
        assert line.endswith(f"{item['summary']}%0AHow to mend it: {item['fix']}")
    assert "  ok    The company has a website (access.website)" in ended.log


@pytest.mark.parametrize(
    ("only", "fail_on", "code", "verdict"),
    [
        ("access.website access.email", "failed", 0, "holds"),
        ("access.website\naccess.email", "undecided", 0, "holds"),
        ("access.genuine", "failed", 0, "open"),
        ("access.genuine", "undecided", 3, "open"),
        ("access.survey", "undecided", 1, "fails"),
        ("access.survey", "never", 0, "fails"),
    ],
)
def test_the_exit_code_follows_the_verdict(url, tmp_path, only, fail_on, code, verdict):
    ended = action(tmp_path, written(), url=url, only=only, fail_on=fail_on)
    assert (ended.code, ended.outputs["verdict"]) == (code, verdict), ended.log


@pytest.mark.parametrize(
    ("name", "content"), [("a.toml", "external_id = 1"), ("a.yaml", "a: 1"), ("a.json", '{"a": 1}')]
)
def test_a_document_with_mistakes_is_told_with_them(url, tmp_path, name, content):
    ended = action(tmp_path, content, name, url=url)
    assert (ended.code, ended.outputs) == (2, {})
    (error,) = ended.errors
    assert error.startswith(f"::error file={name},title=Preflight did not run::{url} answered 422: the submission: ")
    assert "kind: saw nothing, expected a value: this key is needed" in error
    assert ended.summary.startswith("# Preflight did not run\n\n    ")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"token": "lrt_wrong"}, "answered 401: the token is mistyped, expired or revoked"),
        ({"token": ""}, "token: it is empty"),
        ({"token": 'x"\nurl = "http://evil.example'}, "token: it is empty or no token"),
        ({"url": "http://127.0.0.1:9"}, "http://127.0.0.1:9 could not be asked: curl: (7)"),
        (
            {"url": "http://desk.example"},
            "url: saw 'http://desk.example', expected an address that starts with https://",
        ),
        ({"file": "none.toml"}, "file: there is no 'none.toml' here"),
        ({"file": "acme.txt"}, "expected a name that ends in .toml, .yaml or .json"),
        ({"fail_on": "maybe"}, "fail-on: saw 'maybe'"),
        ({"only": "a&b=c"}, "only: saw 'a&b=c'"),
        ({"only": "$(touch owned)"}, "only: saw '$(touch'"),
        ({"only": "docs.nothing"}, "answered 422: docs.nothing: no such item at the gate access"),
    ],
)
def test_what_keeps_it_from_running_is_one_annotation(url, tmp_path, inputs, said):
    ended = action(tmp_path, written(), **{"url": url, **inputs})
    assert (ended.code, ended.outputs) == (2, {}), ended.log
    (error,) = ended.errors
    assert said in error.replace("%3A", ":"), error
    assert not (tmp_path / "checkout" / "owned").exists()


def test_names_and_words_cannot_speak_to_the_runner(url, tmp_path):
    partner = written()["partner"] | {"contact_email": "::set-output name=verdict::holds ##[error]x"}
    ended = action(tmp_path, written(partner=partner), "a,b%:.json", url=url, only="access.email access.survey")
    _, _, rest = ended.log.partition("::stop-commands::")
    stop, _, rest = rest.partition("\n")
    words, _, after = rest.partition(f"\n::{stop}::\n")
    assert "::set-output" in words
    assert all(line.startswith("::error file=a%2Cb%25%3A.json,title=") for line in after.splitlines())


def test_the_token_is_masked_and_told_nowhere_else(url, tmp_path):
    ended = action(tmp_path, written(), url=url)
    mask, _, log = ended.log.partition("\n")
    assert mask == f"::add-mask::{JO}"
    assert JO not in log + ended.summary + json.dumps(ended.outputs)
    assert not list(tmp_path.glob("tmp.*"))


def test_it_waits_for_its_turn(story, tmp_path):
    story.bounds = Bounds(a_minute=1, at_once=2, at_once_of_all=4)
    with served(story.desk()) as url:
        assert action(tmp_path, written(), url=url, only="access.email").code == 0
        story.seconds = 59.5
        ended = action(tmp_path, written(), url=url, only="access.email")
    assert "trying again in 1 seconds" in ended.log
    assert "answered 429: there were 1 preflights of yours in the last minute" in ended.errors[0].replace("%3A", ":")
    assert ended.code == 2


def test_the_example_uses_the_action_as_it_is():
    workflow = yaml.safe_load((FOLDER / "preflight.yml").read_text("utf-8"))
    steps = workflow["jobs"]["preflight"]["steps"]
    (step,) = [step for step in steps if step["uses"].startswith("./")]
    required = {name for name, about in ACTION["inputs"].items() if about.get("required")}
    assert required <= set(step["with"]) <= set(ACTION["inputs"])
    assert [step["uses"].partition("@")[0] for step in steps] == [
        "actions/checkout",
        "./.github/actions/launch-review-preflight",
    ]
