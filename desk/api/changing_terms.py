"""Changing what due dates rest on: calendars, the policy, running clocks; each with a dry run."""

from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import Response

from desk.api import bodies
from desk.api.acting import Acting
from desk.api.answering import answer, shown
from desk.api.bearer import Manager, TeamReader
from desk.api.description import WITH_BODY, json_body, told
from desk.api.means import desk_of
from desk.api.parameters import KNOWN_PARAMETERS, IdempotencyKey, IfMatch
from desk.api.problems import Problem
from desk.api.sent import sent
from desk.api.terms import AsDocument, Called, OfRulebook, book_of
from desk.cli.drift import as_document as drift_document
from desk.cli.holidays import difference_as_document, second_of_day
from desk.cli.previews import as_document
from desk.viewing.versioned import changed_since
from models.clock import CalendarVersion, PolicyVersion
from models.enums import TokenScope
from models.people import Person
from review import calendars, policies
from review.actions import drifting, recomputing, revising
from review.actions.keeping import Answer
from review.holiday_difference import merged
from review.holiday_years import LIBRARY, RegionUnknown, YearUnknown, holiday_years
from review.revision import Preview

router = APIRouter(dependencies=KNOWN_PARAMETERS, tags=["rules"])

Version = TypeVar("Version", CalendarVersion, PolicyVersion)
ETAG = {"ETag": "The version that is in force now."}
CHANGED = (*WITH_BODY, "no-such-thing", "move-refused", "refused", "no-if-match", "stale")


