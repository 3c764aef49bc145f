"""What is in submissions but no work: caches, state, secrets, and the course's own package."""

from __future__ import annotations

import fnmatch

_FOLDERS = {
    ".git": "since Git's own data is not looked at",
    ".svn": "since a version control's own data is not looked at",
    ".hg": "since a version control's own data is not looked at",
    ".terraform": "since Terraform's downloads are made anew",
    ".lab": "since the lab's own state is made anew",
    ".aws": "since credentials have no place in a submission",
    ".ssh": "since credentials have no place in a submission",
    "__MACOSX": "since macOS adds it to zips for itself",
    ".ipynb_checkpoints": "since Jupyter's checkpoints are older copies",
    "__pycache__": "since caches are not looked at",
    ".pytest_cache": "since caches are not looked at",
    ".mypy_cache": "since caches are not looked at",
    ".ruff_cache": "since caches are not looked at",
    "node_modules": "since installed packages are not looked at",
    ".venv": "since installed packages are not looked at",
    "venv": "since installed packages are not looked at",
    "runs": "since what a batch run leaves is made anew",
    ".idea": "since an editor's settings are not looked at",
    ".vscode": "since an editor's settings are not looked at",
}
_FILES = {
    ".DS_Store": "since a file manager made it for itself",
    "._*": "since macOS adds it to zips for itself",
    "Thumbs.db": "since a file manager made it for itself",
    "desktop.ini": "since a file manager made it for itself",
    "*.pyc": "since caches are not looked at",
    "*.tfstate": "since Terraform's state is made anew",
    "*.tfstate.*": "since Terraform's state is made anew",
    ".terraform.lock.hcl": "since grading has providers of its own",
    ".terraform.tfstate.lock.info": "since Terraform's state is made anew",
    "crash*.log": "since Terraform's crash logs are not looked at",
}
_SECRET = "since certificates and keys are made anew"
_SECRET_ENDINGS = (".pem", ".key", ".crt", ".cer", ".p12", ".pfx")
_BUNDLE_FROM = 5
PACKAGE = "lab_utils"
"""The course's own package: a copy in a submission is compared with it, and never run."""


def unwanted_folder(name: str) -> str:
    """Return why a folder of this name is left out, "" if it is not."""
    return _FOLDERS.get(name, "")


def unwanted_path(path: str) -> str:
    """Return why a file is left out by its path, "" if it is not."""
    *folders, name = path.split("/")
    for folder in folders:
        if reason := unwanted_folder(folder):
            return reason
    found = (why for pattern, why in _FILES.items() if fnmatch.fnmatchcase(name, pattern))
    return next(found, "")


def unwanted_content(path: str, content: bytes) -> str:
    """Return why a file is left out by what it holds, "" if it is not.

    A bundle of authorities, which packages such as certifi bring, is none of the practical's.
    """
    if not path.lower().endswith(_SECRET_ENDINGS):
        return ""
    is_bundle = content.count(b"BEGIN CERTIFICATE") >= _BUNDLE_FROM
    return "" if is_bundle and b"PRIVATE KEY" not in content else _SECRET
