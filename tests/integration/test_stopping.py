"""Ctrl-C, whenever it comes: one line and exit code 130, never where in the program it struck."""

import os
import signal
import subprocess
import sys
import time

import pytest

BEGUN = "import sys; sys.stdout.write('begun\\n'); sys.stdout.flush(); from desk.cli.start import main; main()"
"""What the installed command runs, after a word that the interpreter itself is up."""


def begun(folder, *arguments):
    """The process of a command; it has begun, and waits for a file that nobody writes."""
    os.mkfifo(folder / "never.toml")
    process = subprocess.Popen(
        [sys.executable, "-c", BEGUN, *arguments, "never.toml"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "begun\n"
    return process


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [0.05, 0.1, 0.2, 0.4, 0.8, 1.5])
@pytest.mark.parametrize("command", [("calendar", "batch"), ("rulebook", "validate")])
def test_ctrl_c_is_one_line_at_any_moment(tmp_path, command, seconds):
    process = begun(tmp_path, *command)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "launch-review: stopped\n")
