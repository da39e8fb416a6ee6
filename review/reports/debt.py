"""Waivers of what is live as debt: what does not hold, counts as if it did, and has to be come back to."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from checklist.rulebook import Rulebook
from models.enums import LIVE, Outcome
from models.integration import Integration
from models.people import Partner
from models.result import Waiver
from review.past.live import LiveState


class Whose(NamedTuple):
    """The integration a waiver is of."""

    slug: str
    name: str
    partner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Debt:
    """A waiver that counts today: something we know does not hold and have promised to look at again."""

    slug: str
    name: str
    partner: str
    item: str
    title: str
    reason: str
    by: str
    granted_at: datetime
    until: date
    days_left: int
    days_old: int
    """Since the first of the waivers in a row."""
    renewals: int
    """How many came before it in a row."""
    seen: Outcome | None
    """What the last audit saw of the item; None: no audit has looked at it."""
    seen_what: str
    audited_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """Which of them somebody wants to see; what is empty asks nothing."""

    slug: str = ""
    partner: str = ""
    """A part of the partner's name, in any casing."""
    item: str = ""
    ends_within: int | None = None
    """Days that are left at most."""
    renewed: int = 0
    """How often it was renewed at least."""


def narrowed(debts: Iterable[Debt], sought: Sought) -> Sequence[Debt]:
    return [
        debt
        for debt in debts
        if sought.slug in {"", debt.slug}
        and sought.item in {"", debt.item}
        and sought.partner.casefold() in debt.partner.casefold()
        and (sought.ends_within is None or debt.days_left <= sought.ends_within)
        and debt.renewals >= sought.renewed
    ]


def debts(session: Session, *, rulebook: Rulebook, at: datetime) -> Sequence[Debt]:
    """All of them, the next to run out first; a fixed number of queries."""
    waived = select(Waiver.integration_id).where(Waiver.ended_at.is_(None))
    rows = session.execute(
        select(Integration.id, Integration.slug, Integration.name, Partner.name)
        .join(Partner, Partner.id == Integration.partner_id)
        .where(Integration.stage.in_(LIVE), Integration.id.in_(waived))
    )
    whose = {number: Whose(slug, name, partner) for number, slug, name, partner in rows}
    return debts_of(session, LiveState(session, only=whose), whose, rulebook, at)


def debts_of(
    session: Session, state: LiveState, whose: Mapping[int, Whose], rulebook: Rulebook, at: datetime
) -> tuple[Debt, ...]:
    """The waivers of these integrations that still count, the next to run out first."""
    titles = {item.id: item.title for item in rulebook.items}
    let = [
        (number, waiver)
        for number, waivers in state.waivers.items()
        if number in whose
        for waiver in waivers
        if waiver.until >= at.date()
    ]
    since = _since(session, [waiver for _, waiver in let])
    seen = {(number, one.item): one for number, results in state.results.items() for one in results} if let else {}
    debts = [
        Debt(
            slug=whose[number].slug,
            name=whose[number].name,
            partner=whose[number].partner,
            item=waiver.item,
            title=titles.get(waiver.item, waiver.item),
            reason=waiver.reason,
            by=waiver.granted_by.name,
            granted_at=waiver.granted_at,
            until=waiver.until,
            days_left=(waiver.until - at.date()).days,
            days_old=(at - since[waiver.id]).days,
            renewals=waiver.renewals,
            seen=one.outcome if (one := seen.get((waiver.integration_id, waiver.item))) is not None else None,
            seen_what=one.summary if one is not None else "",
            audited_at=state.audited_at.get(waiver.integration_id) if one is not None else None,
        )
        for number, waiver in let
    ]
    return tuple(sorted(debts, key=lambda debt: (debt.until, debt.slug, debt.item)))


def _since(session: Session, waivers: Collection[Waiver]) -> Mapping[int, datetime]:
    """When the row of renewals began that each is the last of; one query, however long the rows are."""
    renewed = [waiver for waiver in waivers if waiver.renewals]
    since = {waiver.id: waiver.granted_at for waiver in waivers}
    if renewed:
        of_them = select(Waiver.id, Waiver.renews_id, Waiver.granted_at).where(
            Waiver.integration_id.in_({waiver.integration_id for waiver in renewed})
        )
        before = {number: (renews, granted_at) for number, renews, granted_at in session.execute(of_them)}
        for waiver in renewed:
            number = waiver.id
            while (earlier := before[number][0]) is not None:
                number = earlier
            since[waiver.id] = before[number][1]
    return since
