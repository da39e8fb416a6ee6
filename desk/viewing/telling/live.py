"""Integrations on their path and live, in words: launches, audits, falls, waivers."""

from datetime import date
from typing import Final

from desk.viewing.telling.told import (
    Data,
    Sentences,
    Tell,
    Teller,
    Told,
    found_in,
    member_of,
    names_in,
    part_in,
    rows_in,
    text_in,
    with_reason,
)
from desk.words import counted, listed, said, within
from models.enums import (
    LIVE,
    AuditGrade,
    EventName,
    IntegrationStage,
)


def _waived(teller: Teller, data: Data) -> Told:
    until = data.get("until")
    last = f" until {teller.time.day(date.fromisoformat(until))}" if isinstance(until, str) else ""
    renewals = data.get("renewals")
    again = f", renewed {counted(renewals, 'time')} so far" if isinstance(renewals, int) and renewals > 0 else ""
    return Told(f"waived “{teller.title(data.get('item'))}”{last}{again}", text_in(data, "reason"))


def _waiver_ended(teller: Teller, data: Data) -> Told:
    return Told(f"ended the waiver of “{teller.title(data.get('item'))}”: {text_in(data, 'because')}")


def _created(teller: Teller, data: Data) -> Told:
    del teller
    stage = member_of(IntegrationStage, data.get("stage"))
    return Told(f"added the integration{f', {within(stage)}' if stage else ''}")


def _imported(teller: Teller, data: Data) -> Told:
    del teller
    stage = member_of(IntegrationStage, data.get("stage"))
    return Told(f"took it in from the catalog{f' as {said(stage)}' if stage else ''}")


def _seen_in_catalog(teller: Teller, data: Data) -> Told:
    del teller
    stage = member_of(IntegrationStage, data.get("stage"))
    seen = f"had it as {said(stage)}" if stage is not None and stage in LIVE else "had it no longer"
    return Told(f"the catalog's history {'' if data.get('is_exact') else 'by then '}{seen}")


def _live(did: str) -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        missing = tuple(f"Missing for Public: {text_in(row, 'title')}" for row in rows_in(data, "missing_for_public"))
        return Told(did, lines=missing)

    return tell


def _replays(teller: Teller, data: Data) -> Told:
    del teller
    asked = tuple(f"Not told yet: {name.replace('_', ' ')}" for name in names_in(data, "missing"))
    return Told("asked the partner how it takes replays", lines=asked)


def _button(teller: Teller, data: Data) -> Told:
    return Told(f"asked the partner for “{teller.title(data.get('item'))}”", text_in(data, "what"))


def _lacking(teller: Teller, data: Data) -> Told:
    del teller
    items = rows_in(data, "items")
    last = "; no more of it until something changes" if data.get("is_last") else ""
    did = "nudged the partner: told" if data.get("nudged") else "told the partner"
    return Told(f"{did} what is missing for Public{last}", lines=found_in(items))


def _proposed(teller: Teller, data: Data) -> Told:
    rows = rows_in(data, "evidence")
    return Told(
        "proposed the graduation to Public",
        lines=tuple(f"{teller.title(row.get('item'))}: {text_in(row, 'summary')}" for row in rows),
    )


def _audited(teller: Teller, data: Data) -> Told:
    del teller
    counts = part_in(data, "counts")
    found = [f"{counts[grade.value]} {within(grade)}" for grade in AuditGrade if counts.get(grade.value)]
    return Told(f"finished an audit: {listed(found) or 'nothing to look at'}")


def _regressed(teller: Teller, data: Data) -> Told:
    del teller
    items = rows_in(data, "items")
    return Told(f"saw {counted(len(items), 'item')} fallen since the launch", lines=found_in(items))


def _about_falls(did: str) -> Tell:
    def tell(teller: Teller, data: Data) -> Told:
        del teller
        until = text_in(data, "fix_by")
        return Told(
            f"{did}{f', until {until}' if until else ''}",
            text_in(data, "reason"),
            lines=found_in(rows_in(data, "items")),
        )

    return tell


def _dismissed(teller: Teller, data: Data) -> Told:
    until = data.get("until")
    again = f"; asked again after {teller.time.day(date.fromisoformat(until))}" if isinstance(until, str) else ""
    return Told(f"left it listed{again}", text_in(data, "reason"), lines=found_in(rows_in(data, "items")))


def _partly_recovered(teller: Teller, data: Data) -> Told:
    del teller
    mended = listed([text_in(row, "title") for row in rows_in(data, "mended")])
    still = rows_in(data, "items")
    return Told(f"saw {mended} hold again; {counted(len(still), 'item')} still to mend", lines=found_in(still))


OF_INTEGRATIONS: Final[Sentences] = {
    EventName.INTEGRATION_CREATED: _created,
    EventName.ACCESS_GRANTED: with_reason("granted access: the partner may build"),
    EventName.ACCESS_DECLINED: with_reason("declined access"),
    EventName.LAUNCHED: _live("saw it live in the catalog: launched into Public Beta"),
    EventName.UPDATED: _live("saw the update live in the catalog"),
    EventName.REPLAY_REQUESTED: _replays,
    EventName.OAUTH_REQUESTED: _button,
    EventName.GRADUATION_MISSING: _lacking,
    EventName.GRADUATION_PROPOSED: _proposed,
    EventName.GRADUATED: _live("saw it live in the catalog as Public: graduated"),
    EventName.AUDIT_FINISHED: _audited,
    EventName.WAIVER_GRANTED: _waived,
    EventName.WAIVER_ENDED: _waiver_ended,
    EventName.WAIVER_RUNS_OUT: _about_falls("told that waivers run out"),
    EventName.REGRESSED: _regressed,
    EventName.PARTLY_RECOVERED: _partly_recovered,
    EventName.RECOVERED: with_reason("saw that everything holds again"),
    EventName.FIX_REMINDED: _about_falls("reminded the partner of what fell"),
    EventName.FIX_EXTENDED: _about_falls("gave the partner more time"),
    EventName.DELISTING_PROPOSED: _about_falls("asked the team whether it stays listed"),
    EventName.DELISTING_DISMISSED: _dismissed,
    EventName.DELISTED: with_reason("took it out of the catalog"),
    EventName.RELISTED: with_reason("put it back into the catalog"),
    EventName.IMPORTED: _imported,
    EventName.SEEN_IN_CATALOG: _seen_in_catalog,
}
