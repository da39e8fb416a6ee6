"""Every kind of problem that the API answers with, and what whoever meets it can do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `todo` is what whoever meets it can do about it."""

    name: str
    status: HTTPStatus
    title: str
    todo: str

    @property
    def type(self) -> str:
        """Its address, where it is explained."""
        return f"/api/problems/{self.name}"


def _kinds(*rows: tuple[str, HTTPStatus, str, str]) -> Mapping[str, Kind]:
    return {name: Kind(name, status, title, todo) for name, status, title, todo in rows}


KINDS: Final = _kinds(
    (
        "unknown-parameter",
        HTTPStatus.BAD_REQUEST,
        "The address names a parameter that does not exist",
        "Leave it out, or correct its spelling.",
    ),
    (
        "wrong-parameter",
        HTTPStatus.BAD_REQUEST,
        "A parameter or header can't be understood",
        "Give what the detail expects.",
    ),
    (
        "unknown-cursor",
        HTTPStatus.BAD_REQUEST,
        "The cursor is no place in this list",
        "Give `next` of an earlier answer as it is, or begin without a cursor.",
    ),
    (
        "incomplete-body",
        HTTPStatus.BAD_REQUEST,
        "The document did not arrive as a whole",
        "Send it again.",
    ),
    (
        "no-token",
        HTTPStatus.UNAUTHORIZED,
        "A token is needed",
        "Send it as `Authorization: Bearer …`. The programme's team issues tokens.",
    ),
    (
        "token-opens-nothing",
        HTTPStatus.UNAUTHORIZED,
        "The token opens nothing",
        "It is mistyped, expired or revoked: ask the programme's team for a new one.",
    ),
    (
        "token-may-not",
        HTTPStatus.FORBIDDEN,
        "The token may not do this",
        "Use a token that was issued for it.",
    ),
    (
        "team-only",
        HTTPStatus.FORBIDDEN,
        "This is for the programme's team",
        "Ask the team for what you need from it.",
    ),
    (
        "partner-only",
        HTTPStatus.FORBIDDEN,
        "This is for people of partners",
        "Use a token of somebody of the company whose it is.",
    ),
    (
        "partner-of-another",
        HTTPStatus.FORBIDDEN,
        "The submission names another partner",
        "Give your own company's name as it is known here for `partner.name`.",
    ),
    (
        "no-load-from-here",
        HTTPStatus.FORBIDDEN,
        "The load test is not run from here",
        "Run `launch-review preflight FILE --only test.volume` on a machine of your own.",
    ),
    (
        "slug-of-another",
        HTTPStatus.FORBIDDEN,
        "The slug belongs to another partner",
        "Choose a slug of your own for `integration.slug`.",
    ),
    ("not-found", HTTPStatus.NOT_FOUND, "There is nothing here", "Take an address that /api/openapi.json names."),
    (
        "no-such-thing",
        HTTPStatus.NOT_FOUND,
        "There is no such thing",
        "Take a number or name that its list shows.",
    ),
    (
        "method-not-allowed",
        HTTPStatus.METHOD_NOT_ALLOWED,
        "This can't be done here",
        "Take a method that the `Allow` header names.",
    ),
    (
        "not-acceptable",
        HTTPStatus.NOT_ACCEPTABLE,
        "There is no answer of the type that was asked for",
        "Ask for one of the types that the detail names, or for any.",
    ),
    ("too-slow", HTTPStatus.REQUEST_TIMEOUT, "The document took too long to arrive", "Send it again."),
    (
        "not-settled",
        HTTPStatus.CONFLICT,
        "A decision is being made",
        "Ask again after `Retry-After` seconds: it can still be undone, and is told once it stands.",
    ),
    (
        "move-refused",
        HTTPStatus.CONFLICT,
        "The move is refused",
        "Do what `reasons` say, or look again: GET …/moves tells which moves are free now.",
    ),
    (
        "refused",
        HTTPStatus.CONFLICT,
        "It can't be done now",
        "Do what the detail says.",
    ),
    (
        "changed-meanwhile",
        HTTPStatus.CONFLICT,
        "Somebody else did something at the same moment",
        "Nothing was changed. Look again, then repeat it if it is still needed.",
    ),
    (
        "key-in-use",
        HTTPStatus.CONFLICT,
        "The first request with this key is still being worked on",
        "Wait for a moment, then send it again as it is.",
    ),
    (
        "stale",
        HTTPStatus.PRECONDITION_FAILED,
        "It was changed since you looked",
        "`changed` says who did what; get it again, look, and repeat the request with the new `ETag`.",
    ),
    (
        "too-large",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The document is too large",
        "Give long texts and pictures by their addresses.",
    ),
    (
        "unsupported-type",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The document is of a type that is not read",
        "Send it as one of the types that the `Accept` header names, in UTF-8 and uncompressed.",
    ),
    (
        "unreadable-document",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The document can't be read",
        "Correct it at the place that the detail names.",
    ),
    (
        "invalid-submission",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The submission has mistakes",
        "Mend each of `errors`; /api/schema/submission.json is its shape.",
    ),
    (
        "unsound-file",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The file is no image that can be kept",
        "Do what the detail says, and send it again.",
    ),
    (
        "unknown-item",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "There is no such item at this gate",
        "Name items that the detail lists.",
    ),
    (
        "invalid-body",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request has mistakes",
        "Mend each of `errors`.",
    ),
    (
        "invalid-rows",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Rows of the file have mistakes",
        "Nothing was taken in. Mend each of `rows`, or take in the others with `partial=true`.",
    ),
    (
        "unknown-name",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The request names somebody or something that there is not",
        "Correct the name that the detail gives.",
    ),
    (
        "key-used-otherwise",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "The key belongs to another request",
        "Give each request an `Idempotency-Key` of its own; only its repetition has the same one.",
    ),
    (
        "no-if-match",
        HTTPStatus.PRECONDITION_REQUIRED,
        "The request does not say which version it is about",
        "Send the `ETag` of what you looked at as `If-Match`.",
    ),
    (
        "too-many",
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        "Try again after the seconds that the `Retry-After` header names.",
    ),
    (
        "our-mistake",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong here",
        "It is not your mistake. Tell the programme's team the reference.",
    ),
    (
        "no-database",
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer",
        "Nothing is lost. Try again in a minute.",
    ),
)
"""Every kind of problem, by its name."""
