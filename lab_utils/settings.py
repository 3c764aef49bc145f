"""The lab's settings, and the only place that reads the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lab_utils.errors import SettingsError

TARGETS = ("local", "aws")
SLOWEST_SPEED, FASTEST_SPEED = 1, 120
DEFAULT_LOCAL_REGION = "eu-west-1"
LOCAL_ACCOUNT = "123456789012"
"""The account of the embedded AWS: the number that AWS's own documentation uses."""
LOCAL_ACCESS_KEY = "test"
LOCAL_SECRET_KEY = "test"
"""The embedded AWS's root key pair; any other key must be one that IAM or STS issued there."""

CHECKOUT = Path(__file__).resolve().parent.parent
"""The folder that this package stands in: the default workspace, and where notebooks are."""


@dataclass(frozen=True)
class Settings:
    """Where the lab works and on what.

    Attributes:
        target: ``local`` (the embedded AWS) or ``aws`` (a real account).
        workspace: Absolute folder that holds ``terraform/``, ``lambda/``, ``ci/`` and ``.lab/``.
        region: AWS region name; empty on ``aws`` when the environment names none.
        speed: How many times faster than the wall clock the lab's time runs (1 to 120).
        kept_runtimes: Lambda runtimes that AWS has retired and the embedded AWS takes.
        asked_speed: The speed that an argument or ``LAB_SPEED`` names; None if neither does.
        session_file: The session of an embedded AWS that somebody else keeps, which is used and
            never started, stopped or reset; None for the workspace's own.
        lab_dir: The folder of everything that the lab keeps, where it is not in the workspace.
    """

    target: str
    workspace: Path
    region: str
    speed: int
    kept_runtimes: tuple[str, ...] = ()
    asked_speed: int | None = field(default=None, compare=False)
    session_file: Path | None = None
    lab_dir: Path | None = None

    @property
    def is_local(self) -> bool:
        """Whether the lab runs on the embedded AWS."""
        return self.target == "local"

    @property
    def state_dir(self) -> Path:
        """The folder of everything that the lab keeps for this workspace."""
        return self.lab_dir or self.workspace / ".lab"

    @property
    def terraform_dir(self) -> Path:
        """The folder of the Terraform configuration."""
        return self.workspace / "terraform"


def read_settings(
    *,
    target: str | None = None,
    workspace: str | Path | None = None,
    region: str | None = None,
    speed: int | str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings: an argument wins over the environment, that over the default.

    ``LAB_KEEP_RUNTIMES`` names retired Lambda runtimes that a local lab takes all the same, such
    as ``python3.7,python3.8``; their functions run under the lab's own Python. ``LAB_SESSION``
    names the session file of an embedded AWS that somebody else keeps.

    Args:
        target: ``local`` or ``aws``; else ``LAB_TARGET``, else ``local``.
        workspace: Folder; else ``LAB_WORKSPACE``, else this checkout.
        region: AWS region; else ``AWS_REGION``, ``AWS_DEFAULT_REGION``, else ``eu-west-1`` on
            ``local`` (and none on ``aws``, where the account's owner must say).
        speed: Factor from 1 to 120; else ``LAB_SPEED``, else 1. Always 1 on ``aws``.
        environ: The environment to read; the process's own by default.

    Raises:
        SettingsError: A target, a speed or a runtime that there is not.
    """
    env = os.environ if environ is None else environ
    chosen = _read_target(target or env.get("LAB_TARGET") or "local")
    folder = Path(workspace or env.get("LAB_WORKSPACE") or CHECKOUT).expanduser().resolve()
    named_region = region or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or ""
    asked_speed = _read_speed(speed if speed is not None else env.get("LAB_SPEED") or None)
    is_local = chosen == "local"
    return Settings(
        target=chosen,
        workspace=folder,
        region=named_region or (DEFAULT_LOCAL_REGION if is_local else ""),
        speed=asked_speed if is_local and asked_speed else SLOWEST_SPEED,
        kept_runtimes=_read_runtimes(env.get("LAB_KEEP_RUNTIMES") or ""),
        asked_speed=asked_speed if is_local else None,
        session_file=_read_path(env.get("LAB_SESSION")) if is_local else None,
    )


def _read_path(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def base_environment() -> dict[str, str]:
    """Return a copy of this process's environment, for a child process to build upon."""
    return dict(os.environ)


def _read_target(text: str) -> str:
    if text in TARGETS:
        return text
    raise SettingsError(
        "choose where the lab runs",
        f"LAB_TARGET is {text!r}, which is none of: {', '.join(TARGETS)}.",
        "set LAB_TARGET=local (the embedded AWS) or LAB_TARGET=aws (your account).",
    )


def _read_runtimes(text: str) -> tuple[str, ...]:
    named = tuple(filter(None, (part.strip() for part in text.split(","))))
    wrong = [name for name in named if not re.fullmatch(r"python[23]\.\d{1,2}", name)]
    if not wrong:
        return named
    raise SettingsError(
        "keep old Lambda runtimes",
        f"LAB_KEEP_RUNTIMES names {', '.join(wrong)}, which is no Python runtime of Lambda.",
        "set it to names such as python3.7,python3.8, or leave it out.",
    )


def _read_speed(value: int | str | None) -> int | None:
    if value is None:
        return None
    try:
        speed = int(value)
    except ValueError:
        speed = 0
    if SLOWEST_SPEED <= speed <= FASTEST_SPEED:
        return speed
    raise SettingsError(
        "set the lab clock",
        f"the speed is {value!r}; it has to be a whole number from "
        f"{SLOWEST_SPEED} to {FASTEST_SPEED}.",
        "set LAB_SPEED, or the notebook's `speed` parameter, to a number in that range.",
    )
