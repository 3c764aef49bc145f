"""Workspaces: the folders that students and batch runs work in, seeded from the checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from lab_utils.errors import SettingsError
from lab_utils.settings import CHECKOUT, Settings

ENDPOINT_OUTPUT = "iot_endpoint"
"""The output of the given ``terraform/output.tf`` that names the MQTT endpoint."""
SEEDED_FOLDERS = ("terraform", "lambda", "ci")
"""What a fresh workspace starts from: the folders of the checkout that students work in."""
LAMBDA_FOLDERS = ("lambda/ac_control_lambda", "ac_control_lambda")
"""Where the function may be: the lab's place, and that of the practical's own repository."""
_NO_FUNCTION = ("src", "tests", "test")
"""Folders within that of a function."""
_NOT_SEEDED = shutil.ignore_patterns(
    ".terraform*",
    "*.tfstate*",
    "*.pem",
    "*.key",
    "*.crt",
    "__pycache__",
    ".pytest_cache",
    # Of ci/ only what packs and deploys: the rest is the workbook's own, and the Lambda's pipeline
    # is what the student writes in notebook 5.
    "*.gitlab-ci.yml",
    "compare_seeds.py",
    "gitlab-ci-local",
    "nbval.ini",
    "refresh_outputs.py",
)


def unwritable(path: Path, error: OSError) -> SettingsError:
    """Return what is said where a file of the workspace cannot be written."""
    return SettingsError(
        f"write {path}",
        f"The system says: {error.strerror}.",
        "choose a workspace that you may write to, with LAB_WORKSPACE, and free disk space "
        "if there is none left.",
    )


def seed_workspace(source: Path, workspace: Path) -> None:
    """Make a fresh workspace from the checkout's folders; what was there before is removed.

    Args:
        source: The checkout.
        workspace: The folder to make.
    """
    if workspace.exists():
        shutil.rmtree(workspace)
    workspace.mkdir(parents=True)
    for name in SEEDED_FOLDERS:
        if (source / name).is_dir():
            shutil.copytree(source / name, workspace / name, ignore=_NOT_SEEDED)


def require_given_files(settings: Settings) -> list[str]:
    """Return the names of the given folders that had to be copied into the workspace.

    A workspace that lacks one of them gets the checkout's; one that is there is the student's own
    and is left as it is.

    Raises:
        SettingsError: The folder cannot be written to.
    """
    workspace = settings.workspace
    is_there = {name: (workspace / name).exists() for name in SEEDED_FOLDERS}
    is_there["lambda"] |= lambda_folder(workspace).is_dir()
    is_there["ci"] |= _has_own_scripts(workspace)
    lacking = [name for name, there in is_there.items() if not there and (CHECKOUT / name).is_dir()]
    for name in lacking:
        try:
            shutil.copytree(CHECKOUT / name, workspace / name, ignore=_NOT_SEEDED)
        except OSError as error:
            raise SettingsError(
                f"copy the given files to {workspace / name}",
                f"The system says: {error}.",
                "choose a workspace that you may write to, with LAB_WORKSPACE.",
            ) from error
    return lacking


def _has_own_scripts(workspace: Path) -> bool:
    """Return whether the workspace has the form of the practical's own repository."""
    return any(workspace.glob("bin/*.sh")) or (workspace / ".gitlab-ci.yml").is_file()


def lambda_folder(workspace: Path) -> Path:
    """Return the folder of the workspace's function; where it ought to be if there is none.

    Some give the practical's folder another name: then it is the first one in ``lambda/``, else
    ``lambda/`` itself, else the first at the top whose name speaks of a lambda, that holds Python
    or a ``src/`` with Python.
    """
    places = [workspace / name for name in LAMBDA_FOLDERS]
    others = [
        *sorted(workspace.glob("lambda/*/")),
        workspace / "lambda",
        *sorted(workspace.glob("*[Ll]ambda*/")),
    ]
    root = workspace.resolve()
    found = [place for place in places if place.is_dir()]
    found += [other for other in others if _holds_function(other)]
    return next((one for one in found if one.resolve().is_relative_to(root)), places[0])


def _holds_function(folder: Path) -> bool:
    """Return whether a folder has the sources of a function at its top."""
    if folder.name in _NO_FUNCTION:
        return False
    return any(folder.glob("*.py")) or any(folder.glob("src/*.py"))
