"""``lab grafana``: the house's dashboard for Grafana, as a file."""

from __future__ import annotations

import argparse

from lab_utils.commands.answers import say
from lab_utils.grafana import PLUGIN, write_dashboard


def grafana(arguments: argparse.Namespace) -> int:
    """Write the dashboard, and say what to do with it."""
    path = write_dashboard(arguments.file)
    text = (
        f"{path} is written. In Grafana, add a data source of the plugin {PLUGIN}, then "
        "Dashboards > New > Import this file and choose it."
    )
    say(arguments, {"file": str(path), "plugin": PLUGIN}, text)
    return 0
