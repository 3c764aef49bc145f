"""How a deduction for lateness is spread over the notebooks of a submission."""

from __future__ import annotations

from collections.abc import Sequence

_STEP = 0.25


def spread_penalty(penalty: float, scores: Sequence[float]) -> list[float]:
    """Return each notebook's share of a penalty; together they are exactly the penalty.

    nbgrader keeps a penalty a notebook, and adds them up. The shares are as the scores are, in
    quarters of a point, which no computer rounds; the notebooks with the highest scores take the
    rest.

    Args:
        penalty: In points.
        scores: The points of each notebook; one at least.
    """
    total = sum(scores)
    shares = [_quarters(penalty * score / total) if total else 0.0 for score in scores]
    rest = penalty - sum(shares)
    highest_first = sorted(range(len(scores)), key=lambda place: -scores[place])
    for place in highest_first:
        more = min(rest, scores[place] - shares[place])
        shares[place] += more
        rest -= more
    shares[highest_first[0]] += rest
    return shares


def _quarters(points: float) -> float:
    return points // _STEP * _STEP
