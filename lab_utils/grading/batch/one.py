"""Grading one submission, wherever the worker is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab_utils.grading.submissions import Submission
from lab_utils.grading.verification import grade_submission
from lab_utils.grading.verification.order import Order


def grade_one(packed: bytes, order: Mapping[str, Any]) -> dict[str, Any]:
    """Return a submission's verdict and how its grading ended, as ``answer.schema.json`` says.

    Args:
        packed: The submission, as `Submission.pack` made it.
        order: How to grade, as `Order.to_json` made it.
    """
    graded = grade_submission(Submission.unpack(packed), Order.from_json(order))
    ending = graded.ending
    told = {"status": ending.status, "seconds": ending.seconds, "reason": ending.reason}
    return {"verdict": graded.verdict.to_json(), "ending": told}
