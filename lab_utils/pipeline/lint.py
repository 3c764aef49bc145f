"""The look at a pipeline file: all rules, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from lab_utils.pipeline import rules_artifact, rules_branch, rules_form, rules_jobs, rules_secret
from lab_utils.pipeline.look import Look, look_at
from lab_utils.pipeline.report import RULES, Facts, LintReport, Problem
from lab_utils.pipeline.repository import Repository

Rule = Callable[[Look], Iterator[Problem]]
_ABOUT_THE_TEXT: tuple[Rule, ...] = (rules_form.yaml, rules_form.schema, rules_secret.secret)
_ABOUT_THE_MEANING: tuple[Rule, ...] = (
    rules_form.stages,
    rules_form.jobs,
    rules_jobs.scripts,
    rules_jobs.image,
    rules_jobs.before_script,
    rules_artifact.artifact,
    rules_artifact.reaches_deploy,
    rules_branch.deploy_only,
)


def lint(workspace: Path, path: Path) -> LintReport:
    """Return what is wrong with a pipeline file, and what it does.

    Args:
        workspace: The root of the repository.
        path: The file, in the workspace.
    """
    return judge(look_at(Repository(workspace), path))


def judge(look: Look) -> LintReport:
    """Return what the rules say of a pipeline."""
    problems = [problem for rule in _ABOUT_THE_TEXT for problem in rule(look)]
    if look.jobs.visible or look.jobs.hidden or look.composition.data:
        problems += [problem for rule in _ABOUT_THE_MEANING for problem in rule(look)]
    ordered = sorted(
        dict.fromkeys(problems),
        key=lambda one: (one.file != look.file, one.file, one.line, RULES.index(one.rule)),
    )
    return LintReport(tuple(ordered), _facts(look))


def _facts(look: Look) -> Facts:
    package = look.job("package")
    zips = look.zips()
    return Facts(
        file=look.file,
        stages=look.jobs.stages,
        jobs={role: tuple(job.name for job in held) for role, held in look.roles.items()},
        zip_path=zips[-1] if zips else "",
        artifact_paths=tuple(rules_artifact.artifact_paths(look, package)) if package else (),
        deploys_on=look.deploys_on(),
        default_branch=look.default_branch,
    )
