"""The AWS SDK of a process that waits to become a function: loaded before it is needed."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from typing import Any

from .channel import DEPTH_VARIABLE

_DEPTH_HEADER = "X-Ministack-Invoke-Depth"
_SHARED = ("endpoints", "partitions", "_retry", "sdk-default-configuration")
"""Data that every session of the SDK reads and none changes; reading it takes 70 ms."""


def load_sdk(variables: Mapping[str, str]) -> None:
    """Import the AWS SDK and read its shared data.

    A function that finds it loaded starts faster; otherwise it cannot tell.

    Args:
        variables: The environment, in which each invocation has its depth.
    """

    def count_invocations(params: dict[str, Any], **_: Any) -> None:
        """Tell how deep a call is, so that functions that go round can be stopped."""
        depth = variables.get(DEPTH_VARIABLE)
        if depth:
            params["headers"].setdefault(_DEPTH_HEADER, depth)

    sdk: Any = importlib.import_module("boto3")
    _keep_shared_data(importlib.import_module("botocore.loaders"))
    # The first client is what imports and reads the rest. It is thrown away.
    sdk.session.Session().client(
        "iot-data",
        region_name="eu-west-1",
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="none",
        aws_secret_access_key="none",
    )
    handlers: Any = importlib.import_module("botocore.handlers")
    handlers.BUILTIN_HANDLERS.append(("before-call", count_invocations))


def _keep_shared_data(loaders: Any) -> None:
    """Let sessions share what each would read again: that data, and which services there are."""
    load, kept = loaders.JSONFileLoader.load_file, {}
    list_services, services = loaders.Loader.list_available_services, {}

    def load_file(self: Any, path: str) -> Any:
        if os.path.basename(path) not in _SHARED:  # noqa: PTH119 - no pathlib here
            return load(self, path)
        if path not in kept:
            kept[path] = load(self, path)
        return kept[path]

    def list_available_services(self: Any, type_name: str) -> list[str]:
        key = (*self.search_paths, type_name)
        if key not in services:
            services[key] = list_services(self, type_name)
        return list(services[key])

    loaders.JSONFileLoader.load_file = load_file
    loaders.Loader.list_available_services = list_available_services
