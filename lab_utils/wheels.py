"""The packages that package scripts and pipelines install, kept for where there is no network.

They have the versions that the workbook itself runs with, so a function that brings them along
agrees with the AWS that it calls.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.machinery import PathFinder
from pathlib import Path

from lab_utils.errors import PipelineError
from lab_utils.pipeline.packages import installed
from lab_utils.settings import base_environment

FOLDER = Path(sys.prefix) / "share" / "practical-aws-iot" / "wheels"
"""Where they are kept: beside the packages of this Python."""
GIVEN = ("boto3", "awsiotsdk", "urllib3", "requests", "pytest", "awscli")
"""What the practical names and the workbook has, too."""
ALSO = ("awsiot==0.1.3",)
"""What the practical names and the workbook has no use for: no module ``awsiot`` is in it."""
OLDER = ("urllib3==1.26.6",)
"""What the practical's own starter pins, beside the workbook's version of the same package."""
_ATTEMPTED = "get the packages that functions bring along"
_NEXT_STEP = "run `lab pipeline wheels` once, with a network."
_LIMIT_S = 300


def pip_variables() -> dict[str, str]:
    """Return the environment in which pip asks no network, and finds the packages that are kept."""
    return {
        "PIP_NO_INDEX": "1",
        **found_by_pip(),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        # A package is zipped, and what Python has compiled beforehand is of no use in a zip.
        "PIP_NO_COMPILE": "1",
        "PIP_PROGRESS_BAR": "off",
        "PIP_ROOT_USER_ACTION": "ignore",
    }


def found_by_pip() -> dict[str, str]:
    """Return the environment in which pip finds the packages that are kept, beside its index."""
    # As an address, because pip splits the variable at blanks.
    return {"PIP_FIND_LINKS": FOLDER.as_uri()} if kept() else {}


def kept() -> list[str]:
    """Return the file names of the packages that are kept."""
    return sorted(path.name for path in FOLDER.glob("*.whl"))


def get(report: Callable[[str], None]) -> list[str]:
    """Return the file names of the packages, got from pip's index.

    Args:
        report: Takes a line about what was got.

    Raises:
        PipelineError: pip is missing or cannot get them; what was kept before stays.
    """
    # By the path alone: setuptools' own finder warns where distutils has been imported.
    if PathFinder.find_spec("pip") is None:
        raise PipelineError(_ATTEMPTED, "This Python has no pip.", "install pip, then try again.")
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER.parent, prefix="wheels-") as draft:
        _download(Path(draft))
        FOLDER.mkdir(exist_ok=True)
        fresh = [path.name for path in Path(draft).glob("*.whl")]
        for name in fresh:
            shutil.move(Path(draft) / name, FOLDER / name)
    for name in set(kept()).difference(fresh):
        (FOLDER / name).unlink(missing_ok=True)
    report(f"{len(fresh)} packages for functions and pipelines are kept in {FOLDER}")
    return sorted(fresh)


def _download(folder: Path) -> None:
    """Get the packages, and all that they need, as far as possible in the workbook's versions."""
    pins = [f"{one.name}=={one.version}" for one in installed(GIVEN)]
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins), encoding="utf-8")
    _pip_download(folder, ["--constraint", str(constraints), *GIVEN, *ALSO])
    if OLDER:
        _pip_download(folder, ["--no-deps", *OLDER])


def _pip_download(folder: Path, words: Sequence[str]) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:"]
    command += ["--disable-pip-version-check", "--retries", "1", "--timeout", "15"]
    try:
        done = subprocess.run(
            [*command, "--dest", str(folder), *words],
            env=base_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PipelineError(_ATTEMPTED, f"The system says: {error}.", _NEXT_STEP) from error
    if done.returncode:
        raise PipelineError(_ATTEMPTED, f"pip says: {_last_words(done.stderr)}", _NEXT_STEP)


def _last_words(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("ERROR:")]
    return " ".join(lines[-2:]) or text.strip()[-300:] or "nothing."
