"""start, stop, status and reset: the embedded AWS of a workspace."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Callable
from typing import Any

from lab_utils.account import connect_account
from lab_utils.commands.answers import print_json, say, settings_of
from lab_utils.embedded import local_control, running_sentence
from lab_utils.errors import SettingsError
from lab_utils.lab_time import moment_of
from lab_utils.settings import LOCAL_ACCOUNT, Settings

SHELLS: dict[str, Callable[[str, str], str]] = {
    "sh": lambda name, value: f"export {name}={shlex.quote(value)}",
    "powershell": lambda name, value: f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'",
    "cmd": lambda name, value: f'set "{name}={value}"',
}


def start(arguments: argparse.Namespace) -> int:
    """Start the embedded AWS, and print the environment in which clients find it."""
    settings = settings_of(arguments)
    if not settings.is_local:
        connect_account(settings, print)
        return 0
    session = local_control().start(settings, speed=arguments.speed)
    if settings.asked_speed not in (None, session.speed):
        remark = f"LAB_SPEED asks for the speed {settings.asked_speed}, but it runs already with"
        remark += f" the speed {session.speed}: lab stop, then lab start, would change that"
        print(f"lab: {remark}", file=sys.stderr)
    if arguments.json:
        print_json(session.status())
        return 0
    print(f"# {running_sentence(session)}")
    for name, value in session.environment().items():
        print(SHELLS[arguments.shell](name, value))
    return 0


def stop(arguments: argparse.Namespace) -> int:
    """Stop it; what it stored stays."""
    stopped = local_control().stop(_local_settings(arguments, "stop the embedded AWS"))
    say(arguments, {"stopped": stopped}, "stopped" if stopped else "it was not running")
    return 0


def status(arguments: argparse.Namespace) -> int:
    """Say whether it runs, and where."""
    settings = settings_of(arguments)
    if not settings.is_local:
        say(arguments, _idle_status(settings), "on your AWS account; nothing runs here")
        return 0
    found = local_control().inspect(settings)
    if found.remark:
        print(f"lab: {found.remark}", file=sys.stderr)
    if found.session is None:
        say(arguments, _idle_status(settings), "not running; lab start starts it")
        return 0
    lab_time = moment_of(found.health["lab_time_ns"]).strftime("%Y-%m-%dT%H:%M:%SZ")
    sentence = f"{running_sentence(found.session)}, lab time {lab_time}"
    say(arguments, {**found.session.status(), "lab_time": lab_time}, sentence)
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
        "lab_time": None,
    }


def reset(arguments: argparse.Namespace) -> int:
    """Throw away what it stored, and start it anew."""
    settings = _local_settings(arguments, "reset the embedded AWS")
    running = local_control().find(settings)
    session = local_control().reset(settings, speed=running.speed if running else None)
    if (settings.terraform_dir / "terraform.tfstate").exists():
        remark = "Terraform's state still lists what was there: lab terraform apply makes it again"
        print(f"lab: {remark}", file=sys.stderr)
    say(arguments, session.status(), running_sentence(session))
    return 0


def _local_settings(arguments: argparse.Namespace, attempted: str) -> Settings:
    settings = settings_of(arguments)
    if settings.is_local:
        return settings
    raise SettingsError(
        attempted,
        "The target is your AWS account, and there is no embedded AWS to act on.",
        "set LAB_TARGET=local, or destroy resources on the account with Terraform.",
    )
