"""A pipeline really run on this machine, by gitlab-ci-local with its shell executor.

Known differences from GitLab: the jobs of a run share one Python environment, in the workbook's own
version; images and services are not started; an artifact's path may have no blanks; a job that
opens ``/dev/stderr`` by its name fails (``>&2`` works).
"""

from __future__ import annotations

import errno
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_utils.errors import PipelineError
from lab_utils.launching import Enclose, as_it_is
from lab_utils.pipeline.bench import Bench, job_environment, make_bench
from lab_utils.pipeline.document import dump, rewritten
from lab_utils.pipeline.expressions import ExpressionError
from lab_utils.pipeline.follow import Follow
from lab_utils.pipeline.lint import judge
from lab_utils.pipeline.look import Look
from lab_utils.pipeline.masks import Mask, secret_values
from lab_utils.pipeline.process import Follower
from lab_utils.pipeline.records import Records
from lab_utils.pipeline.rules_artifact import artifact_paths
from lab_utils.pipeline.rules_jobs import image_of
from lab_utils.pipeline.rules_secret import read_files
from lab_utils.pipeline.runs import JobRun, PipelineRun
from lab_utils.pipeline.scratch import Git, check_out, commit, push
from lab_utils.pipeline.secrets import find_secrets
from lab_utils.pipeline.tools import Tools

ATTEMPTED = "run the pipeline on this machine"
STATE = ".gitlab-ci-local"
"""The folder in which gitlab-ci-local works."""
REPORTS = ".gitlab-ci-reports"
"""The folder in which it hands on variables from job to job."""
_OF_CONTAINERS = ("image", "services")
_PREDEFINED = {"GITLAB_CI": "true"}
_ARTIFACT_SUFFIXES = (".zip", ".whl", ".tar.gz")


@dataclass(frozen=True)
class Order:
    """What is to be run.

    Attributes:
        look: The pipeline.
        branch: The branch; the default one if it has that name.
        entered: What would be entered under Settings > CI/CD > Variables.
        environment: What the jobs get besides, where the pipeline does not set it itself.
        deadline_s: The longest that all of it may take, in seconds.
        cache: Pip's cache.
        enclose: How the program that runs the jobs is started.
    """

    look: Look
    branch: str
    entered: Mapping[str, str]
    environment: Mapping[str, str]
    deadline_s: float
    cache: Path
    enclose: Enclose = as_it_is


def run(order: Order, tools: Tools, records: Records, report: Callable[[str], None]) -> PipelineRun:
    """Run a pipeline, and return what its jobs came to.

    Args:
        order: What is to be run.
        tools: What runs it.
        records: Where the run is kept.
        report: Takes each line as it comes.

    Raises:
        PipelineError: GitLab would refuse the file, or this machine cannot run it.
    """
    _require_readable(order.look)
    images = [image_of(order.look, job) for job in order.look.jobs.visible.values()]
    with _said_of_the_disk():
        bench = make_bench(image for image in images if image)
        try:
            return _Run(order, tools, records, bench, report).done()
        except KeyboardInterrupt as interrupt:
            happened = "You interrupted it. Nothing of it runs on."
            raise PipelineError(ATTEMPTED, happened, "run it again.") from interrupt
        finally:
            bench.remove()


