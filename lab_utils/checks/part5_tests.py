"""Part 5: the student's own tests, by the mistakes that they notice."""

from __future__ import annotations

from lab_utils.checks.base import CheckContext, Finding
from lab_utils.mutants import score_once
from lab_utils.workspace import lambda_folder

ENOUGH = 0.9
"""This share of the mutants earns all points: one or two may not matter in some function."""
_MOST_TOLD = 3


def look_at_tests(context: CheckContext) -> Finding:
    """Return how many mutants of the function its tests notice."""
    folder = lambda_folder(context.require_workspace())
    score = score_once(folder, context.memory, context.enclose)
    if not score.is_green or not score.total:
        return Finding(False, score.says, hint=score.advice)
    told = "; ".join(score.survivors[:_MOST_TOLD])
    more = len(score.survivors) - _MOST_TOLD
    survived = f"; survived: {told}" if told else ""
    seen = f"{score.says}{survived}{f' and {more} more' if more > 0 else ''}"
    share = min(1.0, score.share / ENOUGH)
    remark = f"survived: {told}" if told else ""
    return Finding(share >= 1.0, seen, remark=remark, hint=score.advice, share=share)
