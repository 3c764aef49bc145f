"""The pages of a grading: feedback for each student, and one page for who grades the class."""

from lab_utils.grading.pages.class_page import write_pages
from lab_utils.grading.pages.feedback import write_feedback
from lab_utils.grading.pages.names import page_name

__all__ = ["page_name", "write_feedback", "write_pages"]
