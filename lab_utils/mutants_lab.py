"""The part of a Lab that scores the tests of the function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.launching import Enclose
from lab_utils.mutants import TestScore, score_once
from lab_utils.settings import Settings
from lab_utils.workspace import lambda_folder


class MutantsLab:
    """Says which mistakes in the function its tests notice."""

    settings: Settings
    _report: Callable[[str], None]
    _check_memory: dict[str, Any]
    _enclose: Enclose

    def score_tests(self, path: str | Path | None = None) -> TestScore:
        """Return how many mutants of the function its tests notice; print those they do not.

        A mutant is a copy of the function with one mistake in it: ``>=`` for ``>``, the highest
        temperature for the mean. Tests that pass on it all the same have not noticed the mistake.

        Args:
            path: The function's folder, in the workspace; by default
                ``lambda/ac_control_lambda``, else ``ac_control_lambda``.
        """
        workspace = self.settings.workspace
        folder = workspace / path if path else lambda_folder(workspace)
        score = score_once(folder, self._check_memory, self._enclose)
        for line in score.lines():
            self._report(line)
        return score
