"""The session file: how a program of this workspace finds the embedded AWS that runs for it."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from lab_utils.settings import LOCAL_ACCESS_KEY, LOCAL_SECRET_KEY

SESSION_FILE = "session.json"
CA_FILE = "root-CA.crt"
GUEST_FOLDER = "guest"
"""The folder of all that a program may see which uses the server and does not keep it."""
_STATUS_KEYS = (
    "target",
    "running",
    "endpoint_url",
    "mqtt",
    "ca_file",
    "region",
    "account",
    "speed",
    "workspace",
    "pid",
)


class SessionFileError(ValueError):
    """A session file that is no session of this version of the lab."""


@dataclass(frozen=True)
class Session:
    """A running embedded AWS.

    Attributes:
        endpoint_url: Where its AWS APIs answer, ``http://127.0.0.1:PORT``.
        mqtt_host: Name to connect a device to; the server certificate covers it.
        mqtt_port: Port of MQTT over mutual TLS.
        ca_file: The certificate authority that devices trust, PEM.
        speed: How many times faster than the wall clock the lab's time runs.
        workspace: The folder it works for.
        pid: Its process id.
        reattach: What ``TF_REATTACH_PROVIDERS`` holds, as an object.
        cli_config_file: Terraform's CLI configuration for this workspace.
        started_at: When it was ready, ISO 8601 in UTC.
        stop_token: Secret that its stop request has to carry.
        trace_token: Secret that a request for a rule's trace has to carry.
        https_port: Port of its AWS APIs over TLS.
    """

    endpoint_url: str
    mqtt_host: str
    mqtt_port: int
    ca_file: str
    region: str
    account: str
    speed: int
    workspace: str
    pid: int
    reattach: dict[str, Any] = field(default_factory=dict)
    cli_config_file: str = ""
    started_at: str = ""
    stop_token: str = field(default="", repr=False)
    trace_token: str = field(default="", repr=False)
    https_port: int = 0

    def environment(self) -> dict[str, str]:
        """Return the variables that Terraform, the AWS CLI and boto3 need to reach it."""
        return {
            "LAB_MQTT_PORT": str(self.mqtt_port),
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": LOCAL_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": LOCAL_SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "TF_REATTACH_PROVIDERS": json.dumps(self.reattach, separators=(",", ":")),
            "TF_CLI_CONFIG_FILE": self.cli_config_file,
            "CHECKPOINT_DISABLE": "1",
            # A proxy of the machine cannot reach the loopback interface of the machine.
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def status(self) -> dict[str, Any]:
        """Return what ``lab status --json`` prints, in its order."""
        document = self.to_json()
        return {key: document[key] for key in _STATUS_KEYS}

    def to_json(self) -> dict[str, Any]:
        """Return the session file's content."""
        document = asdict(self)
        mqtt = {"host": document.pop("mqtt_host"), "port": document.pop("mqtt_port")}
        return {"target": "local", "running": True, "mqtt": mqtt, **document}


def read_session(path: Path) -> Session:
    """Return the session that a file names.

    Raises:
        FileNotFoundError: There is no such file.
        SessionFileError: It is damaged, or of another version of the lab.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        mqtt = document.pop("mqtt")
        known = {name: document[name] for name in Session.__dataclass_fields__ if name in document}
        session = Session(mqtt_host=str(mqtt["host"]), mqtt_port=int(mqtt["port"]), **known)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise SessionFileError(f"{path} is no session of this version") from error
    if not (isinstance(session.pid, int) and session.pid > 0):
        raise SessionFileError(f"{path} names no process")
    return session


def write_session(path: Path, session: Session) -> None:
    """Write the session file in one step, readable by its owner only."""
    write_private(path, (json.dumps(session.to_json(), indent=2) + "\n").encode())


def write_guest_session(folder: Path, session: Session) -> None:
    """Write a session that cannot stop the server, and the files that it names, to a folder."""
    folder.mkdir(exist_ok=True, mode=0o700)
    ca_file, cli_config_file = (
        shutil.copyfile(name, folder / Path(name).name)
        for name in (session.ca_file, session.cli_config_file)
    )
    given = replace(
        session, ca_file=str(ca_file), cli_config_file=str(cli_config_file), stop_token=""
    )
    write_session(folder / SESSION_FILE, given)


def write_private(path: Path, content: bytes) -> None:
    """Replace a file in one step; nobody else can read it, and no half of it is ever seen."""
    # A name that nobody knows beforehand: in a folder of a student's a link might wait for it.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
