"""What a benchmark is asked for, and what it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from lab_utils.errors import LabError

Report = Callable[[str], None]
"""Takes a line that says how far a benchmark is."""
LEAST_SIZE = 8
"""Two readings, of which one is hot, with four records each."""


class BenchmarkError(LabError):
    """A benchmark cannot be run, or what it measures does not do what it should."""


@dataclass(frozen=True)
class Options:
    """What a benchmark is asked for.

    Attributes:
        size: How many messages, records or rows; None for the benchmark's own number.
        rounds: How often each side is measured; None for the benchmark's own number.

    Raises:
        BenchmarkError: A number that is less than it can be.
    """

    size: int | None = None
    rounds: int | None = None

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, least in (("size", LEAST_SIZE), ("rounds", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise BenchmarkError(
                    f"run a benchmark with --{name} {value}",
                    f"It cannot be less than {least}.",
                    "give a larger number, or leave it out.",
                )


@dataclass(frozen=True)
class Outcome:
    """What a benchmark found.

    Attributes:
        ratios: By name; which way is better stands in the benchmark's docstring.
        figures: The absolute figures beside them, units in their names.
    """

    ratios: Mapping[str, float]
    figures: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return it for JSON, with three digits that mean something."""
        return {
            "ratios": {name: _rounded(value) for name, value in self.ratios.items()},
            "figures": {name: _rounded(value) for name, value in self.figures.items()},
        }


class Benchmark(Protocol):
    """Measures one thing."""

    def __call__(self, options: Options, report: Report) -> Outcome:
        """Measure, reporting each step."""


def middle(values: Iterable[float]) -> float:
    """Return the median of what was measured."""
    return float(median(values))


def middle_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of each round's ratio: what slows the machine slows both sides of it."""
    return middle(one / other for one, other in zip(ours, theirs, strict=True))


def _rounded(value: Any) -> Any:
    return float(f"{value:.4g}") if isinstance(value, float) else value
