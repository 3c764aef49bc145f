"""The environment variables that Lambda documents, and those that lead to the lab.

Source:
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab_utils.local_aws.functions.model import Function
from lab_utils.local_aws.session_file import CA_FILE

_KEPT = ("PATH", "SYSTEMROOT", "SYSTEMDRIVE", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")
"""What a process needs of the machine's own environment to run at all."""


@dataclass(frozen=True)
class Doors:
    """Where functions reach the embedded AWS.

    Attributes:
        http_port: Port of the AWS APIs.
        https_port: Port of the same over TLS.
        mqtt_port: Port of MQTT over mutual TLS.
        folder: The lab's folder for the workspace.
    """

    http_port: int
    https_port: int
    mqtt_port: int
    folder: Path

    @property
    def ca_file(self) -> Path:
        """File of the lab's authority, in the one folder of the lab that functions may see."""
        return self.code / CA_FILE

    @property
    def ca_bundle(self) -> Path:
        """File of the authorities that functions trust, the lab's among them."""
        return self.code / "authorities.pem"

    @property
    def code(self) -> Path:
        """Folder of the functions' code."""
        return self.folder / "functions"

    def local_ports(self) -> dict[int, int]:
        """Return for AWS's ports on this machine the lab's."""
        return {443: self.https_port, 8443: self.https_port, 8883: self.mqtt_port}

    def aws_ports(self) -> dict[int, int]:
        """Return for the ports of AWS's hosts the lab's."""
        return {80: self.http_port, **self.local_ports()}


def machine_variables(machine: Mapping[str, str]) -> dict[str, str]:
    """Return what a function's process starts with."""
    kept = {name: machine[name] for name in _KEPT if name in machine}
    return {**kept, "LANG": "en_US.UTF-8"}


def function_variables(
    function: Function, stream: str, doors: Doors, credentials: Mapping[str, str]
) -> dict[str, str]:
    """Return the environment variables of a function.

    Args:
        function: The function.
        stream: Its log stream.
        doors: Where it reaches the embedded AWS.
        credentials: The three variables of its role's session.
    """
    return {**_preset(doors), **function.variables, **_reserved(function, stream), **credentials}


def _preset(doors: Doors) -> dict[str, str]:
    """Return the variables that a function's own configuration may replace."""
    return {
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{doors.http_port}",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "LANG": "en_US.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost,.amazonaws.com",
        "PYTHONPATH": "/var/runtime",
        "TZ": ":UTC",
        # The SDK reaches the lab alone; to read a hundred other authorities takes it 40 ms.
        "AWS_CA_BUNDLE": str(doors.ca_file),
        "REQUESTS_CA_BUNDLE": str(doors.ca_bundle),
        "SSL_CERT_FILE": str(doors.ca_bundle),
    }


def _reserved(function: Function, stream: str) -> dict[str, str]:
    """Return the variables that are Lambda's alone."""
    level = {"AWS_LAMBDA_LOG_LEVEL": function.log_level} if function.log_level else {}
    return {
        "AWS_DEFAULT_REGION": function.place.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_FORMAT": "JSON" if function.is_json_log else "Text",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": function.place.region,
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LAMBDA_TASK_ROOT": str(function.code),
        "_HANDLER": function.handler,
        **level,
    }
