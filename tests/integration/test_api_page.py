"""docs/api.md: its examples work as they stand, its table of scopes is the table."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from models.enums import SubmissionStage
from models.submission import Submission
from review.scopes import OPENS, SCOPES
from tests.fixtures.desk_server import served
from tests.integration.api_programme import TOKENS, programme_in

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
EXAMPLES = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_table_of_scopes_is_the_table():
    text = PAGE.read_text("utf-8")
    for scope, who in SCOPES.items():
        assert f"| {scope.value} | {OPENS[scope]} | {', '.join(sorted(who))} |\n" in text


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples are for curl, which is not installed here")
def test_every_example_works_as_it_stands(sqlite_database, tmp_path):
    programme = programme_in(sqlite_database, tmp_path)
    quill = programme.story.ids["quillharbor"]
    examples = EXAMPLES.findall(PAGE.read_text("utf-8"))
    assert len(examples) == 6
    with served(programme.app()) as address:
        known = {"DESK": address, "TOKEN": TOKENS["ada"], "ID": str(quill), "TMPDIR": str(tmp_path)}
        for example in examples:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", example],
                env={"PATH": os.environ["PATH"], **known},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert done.returncode == 0, (example, done.stdout, done.stderr)
            assert done.stdout.startswith("{")
    with sqlite_database.read() as session:
        assert session.get_one(Submission, quill).stage is SubmissionStage.APPROVED
