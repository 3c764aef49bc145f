"""The way to the embedded AWS: the only place that leans on ``lab_utils.local_aws``."""

from __future__ import annotations

import importlib
from typing import Any


def running_sentence(session: Any) -> str:
    """Return one line that says where the embedded AWS runs, and how fast its clock."""
    clock = "real time" if session.speed == 1 else f"{session.speed} times real time"
    return (
        f"Embedded AWS: HTTP endpoint {session.endpoint_url}, MQTT endpoint "
        f"{session.mqtt_host}:{session.mqtt_port}, region {session.region}, clock at {clock}"
    )


def local_control() -> Any:
    """Return the embedded AWS's control module (start, find, stop, reset).

    Loaded only here and only for the local target: on real AWS nothing of it is needed, and
    nothing else in the package may lean on it.
    """
    return importlib.import_module("lab_utils.local_aws.control")


def local_runtimes() -> Any:
    """Return the module that knows which runtimes Lambda still takes."""
    return importlib.import_module("lab_utils.local_aws.lambda_runtimes")


def local_bulk() -> Any:
    """Return the module that fills the embedded AWS's Timestream store for a benchmark."""
    return importlib.import_module("lab_utils.local_aws.timestream.bulk")
