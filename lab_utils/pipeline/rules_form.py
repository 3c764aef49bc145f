"""The rules about the file itself, its stages and its jobs: yaml, schema, stages, jobs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from lab_utils.pipeline.document import Map
from lab_utils.pipeline.jobs import DEFAULT_STAGES, Job
from lab_utils.pipeline.look import Look
from lab_utils.pipeline.report import Problem, Severity
from lab_utils.pipeline.roles import ROLES
from lab_utils.pipeline.schema import is_keyword_of_a_job, job_keys, violations

ORDER = "stages:\n      - test\n      - package\n      - deploy"
_WANTED = {
    "test": "a job in the stage test whose script is `pytest ac_control_lambda/tests -vv`",
    "package": "a job in the stage package whose script is the package script",
    "deploy": "a job in the stage deploy whose script is the deploy script",
}
_NOT_RUN_HERE = {
    "trigger": "starts another pipeline, which is not looked at here",
    "services": "asks for services beside its container; they are not started on this machine",
    "run": "consists of steps (`run:`), which are not understood here",
    "release": "makes a release, which happens on GitLab only",
    "pages": "publishes pages, which happens on GitLab only",
}


def yaml(look: Look) -> Iterator[Problem]:
    """Yield what cannot be read, or is not in the repository."""
    for file, fault in look.composition.faults:
        severity: Severity = "error" if fault.is_fatal else "remark"
        yield Problem(fault.line, "", fault.says, fault.hint, "yaml", severity, file)
    for job, file, fault in look.jobs.faults:
        yield Problem(fault.line, job, fault.says, fault.hint, "yaml", "error", file)
    for file, line, what in look.composition.unread:
        says = f"`{what}` is included from elsewhere; what is in it is not known here."
        yield Problem(line, "", says, "", "yaml", "remark", file)


def schema(look: Look) -> Iterator[Problem]:
    """Yield what GitLab's schema does not allow."""
    for file, document in look.composition.documents.items():
        for one in violations(document.data) if document.data else []:
            name = str(one.path[0]) if one.path else ""
            job = name if name in look.jobs.visible or name in look.jobs.hidden else ""
            line = document.data.place(*one.path)[1]
            yield Problem(line, job, one.says, one.hint, "schema", "error", file)
    for job_ in look.jobs.visible.values():
        for key in (key for key in job_.keys if key not in job_keys()):
            if key not in _own(look, job_):
                says = f"`{key}:` comes from another job, and GitLab knows no such key."
                yield look.problem("schema", job_, says, "mend its name there.", at=(key,))


def _own(look: Look, job: Job) -> Map:
    own = look.composition.data.get(job.name)
    return own if isinstance(own, Map) else Map()


def stages(look: Look) -> Iterator[Problem]:
    """Yield what is wrong with the stages and their order."""
    named = "stages" in look.composition.data
    listed = ", ".join(look.jobs.stages)
    for job in look.jobs.visible.values():
        if look.index(job) < 0:
            hint = f"add it: {ORDER}" if not named else "add it to `stages:`, or mend its name."
            known = listed if named else f"{', '.join(DEFAULT_STAGES)} (there is no `stages:`)"
            says = f"Its stage `{job.stage}` is none of: {known}. GitLab refuses the file."
            yield look.problem("stages", job, says, hint, at=("stage",))
    yield from _order(look)
    used = {job.stage for job in look.jobs.visible.values()}
    for position, stage in enumerate(look.jobs.stages if named else ()):
        if stage not in used:
            says, hint = f"No job is in the stage `{stage}`.", "write one, or take the stage out."
            at = ("stages", position)
            yield look.problem("stages", None, says, hint, at=at, severity="remark")


