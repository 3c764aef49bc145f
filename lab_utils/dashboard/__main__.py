"""The dashboard's process: ``python -m lab_utils.dashboard TARGET WORKSPACE REGION PORT``.

It tells its address, or why it has none, in one line of JSON, and ends when its standard input
does: with the notebook that started it.
"""

from __future__ import annotations

import json
import os
import sys
import threading

from lab_utils.dashboard.server import serve
from lab_utils.errors import LabError
from lab_utils.settings import read_settings


def main() -> int:
    """Serve the page, and return the exit status."""
    target, workspace, region, port = sys.argv[1:]
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        settings = read_settings(target=target, workspace=workspace, region=region)
        serve(settings, int(port) if port else None, _report)
    except LabError as error:
        _tell({"error": [error.attempted, error.happened, error.next_step]})
        return 1
    return 0


def _report(line: str) -> None:
    _tell({"url" if line.startswith("http://") else "says": line})


def _tell(content: dict[str, object]) -> None:
    print(json.dumps(content), flush=True)


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)  # It holds nothing that has to be saved, and must not outlive its notebook.


if __name__ == "__main__":
    raise SystemExit(main())
