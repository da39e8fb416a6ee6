"""The checks, one module per family. A check is a small function from facts to an outcome."""

from collections.abc import Iterator
from importlib import import_module

from checklist.case import CHECKS
from checklist.mistakes import Mistake
from checklist.rulebook import Rulebook

FAMILIES = ("access", "catalog", "customers", "delivery", "docs", "launch", "marketing", "oauth", "security", "spec")


def load_all() -> None:
    """Import every family, which fills CHECKS. Calling it again costs nothing."""
    for family in FAMILIES:
        import_module(f"checklist.checks.{family}")


def unsupported(rulebook: Rulebook) -> Iterator[Mistake]:
    """What the rulebook asks that this release cannot do: unknown checks, missing or strange thresholds."""
    load_all()
    for item in rulebook.items:
        where = f"items.{item.id}"
        check = CHECKS.get(item.check) if item.check is not None else None
        if check is None and item.check is not None:
            yield Mistake(f"{where}.check", repr(item.check), f"one of {', '.join(sorted(CHECKS))}")
        needed = check.thresholds if check is not None else {}
        for name, kind in needed.items():
            value = item.thresholds.get(name)
            if not isinstance(value, kind):
                yield Mistake(f"{where}.thresholds.{name}", repr(value), kind.__name__)
        for name in item.thresholds:
            if name not in needed:
                yield Mistake(
                    f"{where}.thresholds.{name}", "a threshold without effect", f"one of {', '.join(needed) or 'none'}"
                )
