"""bubblewrap: where it is, whether it works here, and what to do where it does not."""

from __future__ import annotations

import os
import shutil
import sys

from lab_utils.errors import SandboxError
from lab_utils.settings import CHECKOUT, base_environment

ATTEMPTED = "enclose a submission"
_UNSAFE = "or grade work that you trust with --unsafe: it runs with your own rights."
_INSTALL = f"install it (apt install bubblewrap, dnf install bubblewrap), {_UNSAFE}"
_CONTAINER = (
    "in Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined "
    "--security-opt systempaths=unconfined (for a GitLab runner, privileged = true)"
)
_WAYS_ON = {
    "Unknown option": "install bubblewrap 0.8 or newer",
    "Can't mount proc": f"let the container mount /proc anew; {_CONTAINER}",
    "user.max_user_namespaces": "sudo sysctl user.max_user_namespaces=15000",
    "No space left on device": "sudo sysctl user.max_user_namespaces=15000",
    "uid map": (
        "on Ubuntu 24.04 or newer: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
        f"{_CONTAINER}"
    ),
    "new namespace": (
        f"let users make namespaces: sudo sysctl kernel.unprivileged_userns_clone=1; {_CONTAINER}"
    ),
    "loopback": (
        "on Ubuntu 24.04 or newer: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; "
        f"{_CONTAINER}"
    ),
    "Permission denied": (
        "root runs a cell as another user, who has to read the lab and its Python: "
        f"chmod -R a+rX '{CHECKOUT}' '{sys.prefix}'"
    ),
}


def require_posix() -> None:
    """Pass where a grading can run at all, enclosed or not.

    Raises:
        SandboxError: This is Windows.
    """
    if sys.platform == "win32":
        raise SandboxError(
            "grade a submission",
            "A grading ends and limits processes as Windows does not.",
            "grade in WSL, where the lab runs as on Linux.",
        )


def find_bubblewrap() -> str:
    """Return the path of ``bwrap``.

    Raises:
        SandboxError: This is no Linux, or it is not installed.
    """
    if not sys.platform.startswith("linux"):
        raise SandboxError(
            ATTEMPTED,
            "bubblewrap, which encloses it, is a program for Linux.",
            f"grade on Linux (on Windows in WSL), {_UNSAFE}",
        )
    found = shutil.which("bwrap", path=base_environment().get("PATH") or os.defpath)
    if found is None:
        raise SandboxError(ATTEMPTED, "bubblewrap (the program bwrap) is not on PATH.", _INSTALL)
    return found


def way_on(words: str) -> str:
    """Return what to do where bubblewrap does not work, by what it says."""
    known = next((way for part, way in _WAYS_ON.items() if part in words), None)
    return f"{known}; {_UNSAFE}" if known else f"mend what it says, {_UNSAFE}"
