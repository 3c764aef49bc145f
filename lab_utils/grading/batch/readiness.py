"""Whether the machines that grade can enclose a submission, and have this package."""

from __future__ import annotations

from lab_utils.errors import SandboxError
from lab_utils.grading.batch.cluster import Workers
from lab_utils.grading.batch.errors import BatchError
from lab_utils.grading.batch.work import package_version, sandbox_state
from lab_utils.grading.sandbox.trial import require_bubblewrap

_HINT = "mend it there, or grade work that you trust with --unsafe."


def require_sandbox() -> None:
    """Look whether this machine can enclose a submission.

    Raises:
        SandboxError: It cannot, with the way on.
    """
    require_bubblewrap()


def require_ready(workers: Workers, *, unsafe: bool) -> None:
    """Look whether each worker of a running scheduler can grade.

    Args:
        workers: The workers that there are now.
        unsafe: Whether submissions are graded without a sandbox.

    Raises:
        BatchError: One has another version of this package.
        SandboxError: One cannot enclose a submission.
    """
    own = package_version()
    for address, version in workers.everywhere(package_version).items():
        if version != own:
            happened = f"It has version {version} of this package, and here is {own}"
            hint = "install the same version there, and start the worker anew."
            raise BatchError(f"use the worker {address}", happened, hint)
    if unsafe:
        return
    for address, reason in workers.everywhere(sandbox_state).items():
        if reason:
            raise SandboxError(f"enclose submissions on the worker {address}", reason, _HINT)
