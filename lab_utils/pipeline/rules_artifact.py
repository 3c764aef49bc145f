"""The rules about the package: it is handed on, and it is what reaches deploy."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from lab_utils.pipeline.document import Map
from lab_utils.pipeline.jobs import Job, variables_of
from lab_utils.pipeline.look import Look
from lab_utils.pipeline.report import Problem
from lab_utils.pipeline.shell import ROOT, substituted

_SHORT = re.compile(r"\s*\d+\s*(s|sec|secs|seconds?|m|min|mins|minutes?)?\s*", re.I)
_HERE = "`artifacts:` / `paths:`"


def artifact(look: Look) -> Iterator[Problem]:
    """Yield why the package job does not hand its zip on."""
    job = look.job("package")
    if job is None:
        return
    paths = artifact_paths(look, job)
    if not paths and not _takes_all(job):
        yield _none(look, job)
        return
    yield from _outside(look, job, paths)
    zips = look.zips()
    if not zips and paths:
        says = "Which file its script makes cannot be read from it; a run will show."
        at = ("artifacts", "paths")
        yield look.problem("artifact", job, says, "", at=at, severity="remark")
    if (
        zips
        and not _takes_all(job)
        and not any(covers(path, one) for path in paths for one in zips)
    ):
        says = f"It hands on {_quoted(paths)}, but its script makes {_quoted(zips)}."
        hint = f"write `- {zips[-1]}` below {_HERE}."
        yield look.problem("artifact", job, says, hint, at=("artifacts", "paths"))
    elif excluded := [one for one in zips if _is_excluded(job, one)]:
        says = f"`exclude:` leaves {_quoted(excluded)} out again."
        yield look.problem("artifact", job, says, "take that out.", at=("artifacts", "exclude"))
    yield from _conditions(look, job)


def reaches_deploy(look: Look) -> Iterator[Problem]:
    """Yield why the zip does not come to the deploy job, or is not the one that it takes."""
    package, deploy = look.job("package"), look.job("deploy")
    if package is None or deploy is None or package.name == deploy.name:
        return
    unknown = list(_unknown_names(look))
    yield from unknown
    is_explained = any(one.job == deploy.name for one in unknown)
    is_explained |= min(look.index(package), look.index(deploy)) < 0
    if package.name not in _sources(look, deploy) and not is_explained:
        says, key = _why_not(package, deploy)
        yield look.problem("reaches_deploy", deploy, says, _way(package, key), at=(key,))
    made, taken = look.zips(), look.deployed()
    handed = artifact_paths(look, package)
    for path in taken:
        is_there = path in made or any(covers(one, path) for one in handed)
        if made and not is_there:
            says = f"It deploys `{path}`; the package job makes {_quoted(made)}."
            hint = "take the same path in both scripts."
            yield look.problem("reaches_deploy", deploy, says, hint, at=("script",))
        elif not made and handed and not is_there and not _takes_all(package):
            says = f"It deploys `{path}`, which no artifact holds ({_quoted(handed)})."
            hint = f"write `- {path}` below {_HERE} of `{package.name}`."
            yield look.problem("reaches_deploy", deploy, says, hint, at=("script",))


def artifact_paths(look: Look, job: Job) -> list[str]:
    """Return what a job hands on, as names in the repository; patterns stay patterns."""
    artifacts = job.keys.get("artifacts")
    paths = artifacts.get("paths") if isinstance(artifacts, Map) else None
    known = {**look.jobs.variables, **variables_of(job.keys.get("variables"))}
    known["CI_PROJECT_DIR"] = ROOT
    listed = [substituted(str(one), known) for one in paths] if isinstance(paths, list) else []
    return [_relative(one) for one in listed]


def covers(pattern: str, name: str) -> bool:
    """Return whether an artifact path takes a file: by name, by its folder, or as a pattern."""
    if pattern in (".", "") or name == pattern or name.startswith(f"{pattern}/"):
        return True
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
    text = "".join(_GLOB.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(text + r"(/.*)?", name) is not None


_GLOB = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _relative(path: str) -> str:
    plain = path.removeprefix(ROOT + "/")
    return posixpath.normpath(plain) if plain else plain


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _takes_all(job: Job) -> bool:
    artifacts = job.keys.get("artifacts")
    return isinstance(artifacts, Map) and artifacts.get("untracked") is True


def _is_excluded(job: Job, name: str) -> bool:
    artifacts = job.keys.get("artifacts")
    excluded = artifacts.get("exclude") if isinstance(artifacts, Map) else None
    listed = excluded if isinstance(excluded, list) else []
    return any(covers(_relative(str(one)), name) for one in listed)


def _none(look: Look, job: Job) -> Problem:
    """Return the problem of a package job without artifacts; it says what is there instead."""
    zips = look.zips()
    path = zips[-1] if zips else "the-package.zip"
    hint = f"write\n      artifacts:\n        paths:\n          - {path}\n    into `{job.name}`."
    others = [
        one for one in look.jobs.visible.values() if one is not job and artifact_paths(look, one)
    ]
    if "cache" in job.keys and job.keys.get("cache"):
        says = "It hands its zip on by `cache:`, which may be gone in the next job."
        return look.problem("artifact", job, says, hint, at=("cache",))
    if others:
        says = f"It hands nothing on; `artifacts:` stands in `{others[0].name}` instead."
        return look.problem("artifact", others[0], says, hint, at=("artifacts",))
    says = "It hands nothing on: the zip is gone when the job is over."
    return look.problem("artifact", job, says, hint)


def _outside(look: Look, job: Job, paths: list[str]) -> Iterator[Problem]:
    for position, path in enumerate(paths):
        if path.startswith(("/", "..", "~")):
            says = f"`{path}` is outside of the repository; GitLab takes no artifacts from there."
            hint = "write a path that begins at the root of the repository, without a slash."
            yield look.problem("artifact", job, says, hint, at=("artifacts", "paths", position))


def _conditions(look: Look, job: Job) -> Iterator[Problem]:
    artifacts = job.keys["artifacts"]
    if artifacts.get("when") == "on_failure":
        says = "It hands its zip on only when it fails (`when: on_failure`)."
        yield look.problem("artifact", job, says, "take that out.", at=("artifacts", "when"))
    expires = artifacts.get("expire_in")
    if isinstance(expires, str) and _SHORT.fullmatch(expires):
        says = f"The artifact expires in {expires}: a deploy that waits longer finds none."
        at = ("artifacts", "expire_in")
        yield look.problem("artifact", job, says, "write `1 week`.", at=at, severity="remark")


def _sources(look: Look, job: Job) -> set[str]:
    """Return the names of the jobs whose artifacts a job gets."""
    needs, dependencies = job.keys.get("needs"), job.keys.get("dependencies")
    visible = look.jobs.visible.values()
    before = {one.name for one in visible if 0 <= look.index(one) < look.index(job)}
    if isinstance(needs, list):
        before = {name for name, has_artifacts in _needs(needs) if has_artifacts}
    if isinstance(dependencies, list):
        before &= {str(name) for name in dependencies}
    return before


def _needs(needs: list[Any]) -> Iterator[tuple[str, bool]]:
    for one in needs:
        if isinstance(one, Map):
            yield str(one.get("job", "")), one.get("artifacts") is not False
        else:
            yield str(one), True


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _why_not(package: Job, deploy: Job) -> tuple[str, str]:
    """Return why the artifacts of one do not come to the other, and which key is in the way."""
    needs, dependencies = deploy.keys.get("needs"), deploy.keys.get("dependencies")
    if isinstance(needs, list) and (package.name, False) in list(_needs(needs)):
        return f"`artifacts: false` keeps the zip of `{package.name}` away.", "needs"
    if isinstance(needs, list) and package.name not in dict(_needs(needs)):
        return f"`needs:` leaves `{package.name}` out, and with it the zip.", "needs"
    if isinstance(dependencies, list) and package.name not in map(str, dependencies):
        listed = "is empty: it gets no artifacts" if not dependencies else "leaves it out"
        return (
            f"`dependencies:` {listed}; the zip of `{package.name}` is not there.",
            "dependencies",
        )
    return f"It is in no later stage than `{package.name}`, so the zip is not there yet.", "stage"


def _way(package: Job, key: str) -> str:
    if key == "stage":
        return "give it a later stage."
    return f"write `{key}: [{package.name}]`, or take `{key}:` out."


def _unknown_names(look: Look) -> Iterator[Problem]:
    for job in look.jobs.visible.values():
        needs = [name for name, _ in _needs(_listed(job.keys.get("needs")))]
        dependencies = [str(one) for one in _listed(job.keys.get("dependencies"))]
        for key, names in (("needs", needs), ("dependencies", dependencies)):
            for position, name in enumerate(names):
                if name and name not in look.jobs.visible and not look.composition.unread:
                    known = ", ".join(f"`{one}`" for one in look.jobs.visible)
                    says = f"`{key}:` names `{name}`, which is no job. GitLab refuses the file."
                    hint = f"write a job's name, not its stage: {known}."
                    yield look.problem("reaches_deploy", job, says, hint, at=(key, position))
