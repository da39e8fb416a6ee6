"""`launch-review report`: promises kept, what will be late, pauses to look at, what still holds, who can graduate."""

from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from desk.cli.as_of import AsOf, instant_of
from desk.cli.errors import InputWrong
from desk.cli.writing import AsJson, say, say_json, tell
from desk.reporting.asking import REPORTS, Asked
from desk.reporting.files import require_writable, write_page, write_sheet
from desk.reporting.periods import period_of
from desk.reporting.presented import Presented
from desk.reporting.supposing import require_known
from desk.reporting.supposing import supposed as read_supposed
from desk.wiring import open_ports
from review.calendar import BeyondCalendar
from review.reports.forecast import BUSINESS_DAYS_AHEAD
from review.reports.what_if import calendar_names

app = App(name="report", help="What the tables say when they are counted.")

MOST_DAYS_AHEAD = 20
"""Further ahead, what comes in meanwhile decides, and nothing that is open now does."""

MOST_REVIEWERS = 200
MOST_SEED = 2**32 - 1

CsvFile = Annotated[Path | None, Parameter(name="--csv", help="Also write the rows to this file, as CSV.")]
HtmlFile = Annotated[Path | None, Parameter(name="--html", help="Also write a page that stands on its own.")]

Since = Annotated[str | None, Parameter(name="--since", help="Only what began on this day or later, as in 2026-10-01.")]
Until = Annotated[str | None, Parameter(name="--until", help="Only what began on this day or earlier.")]
WhatIfs = Annotated[
    list[str] | None,
    Parameter(
        name="--what-if",
        negative="",
        help="Replay history with TARGET=AMOUNT, such as first_response=1bd or decision=12h, or with other hours as "
        "calendar.NAME=FILE. Can be repeated.",
    ),
]


@app.command
def sla(
    *,
    since: Since = None,
    until: Until = None,
    what_if: WhatIfs = None,
    as_of: AsOf = None,
    json: AsJson = False,
    csv: CsvFile = None,
    html: HtmlFile = None,
) -> int:
    """Promises kept and broken, by target and start month; how long answers take and where time goes; who waits on
    whom; who carries what. With --what-if, what would have been under another policy; nothing is written.
    """
    _require_writable(csv, html)
    period = period_of(since, until, option="--")
    supposed = read_supposed(what_if) if what_if else None
    ports = open_ports()
    at = instant_of(ports, as_of)
    rulebook = ports.rulebook(at.date())
    past = as_of is not None
    asked = Asked(at=at, rulebook=rulebook, past=past, period=period, supposed=supposed, what_if=what_if or ())
    with ports.database.read() as session:
        if supposed is not None:
            require_known(supposed, {*rulebook.calendars, *calendar_names(session)})
        report = REPORTS["sla"](session, asked)
    return hand_out(report, json=json, csv=csv, html=html)


@app.command
def forecast(
    *,
    business_days: Annotated[float, Parameter(help="How far ahead, in business days of the team.")] = (
        BUSINESS_DAYS_AHEAD
    ),
    reviewers: Annotated[
        int | None, Parameter(help="How many answer; without it as many people as did in the last half year.")
    ] = None,
    seed: Annotated[int, Parameter(help="Another number draws other luck; the same one says the same again.")] = 0,
    as_of: AsOf = None,
    json: AsJson = False,
    csv: CsvFile = None,
    html: HtmlFile = None,
) -> int:
    """What will probably be late: each open promise, the queue with the reviewers there are and with one more, and how
    far such words could be trusted until now.
    """
    _require_writable(csv, html)
    _require_within("--business-days", business_days, MOST_DAYS_AHEAD)
    _require_within("--reviewers", reviewers, MOST_REVIEWERS)
    _require_within("--seed", seed, MOST_SEED)
    try:
        report = _counted("forecast", as_of, business_days=business_days, reviewers=reviewers, seed=seed)
    except BeyondCalendar as error:
        raise InputWrong(f"--business-days {business_days:g}: {error}") from error
    return hand_out(report, json=json, csv=csv, html=html)


