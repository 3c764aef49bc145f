"""What the embedded AWS's process is told on its command line."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab_utils.local_aws.functions.hosting import Hosting

SERVER_LOG = "aws.log"
SERVER_OUTPUT = "aws.out"
"""What the server prints before its log is open, or as it crashes."""
EXPLAINED = 3
"""Exit status of a start that failed for a reason which the server's output explains."""


@dataclass(frozen=True)
class ServerSettings:
    """The embedded AWS of one workspace.

    Attributes:
        workspace: The folder that it works for.
        region: The region that it is in.
        speed: How many times faster than the wall clock the lab's time runs.
        http_port: Port of the AWS APIs, or None for 4566 if it is free, else any.
        mqtt_port: Port of MQTT, or None for 8883 if it is free, else any.
        kept_runtimes: Runtimes of Lambda that AWS has retired and the lab takes.
        own_lab_dir: The folder of everything that the lab keeps, if not the workspace's ``.lab``.
        function_prefix: Words before the command of each function's process, to enclose it;
            ``{folder}`` in a word is the folder of all functions' code.
        own_terraform_dir: Where Terraform runs, if not in the workspace's ``terraform/``, for a
            Terraform that is out of this process's sight.
        function_patience: How many times its limit of time a function may take while the machine
            has too much to do.
    """

    workspace: Path
    region: str
    speed: int
    http_port: int | None = None
    mqtt_port: int | None = None
    kept_runtimes: tuple[str, ...] = ()
    own_lab_dir: Path | None = None
    function_prefix: tuple[str, ...] = ()
    own_terraform_dir: Path | None = None
    function_patience: float = 1.0

    @property
    def lab_dir(self) -> Path:
        """The folder of everything that the lab keeps for the workspace."""
        return self.own_lab_dir or self.workspace / ".lab"

    @property
    def state_dir(self) -> Path:
        """The folder of the saved state."""
        return self.lab_dir / "state"

    @property
    def terraform_dir(self) -> Path:
        """The folder of the Terraform configuration."""
        return self.own_terraform_dir or self.workspace / "terraform"

    @property
    def hidden_folders(self) -> tuple[Path, ...]:
        """The folders that no configuration reaches through the providers in this process.

        None where the lab is the student's own.
        """
        if self.own_lab_dir is None:
            return ()
        return (self.own_lab_dir.resolve(), *map(Path, ("/proc", "/sys", "/dev")))

    @property
    def hosting(self) -> Hosting:
        """How functions' processes are kept."""
        return Hosting(self.function_prefix, self.function_patience)

    def arguments(self) -> list[str]:
        """Return the command line that :func:`parse_arguments` reads back."""
        given = ["--workspace", str(self.workspace), "--region", self.region]
        given += ["--speed", str(self.speed)]
        for name, port in (("--http-port", self.http_port), ("--mqtt-port", self.mqtt_port)):
            given += [name, str(port)] if port is not None else []
        given += ["--lab-dir", str(self.own_lab_dir)] if self.own_lab_dir else []
        given += ["--terraform-dir", str(self.own_terraform_dir)] if self.own_terraform_dir else []
        if self.function_patience != 1:
            given += ["--function-patience", str(self.function_patience)]
        if self.function_prefix:
            given += ["--function-prefix", json.dumps(self.function_prefix)]
        return given + [f"--keep-runtime={runtime}" for runtime in self.kept_runtimes]


def parse_arguments(arguments: Sequence[str] | None = None) -> ServerSettings:
    """Return the settings of a command line; the process's own by default."""
    parser = argparse.ArgumentParser(
        prog="python -m lab_utils.local_aws", description="Run the embedded AWS of a workspace."
    )
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--speed", type=int, default=1)
    parser.add_argument("--http-port", type=int)
    parser.add_argument("--mqtt-port", type=int)
    parser.add_argument("--keep-runtime", dest="kept_runtimes", action="append", default=[])
    parser.add_argument("--lab-dir", dest="own_lab_dir", type=Path, metavar="DIR")
    parser.add_argument("--terraform-dir", dest="own_terraform_dir", type=Path, metavar="DIR")
    parser.add_argument(
        "--function-prefix", type=_words, default=(), metavar="JSON", help="a list of words"
    )
    parser.add_argument("--function-patience", type=float, default=1.0, metavar="TIMES")
    given = vars(parser.parse_args(arguments))
    return ServerSettings(**{**given, "kept_runtimes": tuple(given["kept_runtimes"])})


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a JSON list.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    try:
        words = json.loads(text)
    except ValueError:
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise argparse.ArgumentTypeError(f"{text!r} is no JSON list of words")
    return tuple(words)
