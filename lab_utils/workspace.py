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
_NOT_SEEDED = shutil.ignore_patterns(
    ".terraform*", "*.tfstate*", "*.pem", "*.key", "*.crt", "__pycache__"
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


def require_given_files(settings: Settings) -> bool:
    """Return whether the given Terraform files had to be copied into the workspace.

    A workspace that has no ``terraform/`` yet gets the checkout's; one that has it is the
    student's own and is left as it is.

    Raises:
        SettingsError: The folder cannot be written to.
    """
    if settings.terraform_dir.exists():
        return False
    try:
        shutil.copytree(CHECKOUT / "terraform", settings.terraform_dir, ignore=_NOT_SEEDED)
    except OSError as error:
        raise SettingsError(
            f"copy the given files to {settings.terraform_dir}",
            f"The system says: {error}.",
            "choose a workspace that you may write to, with LAB_WORKSPACE.",
        ) from error
    return True