@router.post(
    "/calendars/{name}/change",
    summary="Write the next version of a calendar, or only tell what would move",
    response_class=Response,
    responses=told(AsDocument, *CHANGED, says="What moves; with `version` once it is written.", headers=ETAG),
    openapi_extra=json_body(
        bodies.CalendarChange,
        example={
            "calendar": {"tz": "Europe/London", "week": {"mon": [["09:00", "17:00"]]}},
            "because": "Mondays alone.",
            "dry_run": True,
        },
    ),
)
def calendar(
    request: Request,
    name: Called,
    bearer: Manager,
    body: Annotated[bodies.CalendarChange, sent(bodies.CalendarChange)],
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """As `launch-review calendar change`: running clocks move to it, stopped ones stay. With `new`, a first version of
    a name that isn't there yet.
    """

    def act(session: Session, by: Person, at: datetime) -> Answer:
        stands = calendars.as_it_stands(session, name, at.date())
        if body.new and stands is not None:
            raise Problem("refused", f"calendar {name[:60]!r} is there already; its next version goes without `new`")
        if stands is None and not body.new:
            raise Problem("no-such-thing", f"there is no calendar {name[:60]!r}; `new` makes one")
        seen = 0 if stands is None else _seen(session, stands, if_match)
        terms: dict[str, Any] = {"region": body.region, "by": by, "at": at, "because": body.because}
        if body.dry_run:
            revising.refuse_calendar(session, name, body.calendar, seen_version=seen, **terms)
            return _told(revising.preview_calendar(session, name, body.calendar, at=at), stands, None)
        written, preview = revising.change_calendar(session, name, body.calendar, seen_version=seen, **terms)
        return _told(preview, written, written.version)

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.post(
    "/calendars/{name}/holidays",
    summary="Import years of public holidays into a calendar, or only tell what would change",
    response_class=Response,
    responses=told(AsDocument, *CHANGED, says="What changes, and what moves.", headers=ETAG),
    openapi_extra=json_body(
        bodies.HolidaysImported,
        example={"years": [2028], "region": "US-CA", "because": "The year is planned.", "dry_run": True},
    ),
)
def holidays(
    request: Request,
    name: Called,
    bearer: Manager,
    body: Annotated[bodies.HolidaysImported, sent(bodies.HolidaysImported)],
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """As `launch-review calendar holidays`: what people wrote in those years stays, unless `exact` is asked for."""
    until = second_of_day(body.half_days_until) if body.half_days_until is not None else None

    def act(session: Session, by: Person, at: datetime) -> Answer:
        stands = calendars.as_it_stands(session, name, at.date())
        if stands is None:
            raise Problem("no-such-thing", f"there is no calendar {name[:60]!r}")
        seen = _seen(session, stands, if_match)
        region = stands.region if body.region is None else body.region.strip().upper()
        if not region:
            raise Problem("invalid-body", f"region: calendar {name} keeps nobody's holidays yet; say whose")
        try:
            found = merged(stands.spec, holiday_years(region, body.years), half_days_until=until, exact=body.exact)
        except (RegionUnknown, YearUnknown) as error:
            raise Problem("invalid-body", str(error)) from None
        version, preview = stands, Preview()
        is_other = bool(found.difference) or region != stands.region
        terms: dict[str, Any] = {"region": region, "seen_version": seen, "by": by, "at": at, "because": body.because}
        if is_other and body.dry_run:
            revising.refuse_calendar(session, name, found.document, **terms)
            preview = revising.preview_calendar(session, name, found.document, at=at)
        elif is_other:
            version, preview = revising.change_calendar(session, name, found.document, **terms)
        document = {
            "calendar": name,
            "version": version.version,
            "region": region,
            "holidays": LIBRARY,
            "changes": is_other,
            "difference": difference_as_document(found.difference),
            **as_document(preview),
        }
        return answer(document, headers={"ETag": tag(version)})

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.post(
    "/policy/change",
    summary="Write the next version of the policy, or only tell what would move",
    response_class=Response,
    responses=told(AsDocument, *CHANGED, says="What moves; with `version` once it is written.", headers=ETAG),
    openapi_extra=json_body(bodies.PolicyChange, example={"policy": {}, "because": "Three days.", "dry_run": True}),
)
def policy(
    request: Request,
    bearer: Manager,
    body: Annotated[bodies.PolicyChange, sent(bodies.PolicyChange)],
    rulebook: OfRulebook = None,
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """As `launch-review policy change`."""
    book = book_of(desk_of(request), rulebook)

    def act(session: Session, by: Person, at: datetime) -> Answer:
        stands = policies.as_it_stands(session, book)
        seen = _seen(session, stands, if_match)
        terms: dict[str, Any] = {"by": by, "at": at, "because": body.because, "seen_version": seen}
        if body.dry_run:
            revising.refuse_policy(session, book.version, body.policy, **terms)
            return _told(revising.preview_policy(session, book.version, body.policy, at=at), stands, None)
        written, preview = revising.change_policy(session, book.version, body.policy, **terms)
        return _told(preview, written, written.version)

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


@router.get(
    "/drift",
    summary="Running due dates that new time zones or holidays would move",
    response_class=Response,
    responses=told(AsDocument, "team-only"),
)
def drift(request: Request, bearer: TeamReader) -> Response:
    """The document of `launch-review calendar drift --json`."""
    del bearer
    desk = desk_of(request)
    with desk.database.read() as session:
        return shown(drift_document(drifting.look(session, at=desk.clock())))


@router.post(
    "/clocks/recompute",
    summary="Compute running clocks anew, or only tell what would move",
    response_class=Response,
    responses=told(AsDocument, *WITH_BODY, "move-refused", "refused", says="What moves."),
    openapi_extra=json_body(bodies.Recomputation, example={"because": "New time zones.", "dry_run": True}),
)
def recompute(
    request: Request,
    bearer: Manager,
    body: Annotated[bodies.Recomputation, sent(bodies.Recomputation)],
    key: IdempotencyKey = None,
) -> Response:
    """As `launch-review calendar recompute`: each under the versions that it is pinned to."""

    def act(session: Session, by: Person, at: datetime) -> Answer:
        if body.dry_run:
            recomputing.refuse_recompute(by=by, at=at, because=body.because)
            return answer(as_document(recomputing.preview_recompute(session, at=at)))
        return answer(as_document(recomputing.recompute(session, by=by, at=at, because=body.because)))

    return Acting(request, bearer, TokenScope.MANAGE, key).done(act)


def tag(version: CalendarVersion | PolicyVersion) -> str:
    return f'"{version.version}"'


def _seen(session: Session, stands: Version, if_match: str | None) -> int | None:
    """The version that was looked at. Problem when none was named, or another is in force by now."""
    if if_match is None:
        raise Problem("no-if-match", "expected the `ETag` of what you looked at as `If-Match`")
    if if_match.strip() == "*":
        return None
    said = if_match.strip().strip('"')
    seen = int(said) if said.isascii() and said.isdigit() and len(said) < 10 else -1
    if seen != stands.version:
        raise Problem("stale", changed_since(session, stands, seen), headers={"ETag": tag(stands)})
    return seen


def _told(preview: Preview, stands: CalendarVersion | PolicyVersion | None, written: int | None) -> Answer:
    headers = {"ETag": tag(stands)} if stands is not None else {}
    return answer({"version": written, **as_document(preview)}, headers=headers)
