"""Submissions: found, read safely, and made into a workspace."""

from lab_utils.grading.submissions.collection import SubmissionError
from lab_utils.grading.submissions.finding import Found, find_submissions
from lab_utils.grading.submissions.preparing import prepare_workspace
from lab_utils.grading.submissions.reading import read_submission
from lab_utils.grading.submissions.submission import Submission

__all__ = [
    "Found",
    "Submission",
    "SubmissionError",
    "find_submissions",
    "prepare_workspace",
    "read_submission",
]