def _order(look: Look) -> Iterator[Problem]:
    """Yield which of the three does not wait for the one before it."""
    for before, after in pairwise(ROLES):
        first, second = look.job(before), look.job(after)
        if first is None or second is None or min(look.index(first), look.index(second)) < 0:
            continue
        if first.name == second.name:
            says = f"It does both, {before} and {after}; the practical asks for a job each."
            hint = f"write a job of its own for {after}, in a later stage."
            yield look.problem("stages", second, says, hint, at=("stage",))
        elif look.index(first) > look.index(second):
            says = f"`{second.name}` ({after}) runs before `{first.name}` ({before})."
            if "stage" in second.keys:
                hint = f"put the stages into this order: {ORDER}"
                yield look.problem("stages", None, says, hint, at=("stages",))
            else:
                yield look.problem("stages", second, says, _later_stage(second, first))
        elif first.name not in waited_for(look, second):
            says = f"It does not wait for `{first.name}` ({before}), which may still fail."
            hint = (
                f"add `{first.name}` to its `needs:`."
                if "needs" in second.keys
                else _later_stage(second, first)
            )
            yield look.problem("stages", second, says, hint, at=("needs",))


def _later_stage(job: Job, first: Job) -> str:
    if "stage" in job.keys:
        return f"give it a stage after `{first.stage}`."
    return (
        f"it has no `stage:`, so GitLab puts it into `{job.stage}`: write one that comes after "
        f"`{first.stage}`."
    )


def waited_for(look: Look, job: Job) -> set[str]:
    """Return the names of the jobs that have to be over before a job starts."""
    found: set[str] = set()
    open_jobs = [job]
    while open_jobs:
        current = open_jobs.pop()
        before = _needed(current)
        if before is None:
            visible = look.jobs.visible.values()
            before = [one.name for one in visible if look.index(one) < look.index(current)]
        new = [name for name in before if name in look.jobs.visible and name not in found]
        found.update(new)
        open_jobs += [look.jobs.visible[name] for name in new]
    return found


def _needed(job: Job) -> list[str] | None:
    needs = job.keys.get("needs")
    if not isinstance(needs, list):
        return None
    return [str(one.get("job", "")) if isinstance(one, Map) else str(one) for one in needs]


def jobs(look: Look) -> Iterator[Problem]:
    """Yield which job is missing, has no script, or is not understood."""
    for role in ROLES:
        if not look.roles.get(role) and not look.composition.unread:
            yield _missing(look, role)
    for job in look.jobs.visible.values():
        has_own = job.commands("script") or {"trigger", "run"} & set(job.keys)
        if not has_own and not is_keyword_of_a_job(job.name):
            says, hint = "It has no `script:`; GitLab refuses the file.", "write what it runs."
            yield look.problem("jobs", job, says, hint)
        if job.keys.get("allow_failure") is True and job in look.roles.get("test", ()):
            says = "It may fail (`allow_failure: true`), and then a broken Lambda is deployed."
            yield look.problem(
                "jobs", job, says, "take that out.", at=("allow_failure",), severity="remark"
            )
    yield from _not_run_here(look)
    yield from _ignored_tests(look)


def _not_run_here(look: Look) -> Iterator[Problem]:
    told: set[tuple[str, int]] = set()
    for job in look.jobs.visible.values():
        for key in _NOT_RUN_HERE:
            place = job.place(key)
            if key in job.keys and place not in told:
                told.add(place)
                says = f"It {_NOT_RUN_HERE[key]}."
                yield look.problem("jobs", job, says, "", at=(key,), severity="remark")


def _missing(look: Look, role: str) -> Problem:
    hidden = [name for name in look.jobs.hidden if role in name]
    if hidden:
        says = f"No job does the {role}: `{hidden[0]}` begins with a dot, so GitLab hides it."
        file, line = look.composition.data.place(hidden[0])
        return Problem(line, hidden[0], says, "take the dot away.", "jobs", "error", file)
    return look.problem("jobs", None, f"No job does the {role}.", f"write {_WANTED[role]}.")


def _ignored_tests(look: Look) -> Iterator[Problem]:
    for job in look.roles.get("test", ()):
        for call in look.readings[job.name].programs("pytest", "py.test", "unittest"):
            if call.is_guarded:
                says = "`|| true` makes the tests pass whatever they say."
                yield Problem(
                    call.entry, job.name, says, "take it out.", "jobs", "remark", look.file
                )
