"""The rule about when deploy runs: on the default branch, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from lab_utils.pipeline.expressions import ExpressionError
from lab_utils.pipeline.jobs import Job
from lab_utils.pipeline.look import Look
from lab_utils.pipeline.report import Problem, Severity

_HINT = "write\n      rules:\n        - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH\n    into it."


def deploy_only(look: Look) -> Iterator[Problem]:
    """Yield whether deploy runs where it should not, or does not where it should."""
    job = look.job("deploy")
    if job is None:
        return
    at = _key(job)
    try:
        look.when(job, look.event())
    except ExpressionError as error:
        says = f"A condition cannot be read: {error}."
        yield look.problem("deploy_only", job, says, _HINT, at=at)
        return
    place = look.deploys_on()
    if place == "never":
        says = f"It never runs on the default branch (`{look.default_branch}`)."
        yield look.problem("deploy_only", job, says, _HINT, at=at)
    # The practical itself asks for neither, so its own repositories lose nothing by it.
    severity: Severity = "error" if look.is_workbook else "remark"
    if place == "every":
        says = "It runs for every branch: what nobody has looked at is deployed too."
        yield look.problem("deploy_only", job, says, _HINT, at=at, severity=severity)
    if look.when(job, look.event()) == "always":
        says = "It runs even when a job before it has failed (`when: always`)."
        hint = "take `when: always` out."
        yield look.problem("deploy_only", job, says, hint, at=at, severity=severity)
    for role in ("test", "package"):
        yield from _left_out(look, role, place)


def _key(job: Job) -> tuple[str, ...]:
    return next(((key,) for key in ("rules", "only", "except") if key in job.keys), ())


def _left_out(look: Look, role: str, place: str) -> Iterator[Problem]:
    """Yield whether a job that deploy relies on does not run where deploy does."""
    job = look.job(role)
    if job is None or place not in ("default", "every"):
        return
    try:
        when = look.when(job, look.event())
    except ExpressionError as error:
        yield look.problem("deploy_only", job, f"A condition cannot be read: {error}.", "mend it.")
        return
    if when in ("never", "manual"):
        ending = "not at all" if when == "never" else "only when somebody presses its button"
        says = f"On the default branch, where deploy runs, it runs {ending}."
        hint = "take its `rules:`, `only:` or `when:` out."
        yield look.problem("deploy_only", job, says, hint, at=_key(job))
