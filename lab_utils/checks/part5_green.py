"""Part 5: the pipeline runs green, and what it packed is what the function runs."""

from __future__ import annotations

import io
import urllib.request
import uuid
import zipfile
from typing import Any

from lab_utils.checks.base import CheckContext, Finding
from lab_utils.checks.functions import Function, require_function
from lab_utils.errors import CheckError
from lab_utils.pipeline.pipeline import Pipeline
from lab_utils.pipeline.runs import JobRun, PipelineRun
from lab_utils.waiting import wait_for

_LAST_LINES = 6
_READY_S = 60.0
_KEYS = {
    "AWS_ACCESS_KEY_ID": "deployer_access_key_id",
    "AWS_SECRET_ACCESS_KEY": "deployer_secret_access_key",
}
"""GitLab's variables, and the workbook's outputs that hold them; else it is the lab's own key."""
_MEMORY = "part5-green"
_NOTHING_HINT = (
    "does the deploy job call aws lambda update-function-code (./ci/deploy_lambda.sh) for this "
    "function, in this region, and does it end red when that fails?"
)
_IDLE_HINT = (
    "which jobs run on the default branch is said by their rules:, only: and when:, and by needs:."
)
_OTHER_CODE_HINT = (
    "the deploy job has to deploy the zip that the package job made and handed on as artifact, "
    "neither another one nor one that it packs anew."
)


def look_at_green(context: CheckContext) -> Finding:
    """Return whether the pipeline, run on the default branch, deploys its artifact.

    The function gets a placeholder first, so that a pipeline that deploys nothing shows; its
    former code comes back if the pipeline does not bring the new one. A run of the same files
    that was just watched, and whose code the function still has, is not repeated.
    """
    function, _ = require_function(context)
    pipeline, lambdas = context.pipeline(), context.client("lambda")
    tree = pipeline.tree()
    known = _known(context, pipeline, function, tree)
    if known:
        return known
    former = _download(lambdas, function)
    planted = _deploy(lambdas, function, _placeholder())
    finding = None
    try:
        run = pipeline.run(variables=_variables(context))
        finding = _judge(lambdas, function, run, planted)
    finally:
        if finding is None or not finding.passed:
            _deploy(lambdas, function, former)
    if finding.passed:
        context.memory[_MEMORY] = (tree, code_sha256(lambdas, function), finding.seen)
    return finding


def _variables(context: CheckContext) -> dict[str, str]:
    """Return the deployer's key as it would be entered on GitLab, where Terraform tells it."""
    told = {name: context.outputs.get(output) for name, output in _KEYS.items()}
    return {name: str(value) for name, value in told.items()} if all(told.values()) else {}


def _known(
    context: CheckContext, pipeline: Pipeline, function: Function, tree: str
) -> Finding | None:
    """Return what an earlier run of the same files showed, or None if that is not known.

    Either this check ran it, or the student did: then the deploy job's log has to name the code
    that the function has now.
    """
    lambdas = context.client("lambda")
    now = code_sha256(lambdas, function)
    if context.memory.get(_MEMORY, ("", "", ""))[:2] == (tree, now):
        return Finding(True, str(context.memory[_MEMORY][2]))
    run = pipeline.last_run(deployed=True)
    if run is None or run.tree != tree or not run.has_passed:
        return None
    is_deployed = now in run.code_sha256.values() and any(now in job.log for job in run.jobs)
    return _judge_package(lambdas, function, run, now) if is_deployed else None


def _judge(lambdas: Any, function: Function, run: PipelineRun, planted: str) -> Finding:
    """Return what a run and the function's code after it show."""
    if not run.has_passed:
        return _red(run)
    now = code_sha256(lambdas, function)
    if now == planted:
        idle = [job.name for job in run.jobs if job.status == "skipped"]
        ending = f"; {', '.join(idle)} did not run" if idle else ""
        seen = f"the pipeline is green, but {function.name} has the code that it had before the run"
        return Finding(False, seen + ending, hint=_IDLE_HINT if idle else _NOTHING_HINT)
    zips = run.code_sha256
    if now not in zips.values():
        artifacts = ", ".join(f"{name} {value}" for name, value in zips.items()) or "no zip"
        seen = f"{function.name} has the code {now}, but the artifacts are: {artifacts}"
        return Finding(False, seen, hint=_OTHER_CODE_HINT)
    return _judge_package(lambdas, function, run, now)


