"""The part of a Lab that deals with the GitLab pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab_utils.launching import Enclose
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.settings import Settings
from lab_utils.targets import Target


class PipelineLab:
    """Hands out the workspace's pipeline."""

    settings: Settings
    _report: Callable[[str], None]
    _target: Target
    _check_memory: dict[str, Any]
    _enclose: Enclose

    @property
    def pipeline(self) -> Pipeline:
        """The GitLab pipeline of the workspace, to be looked at and run."""
        return Pipeline(
            self.settings,
            self._target.variables,
            self._report,
            memory=self._check_memory,
            enclose=self._enclose,
        )