@app.command
def pauses(
    *,
    since: Since = None,
    until: Until = None,
    as_of: AsOf = None,
    json: AsJson = False,
    csv: CsvFile = None,
    html: HtmlFile = None,
) -> int:
    """Pauses taken in the last tenth of a target, or without a message to the partner."""
    _require_writable(csv, html)
    report = _counted("pauses", as_of, period=period_of(since, until, option="--"))
    return hand_out(report, json=json, csv=csv, html=html)


@app.command
def readiness(*, as_of: AsOf = None, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """What still holds of everything live, by its last audit: grades, items that fail most, waivers."""
    _require_writable(csv, html)
    return hand_out(_counted("readiness", as_of), json=json, csv=csv, html=html)


@app.command
def graduation(
    *,
    lacking: Annotated[
        str, Parameter(help="Only those that lack this item; only:ITEM when nothing else; or ready, undecided, ….")
    ] = "",
    sort: Annotated[str, Parameter(help="longest, newest, name, partner or steps; else nearest to Public first.")] = "",
    as_of: AsOf = None,
    json: AsJson = False,
    csv: CsvFile = None,
    html: HtmlFile = None,
) -> int:
    """Who is in Public Beta, for how long, what each of them lacks, and the shortest way out."""
    _require_writable(csv, html)
    return hand_out(_counted("graduation", as_of, lacking=lacking, sort=sort), json=json, csv=csv, html=html)


@app.command
def history(*, as_of: AsOf = None, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """How many stood in Public Beta and in Public, month by month, and when they moved."""
    _require_writable(csv, html)
    return hand_out(_counted("history", as_of), json=json, csv=csv, html=html)


@app.command
def heatmap(*, as_of: AsOf = None, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """Every required item at everything live, by the last audits; integrations that look alike share a row."""
    _require_writable(csv, html)
    return hand_out(_counted("heatmap", as_of), json=json, csv=csv, html=html)


@app.command
def pareto(*, as_of: AsOf = None, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """Which few items make most of all failures."""
    _require_writable(csv, html)
    return hand_out(_counted("pareto", as_of), json=json, csv=csv, html=html)


@app.command
def drift(*, as_of: AsOf = None, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """What no longer holds and since when, and the share that held, week by week."""
    _require_writable(csv, html)
    return hand_out(_counted("drift", as_of), json=json, csv=csv, html=html)


@app.command
def dwell(*, as_of: AsOf = None, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """How long integrations stay in Public Beta, by the quarter in which they came, with those that still wait."""
    _require_writable(csv, html)
    return hand_out(_counted("dwell", as_of), json=json, csv=csv, html=html)


def _counted(name: str, as_of: str | None, **asked: Any) -> Presented:
    ports = open_ports()
    at = instant_of(ports, as_of)
    question = Asked(at=at, rulebook=ports.rulebook(at.date()), past=as_of is not None, **asked)
    with ports.database.read() as session:
        return REPORTS[name](session, question)


def _require_within(option: str, number: float | None, most: int) -> None:
    if number is not None and not 0 <= number <= most:
        raise InputWrong(f"{option} {number:g}: expected a number from 0 to {most}")


def _require_writable(csv: Path | None, html: Path | None) -> None:
    require_writable("--csv", csv)
    require_writable("--html", html)


def hand_out(report: Presented, *, json: bool, csv: Path | None, html: Path | None) -> int:
    """Print it, and write the files that were asked for."""
    if csv is not None:
        write_sheet(csv, report)
    if html is not None:
        write_page(html, report)
    if json:
        say_json(report.document)
    else:
        say(report.headline, *report.lines)
    tell(*(f"written to {file}" for file in (csv, html) if file is not None))
    return 0