def _judge_package(lambdas: Any, function: Function, run: PipelineRun, deployed: str) -> Finding:
    """Return whether the deployed artifact is a package that the function can run."""
    lacking = _has_no_handler(lambdas, function, run, deployed)
    return lacking or Finding(True, _words(run, function))


def _red(run: PipelineRun) -> Finding:
    """Return which job failed, with the end of its log."""
    failed = [job for job in run.jobs if job.status == "failed"]
    if not failed:
        jobs = ", ".join(job.text() for job in run.jobs) or "there is none"
        return Finding(False, f"no job ran on the default branch: {jobs}")
    job = failed[0]
    return Finding(False, f"{job.text()}; the end of its log:\n{_end(job)}", hint=job.hint)


def _end(job: JobRun) -> str:
    lines = [line for line in job.log.splitlines() if line.strip()]
    return "\n".join(f"    {line}" for line in lines[-_LAST_LINES:])


def _has_no_handler(
    lambdas: Any, function: Function, run: PipelineRun, deployed: str
) -> Finding | None:
    """Return what is wrong with a package that lacks the handler's module, else None."""
    handler = lambdas.get_function_configuration(FunctionName=function.name)["Handler"]
    module = handler.rpartition(".")[0].replace(".", "/")
    [name, *_] = [name for name, value in run.code_sha256.items() if value == deployed]
    [path, *_] = [path for path in run.artifacts if path.name == name]
    with zipfile.ZipFile(path) as package:
        files = package.namelist()
    if {f"{module}.py", f"{module}/__init__.py"} & set(files):
        return None
    seen = f"{name} was deployed, but the handler {handler} has no module in it: {', '.join(files)}"
    hint = f"{module}.py has to lie at the top of the zip: what does the package job pack?"
    return Finding(False, seen, hint=hint)


def _words(run: PipelineRun, function: Function) -> str:
    jobs = ", ".join(job.name for job in run.jobs if job.status == "passed")
    return f"the pipeline ran green ({jobs}), and {function.name} has the code of its artifact"


def _placeholder() -> bytes:
    """Return a package that no pipeline makes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("placeholder.txt", f"the check of part 5: {uuid.uuid4()}")
    return content.getvalue()


def _download(lambdas: Any, function: Function) -> bytes:
    """Return the code that a function has."""
    place = lambdas.get_function(FunctionName=function.name)["Code"]["Location"]
    is_here = place.startswith(("http://127.0.0.1", "http://localhost"))
    proxies = urllib.request.ProxyHandler({} if is_here else None)
    with urllib.request.build_opener(proxies).open(place, timeout=_READY_S) as answer:
        return bytes(answer.read())


def _deploy(lambdas: Any, function: Function, code: bytes) -> str:
    """Give a function other code, wait until it has it, and return the code's hash."""
    lambdas.update_function_code(FunctionName=function.name, ZipFile=code)
    return code_sha256(lambdas, function)


def code_sha256(lambdas: Any, function: Function) -> str:
    """Return the hash of the code that a function has, once no change is going on.

    Raises:
        CheckError: A change does not come to its end.
    """

    def look() -> str | None:
        told = lambdas.get_function_configuration(FunctionName=function.name)
        is_ready = told.get("LastUpdateStatus", "Successful") != "InProgress"
        return str(told["CodeSha256"]) if is_ready else None

    found = wait_for(look, _READY_S)
    if found is None:
        raise CheckError(
            f"see the code of {function.name}",
            f"a change of {function.name} was not done after {_READY_S:g} s",
            "try again in a minute.",
        )
    return found
