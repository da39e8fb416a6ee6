"""`launch-review rulebook simulate`: a draft of the rules, tried on everything that is stored."""

from pathlib import Path

from checklist.document import load_rulebook
from desk.cli.progress import Progress
from desk.cli.report import CsvFile, HtmlFile, hand_out
from desk.cli.writing import AsJson
from desk.reporting.files import require_writable
from desk.reporting.simulation import present
from desk.wiring import open_ports
from review.simulating.whole import simulate as simulated


def simulate(file: Path, /, *, json: AsJson = False, csv: CsvFile = None, html: HtmlFile = None) -> int:
    """What a draft version would do to everything live and under way, judged from what is stored. Nobody is asked,
    nothing is written: who would fail or pass what, since when, what would go out, and from when it should count.
    """
    require_writable("--csv", csv)
    require_writable("--html", html)
    draft = load_rulebook(file)
    ports = open_ports()
    at = ports.now()
    with ports.database.read() as session, Progress("judging again", 1) as progress:
        found = simulated(
            session, draft, now=ports.rulebook(at.date()), at=at, programme=ports.programme, progress=progress.reach
        )
    return hand_out(present(found), json=json, csv=csv, html=html)
