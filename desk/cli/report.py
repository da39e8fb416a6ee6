"""`launch-review report`: promises kept, what still holds, who can graduate."""

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from desk.cli.writing import AsJson, say, say_json, tell
from desk.reporting import graduation as graduation_form
from desk.reporting import readiness as readiness_form
from desk.reporting import sla as sla_form
from desk.reporting.files import require_writable, write_page, write_sheet
from desk.reporting.presented import Presented
from desk.wiring import open_ports
from review.reports.graduation import graduation as count_graduation
from review.reports.readiness import readiness as count_readiness
from review.reports.sla import sla as count_sla

app = App(name="report", help="What the tables say when they are counted.")

CsvFile = Annotated[Path | None, Parameter(name="--csv", help="Also write the rows to this file, as CSV.")]
HtmlFile = Annotated[Path | None, Parameter(name="--html", help="Also write a page that stands on its own.")]


@app.command
def sla(*, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """Promises kept and broken, by target and start month; how long answers take; who carries what."""
    _require_writable(csv, html)
    ports = open_ports()
    with ports.database.read() as session:
        report = count_sla(session, at=ports.now())
    return _hand_out(sla_form.present(report), json=json, csv=csv, html=html)


@app.command
def readiness(*, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """What still holds of everything live, by its last audit: grades, items that fail most, waivers."""
    _require_writable(csv, html)
    ports = open_ports()
    at = ports.now()
    with ports.database.read() as session:
        report = count_readiness(session, rulebook=ports.rulebook(at.date()), at=at)
    return _hand_out(readiness_form.present(report), json=json, csv=csv, html=html)


@app.command
def graduation(*, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """Who is in Public Beta, for how long, what each of them lacks, and the shortest way out."""
    _require_writable(csv, html)
    ports = open_ports()
    at = ports.now()
    with ports.database.read() as session:
        report = count_graduation(session, rulebook=ports.rulebook(at.date()), at=at)
    return _hand_out(graduation_form.present(report), json=json, csv=csv, html=html)


def _require_writable(csv: Path | None, html: Path | None) -> None:
    require_writable("--csv", csv)
    require_writable("--html", html)


def _hand_out(report: Presented, *, json: bool, csv: Path | None, html: Path | None) -> int:
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
