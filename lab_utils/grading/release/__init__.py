"""The students' version of the workbook: exercises and checks without a trace of a solution."""

from lab_utils.grading.release.contents import ASSIGNMENT, File, release_files
from lab_utils.grading.release.errors import ReleaseError
from lab_utils.grading.release.writing import Release, write_release

__all__ = ["ASSIGNMENT", "File", "Release", "ReleaseError", "release_files", "write_release"]
