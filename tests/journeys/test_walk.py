"""`launch-review demo`: the whole path, with real HTTP, a real database, real Prefect runs and real mails in files."""

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
@pytest.mark.prefect
@pytest.mark.timeout(240)
def test_the_walk_reaches_its_end_and_leaves_its_mails(tmp_path):
    data = tmp_path / "data"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LAUNCH_"))}
    walked = subprocess.run(
        [sys.executable, "-c", "from desk.cli.main import main; main()", "demo", "--data", str(data)],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )

    assert walked.returncode == 0, walked.stdout + walked.stderr
    for line in (
        "engine: quillharbor is public beta",
        "engine: mossbeacon is public beta",
        "engine: larkenfell is public",
        "✉ naomi@marketplace.example: Still late: Thistlewick Surveys",
        "Walked in",
    ):
        assert line in walked.stdout
    # On a crowded machine Prefect can be too busy to record a run, which is then done all the same, and said.
    recorded = "launch mossbeacon    Public Beta          Mossbeacon is public beta" in walked.stdout
    assert recorded or "done, and not recorded" in walked.stdout
    assert "Traceback" not in walked.stdout + walked.stderr
    mails = list((data / "mails").glob("*.eml"))
    assert len(mails) >= 15
