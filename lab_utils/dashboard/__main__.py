"""The dashboard's process: ``python -m lab_utils.dashboard TARGET WORKSPACE REGION PORT``.

It ends when its standard input does: with the notebook that started it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading

from lab_utils.dashboard.server import serve
from lab_utils.errors import LabError
from lab_utils.settings import read_settings


def main() -> int:
    """Serve the page, and return the exit status."""
    target, workspace, region, port = sys.argv[1:]
    threading.Thread(target=_end_with_input, daemon=True).start()
    settings = read_settings(target=target, workspace=workspace, region=region)
    try:
        serve(settings, int(port) if port else None, lambda line: print(line, flush=True))
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    raise SystemExit(main())
