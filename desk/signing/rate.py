"""How often somebody may come through a bounded door, counted in the database: for all desks over it, over restarts.

A bound on noise and on work done, not on guessing: links, cookies and tokens are long and random.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Final

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.database import Database
from models.passage import Passage

LONGEST_WHO: Final = 128
NETWORK_BITS: Final = 64
"""Of an IPv6 address: whoever has one has all that begin like it."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Lets each through `most` times in any stretch of time as long as the window."""

    door: str
    most: int
    window: timedelta

    def wait(self, database: Database, who: str, *, at: datetime) -> int:
        """0: they may come through now, which counts. Else in how many whole seconds they may; that counts for nothing.

        Two at the same moment come one after the other, also where they come to two desks.
        """
        with database.write.begin() as session:
            row = _locked(session, self.door, who[:LONGEST_WHO], at)
            now, window = at.timestamp(), self.window.total_seconds()
            # The clock of another desk may go before this one; what lies further ahead is no time that can be.
            lately = sorted(came for came in row.came if abs(now - came) < window)
            if len(lately) >= self.most:
                return max(1, math.ceil(lately[-self.most] + window - now))
            row.came, row.until = [*lately, now], at + self.window
            return 0


SIGN_INS: Final = Rate("sign-ins", 20, timedelta(minutes=10))


def client_of(address: str) -> str:
    """Who stands behind an address of the network: itself, or of IPv6 the network that one client is given whole."""
    try:
        known = ip_address(address.partition("%")[0])
    except ValueError:
        return address or "nobody"
    if not isinstance(known, IPv6Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return f"{IPv6Address(int(known) >> NETWORK_BITS << NETWORK_BITS)}/{NETWORK_BITS}"


def _locked(session: Session, door: str, who: str, at: datetime) -> Passage:
    key = (door, who)
    found = session.get(Passage, key, with_for_update=True)
    if found is None:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        fresh = insert(Passage).values(door=door, who=who, came=[], until=at)
        session.execute(fresh.on_conflict_do_nothing(index_elements=["door", "who"]))
        found = session.get_one(Passage, key, with_for_update=True)
    return found