class _Run:
    def __init__(
        self,
        order: Order,
        tools: Tools,
        records: Records,
        bench: Bench,
        report: Callable[[str], None],
    ) -> None:
        self._order, self._tools, self._records = order, tools, records
        self._bench, self._report = bench, report
        self._look = order.look

    def done(self) -> PipelineRun:
        tree = self._prepare()
        environment = job_environment(self._bench, self._order.environment, self._order.cache)
        follower = Follower(
            self._order.enclose(self._command(), self._bench.folder),
            self._bench.folder,
            environment,
            self._order.deadline_s,
        )
        follow = Follow(self._mask(), self._report)
        started = time.monotonic()
        with closing(follower.lines()) as lines:
            for line in lines:
                follow.take(line)
        seconds = time.monotonic() - started
        jobs = follow.runs()
        if not jobs:
            raise _refused(follow.preamble)
        if follower.is_late:
            self._report(f"Stopped: it took longer than {self._order.deadline_s:g} s.")
        place = self._records.new_folder()
        done = self._finished(jobs, seconds, tree, place)
        self._records.save(done)
        self._tell(done)
        return done

    def _prepare(self) -> str:
        """Make the repository, and return the name of what is in it."""
        git = Git(self._tools.git, self._bench.repository)
        pushed = push(git, self._look.repository, made_names(self._look))
        for remark in pushed.remarks:
            self._report(remark)
        check_out(git)
        never = self._never()
        for name in self._look.composition.documents:
            path = self._bench.repository / name
            text = rewritten(path, _is_of_a_container, never)
            path.unlink()  # It may be a link to a file of the student's.
            path.write_text(text, encoding="utf-8")
        commit(git, self._look.default_branch, self._order.branch, self._project())
        self._enter_variables()
        if not self._tools.has_rsync:
            self._report("This machine has no rsync; the workbook's own stand-in copies the files.")
        return pushed.tree

    def _never(self) -> list[str]:
        """Return the jobs that are no part of this pipeline.

        gitlab-ci-local knows `rules:`, but neither `only:` and `except:` nor `workflow:`.
        """
        event = self._look.event(self._order.branch)
        jobs = self._look.jobs.visible.values()
        never = [job.name for job in jobs if self._look.when(job, event) == "never"]
        if len(never) == len(jobs):
            raise PipelineError(
                ATTEMPTED,
                f"For the branch {self._order.branch}, the rules of the file leave every job out.",
                "look at `workflow:`, and at `rules:` and `only:` of the jobs.",
            )
        return never

    def _project(self) -> str:
        return (
            re.sub(r"[^a-z0-9-]+", "-", self._look.repository.root.name.lower()).strip("-") or "lab"
        )

    def _enter_variables(self) -> None:
        folder = self._bench.home / STATE
        folder.mkdir()
        entered = {**_PREDEFINED, **self._order.entered}
        values = {
            name: {"type": "variable", "values": {"*": value.replace("$", "$$")}}
            for name, value in entered.items()
        }
        place = folder / "variables.yml"
        place.touch(mode=0o600)
        place.write_text(dump({"global": values}), encoding="utf-8")

    def _command(self) -> list[str]:
        manual = [word for name in self._pressed() for word in ("--manual", name)]
        return [
            *self._tools.command,
            # It starts in the folder of all that it needs, which is the one to be enclosed in.
            *("--cwd", self._bench.repository.name, "--file", self._look.file),
            *("--home", str(self._bench.home)),
            *("--force-shell-executor", "--shell-isolation", "--no-artifacts-to-source"),
            *("--no-json-schema-validation", "--no-color"),
            # GitLab takes `changes:` as true for a branch that is new to it, as this one is.
            "--no-evaluate-rule-changes",
            *("--ignore-predefined-vars", ",".join(_PREDEFINED)),
            *manual,
        ]

    def _pressed(self) -> list[str]:
        """Return the deploy jobs that wait for somebody to press their button."""
        event = self._look.event(self._order.branch)
        deploys = self._look.roles.get("deploy", ())
        pressed = [job.name for job in deploys if self._look.when(job, event) == "manual"]
        for name in pressed:
            self._report(f"{name} is a manual job: it is run as if its button were pressed.")
        return pressed

    def _mask(self) -> Mask:
        texts = [self._look.repository.text(name) or "" for name in read_files(self._look)]
        written = [found.value for text in texts for found in find_secrets(text)]
        own = secret_values(self._order.entered)
        bench = self._bench
        folders = {
            bench.repository: "/builds/lab/practical",
            bench.home: "/root",
            bench.temporary: "/tmp",
            bench.python: "/usr/local",
            bench.packages: "/usr/local/lib/python3/site-packages",
        }
        paths = {re.escape(str(folder)): shown for folder, shown in folders.items()}
        # Each job has a folder, named after it in a way of gitlab-ci-local's own.
        builds = re.escape(str(bench.repository / STATE / "builds"))
        paths[rf"{builds}/[\w-]+"] = "/builds/lab/practical"
        return Mask([*own, *written], paths)

    def _finished(self, jobs: list[JobRun], seconds: float, tree: str, place: Path) -> PipelineRun:
        waiting = [job for job in self._expected() if job.name not in _base_names(jobs)]
        deploys = {job.name for job in self._look.roles.get("deploy", ())}
        has_deployed = any(one.name in deploys and one.status == "passed" for one in jobs)
        has_failed = any(one.status == "failed" for one in jobs)
        return PipelineRun(
            jobs=(*jobs, *waiting),
            has_passed=not has_failed and any(one.status == "passed" for one in jobs),
            seconds=seconds,
            artifacts=tuple(self._keep_artifacts(place)),
            branch=self._order.branch,
            has_deployed=has_deployed,
            tree=tree,
        )

    def _expected(self) -> Iterator[JobRun]:
        """Yield the jobs that would be part of this pipeline, as those that did not run."""
        event = self._look.event(self._order.branch)
        for job in self._look.jobs.visible.values():
            if self._look.when(job, event) != "never":
                yield JobRun(job.name, job.stage, "skipped", 0.0, "")

    def _keep_artifacts(self, place: Path) -> Iterator[Path]:
        source = self._bench.repository / STATE / "artifacts"
        if not source.is_dir() or source.is_symlink():  # A job could have put a link there.
            return
        target = place / "artifacts"
        shutil.move(source, target)
        for path in sorted(target.rglob("*")):
            is_report = REPORTS in path.parts
            if path.is_file() and not path.is_symlink() and not is_report:
                yield path

    def _tell(self, done: PipelineRun) -> None:
        for job in done.jobs:
            if job.status == "skipped":
                self._report(job.text())
        event = self._look.event(self._order.branch)
        for left_out in self._look.jobs.visible.values():
            if self._look.when(left_out, event) == "never":
                self._report(f"{left_out.name}: left out, as its rules want it for this branch")
        for name, code in done.code_sha256.items():
            self._report(f"artifact {name}: CodeSha256 {code}")
        verdict = "passed" if done.has_passed else "failed"
        self._report(
            f"The pipeline for the branch {done.branch} has {verdict} in {done.seconds:.1f} s."
        )


