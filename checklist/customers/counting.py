"""Which customers count: distinct, unaffiliated, in production, with a success in the window (pure)."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self
from urllib.parse import urlsplit

from checklist.customers.usage import Usage, one_spelling
from checklist.mail_address import mail_domain, registrable_domain

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far the source's clock may be ahead of ours; a success further in the future is a mistake and counts nothing."""

HASH_CHARACTERS: Final = 16
"""Hexadecimal: enough to tell customers apart."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Customers by what keeps them from counting; `active` are those that count, each once, as first spelt."""

    active: tuple[str, ...]
    affiliated: tuple[str, ...]
    not_production: tuple[str, ...]
    not_recent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Excluded:
    """Who is no customer of their own will: registrable domains, and names in one spelling."""

    domains: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, partner: Iterable[str | None], listed: Iterable[str], *, shared: Iterable[str] = ()) -> Self:
        """The partner's places (hosts, web and e-mail addresses), and the programme's list of names and domains.

        `shared` are domains that anybody can have a mailbox at: having one makes nobody related.
        """
        everybodys = frozenset(shared)
        listed = tuple(listed)
        theirs = {company_of(place) for place in partner if place} - everybodys
        domains = theirs | {company_of(entry) for entry in listed}
        return cls(frozenset(domain for domain in domains if domain), frozenset(map(one_spelling, listed)))

    def holds(self, row: Usage) -> bool:
        """Whether the row's customer is one of them, by its name or by a domain; the name may be a domain itself."""
        if one_spelling(row.customer) in self.names:
            return True
        return any(company_of(place) in self.domains for place in (row.customer, *row.domains))


def company_of(place: str) -> str | None:
    """The registrable domain of a host, web or e-mail address; None for what is none of these."""
    if (mailbox := mail_domain(place)) is not None:
        return registrable_domain(mailbox)
    if "." not in place or any(letter.isspace() for letter in place.strip()):
        return None
    try:
        host = urlsplit(place.strip() if "//" in place else f"//{place.strip()}").hostname
    except ValueError:
        return None
    return registrable_domain(host) if host else None


def window_of(at: datetime, window_days: int) -> tuple[datetime, datetime]:
    """The window's first and last instant; both belong to it."""
    return at - timedelta(days=window_days), at


def count(rows: Iterable[Usage], *, at: datetime, window_days: int, excluded: Excluded | None = None) -> Counted:
    """Distinct customers that count, for the window that ends at `at`.

    Two spellings are one customer (see `one_spelling`). A customer is affiliated when any of its rows says so or is
    excluded; otherwise its best row decides.
    """
    nobody = excluded or Excluded()
    first, last = window_of(at, window_days)
    spelt: dict[str, str] = {}
    grades: dict[str, int] = {}
    affiliated: set[str] = set()
    for row in rows:
        customer = one_spelling(row.customer)
        spelt.setdefault(customer, row.customer)
        if row.affiliated or nobody.holds(row):
            affiliated.add(customer)
        recent = row.last_success_at is not None and first <= row.last_success_at <= last + CLOCKS_DIFFER
        grade = 0 if row.environment != "production" else 2 if recent else 1
        grades[customer] = max(grade, grades.get(customer, 0))

    def named(customers: Iterable[str]) -> tuple[str, ...]:
        return tuple(spelt[customer] for customer in sorted(customers))

    not_production, not_recent, active = (
        named(customer for customer, grade in grades.items() if grade == n and customer not in affiliated)
        for n in range(3)
    )
    return Counted(active, named(affiliated), not_production, not_recent)


def hashed(customers: Iterable[str], *, salt: bytes, integration: str) -> tuple[str, ...]:
    """The customers of one integration as HMAC-SHA256 under the salt, shortened and in their own order.

    Whoever knows a name and the salt can tell whether it was counted; nobody can read a name from it, nor see that
    one customer uses two integrations.
    """
    return tuple(sorted(_hashed(f"{integration}\0{one_spelling(customer)}", salt) for customer in customers))


def _hashed(text: str, salt: bytes) -> str:
    return hmac.new(salt, b"customer\0" + text.encode(), hashlib.sha256).hexdigest()[:HASH_CHARACTERS]
