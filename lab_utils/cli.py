"""The ``lab`` command: the embedded AWS, batch runs and checks from a shell."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from lab_utils.batch import find_notebooks, run_notebooks, seed_workspace
from lab_utils.environment import clean_environment
from lab_utils.errors import LabError, SettingsError
from lab_utils.session import Lab, local_control, running_sentence
from lab_utils.settings import CHECKOUT, LOCAL_ACCOUNT, Settings, read_settings
from lab_utils.terraform import Terraform

BATCH_SPEED = 60


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, or 1 with a message on stderr.

    Args:
        argv: The arguments after the program's name; the process's own by default.
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except LabError as error:
        _report_error(error, getattr(arguments, "json", False))
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab", description="The lab of Practical AWS IoT Core, from a shell."
    )
    parser.add_argument("--workspace", help="folder to work in (default: LAB_WORKSPACE)")
    parser.add_argument("--target", help="local or aws (default: LAB_TARGET, else local)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    start = _command(commands, "start", _start, "start the embedded AWS; print its environment")
    start.add_argument("--speed", type=int, help="how many times faster the lab's time runs")
    start.add_argument("--shell", choices=sorted(_SHELLS), default="sh", help="form of the output")
    _command(commands, "stop", _stop, "stop the embedded AWS; what it stored stays")
    _command(commands, "status", _status, "say whether it runs, and where")
    _command(commands, "reset", _reset, "throw away all that it stored, and start it anew")

    run = _command(commands, "run", _run, "run notebooks in batch, in a fresh workspace")
    run.add_argument("names", nargs="*", metavar="NAME", help="such as 02; all by default")
    run.add_argument("--speed", type=int, default=BATCH_SPEED, help="the lab clock's factor")
    run.add_argument("-p", "--parameter", action="append", default=[], metavar="NAME=VALUE")

    check = _command(commands, "check", _check, "run the checks on the workspace")
    check.add_argument("part", nargs="?", type=int, help="a part's number; all by default")

    terraform = commands.add_parser(
        "terraform", help="run Terraform in terraform/ on the lab's target", prefix_chars="\0"
    )
    terraform.add_argument("arguments", nargs=argparse.REMAINDER)
    terraform.set_defaults(run=_terraform)
    return parser


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    parser.set_defaults(run=run)
    return parser


def _settings(arguments: argparse.Namespace) -> Settings:
    return read_settings(
        target=arguments.target,
        workspace=arguments.workspace,
        speed=getattr(arguments, "speed", None),
    )


def _start(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    if not settings.is_local:
        Lab(target="aws", workspace=settings.workspace)
        return 0
    session = local_control().start(settings, speed=arguments.speed)
    if arguments.json:
        _print_json(session.status())
        return 0
    print(f"# {running_sentence(session)}")
    for name, value in session.environment().items():
        print(_SHELLS[arguments.shell](name, value))
    return 0


def _stop(arguments: argparse.Namespace) -> int:
    stopped = local_control().stop(_local_settings(arguments, "stop the embedded AWS"))
    _say(arguments, {"stopped": stopped}, "stopped" if stopped else "it was not running")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    if not settings.is_local:
        _say(arguments, _idle_status(settings), "on your AWS account; nothing runs here")
        return 0
    found = local_control().inspect(settings)
    if found.remark:
        print(f"lab: {found.remark}", file=sys.stderr)
    if found.session is None:
        _say(arguments, _idle_status(settings), "not running; lab start starts it")
    else:
        _say(arguments, found.session.status(), running_sentence(found.session))
    return 0


def _idle_status(settings: Settings) -> dict[str, Any]:
    return {
        "target": settings.target,
        "running": False,
        "endpoint_url": None,
        "mqtt": None,
        "ca_file": None,
        "region": settings.region,
        "account": LOCAL_ACCOUNT if settings.is_local else None,
        "speed": settings.speed,
        "workspace": str(settings.workspace),
        "pid": None,
    }


def _reset(arguments: argparse.Namespace) -> int:
    session = local_control().reset(_local_settings(arguments, "reset the embedded AWS"))
    _say(arguments, session.status(), running_sentence(session))
    return 0


def _run(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    notebooks = find_notebooks(CHECKOUT / "notebooks", arguments.names)
    runs = CHECKOUT / "runs"
    if arguments.workspace is None:
        settings = replace(settings, workspace=runs / "workspace")
        if settings.is_local:
            local_control().stop(settings)
        seed_workspace(CHECKOUT, settings.workspace)
    report = (lambda _line: None) if arguments.json else _print_now
    parameters = dict(_parameter(text) for text in arguments.parameter)
    try:
        run = run_notebooks(notebooks, settings, runs / "latest", parameters, report)
    finally:
        if settings.is_local:
            local_control().stop(settings)
    _say(arguments, run.to_json(), f"{run.seconds:.1f} s in all; see {runs / 'latest'}")
    return 0 if run.has_passed else 1


def _check(arguments: argparse.Namespace) -> int:
    lab = Lab(
        arguments.target, arguments.workspace, report=lambda line: print(line, file=sys.stderr)
    )
    results = lab.checks(arguments.part)
    _say(arguments, results.to_json(), results.to_text())
    return 0 if results.earned == results.points else 1


def _terraform(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    own: Mapping[str, str] = {}
    if settings.is_local:
        own = local_control().start(settings).environment()
    terraform = Terraform(settings.terraform_dir, clean_environment(settings, own))
    return terraform.run(*arguments.arguments)


def _local_settings(arguments: argparse.Namespace, attempted: str) -> Settings:
    settings = _settings(arguments)
    if settings.is_local:
        return settings
    raise SettingsError(
        attempted,
        "The target is your AWS account, and there is no embedded AWS to act on.",
        "set LAB_TARGET=local, or destroy resources on the account with Terraform.",
    )


def _parameter(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if name.isidentifier() and separator:
        return name, value
    raise SettingsError(
        "read a notebook parameter",
        f"{text!r} is not of the form NAME=VALUE.",
        "write, for instance, -p minutes=60",
    )


def _say(arguments: argparse.Namespace, data: Mapping[str, Any], text: str) -> None:
    if arguments.json:
        _print_json(data)
    else:
        print(text)


def _print_json(data: Mapping[str, Any]) -> None:
    print(json.dumps(data))


def _print_now(line: str) -> None:
    print(line, flush=True)


def _report_error(error: LabError, as_json: bool) -> None:
    if as_json:
        fields = ("attempted", "happened", "next_step")
        named = {name: getattr(error, name) for name in fields}
        _print_json({"error": {"type": type(error).__name__, **named}})
    print(f"lab: {error}", file=sys.stderr)


_SHELLS: dict[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "powershell": lambda name, value: f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'",
    "cmd": lambda name, value: f'set "{name}={value}"',
}


if __name__ == "__main__":
    raise SystemExit(main())
