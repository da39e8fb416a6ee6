"""Until which day something is to be fixed. Pure.

A business day is a date of the calendar's own zone with any open time, however little: people count days, not hours.
The day of the decision is not counted, so that one business day is never today (docs/decisions/0026).
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from review.calendar import Calendar


def fix_by(calendar: Calendar, decided_at: datetime, days: int) -> date:
    """The last day, so many business days (1 or more) after the one of the decision.

    Raises BeyondCalendar where the calendar has no open time left.
    """
    zone = ZoneInfo(calendar.spec.tz)
    day = decided_at.astimezone(zone).date()
    for _ in range(days):
        next_midnight = datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
        day = calendar.next_open(next_midnight).astimezone(zone).date()
    return day
