"""The repository that a pipeline runs on: the workspace, as if all of it were pushed now."""

from __future__ import annotations

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_utils.errors import PipelineError
from lab_utils.pipeline.repository import Repository
from lab_utils.settings import base_environment

NEVER_PUSHED = (
    *("/.lab/", "/runs/", "/build/", "/dist/", "/.gitlab-ci-local*"),
    *(".venv/", "venv/", "node_modules/", "__pycache__/", "*.py[co]", "*.egg-info/"),
    *(".pytest_cache/", ".mypy_cache/", ".ruff_cache/", ".ipynb_checkpoints/"),
    *(".terraform/", "*.tfstate", "*.tfstate.*", "*.tfplan", "*.pem", "*.key", ".DS_Store"),
)
"""What is not pushed, whatever the workspace's own .gitignore says: secrets, and what is made."""
_NO_PART_OF_IT = re.compile(r"terraform/.*|notebooks/.*|.*\.ipynb")
"""What changes while a pipeline stays what it is: a notebook is saved, a resource is added."""
_GROUP = "lab"
_CONFIGURATION = """\
[core]
    repositoryFormatVersion = 0
    bare = false
    autocrlf = {autocrlf}
    safecrlf = false
    hooksPath = /dev/null
[user]
    name = Student
    email = student@example.com
[gc]
    auto = 0
[commit]
    gpgSign = false
"""


@dataclass(frozen=True)
class Pushed:
    """What was pushed.

    Attributes:
        tree: Names the content of the files that a pipeline may read.
        remarks: What had to be done on the way, in sentences.
    """

    tree: str
    remarks: tuple[str, ...]


class Git:
    """Git in a folder of ours, untouched by the configuration of the machine or of the student.

    Args:
        program: Git's path.
        folder: The repository.
    """

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self.folder = folder

    def run(self, *arguments: str, work_tree: Path | None = None) -> str:
        """Return what a command prints.

        Raises:
            PipelineError: It fails; with Git's own words.
        """
        base = base_environment()
        environment = {
            "PATH": base.get("PATH", ""),
            "HOME": str(self.folder),
            "GIT_DIR": str(self.folder / ".git"),
            "GIT_WORK_TREE": str(work_tree or self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LC_ALL": "C",
        }
        done = subprocess.run(
            [self._program, "-c", "core.quotePath=false", *arguments],
            cwd=work_tree or self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        if done.returncode:
            raise PipelineError(
                "copy the workspace for the pipeline",
                f"Git says: {done.stderr.strip()[-500:]}",
                "free disk space if there is none left; else mend what Git names.",
            )
        return done.stdout


def push(git: Git, repository: Repository, made: Iterable[str]) -> Pushed:
    """Take the workspace's files into a new repository, as far as they would be pushed.

    Args:
        git: The new repository's.
        repository: The workspace.
        made: The names of what the pipeline itself makes: a package of an earlier day must not
            be taken for that of the run.
    """
    remarks = []
    crlf = _crlf_scripts(repository)
    git.run("init", "--quiet")
    settings = _CONFIGURATION.format(autocrlf="input" if crlf else "false")
    (git.folder / ".git" / "config").write_text(settings, encoding="utf-8")
    tracked = repository.tracked
    excluded = [f"/{name}" for name in made if name not in tracked]
    exclude_file = git.folder / ".git" / "info" / "exclude"
    exclude_file.parent.mkdir(exist_ok=True)
    exclude_file.write_text("\n".join([*NEVER_PUSHED, *excluded, ""]), encoding="utf-8")
    git.run("add", "--all", "--ignore-errors", ".", work_tree=repository.root)
    if crlf:
        remarks.append(f"Windows' line ends of {', '.join(crlf)} are pushed as Linux' own.")
    remarks += _modes(git, repository)
    return Pushed(_tree(git), tuple(remarks))


def check_out(git: Git) -> None:
    """Write what was pushed into the new repository's folder."""
    git.run("checkout-index", "--all", "--force")


def commit(git: Git, default_branch: str, branch: str, project: str) -> None:
    """Commit what is in the folder, on the default branch or on another one that starts from it."""
    git.run("symbolic-ref", "HEAD", f"refs/heads/{default_branch}")
    git.run("add", "--all", "--force", ".")
    git.run("commit", "--quiet", "--allow-empty", "--message", "The workspace as it is now")
    git.run("remote", "add", "origin", f"https://gitlab.com/{_GROUP}/{project}.git")
    git.run("update-ref", f"refs/remotes/origin/{default_branch}", "HEAD")
    origin = "refs/remotes/origin"
    git.run("symbolic-ref", f"{origin}/HEAD", f"{origin}/{default_branch}")
    if branch != default_branch:
        git.run("checkout", "--quiet", "-b", branch)


def tree_of(program: str, repository: Repository, made: Iterable[str]) -> str:
    """Return what `Pushed.tree` would be now."""
    with tempfile.TemporaryDirectory(prefix="pipeline-") as folder:
        return push(Git(program, Path(folder)), repository, made).tree


def _tree(git: Git) -> str:
    listed = git.run("ls-files", "--stage", "-z").split("\0")
    parts = [entry for entry in listed if not _NO_PART_OF_IT.fullmatch(entry.partition("\t")[2])]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _modes(git: Git, repository: Repository) -> list[str]:
    """Give scripts the mode that Git has for them, or that was lost on the way."""
    names = [name for name in git.run("ls-files", "-z").split("\0") if name.endswith(".sh")]
    executable = [name for name in names if repository.is_executable(name)]
    root = repository.root
    _chmod(git, root, "+x", executable)
    _chmod(git, root, "-x", [name for name in names if name not in executable])
    lost = [name for name in executable if repository.has_lost_mode(name)]
    if lost:
        return [f"No right to be run (a zip, or Windows); it is given to {', '.join(lost)}."]
    return []


def _chmod(git: Git, root: Path, mode: str, names: Sequence[str]) -> None:
    if names:
        git.run("update-index", f"--chmod={mode}", "--", *names, work_tree=root)


def _crlf_scripts(repository: Repository) -> list[str]:
    """Return the scripts whose line ends Git for Windows would mend when they are committed."""
    scripts = [
        path.relative_to(repository.root).as_posix()
        for pattern in ("*.sh", "bin/*", "ci/*", "scripts/*")
        for path in sorted(repository.root.glob(pattern))
        if path.is_file()
    ]
    return [name for name in dict.fromkeys(scripts) if repository.has_crlf(name) is None]