def made_names(look: Look) -> list[str]:
    """Return the names of the packages that a pipeline itself makes."""
    paths = [path for job in look.jobs.visible.values() for path in artifact_paths(look, job)]
    named = [path for path in paths if path.endswith(_ARTIFACT_SUFFIXES)]
    return [*look.zips(), *look.deployed(), *named]


def _require_readable(look: Look) -> None:
    found = judge(look)
    refused = [one for one in found.errors if one.rule in ("yaml", "schema")]
    if refused or not look.jobs.visible:
        told = [one.text() for one in refused] or [f"{look.file} has no job that GitLab sees."]
        raise PipelineError(
            ATTEMPTED,
            "\n".join(["GitLab would refuse the file:", *told]),
            "mend it, and run it again.",
        )
    event = look.event()
    try:
        for job in look.jobs.visible.values():
            look.when(job, event)
    except ExpressionError as error:
        raise PipelineError(
            ATTEMPTED, f"A condition of its rules cannot be read: {error}.", "mend it."
        ) from error


def _refused(preamble: list[str]) -> PipelineError:
    noise = re.compile(
        r"parsing and downloads finished|json schema validated|pipeline finished|\s*$"
    )
    told = [line for line in preamble if not noise.match(line)]
    return PipelineError(
        ATTEMPTED,
        "\n".join(["No job has started.", *told[:20]]),
        "look at the rules of the jobs for this branch, and at what `lab pipeline lint` says.",
    )


def _base_names(jobs: list[JobRun]) -> set[str]:
    """Return the names of jobs, also without what `parallel:` adds to them."""
    return {name for job in jobs for name in (job.name, re.sub(r": \[.*\]$", "", job.name))}


def _is_of_a_container(path: tuple[str, ...]) -> bool:
    """Return whether a key is about containers, which there are none of on this machine.

    With an image, gitlab-ci-local would also name a folder to the jobs that is not there.
    """
    return path[-1] in _OF_CONTAINERS and len(path) <= 2 and path[0] != "variables"


@contextmanager
def _said_of_the_disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        raise PipelineError(
            ATTEMPTED,
            f"The system says: {error.strerror} ({error.filename}).",
            "free disk space, or set TMPDIR to a folder that has some, and where you may write "
            "files and run programs.",
        ) from error
