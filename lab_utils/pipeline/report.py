"""What the look at a pipeline file comes to: its problems, and what was understood of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "remark"]
RULES = (
    *("yaml", "schema", "stages", "jobs", "image", "before_script"),
    *("artifact", "reaches_deploy", "deploy_only", "secret"),
)
"""The names of the rules, in the order in which they look."""


@dataclass(frozen=True)
class Problem:
    """One thing that is not as it should be.

    Attributes:
        line: The line of the file, from 1.
        job: The job's name; "" where it is of the whole file.
        says: What was seen.
        hint: What to do about it.
        rule: One of `RULES`.
        severity: ``error``, or ``remark`` for what works all the same.
        file: The file, relative to the repository; the pipeline file or one that it includes.
    """

    line: int
    job: str
    says: str
    hint: str
    rule: str
    severity: Severity = "error"
    file: str = ""

    def text(self) -> str:
        """Return the problem as lines for the reader."""
        of = f" {self.job}:" if self.job else ""
        head = f"{self.file}:{self.line}:{of} {self.severity} [{self.rule}]: {self.says}"
        return f"{head}\n    {self.hint}" if self.hint else head


@dataclass(frozen=True)
class Facts:
    """What was understood of a pipeline.

    Attributes:
        file: The pipeline file, relative to the repository.
        stages: The stages in their order.
        jobs: The names of the jobs by what they do: ``test``, ``package``, ``deploy``, ``other``.
        zip_path: The package that the package job makes, relative to the repository; "" if that
            was not found out.
        artifact_paths: What the package job hands on.
        deploys_on: ``default`` if deploy runs on the default branch only, ``every`` if it runs
            on any other branch too, ``never`` if not even there; "" if there is no such job.
        default_branch: The branch that the file takes for the default one.
    """

    file: str
    stages: tuple[str, ...] = ()
    jobs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    zip_path: str = ""
    artifact_paths: tuple[str, ...] = ()
    deploys_on: str = ""
    default_branch: str = "main"


@dataclass(frozen=True)
class LintReport:
    """What is wrong with a pipeline file, and what it does.

    Attributes:
        problems: Errors and remarks, by line.
        facts: What was understood.
    """

    problems: tuple[Problem, ...]
    facts: Facts

    @property
    def errors(self) -> tuple[Problem, ...]:
        """The problems that are more than a remark."""
        return tuple(one for one in self.problems if one.severity == "error")

    @property
    def is_valid(self) -> bool:
        """Whether GitLab would take the file, and it does what the practical asks for."""
        return not self.errors

    @property
    def is_readable(self) -> bool:
        """Whether GitLab would take the file at all."""
        return not any(one.rule in ("yaml", "schema") for one in self.errors)

    def of(self, *rules: str) -> tuple[Problem, ...]:
        """Return the errors of some rules."""
        return tuple(one for one in self.errors if one.rule in rules)

    def summary(self) -> str:
        """Return one sentence: how many errors and remarks, and of which rules."""
        if not self.problems:
            return f"{self.facts.file}: valid"
        counts = Counter(one.severity for one in self.problems)
        counted = ", ".join(
            f"{number} {name}{'' if number == 1 else 's'}"
            for name, number in sorted(counts.items())
        )
        verdict = "valid, " if self.is_valid else ""
        return f"{self.facts.file}: {verdict}{counted}"
