"""The errors of a batch: what keeps it from being graded as a whole."""

from __future__ import annotations

from lab_utils.errors import LabError


class BatchError(LabError):
    """The batch cannot begin, or cannot go on; what was graded so far is kept."""
