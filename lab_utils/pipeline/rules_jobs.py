"""The rules about what a job needs in order to run: its image, its tools, its scripts."""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections.abc import Iterator

from lab_utils.pipeline.calls import Script
from lab_utils.pipeline.jobs import Job
from lab_utils.pipeline.look import Look
from lab_utils.pipeline.report import Problem, Severity
from lab_utils.pipeline.roles import ROLES, installed
from lab_utils.pipeline.shell import substituted

TODAYS_IMAGE = "python:3.13"
_ABANDONED = re.compile(r"(^|/)lambci/")
_OLD_PYTHON = re.compile(r"python:?(2(\.\d+)?|3\.[0-8])(?!\d)")
_BARE = re.compile(
    r"^(docker\.io/)?(library/)?(python|debian|ubuntu|alpine|busybox|node|bash)(:|@|$)"
)
"""Official images of which it is known that they have no AWS CLI, and no zip."""
_CLI_SOURCES = ("awscli", "aws-cli", "awscliv2", "aws-sam-cli")
_TEST_TOOLS = {"pytest", "pytest-cov", "pytest-mock", "tox", "nox", "python3-pytest"}
_BUILT_IN = {"unittest"}


def image(look: Look) -> Iterator[Problem]:
    """Yield which job has no image, an abandoned one, or one without what the job calls."""
    told: set[str] = set()
    for job in _of_the_three(look):
        name = image_of(look, job)
        if not name:
            says = "It has no image: GitLab would take its own default, a Ruby one."
            hint = f"write `image: {TODAYS_IMAGE}` at the top of the file."
            if "" not in told:
                yield look.problem("image", None if _all_lack(look) else job, says, hint)
                told |= {""} if _all_lack(look) else set()
            continue
        if name not in told:
            yield from _about(look, job, name)
        told.add(name)
        yield from _tools(look, job, name)


def image_of(look: Look, job: Job) -> str:
    """Return the name of the image that a job runs in; "" without one."""
    value = job.keys.get("image")
    name = value.get("name") if isinstance(value, dict) else value
    return substituted(str(name), look.jobs.variables) if name else ""


def before_script(look: Look) -> Iterator[Problem]:
    """Yield whether the tests' tool is installed before they run."""
    job = look.job("test")
    if job is None:
        return
    reading = look.readings[job.name]
    called = {call.program for call in reading.calls}
    tools = reading.programs("pytest", "py.test")
    if (called & _BUILT_IN and not tools) or any(call.is_by_path for call in tools):
        return
    sources = [call.section for name, call in installed(reading) if _brings_pytest(look, name)]
    if "before_script" in sources:
        return
    hint = "write\n      before_script:\n        - pip install pytest\n    at the top of the file."
    if sources:
        says = "Its script installs pytest; the practical asks for that in `before_script:`."
        yield look.problem("before_script", job, says, hint, at=("script",), severity="remark")
    elif "before_script" in (look.composition.data.get(job.name) or {}):
        says = "Its own `before_script:` replaces that of the file, and installs no pytest."
        hint = "add `- pip install pytest` to it, or take it out of the job."
        yield look.problem("before_script", job, says, hint, at=("before_script",))
    else:
        says = "Nothing installs pytest: the image has none, and each job starts in a new one."
        yield look.problem("before_script", job, says, hint, at=("script",))


def scripts(look: Look) -> Iterator[Problem]:
    """Yield which script of the repository is missing, or cannot be run as it is."""
    told: set[tuple[str, str]] = set()
    for job in look.jobs.visible.values():
        made_executable = _made_executable(look, job)
        for script in look.readings[job.name].scripts:
            for says, hint, is_sure in _faults(look, script, made_executable):
                if (script.name, says) not in told:
                    severity: Severity = "error" if is_sure else "remark"
                    yield Problem(script.entry, job.name, says, hint, "jobs", severity, look.file)
                told.add((script.name, says))


def _of_the_three(look: Look) -> list[Job]:
    named = {job.name: job for role in ROLES for job in look.roles.get(role, ())}
    return list(named.values())


