"""`launch-review`: every command, and how each kind of trouble is said in one line."""

import os
import sys
import traceback
from importlib.metadata import version

from cyclopts import App, CycloptsError
from cyclopts.exceptions import MissingArgumentError
from rich.console import Console

from desk.cli.start import STOPPED, say_stopped
from notifications.plain import visible

DONE, DOES_NOT_HOLD, WRONG_INPUT = 0, 1, 2

app = App(
    name="launch-review",
    help="Launch reviews for a partner-integration marketplace: submit, check, decide, launch, audit, graduate.",
    version=lambda: version("launch-review"),
    console=Console(highlight=False),
    error_console=Console(stderr=True, highlight=False),
    suppress_keyboard_interrupt=False,
)

COMMANDS = (
    ("up", "desk.cli.system:up", "Run everything: desk, flows, schedules, deliveries."),
    ("demo", "desk.cli.system:demo", "Walk the whole path once with the sample programme, and end."),
    ("work", "desk.cli.system:work", "Run the flows without the web, on a further machine or once."),
    ("db", "desk.cli.db:app", "The database: upgrade its schema, check it, back it up, restore it."),
    ("submit", "desk.cli.submissions:submit", "Take a submission in from a file."),
    ("preflight", "desk.cli.preflight:preflight", "Run the review's checks over a file, before it is submitted."),
    (
        "reference-component",
        "desk.cli.reference:reference_component",
        "Serve a good webhook, or one with chosen faults, to try the delivery tests on.",
    ),
    ("queue", "desk.cli.submissions:queue", "What waits for somebody, soonest due first."),
    ("show", "desk.cli.submissions:show", "One submission: items, evidence, clocks, decisions."),
    ("history", "desk.cli.submissions:history", "What happened to one submission."),
    ("explain", "desk.cli.explain:explain", "Why each clock of a submission is due when it is."),
    ("claim", "desk.cli.moves:claim", "Take a submission."),
    ("assign", "desk.cli.moves:assign", "Give a submission to a reviewer."),
    ("release", "desk.cli.moves:release", "Let go of a submission."),
    ("ask", "desk.cli.moves:ask", "Ask the partner something."),
    ("answer", "desk.cli.moves:answer", "Answer the reviewer's question."),
    ("attest", "desk.cli.moves:attest", "Say of an item that it holds or does not."),
    ("waive", "desk.cli.moves:waive", "Let an item not hold for a while."),
    ("decide", "desk.cli.moves:decide", "Approve, request changes, or reject."),
    ("note", "desk.cli.notes:note", "Write something for the team alone."),
    ("withdraw", "desk.cli.moves:withdraw", "Take a submission back."),
    ("undo", "desk.cli.moves:undo", "Take a decision back before the partner is told."),
    ("message", "desk.cli.moves:message", "Write to the other side without asking for anything."),
    ("reveal", "desk.cli.moves:reveal", "Show the test account's secret; who looked is kept."),
    ("extend", "desk.cli.moves:extend", "Give a partner longer to mend what has fallen."),
    ("dismiss", "desk.cli.moves:dismiss", "Leave listed what was proposed for delisting, until a day."),
    ("waivers", "desk.cli.waivers:app", "Waivers of what is live: list, grant or renew, end early."),
    ("delist", "desk.cli.moves:delist", "Take an integration out of the catalog."),
    ("relist", "desk.cli.moves:relist", "Put an integration back into the catalog."),
    ("reasons", "desk.cli.reasons:app", "What is said to partners again and again: texts, links, days."),
    ("audit", "desk.cli.audit:app", "Look again at what has launched."),
    ("report", "desk.cli.report:app", "SLA, readiness and graduation, as words, JSON, CSV or a page."),
    ("nudge", "desk.cli.nudging:nudge", "Tell partners what lacks for Public, before the month is over."),
    ("import", "desk.cli.importing:app", "Take in what exists already."),
    ("calendar", "desk.cli.calendar:app", "The programme's calendars, and business time under a calendar file."),
    ("policy", "desk.cli.policy:app", "What is promised, and whom the ladders tell."),
    ("rulebook", "desk.cli.rulebook:app", "The rules, version by version."),
    (
        "schema",
        "desk.cli.schema:schema",
        "The JSON Schema of a submission, a rulebook, a calendar, a policy or a webhook.",
    ),
    ("judge", "desk.cli.judge:judge", "Judge a saved page as a check would."),
    ("fetch", "desk.cli.fetch:fetch", "Fetch one address as a check would."),
    ("deliveries", "desk.cli.deliveries:app", "What was told to whom, and what could not be."),
    ("notifications", "desk.cli.notifications:app", "See any message with sample data."),
    ("webhooks", "desk.cli.webhooks:app", "Other systems that hear what happens."),
    ("people", "desk.cli.people:app", "Who acts and who is told."),
    ("partners", "desk.cli.partners:app", "Who builds integrations, and which tier's promises each gets."),
)
"""Name, where it is, what it is for. Given as text, its module is imported only when it is called."""

for name, where, purpose in COMMANDS:
    app.command(where, name=name, help=purpose)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit with the contract's code."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Run one command and give its exit code; trouble is one line on standard error."""
    try:
        result = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except MissingArgumentError as error:
        return _say(WRONG_INPUT, _missing(error))
    except CycloptsError as error:
        return _say(WRONG_INPUT, str(error).strip())
    except KeyboardInterrupt:
        say_stopped()
        return STOPPED
    except BrokenPipeError:
        # Whoever read our output has left; what was asked is done.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception as error:  # noqa: BLE001 - the last place where anything can be said in one line
        return _trouble(error)
    return result if isinstance(result, int) else DONE


def _missing(error: MissingArgumentError) -> str:
    """What is missing, and what it is for. A word that was given without what belongs behind it says so by itself."""
    if error.keyword is not None or error.argument is None:
        return str(error).strip()
    purpose = error.argument.parameter.help
    return f"{' '.join(error.command_chain or ())}: {error.argument.name} is missing{': ' + purpose if purpose else ''}"


def _trouble(error: Exception) -> int:
    from desk.cli.trouble import told  # noqa: PLC0415 - knows every error there is, and most commands end well

    if (known := told(error)) is not None:
        return _say(*known)
    if os.environ.get("LAUNCH_REVIEW_TRACEBACK"):
        traceback.print_exception(error)
    return _say(
        DOES_NOT_HOLD,
        f"this is a fault of Launch Review, not of your input ({type(error).__name__}: {error}); nothing was "
        "changed. Set LAUNCH_REVIEW_TRACEBACK=1 and run it again to see where",
    )


def _say(code: int, line: str) -> int:
    sys.stderr.write(" ".join(visible(f"launch-review: {line}").split()) + "\n")
    return code
