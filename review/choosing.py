"""What a policy promises to clocks that run already: their terms, chosen as for a clock that starts."""

from collections.abc import Callable

from checklist.promises import SlaPolicy, Target
from models.clock import CalendarVersion
from review import policies
from review.affected import Affected
from review.calendars import compiled
from review.revision import Promised, Terms


class Choice:
    """What a policy promises each clock: the row that fits its submission, on the calendar the row names."""

    def __init__(self, policy: SlaPolicy, found: Affected, by_name: Callable[[str], CalendarVersion]) -> None:
        self._policy = policy
        self._pinned = found.calendars
        self._by_name = by_name
        self._in_force: dict[str, CalendarVersion] = {}
        self._terms: dict[tuple[Target, str], Terms] = {}

    def calendar(self, promised: Promised) -> CalendarVersion:
        """Its own version, when the calendar is the same one: a policy changes promises, not opening hours."""
        pinned = self._pinned[promised.calendar_id]
        name = self._row(promised).calendar
        if name == pinned.name:
            return pinned
        if name not in self._in_force:
            self._in_force[name] = self._by_name(name)
        return self._in_force[name]

    def terms(self, promised: Promised) -> Terms:
        row, calendar = self._row(promised), self.calendar(promised)
        known = self._terms.get((row, calendar.digest))
        if known is None:
            known = Terms(
                calendar=compiled(calendar),
                target_seconds=row.seconds,
                business_day_seconds=row.business_day_seconds,
                ladder=row.ladder,
                rungs=policies.rungs(self._policy, row.ladder, row.business_day_seconds),
            )
            self._terms[row, calendar.digest] = known
        return known

    def _row(self, promised: Promised) -> Target:
        return self._policy.target(promised.target, promised.gate, promised.kind, promised.tier)
