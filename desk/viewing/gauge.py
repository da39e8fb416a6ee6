"""A number for whoever watches the system, in the text format that Prometheus reads."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Gauge:
    """One metric: values by the value of its label. Without a label there is one value, under the empty text."""

    name: str
    help: str
    label: str
    values: Mapping[str, int]


def exposition(shown: Sequence[Gauge]) -> str:
    """The text format, version 0.0.4."""
    return "".join(f"{line}\n" for gauge in shown for line in _lines(gauge))


def _lines(gauge: Gauge) -> Iterator[str]:
    yield f"# HELP {gauge.name} {gauge.help}"
    yield f"# TYPE {gauge.name} gauge"
    for value, number in gauge.values.items():
        label = f'{{{gauge.label}="{value}"}}' if gauge.label else ""
        yield f"{gauge.name}{label} {number}"