def _all_lack(look: Look) -> bool:
    return not any(image_of(look, job) for job in _of_the_three(look))


def _about(look: Look, job: Job, name: str) -> Iterator[Problem]:
    at = ("image",)
    if _ABANDONED.search(name):
        says = f"`{name}` is no longer kept, and AWS has retired its python3.7."
        hint = f"today's is `{TODAYS_IMAGE}`, or `public.ecr.aws/sam/build-python3.13`."
        yield look.problem("image", job, says, hint, at=at, severity="remark")
    elif _OLD_PYTHON.search(name):
        says = f"`{name}` is a Python that gets no more updates."
        yield look.problem(
            "image", job, says, f"today's is `{TODAYS_IMAGE}`.", at=at, severity="remark"
        )
    if "$" in name:
        says = f"The image `{name}` depends on a variable that is not in the file."
        yield look.problem("image", job, says, "", at=at, severity="remark")


def _tools(look: Look, job: Job, name: str) -> Iterator[Problem]:
    """Yield which program a job calls that its image lacks."""
    if not _BARE.match(name):
        return
    reading = look.readings[job.name]
    brought = {tool for tool, _call in installed(reading)}
    has_cli = any(one in brought for one in _CLI_SOURCES) or bool(reading.programs("curl", "wget"))
    if calls := [] if has_cli else reading.programs("aws"):
        says = f"It calls `aws` ({_where(calls[0].file, calls[0].line)}); `{name}` has no AWS CLI."
        hint = "add the line `- pip install awscli` before it."
        yield Problem(calls[0].entry, job.name, says, hint, "image", "error", look.file)
    if "zip" not in brought and (calls := reading.programs("zip")):
        says = f"It calls `zip` ({_where(calls[0].file, calls[0].line)}); `{name}` has none."
        hint = "add the line `- apt-get update && apt-get install -y zip` before it."
        yield Problem(calls[0].entry, job.name, says, hint, "image", "remark", look.file)


def _where(file: str, line: int) -> str:
    return f"{file}:{line}"


def _brings_pytest(look: Look, name: str) -> bool:
    if name.startswith("-r "):
        text = look.repository.text(look.repository.name(name.removeprefix("-r ")) or "") or ""
        return any(re.match(r"\s*pytest", line) for line in text.splitlines())
    return name in _TEST_TOOLS or name.startswith(".[")


def _made_executable(look: Look, job: Job) -> set[str]:
    """Return the scripts that a job gives the mode of a program, `bin/*.sh` included."""
    found: set[str] = set()
    for call in look.readings[job.name].programs("chmod"):
        for word in call.words[2:]:
            name = look.repository.name(posixpath.normpath(posixpath.join(call.folder, word)))
            called = {script.name for script in look.readings[job.name].scripts}
            found |= {one for one in called if name and fnmatch.fnmatch(one, name)}
            is_tree = "R" in call.words[1]
            found |= {one for one in called if is_tree and name and one.startswith(f"{name}/")}
    return found


def _faults(
    look: Look, script: Script, made_executable: set[str]
) -> Iterator[tuple[str, str, bool]]:
    name, repository = script.name, look.repository
    if not script.is_there:
        if not _is_made(name):
            says = f"It runs `{name}`, which is not in the repository."
            yield says, "write the script, or mend the path: it begins at the root.", True
        return
    is_direct = script.is_direct and name not in made_executable
    if is_direct and not repository.is_executable(name):
        says = f"It runs `{name}`, which has no right to be run (`Permission denied`)."
        hint = f"git update-index --chmod=+x {name}, or run it with `bash {name}`."
        yield says, hint, True
    ends = False if name.endswith(".py") else repository.has_crlf(name)
    if ends or ends is None:
        says = f"`{name}` has Windows' line ends (CRLF); Linux fails on them (`bad interpreter`)."
        hint = "write `* text=auto eol=lf` into .gitattributes, then git add --renormalize ."
        yield says, hint, bool(ends)


def _is_made(name: str) -> bool:
    return name.startswith(("venv/", ".venv/", "env/")) or "node_modules" in name
