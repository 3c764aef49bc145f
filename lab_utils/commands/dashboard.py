"""``lab dashboard``: the page, until Ctrl-C."""

from __future__ import annotations

import argparse
import sys
import webbrowser

from lab_utils.commands.answers import print_json, settings_of
from lab_utils.dashboard.server import serve


def dashboard(arguments: argparse.Namespace) -> int:
    """Serve the page until Ctrl-C, and open it in the browser unless that is not wanted."""

    def report(line: str) -> None:
        is_address = line.startswith("http://")
        if arguments.json and is_address:
            print_json({"url": line})
        else:
            print(line, file=sys.stderr if arguments.json else sys.stdout)
        sys.stdout.flush()
        if is_address and not arguments.no_browser:
            webbrowser.open(line)

    serve(settings_of(arguments), arguments.port, report)
    return 0
