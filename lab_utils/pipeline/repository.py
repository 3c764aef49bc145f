"""What the repository holds, as GitLab would see it: files, their modes and line ends, branches."""

from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lab_utils.pipeline.shell import ROOT

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "--no-optional-locks")
"""No program that the repository's own configuration names is started for a look at it."""
_ENTRY = re.compile(r"(\d{6}) \S+ \d\ti/(\S*)\s+w/\S*\s+attr/[^\t]*\t(.*)", re.S)
_LARGEST_SCRIPT = 1024 * 1024


@dataclass(frozen=True)
class Tracked:
    """A file that Git has.

    Attributes:
        is_executable: By the mode that is committed.
        has_crlf: Whether its committed lines end as on Windows.
    """

    is_executable: bool
    has_crlf: bool


class Repository:
    """A folder that is, or is to become, a Git repository.

    Args:
        root: Its folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def name(self, path: str) -> str | None:
        """Return the name in the repository of an absolute path as `shell` knows it."""
        if path == ROOT:
            return "."
        return path.removeprefix(ROOT + "/") if path.startswith(ROOT + "/") else None

    def file(self, name: str) -> Path | None:
        """Return a file by its name in the repository; None if there is none."""
        path = self.root / name
        inside = posixpath.normpath(name).split("/")[0] != ".." and not Path(name).is_absolute()
        # Nor by way of a link: GitLab has nothing but what is in the repository.
        inside = inside and path.resolve().is_relative_to(self.root.resolve())
        return path if inside and path.is_file() else None

    def text(self, name: str) -> str | None:
        """Return what a text file holds; None if it is not there, or no text."""
        path = self.file(name)
        if path is None or path.stat().st_size > _LARGEST_SCRIPT:
            return None
        content = path.read_bytes()
        return None if b"\0" in content else content.decode("utf-8", "replace")

    def is_executable(self, name: str) -> bool:
        """Return whether a script may be run by its name alone.

        Git's own mode counts where Git has the file. Where it has not, and no script beside it
        has the mode, it was lost on the way (a zip, Windows), and it is taken for given.
        """
        if found := self.tracked.get(name):
            return found.is_executable
        path = self.file(name)
        if path is None:
            return False
        return _has_mode(path) or not any(_has_mode(one) for one in path.parent.glob("*.sh"))

    def has_lost_mode(self, name: str) -> bool:
        """Return whether a script is taken for a program though nothing here says so."""
        path = self.file(name)
        is_untold = path is not None and name not in self.tracked and not _has_mode(path)
        return is_untold and self.is_executable(name)

    def has_crlf(self, name: str) -> bool | None:
        """Return whether a script's lines end as on Windows, on GitLab as well.

        Returns:
            None if they do here, and nobody knows what Git makes of it: there is no Git yet.
        """
        if found := self.tracked.get(name):
            return found.has_crlf
        path = self.file(name)
        content = path.read_bytes() if path else b""
        return None if b"\r\n" in content and b"\0" not in content else False

    @cached_property
    def is_git(self) -> bool:
        """Whether the folder is the top of a Git repository."""
        return (self.root / ".git").exists()

    @cached_property
    def tracked(self) -> dict[str, Tracked]:
        """What Git has by name; empty where there is no Git."""
        found: dict[str, Tracked] = {}
        for entry in self._git("ls-files", "-s", "--eol", "-z").split("\0"):
            if fields := _ENTRY.fullmatch(entry):
                found[fields[3]] = Tracked(fields[1] == "100755", fields[2] in ("crlf", "mixed"))
        return found

    @cached_property
    def default_branch(self) -> str:
        """The default branch as far as Git knows it; "" if it does not."""
        remote = self._git("symbolic-ref", "--short", "refs/remotes/origin/HEAD").strip()
        if remote:
            return remote.removeprefix("origin/")
        current = self._git("symbolic-ref", "--short", "HEAD").strip()
        return current if current in ("main", "master") else ""

    def _git(self, *arguments: str) -> str:
        """Return what Git says; nothing if it is not there, or refuses."""
        program = shutil.which("git")
        if not (self.is_git and program):
            return ""
        done = subprocess.run(
            [program, *_SAFE, *arguments],
            cwd=self.root,
            capture_output=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )
        return done.stdout if done.returncode == 0 else ""


def _has_mode(path: Path) -> bool:
    return bool(path.stat().st_mode & 0o111)
