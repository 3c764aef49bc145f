"""Part 5: the pipeline file, by its schema and by its meaning."""

from __future__ import annotations

from collections.abc import Sequence

from lab_utils.checks.base import CheckContext, Finding, say_nothing
from lab_utils.pipeline.report import LintReport, Problem

_WRONG_FIRST = "first part5-pipeline: GitLab does not take the file as it is."


def look_at_pipeline(context: CheckContext) -> Finding:
    """Return whether GitLab takes the file, and it has an image, a preparation and three stages."""
    report = _lint(context)
    problems = report.of("yaml", "schema", "stages", "jobs", "image", "before_script")
    stages = ", ".join(report.facts.stages)
    seen = f"{report.facts.file} is valid, with the stages {stages}"
    return _judge(report, problems, seen, ("image", "stages", "jobs", "before_script", "schema"))


def look_at_artifact(context: CheckContext) -> Finding:
    """Return whether the package is the artifact of its job, and reaches the deploy job."""
    report = _lint(context)
    if not report.is_readable:
        return _unreadable(report)
    lacking = [role for role in ("package", "deploy") if not report.facts.jobs.get(role)]
    if lacking:
        return _without_job(report, lacking[0])
    handed = ", ".join(report.facts.artifact_paths)
    seen = f"the package job hands on {handed}, and the deploy job gets it"
    return _judge(report, report.of("artifact", "reaches_deploy"), seen, ("artifact",))


def look_at_deploy_job(context: CheckContext) -> Finding:
    """Return whether the deploy job runs on the default branch only, and no secret is told."""
    report = _lint(context)
    if not report.is_readable:
        return _unreadable(report)
    if not report.facts.jobs.get("deploy"):
        return _without_job(report, "deploy")
    jobs = ", ".join(report.facts.jobs["deploy"])
    seen = f"{jobs} runs on the default branch only, and no secret is in {report.facts.file}"
    return _judge(report, report.of("deploy_only", "secret"), seen, ("deploy_only", "secret"))


def _unreadable(report: LintReport) -> Finding:
    seen = f"{report.facts.file} cannot be read as a pipeline"
    return Finding(False, seen, hint=_WRONG_FIRST)


def _lint(context: CheckContext) -> LintReport:
    """Return the look at the file, without its lines: each check tells what is its own."""
    return context.pipeline().lint(report=say_nothing)


def _without_job(report: LintReport, role: str) -> Finding:
    jobs = ", ".join(name for names in report.facts.jobs.values() for name in names) or "none"
    seen = f"no job of {report.facts.file} was found to {role}; the jobs: {jobs}"
    return Finding(False, seen)


def _judge(
    report: LintReport, problems: Sequence[Problem], seen: str, rules: Sequence[str]
) -> Finding:
    """Return the first of some problems, or the remarks of some rules where there is none."""
    if problems:
        first, more = problems[0], len(problems) - 1
        others = f" (and {more} more: lab.pipeline.lint())" if more else ""
        return Finding(False, f"{_place(first)}: {first.says}{others}", hint=first.hint)
    remarks = [one for one in report.problems if one.severity == "remark" and one.rule in rules]
    return Finding(True, seen, remark=" ".join(f"{_place(one)}: {one.says}" for one in remarks))


def _place(problem: Problem) -> str:
    job = f", job {problem.job}" if problem.job else ""
    return f"{problem.file}:{problem.line}{job}"
