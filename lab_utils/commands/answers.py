"""What the commands share: the settings of a command line, and how an answer is printed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

from lab_utils.settings import Settings, read_settings


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Return the settings that a command line names, with the environment's for the rest.

    Raises:
        SettingsError: A setting that cannot be.
    """
    return read_settings(
        target=arguments.target,
        workspace=arguments.workspace,
        speed=getattr(arguments, "speed", None),
    )


def say(arguments: argparse.Namespace, data: Mapping[str, Any], text: str) -> None:
    """Print an answer: as one JSON object if that was asked for, else as text."""
    if arguments.json:
        print_json(data)
    else:
        print(text)


def print_json(data: Mapping[str, Any]) -> None:
    """Print one JSON object."""
    print(json.dumps(data))
