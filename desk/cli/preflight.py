"""`launch-review preflight`: the checks of a review over a submission file, before anybody submits it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from checklist.document import load_document
from checklist.rulebook import Rulebook, current
from desk.cli.pictures import Pictures, made, write_pictures
from desk.cli.progress import Progress
from desk.cli.sent_files import with_uploads
from desk.cli.writing import AsJson, say, say_json, tell
from desk.preflighting import running
from desk.preflighting.published import document
from desk.preflighting.running import LOAD_TEST
from desk.preflighting.surroundings import surroundings
from desk.preflighting.words import SAYS, in_words
from models.enums import GateSays
from settings import Settings

Only = Annotated[list[str] | None, Parameter(name="--only", negative="", help="Only this item; may be given again.")]

EXIT_CODES = {GateSays.HOLDS: 0, GateSays.FAILS: 1, GateSays.OPEN: 3}


async def preflight(
    file: Annotated[Path, Parameter(help="The submission, as .toml, .yaml or .json.")],
    /,
    *,
    only: Only = None,
    json: AsJson = False,
    pictures: Pictures = None,
) -> int:
    """Run the checks of the review over a submission file; nothing is submitted or stored.

    It ends within 45 seconds, unless the load test is named: that one takes its time.
    Exit code 0 when the gate holds, 1 when an item fails, 3 when nothing fails and a person has to look at something.
    """
    settings = Settings()
    dossier = load_document(file)
    folder = made(pictures) if pictures is not None else None
    at = datetime.now(UTC)  # noqa: TID251 - the command is the entry point that knows the instant
    rulebook = Rulebook.load(settings.rulebook) if settings.rulebook else current(at.date())
    asked = rulebook.items_of(dossier.gate, dossier.kinds, dossier.kind)
    with Progress("checking", len(only or asked)) as bar:
        async with surroundings(settings, at, load=LOAD_TEST in (only or ())) as context:
            with with_uploads(settings, dossier, context) as seeing:
                found = await running.preflight(
                    dossier, rulebook, seeing, only=only, progress=lambda _result: bar.advance()
                )
    if folder is not None:
        write_pictures(found.results, folder)
    says = found.verdict.says
    if json:
        say_json(document(found))
    else:
        say(*in_words(found))
        tell("", SAYS[says])
    return EXIT_CODES[says]
