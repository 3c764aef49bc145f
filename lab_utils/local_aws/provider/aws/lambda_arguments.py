"""Arguments of a Lambda function: package and configuration to the API, and blocks back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.values import State

CODE = (
    "filename",
    "source_code_hash",
    "s3_bucket",
    "s3_key",
    "s3_object_version",
    "architectures",
    "source_kms_key_arn",
)
"""A change of one of these uploads the package."""

CONFIGURATION = (
    "dead_letter_config",
    "description",
    "environment",
    "ephemeral_storage",
    "handler",
    "kms_key_arn",
    "layers",
    "logging_config",
    "memory_size",
    "role",
    "runtime",
    "snap_start",
    "timeout",
    "tracing_config",
)
"""A change of one of these changes the function's configuration."""


def code(context: Context, planned: State) -> State:
    """Return the package as the API has it; a file is read from Terraform's own folder."""
    arguments: State = {}
    if planned["filename"]:
        arguments["ZipFile"] = _file(context, planned["filename"])
    else:
        arguments["S3Bucket"], arguments["S3Key"] = planned["s3_bucket"], planned["s3_key"]
        if planned["s3_object_version"]:
            arguments["S3ObjectVersion"] = planned["s3_object_version"]
    if planned["source_kms_key_arn"]:
        arguments["SourceKMSKeyArn"] = planned["source_kms_key_arn"]
    return arguments


def configuration(planned: State) -> State:
    """Return the configuration of a new function as the API has it."""
    told = {name: expand(planned[name]) for name, (_, expand) in _TO_API.items()}
    return {_TO_API[name][0]: value for name, value in told.items() if value}


def configuration_changes(prior: State, planned: State) -> State:
    """Return what differs of the configuration, as the API has it; empty values clear."""
    changed = {n for n in CONFIGURATION if (prior[n] or None) != (planned[n] or None)}
    if "kms_key_arn" in changed:
        changed.add("environment")
    changes = {_TO_API[name][0]: _TO_API[name][1](planned[name]) for name in changed}
    cleared = {key: _CLEARED[key] if value is None else value for key, value in changes.items()}
    return {key: value for key, value in cleared.items() if value is not None}


def _file(context: Context, name: str) -> bytes:
    try:
        return context.path(Path(name).expanduser()).read_bytes()
    except OSError as error:
        problem = (error.strerror or str(error)).lower()
        summary = f"reading ZIP file ({name}): open {name}: {problem}"
        hint = f"The path is relative to the folder that Terraform runs in, {context.folder}."
        raise ProviderError(summary, hint, ("filename",)) from error


def _text(value: Any) -> str:
    return value or ""


def _same(value: Any) -> Any:
    return value


def _target(blocks: Any) -> State | None:
    return {"TargetArn": blocks[0]["target_arn"]} if blocks else None


def _variables(blocks: Any) -> State | None:
    block = blocks[0] if blocks else None
    return {"Variables": block["variables"]} if block and block["variables"] else None


def _storage(blocks: Any) -> State | None:
    return {"Size": blocks[0]["size"]} if blocks and blocks[0]["size"] else None


def _logging(blocks: Any) -> State | None:
    if not blocks:
        return None
    names = {
        "LogFormat": "log_format",
        "LogGroup": "log_group",
        "ApplicationLogLevel": "application_log_level",
        "SystemLogLevel": "system_log_level",
    }
    return {key: blocks[0][name] for key, name in names.items() if blocks[0][name]}


def _snap_start(blocks: Any) -> State | None:
    return {"ApplyOn": blocks[0]["apply_on"]} if blocks else None


def _tracing(blocks: Any) -> State | None:
    return {"Mode": blocks[0]["mode"]} if blocks else None


_TO_API: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "dead_letter_config": ("DeadLetterConfig", _target),
    "description": ("Description", _text),
    "environment": ("Environment", _variables),
    "ephemeral_storage": ("EphemeralStorage", _storage),
    "handler": ("Handler", _same),
    "kms_key_arn": ("KMSKeyArn", _text),
    "layers": ("Layers", lambda layers: layers or []),
    "logging_config": ("LoggingConfig", _logging),
    "memory_size": ("MemorySize", _same),
    "role": ("Role", _same),
    "runtime": ("Runtime", _same),
    "snap_start": ("SnapStart", _snap_start),
    "timeout": ("Timeout", _same),
    "tracing_config": ("TracingConfig", _tracing),
}
_CLEARED: State = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Environment": {"Variables": {}},
    "EphemeralStorage": None,
    "LoggingConfig": None,
    "SnapStart": {"ApplyOn": "None"},
    "TracingConfig": None,
}
"""What clears a block; ``None`` for one that stays as it is when it is left out."""


def _read_environment(function: State, state: State) -> list[State]:
    variables = (function.get("Environment") or {}).get("Variables") or {}
    known = state.get("environment") or []
    if not variables and known and not (known[0] or {}).get("variables"):
        return known
    return [{"variables": variables}] if variables else []


def _read_target(function: State, _state: State) -> list[State]:
    arn = (function.get("DeadLetterConfig") or {}).get("TargetArn")
    return [{"target_arn": arn}] if arn else []


def _read_storage(function: State, _state: State) -> list[State]:
    return [{"size": (function.get("EphemeralStorage") or {}).get("Size", 512)}]


def _read_logging(function: State, _state: State) -> list[State]:
    told = function.get("LoggingConfig") or {}
    return [
        {
            "log_format": told.get("LogFormat", "Text"),
            "log_group": told.get("LogGroup"),
            "application_log_level": told.get("ApplicationLogLevel") or "",
            "system_log_level": told.get("SystemLogLevel") or "",
        }
    ]


def _read_snap_start(function: State, _state: State) -> list[State]:
    told = function.get("SnapStart") or {}
    if told.get("ApplyOn", "None") == "None":
        return []
    return [{"apply_on": told["ApplyOn"], "optimization_status": told.get("OptimizationStatus")}]


def _read_tracing(function: State, _state: State) -> list[State]:
    return [{"mode": (function.get("TracingConfig") or {}).get("Mode", "PassThrough")}]


BLOCKS: dict[str, Callable[[State, State], list[State]]] = {
    "dead_letter_config": _read_target,
    "environment": _read_environment,
    "ephemeral_storage": _read_storage,
    "logging_config": _read_logging,
    "snap_start": _read_snap_start,
    "tracing_config": _read_tracing,
}
"""Reads each block from a function's configuration and the state."""
