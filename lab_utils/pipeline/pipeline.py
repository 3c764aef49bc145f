"""The pipeline of a workspace: looked at, and run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any

from lab_utils.errors import PipelineError
from lab_utils.launching import Enclose, as_it_is
from lab_utils.pipeline.lint import lint
from lab_utils.pipeline.look import look_at
from lab_utils.pipeline.records import Records
from lab_utils.pipeline.report import LintReport
from lab_utils.pipeline.repository import Repository
from lab_utils.pipeline.run import Order, made_names, run
from lab_utils.pipeline.runs import PipelineRun
from lab_utils.pipeline.scratch import tree_of
from lab_utils.pipeline.tools import find_tools
from lab_utils.settings import Settings
from lab_utils.wheels import found_by_pip, pip_variables

PLACES = ("ci/lambda.gitlab-ci.yml", ".gitlab-ci.yml")
"""Where a workspace's pipeline file may be: the workbook's place, and the practical's.

In this order, because the checkout has a ``.gitlab-ci.yml`` too: that of the workbook itself.
"""
DEADLINE_S = 600.0
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""What the practical has entered under Settings > CI/CD > Variables."""
_GIVEN = {*KEYS, "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "NO_PROXY", "no_proxy"}
"""What the jobs get of the embedded AWS's environment."""


class Pipeline:
    """The GitLab pipeline of a workspace, whose folder is the repository.

    Args:
        settings: The workspace and the target.
        variables: Returns the environment in which a program finds the target.
        report: Takes each line for the reader.
        memory: Keeps what the runs came to, for `last_run`; by default as long as this object.
        enclose: How the program that runs the jobs is started.
    """

    def __init__(
        self,
        settings: Settings,
        variables: Callable[[], dict[str, str]],
        report: Callable[[str], None] = print,
        memory: MutableMapping[str, Any] | None = None,
        enclose: Enclose = as_it_is,
    ) -> None:
        self._enclose = enclose
        self._settings = settings
        self._variables = variables
        self._report = report
        held: MutableMapping[str, Any] = {} if memory is None else memory
        self._records = Records(settings.state_dir / "pipeline", held)

    def path(self, path: str | Path | None = None) -> Path:
        """Return the pipeline file: the one that is named, else the one in its usual place.

        Args:
            path: A file of the workspace; by default ``ci/lambda.gitlab-ci.yml``, else
                ``.gitlab-ci.yml``.

        Raises:
            PipelineError: There is none, or it is not in the workspace.
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
        if not found.resolve().is_relative_to(workspace.resolve()):
            raise PipelineError(
                "find the pipeline file",
                f"{found} is not in the workspace {workspace}.",
                "put it there: GitLab reads nothing from outside of a repository.",
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

        It runs on a copy of the workspace, as if all of it were pushed now. On ``local``, deploy
        goes to the embedded AWS, with its own keys unless others are given.

        Args:
            path: The pipeline file; see `path`.
            variables: What would be entered under Settings > CI/CD > Variables.
            branch: The branch to run for; the default branch by default.
            deadline_s: The longest that all of it may take, in seconds.

        Raises:
            PipelineError: It cannot be run here, a variable is missing or empty, or GitLab would
                refuse the file. A job that fails is no error, but a part of the result.
        """
        look = look_at(Repository(self._settings.workspace), self.path(path))
        tools = find_tools()
        entered = self._entered(variables or {})
        region = self._settings.region or entered.get("AWS_DEFAULT_REGION", "")
        order = Order(
            look=look,
            branch=branch or look.default_branch,
            entered=entered,
            environment=self._environment(region),
            deadline_s=deadline_s,
            cache=self._settings.state_dir / "pip-cache",
            enclose=self._enclose,
        )
        self._report(f"$ gitlab-ci-local --file {look.file}  (branch {order.branch})")
        return run(order, tools, self._records, self._report)

    def _environment(self, region: str) -> dict[str, str]:
        """Return what the jobs get besides; who is enclosed has no network to install from."""
        regions = {"AWS_DEFAULT_REGION": region, "AWS_REGION": region} if region else {}
        return {**regions, **(found_by_pip() if self._enclose is as_it_is else pip_variables())}

    def last_run(self, *, deployed: bool = False) -> PipelineRun | None:
        """Return what the newest run of this lab came to; None if there was none.

        Args:
            deployed: Only a run whose deploy job passed.
        """
        return self._records.last(deployed=deployed)

    def tree(self, path: str | Path | None = None) -> str:
        """Return a name of what a run would run on now: the same files have the same name.

        Notebooks, Terraform's files and what runs make are no part of it.

        Args:
            path: The pipeline file; see `path`.

        Raises:
            PipelineError: There is no such file, or no Git.
        """
        look = look_at(Repository(self._settings.workspace), self.path(path))
        return tree_of(find_tools().git, look.repository, made_names(look))

    def _entered(self, variables: Mapping[str, str]) -> dict[str, str]:
        """Return what the jobs get as if it were entered on GitLab.

        On ``local`` the endpoint is among it, so that no file of a student leads to a real account.
        """
        empty = [name for name, value in variables.items() if not value]
        held: dict[str, str] = {}
        if self._settings.is_local:
            held = {name: value for name, value in self._variables().items() if name in _GIVEN}
        lacking = [name for name in KEYS if name not in {**held, **variables}]
        if empty or lacking:
            raise PipelineError(
                "run the pipeline",
                f"No value is given for {', '.join([*empty, *lacking])}.",
                "give it as on GitLab under Settings > CI/CD > Variables: variables={...}, with "
                "the outputs of your Terraform configuration once they are there.",
            )
        if KEYS[0] in variables and "AWS_SESSION_TOKEN" not in variables:
            held.pop("AWS_SESSION_TOKEN", None)
        return {**held, **{name: str(value) for name, value in variables.items()}}
