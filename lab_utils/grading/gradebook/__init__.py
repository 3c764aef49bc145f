"""nbgrader's gradebook: what was graded goes into it, what graders wrote into it stays."""

from lab_utils.grading.gradebook.database import GradebookError
from lab_utils.grading.gradebook.sheets import write_sheets
from lab_utils.grading.gradebook.update import Updated, update_gradebook

__all__ = ["GradebookError", "Updated", "update_gradebook", "write_sheets"]
