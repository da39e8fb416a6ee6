"""What every page needs: the database, the time, the templates; and how one is rendered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from checklist.rulebook import Rulebook, current
from desk.headers import WITH_A_FORM
from desk.signing.provider import Provider
from desk.signing.rate import SIGN_INS, Rate
from desk.signing.reader import current_reader
from desk.viewing.letters import Letters
from desk.viewing.team_time import TeamTime, machine
from desk.words import counted, happened, listed, said, within
from models.database import Database
from notifications.programme import ProgrammeSettings
from review.vault import Vault

HERE: Final = Path(__file__).resolve().parent
STATIC: Final = HERE / "static"


@dataclass(frozen=True, slots=True)
class Desk:
    """Given by the entry point. `rulebook` is a version; empty: the one in force on the day.

    `base_url` is where people reach the desk, without a slash at its end.
    """

    database: Database
    clock: Callable[[], datetime]
    rulebook: str = ""
    base_url: str = "http://127.0.0.1"
    links_key: bytes = field(default=b"", repr=False)
    """Opens the signed addresses that mails carry; without it none opens anything."""
    demo_people: tuple[str, ...] = ()
    """E-mail addresses of those who sign in without showing who they are; only a demo on loopback has any."""
    programme: ProgrammeSettings = field(default_factory=lambda: ProgrammeSettings(base_url="", channels=frozenset()))
    """How messages are written, for showing one before it is sent."""
    vault: Vault | None = field(default=None, repr=False)
    """Opens secrets that somebody may look at; without it nobody can."""
    undo_for: timedelta = timedelta(0)
    """How long a decision can be undone before anybody outside is told."""
    letters: Letters = field(default_factory=Letters, repr=False)
    provider: Provider | None = None
    """Where the team shows who it is; None: by mailed links alone."""
    sign_in_rate: Rate = SIGN_INS

    def rulebook_at(self, at: datetime) -> Rulebook:
        return Rulebook.load(self.rulebook) if self.rulebook else current(at.date())

    def wait(self, rate: Rate, who: str) -> int:
        """As `Rate.wait` says of this desk's database, at this instant."""
        return rate.wait(self.database, who, at=self.clock())

    def now(self) -> TeamTime:
        """The instant of this request, as its reader reads instants; as the team does where nobody is signed in."""
        at = self.clock()
        time, reader = TeamTime.of(self.rulebook_at(at), at), current_reader()
        return time if reader is None else time.read_in(reader.time_zone)


def desk_of(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def page(
    template: str,
    *,
    time: TeamTime | None = None,
    status: int = HTTPStatus.OK,
    **shown: Any,
) -> HTMLResponse:
    """A page as HTML. `time` is how the page shows instants; one without instants needs none."""
    reader = current_reader()
    html = TEMPLATES.get_template(template).render(time=time, reader=reader, **shown)
    # Whoever is signed in can sign out on every page.
    policy = {"Content-Security-Policy": WITH_A_FORM} if reader is not None else None
    return HTMLResponse(html, status_code=status, headers=policy)


TURNS: Final = {"reviewer": "Ours", "partner": "The partner’s", "engine": "The engine’s", "": "Nobody’s"}


def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "said": said,
        "within": within,
        "happened": happened,
        "counted": counted,
        "listed": listed,
        "machine": machine,
    }
    environment.globals["static"] = static
    environment.globals["turns"] = TURNS
    return environment


@cache
def static(name: str) -> str:
    """The address of a file in desk/static.

    It changes with the content, so that a browser may keep the file for as long as it likes.
    """
    return f"/static/{name}?v={sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


TEMPLATES: Final = _templates()
