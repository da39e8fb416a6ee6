"""How long something takes when some of it is still under way: Kaplan and Meier's estimate. Pure.

Leaving out what is open makes a slow team look fast, because the slowest are open longest. Here each open one
counts as "at least so long": it stays among those waited for until then, and leaves without having ended.
"""

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple


class Wait(NamedTuple):
    """So much time was used; `ended` is False while it goes on, and for what will never end."""

    seconds: float
    ended: bool


def quantile(waits: Iterable[Wait], share: Fraction) -> float | None:
    """The shortest time by which at least that share has ended, in seconds.

    None when too few have ended for anybody to know (or when there are none at all). What ends and what leaves
    at the same moment: the leaving one was still waited for (Kaplan and Meier, 1958).
    """
    ended, left = Counter[float](), Counter[float]()
    for wait in waits:
        (ended if wait.ended else left)[wait.seconds] += 1
    waited_for = ended.total() + left.total()
    still_open = Fraction(1)
    for seconds in sorted({*ended, *left}):
        if ended[seconds]:
            still_open *= Fraction(waited_for - ended[seconds], waited_for)
            if still_open <= 1 - share:
                return seconds
        waited_for -= ended[seconds] + left[seconds]
    return None
