"""What a pipeline is understood to do, for the rules to judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab_utils.pipeline.branches import FEATURE_BRANCH, Event, named_branches, runs, starts
from lab_utils.pipeline.calls import Reading, read_calls
from lab_utils.pipeline.expressions import ExpressionError
from lab_utils.pipeline.includes import Composition, compose
from lab_utils.pipeline.jobs import Job, Jobs, read_jobs, variables_of
from lab_utils.pipeline.report import Problem, Severity
from lab_utils.pipeline.repository import Repository
from lab_utils.pipeline.roles import ROLES, deployed_zips, made_zips, roles_of
from lab_utils.workspace import lambda_folder

WORKBOOK_PLACE = "lambda/ac_control_lambda"
OTHER = "other"
ENTERED = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
"""What the practical has entered under Settings > CI/CD > Variables."""


@dataclass(frozen=True)
class Look:
    """A pipeline file, understood.

    Attributes:
        file: Its name in the repository.
        repository: Where it is.
        composition: It, with the files that it includes.
        jobs: Its jobs, with what they inherit.
        readings: What each job does, by its name.
        roles: The jobs by what they do; one that does two things is in both.
        default_branch: The repository's, or the one that the file takes for it.
        is_workbook: Whether it is in the workbook's form, which is stricter than the practical's.
    """

    file: str
    repository: Repository
    composition: Composition
    jobs: Jobs
    readings: dict[str, Reading] = field(default_factory=dict)
    roles: dict[str, tuple[Job, ...]] = field(default_factory=dict)
    default_branch: str = "main"
    is_workbook: bool = True

    def job(self, role: str) -> Job | None:
        """Return the first job of a role; one that does nothing else, if there is such a one."""
        held = self.roles.get(role, ())
        return min(
            held, key=lambda one: sum(one in jobs for jobs in self.roles.values()), default=None
        )

    def problem(
        self,
        rule: str,
        job: Job | None,
        says: str,
        hint: str,
        *,
        at: tuple[Any, ...] = (),
        severity: Severity = "error",
    ) -> Problem:
        """Return a problem of a job, or of the whole file, with its line.

        Args:
            at: The keys that lead to the place, in the job or in the file.
        """
        keys = job.keys if job else self.composition.data
        file, line = keys.place(*at)
        name = job.name if job else ""
        return Problem(line, name, says, hint, rule, severity, file or self.file)

    def index(self, job: Job) -> int:
        """Return where a job's stage stands; -1 if it is none of the pipeline."""
        order = [".pre", *(one for one in self.jobs.stages if one not in _ENDS), ".post"]
        return order.index(job.stage) if job.stage in order else -1

    def when(self, job: Job, event: Event) -> str:
        """Return how a job runs for an event: ``on_success``, ``manual``..., or ``never``."""
        workflow = self.composition.data.get("workflow")
        own = variables_of(job.keys.get("variables"))
        known = {**dict.fromkeys(ENTERED, "..."), **self.jobs.variables, **own}
        if not starts(workflow, event, known):
            return "never"
        return runs(job.keys, event, known)

    def zips(self) -> list[str]:
        """Return the zips that the package job makes, by their names in the repository."""
        job = self.job("package")
        return self._named(made_zips(self.readings[job.name], self.function) if job else [])

    def deployed(self) -> list[str]:
        """Return the zips that the deploy job gives to Lambda, by their names."""
        job = self.job("deploy")
        return self._named(deployed_zips(self.readings[job.name]) if job else [])

    @property
    def function(self) -> str:
        """The name of the function's folder."""
        return lambda_folder(self.repository.root).name

    def deploys_on(self) -> str:
        """Return ``default``, ``every`` or ``never``; "" without a deploy job or with doubt."""
        job = self.job("deploy")
        if job is None:
            return ""
        try:
            if self.when(job, self.event()) == "never":
                return "never"
            others = [self.event(FEATURE_BRANCH), self.event(FEATURE_BRANCH, "merge_request")]
            return "every" if any(self.when(job, one) != "never" for one in others) else "default"
        except ExpressionError:
            return ""

    def event(self, ref: str = "", kind: str = "branch") -> Event:
        """Return what starts a pipeline: a push to the default branch, if nothing else is named."""
        return Event(ref or self.default_branch, kind, self.default_branch)

    def _named(self, paths: list[str]) -> list[str]:
        names = [self.repository.name(path) for path in paths]
        return [name for name in names if name]


_ENDS = (".pre", ".post")


def look_at(repository: Repository, path: Path) -> Look:
    """Return what a pipeline file is understood to do."""
    composition = compose(repository.root, path)
    jobs = read_jobs(composition.data)
    readings = {
        name: read_calls(job, repository, _variables(jobs, job))
        for name, job in jobs.visible.items()
    }
    return Look(
        file=path.resolve().relative_to(repository.root.resolve()).as_posix(),
        repository=repository,
        composition=composition,
        jobs=jobs,
        readings=readings,
        roles=_by_role(jobs, readings),
        default_branch=repository.default_branch or _literal_default(jobs),
        is_workbook=(repository.root / WORKBOOK_PLACE).is_dir(),
    )


def _variables(jobs: Jobs, job: Job) -> dict[str, str]:
    own: Mapping[str, str] = variables_of(job.keys.get("variables"))
    return {**jobs.variables, **own}


def _by_role(jobs: Jobs, readings: Mapping[str, Reading]) -> dict[str, tuple[Job, ...]]:
    found: dict[str, list[Job]] = {role: [] for role in (*ROLES, OTHER)}
    for name, job in jobs.visible.items():
        for role in roles_of(readings[name]) or {OTHER}:
            found[role].append(job)
    return {role: tuple(held) for role, held in found.items()}


def _literal_default(jobs: Jobs) -> str:
    """Return ``master`` where that is the branch that the jobs name, else ``main``."""
    named = [branch for job in jobs.visible.values() for branch in named_branches(job.keys)]
    return "master" if "master" in named and "main" not in named else "main"
