"""Files that a document names as `upload:…`, for a preflight from the command line: they lie in the desk's database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from checklist.case import Context
from checklist.dossier import Dossier
from checklist.uploads import named_in
from desk.cli.errors import Refused
from desk.cli.writing import tell
from settings import Settings


@contextmanager
def with_uploads(settings: Settings, dossier: Dossier, context: Context) -> Iterator[Context]:
    """The context with what the integration's company has sent, where this machine has the desk's database. Elsewhere
    one line says what to do; what checks the files is unknown then.
    """
    named = [path for path, _ in named_in(dossier)]
    if not named:
        yield context
        return
    # Brings the database, which partners have none of: only who names such a file waits for it.
    from desk.wiring import open_database  # noqa: PLC0415
    from review.uploads import company_of, uploads_in  # noqa: PLC0415

    try:
        database = open_database(settings)
    except Refused as error:
        tell(
            f"{', '.join(named)}: files that were sent to the desk can't be read here ({error}). Give their addresses, "
            "or look by the form of the desk or POST /api/preflight, which have them"
        )
        yield context
        return
    try:
        with database.read() as session:
            company = company_of(session, dossier)
        yield replace(context, uploads=uploads_in(database, partner_id=company)) if company is not None else context
    finally:
        database.close()
