"""Grading one submission by behaviour: phases, checks, a verdict."""

from lab_utils.grading.verification.collected import unreached
from lab_utils.grading.verification.hidden import read_checks
from lab_utils.grading.verification.judge import Graded, grade_submission
from lab_utils.grading.verification.order import Order

__all__ = ["Graded", "Order", "grade_submission", "read_checks", "unreached"]
