"""What submissions have in common, whatever their names, layout and order: told, not judged.

copydetect (MIT, its last release of March 2024) was looked at first. It compares file with file, so
code that moved to another file is missed and a class of 200 takes millions of comparisons; it reads
HCL with Pygments, which takes ``["a", "b"]`` on one line for a single text; it keeps the order of
blocks and arguments; and it knows nothing of what nearly all have.
"""

from lab_utils.grading.similarity.report import SimilarityReport, find_similar

__all__ = ["SimilarityReport", "find_similar"]
