"""package, deploy, invoke and logs: the Lambda function from a shell."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from datetime import timedelta

from lab_utils.commands.answers import print_json, settings_of
from lab_utils.errors import FunctionError
from lab_utils.function_logs import log_texts
from lab_utils.session import Lab


def package(arguments: argparse.Namespace) -> int:
    """Pack a function into ``build/``."""
    path = _lab(arguments, _spoken(arguments)).package_lambda(arguments.folder)
    if arguments.json:
        print_json({"package": str(path)})
    return 0


def deploy(arguments: argparse.Namespace) -> int:
    """Give a function its packed code."""
    _lab(arguments, _spoken(arguments)).deploy_lambda(arguments.function)
    if arguments.json:
        print_json({"deployed": arguments.function})
    return 0


def invoke(arguments: argparse.Namespace) -> int:
    """Invoke a function, and print what it returned as JSON."""
    try:
        event = json.loads(arguments.event)
    except ValueError as error:
        raise FunctionError(
            f"invoke {arguments.function}",
            f"The event {arguments.event!r} is no JSON: {error}.",
            "write, for instance, --event '{\"zone_id\": 1}'",
        ) from error
    result = _lab(arguments, _aside).invoke(arguments.function, event)
    print_json({"result": result} if arguments.json else result)
    return 0


def logs(arguments: argparse.Namespace) -> int:
    """Print what a function logged, or with ``--follow`` what it logs from now on."""
    lab = _lab(arguments, _aside if arguments.json or not arguments.follow else print)
    since = None if arguments.minutes is None else timedelta(minutes=arguments.minutes)
    found = lab.logs(
        arguments.function, since=since, pattern=arguments.pattern, follow=arguments.follow
    )
    if arguments.json:
        print_json({"entries": json.loads(found.to_json(orient="records", date_format="iso"))})
    elif not arguments.follow:
        print("\n".join(log_texts(found)))
    return 0


def _lab(arguments: argparse.Namespace, report: Callable[[str], None]) -> Lab:
    settings = settings_of(arguments)
    return Lab(settings.target, settings.workspace, report=report)


def _spoken(arguments: argparse.Namespace) -> Callable[[str], None]:
    return _aside if arguments.json else print


def _aside(line: str) -> None:
    """Print a line where it is in nobody's way: stdout holds the answer alone."""
    print(line, file=sys.stderr)
