"""The arithmetic of time series: interpolation and correlation.

DuckDB calls these with lists; times are nanoseconds since the epoch, ascending.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Values = list[float | None]


def indices_before(times: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Return for each wanted time the place, from 1, of the last point not after it; or 0."""
    return _listed(_last_places(_ints(times), _ints(wanted)))


def indices_at(times: Sequence[int], wanted: Sequence[int]) -> list[int]:
    """Return for each wanted time the place, from 1, of the last point at it; or 0."""
    known, asked = _ints(times), _ints(wanted)
    places = _last_places(known, asked)
    found = np.append(known, 0)[places - 1] == asked
    return _listed(np.where((places > 0) & found, places, 0))


def linear(times: Sequence[int], values: Sequence[float | None], wanted: Sequence[int]) -> Values:
    """Return linearly interpolated values, None outside of the times."""
    known, heights = _points(times, values)
    asked = _ints(wanted)
    if not len(known):
        return [None] * len(asked)
    left = np.clip(_last_places(known, asked) - 1, 0, None)
    right = np.minimum(left + 1, len(known) - 1)
    width = np.maximum(known[right] - known[left], 1).astype(float)
    risen = (heights[right] - heights[left]) * (asked - known[left]) / width
    return _within(known, asked, heights[left] + risen)


def natural_spline(
    times: Sequence[int], values: Sequence[float | None], wanted: Sequence[int]
) -> Values:
    """Return values of the natural cubic spline through the points, None outside of them."""
    known, heights = _points(times, values)
    if len(known) < 3:
        return linear(times, values, wanted)
    asked = _ints(wanted)
    knots = (known - known[0]) / 1e9
    widths, bends = np.diff(knots), _bends(np.diff(knots), heights)
    slopes = np.diff(heights) / widths - widths * (bends[1:] + 2 * bends[:-1]) / 3
    cubes = np.diff(bends) / (3 * widths)
    knot = np.clip(_last_places(known, asked) - 1, 0, None)
    left = np.minimum(knot, len(widths) - 1)
    at = (asked - known[left]) / 1e9
    curve = heights[left] + at * (slopes[left] + at * (bends[left] + at * cubes[left]))
    return _within(known, asked, np.where(known[knot] == asked, heights[knot], curve))


def pearson(first: Sequence[float | None], second: Sequence[float | None]) -> float:
    """Return Pearson's coefficient of the pairs in which both are known; NaN if undefined."""
    return _pearson(*_pairs(first, second))


def spearman(first: Sequence[float | None], second: Sequence[float | None]) -> float:
    """Return Spearman's coefficient: Pearson's of the ranks, ties sharing their mean rank."""
    one, other = _pairs(first, second)
    return _pearson(_ranks(one), _ranks(other))


def _ints(values: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.array(values, dtype=np.int64)


def _listed(places: npt.NDArray[np.int64]) -> list[int]:
    return [int(place) for place in places]


def _last_places(
    times: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    return np.searchsorted(times, wanted, side="right").astype(np.int64)


def _points(
    times: Sequence[int], values: Sequence[float | None]
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Return the known points, of those at the same time the last."""
    known = {time: value for time, value in zip(times, values, strict=True) if value is not None}
    return _ints(list(known)), np.array(list(known.values()), dtype=float)


def _within(known: npt.NDArray[np.int64], asked: npt.NDArray[np.int64], values: Floats) -> Values:
    inside = (known[0] <= asked) & (asked <= known[-1])
    return [float(v) if ok else None for v, ok in zip(values, inside, strict=True)]


def _bends(widths: Floats, heights: Floats) -> Floats:
    """Return half the second derivative at each knot: a tridiagonal system, swept twice."""
    rises = np.diff(heights) / widths
    bends = np.zeros(len(heights))
    ratios = np.zeros(len(heights))
    for i in range(1, len(widths)):
        pivot = 2 * (widths[i - 1] + widths[i]) - widths[i - 1] * ratios[i - 1]
        ratios[i] = widths[i] / pivot
        bends[i] = (3 * (rises[i] - rises[i - 1]) - widths[i - 1] * bends[i - 1]) / pivot
    for i in range(len(widths) - 1, 0, -1):
        bends[i] -= ratios[i] * bends[i + 1]
    return bends


def _pairs(first: Sequence[float | None], second: Sequence[float | None]) -> tuple[Floats, Floats]:
    pairs = [(x, y) for x, y in zip(first, second, strict=True) if x is not None and y is not None]
    both = np.array(pairs, dtype=float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def _pearson(one: Floats, other: Floats) -> float:
    if len(one) < 2:
        return float("nan")
    x, y = one - one.mean(), other - other.mean()
    spread = float(np.sqrt((x @ x) * (y @ y)))
    return max(-1.0, min(1.0, float(x @ y) / spread)) if spread else float("nan")


def _ranks(values: Floats) -> Floats:
    _, group, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Floats = last - (counts - 1) / 2
    return mean[group]
