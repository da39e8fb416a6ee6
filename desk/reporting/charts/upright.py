"""The upright axis of a chart of shares: nothing at its foot, all at its head."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from desk.reporting.charts.svg import WIDTH, line, text


@dataclass(frozen=True, slots=True)
class Upright:
    """Where the drawing lies, in the chart's own units; right of `left` it goes on to the edge."""

    top: float
    bottom: float
    left: float

    def y(self, percent: float) -> float:
        return self.bottom - (self.bottom - self.top) * percent / 100

    def grid(self) -> Iterator[Markup]:
        for percent in (0, 50, 100):
            y = self.y(percent)
            yield line(self.left, y, WIDTH, y, "grid")
            yield text(self.left - 4, y + 4, f"{percent} %", anchor="end", kind="soft")
