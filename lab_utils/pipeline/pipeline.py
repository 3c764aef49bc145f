"""The pipeline of a workspace: looked at, and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lab_utils.errors import PipelineError
from lab_utils.pipeline.lint import lint
from lab_utils.pipeline.report import LintReport
from lab_utils.pipeline.runs import PipelineRun
from lab_utils.settings import Settings

PLACES = ("ci/lambda.gitlab-ci.yml", ".gitlab-ci.yml")
"""Where a workspace's pipeline file may be: the workbook's place, and the practical's.

In this order, because the checkout has a ``.gitlab-ci.yml`` too: that of the workbook itself.
"""
DEADLINE_S = 600.0


class Pipeline:
    """The GitLab pipeline of a workspace, whose folder is the repository.

    Args:
        settings: The workspace and the target.
        variables: Returns the environment in which a program finds the target.
        report: Takes each line for the reader.
    """

    def __init__(
        self,
        settings: Settings,
        variables: Callable[[], dict[str, str]],
        report: Callable[[str], None] = print,
    ) -> None:
        self._settings = settings
        self._variables = variables
        self._report = report

    def path(self, path: str | Path | None = None) -> Path:
        """Return the pipeline file: the one that is named, else the one in its usual place.

        Args:
            path: A file of the workspace; by default ``ci/lambda.gitlab-ci.yml``, else
                ``.gitlab-ci.yml``.

        Raises:
            PipelineError: There is none.
        """
        workspace = self._settings.workspace
        names = [str(path)] if path else PLACES
        found = next((workspace / name for name in names if (workspace / name).is_file()), None)
        if found is None:
            raise PipelineError(
                "find the pipeline file",
                f"There is no {' and no '.join(names)} in {workspace}.",
                "write it, or name another file of the workspace.",
            )
        return found

    def lint(
        self, path: str | Path | None = None, *, report: Callable[[str], None] | None = None
    ) -> LintReport:
        """Return what is wrong with a pipeline file, and what it does; report it.

        Args:
            path: The pipeline file; see `path`.
            report: Takes the lines; by default as everything else.

        Raises:
            PipelineError: There is no such file.
        """
        found = lint(self._settings.workspace, self.path(path))
        say = report or self._report
        for problem in found.problems:
            say(problem.text())
        say(found.summary())
        return found

    def run(
        self,
        path: str | Path | None = None,
        *,
        variables: Mapping[str, str] | None = None,
        branch: str | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> PipelineRun:
        """Run the pipeline on this machine, and return what each job came to.

        Args:
            path: The pipeline file; see `path`.
            variables: What would be entered under Settings > CI/CD > Variables.
            branch: The branch to run for; the default branch by default.
            deadline_s: The longest that all of it may take, in seconds.

        Raises:
            PipelineError: It cannot be run here, or GitLab would refuse the file.
        """
        asked = f"{self.path(path).name} for {branch} with {sorted(variables or ())}"
        raise PipelineError(f"run {asked}", f"Not built yet ({deadline_s:g} s).", "wait a little.")

    def last_run(self) -> PipelineRun | None:
        """Return what the last run in this workspace came to; None if there was none."""
        return None

    def tree(self) -> str:
        """Return a name of the repository's content now: the same files have the same name."""
        return ""
