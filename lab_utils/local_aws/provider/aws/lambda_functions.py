"""``aws_lambda_function``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.lambda_arguments import (
    BLOCKS,
    CODE,
    CONFIGURATION,
    code,
    configuration,
    configuration_changes,
)
from lab_utils.local_aws.provider.aws.lambda_names import FUNCTION_NAME, RUNTIMES
from lab_utils.local_aws.provider.computed import plan_computed_blocks
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.tags import change_tags, read_tags
from lab_utils.local_aws.provider.validation import between, is_arn, length, one_of
from lab_utils.local_aws.provider.values import UNKNOWN, State
from lab_utils.local_aws.provider.waiting import timeout_s, wait_until

_DEADLINE_S = 10 * 60
_SOURCES = ("filename", "image_uri", "s3_bucket")
_PUBLISHED = ("version", "qualified_arn", "qualified_invoke_arn")
_NO_IMAGES = "The embedded AWS runs functions from a .zip package only, without Docker."
_NO_NETWORK = (
    "The embedded AWS has no VPC: the function would not be inside the subnets. Leave it out."
)
_NOT_THERE = "The embedded AWS does not have this feature of Lambda. Leave it out."


class Function(AwsResource):
    """A function from a package; its code may be deployed by other means, too."""

    type_name = "aws_lambda_function"
    label = "Lambda Function"
    service = "Lambda"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"function_name", "package_type"}),
        defaults={
            "memory_size": 128,
            "package_type": "Zip",
            "publish": False,
            "reserved_concurrent_executions": -1,
            "skip_destroy": False,
            "timeout": 3,
        },
        recompute={
            "code_sha256": CODE,
            "last_modified": (*CODE, *CONFIGURATION),
            "source_code_size": CODE,
        },
        validators={
            "dead_letter_config.target_arn": (is_arn,),
            "ephemeral_storage.size": (between(512, 10240),),
            "function_name": (FUNCTION_NAME,),
            "handler": (length(1, 128),),
            "kms_key_arn": (is_arn,),
            "logging_config.application_log_level": (
                one_of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"),
            ),
            "logging_config.log_format": (one_of("JSON", "Text"),),
            "logging_config.system_log_level": (one_of("DEBUG", "INFO", "WARN"),),
            "memory_size": (between(128, 32768),),
            "package_type": (one_of("Zip", "Image"),),
            "role": (is_arn,),
            "runtime": (one_of(*RUNTIMES),),
            "snap_start.apply_on": (one_of("PublishedVersions", "None"),),
            "timeout": (between(1, 900),),
            "tracing_config.mode": (one_of("Active", "PassThrough"),),
        },
        conflicts=(("s3_object_version", "filename"), ("s3_object_version", "image_uri")),
        exactly_one_of=(_SOURCES,),
        required_with={"s3_bucket": ("s3_key",), "s3_key": ("s3_bucket",)},
        no_effect={
            "capacity_provider_config": _NOT_THERE,
            "code_signing_config_arn": _NOT_THERE,
            "durable_config": _NOT_THERE,
            "file_system_config": "The embedded AWS has no EFS to mount. Leave it out.",
            "image_config": _NO_IMAGES,
            "image_uri": f"{_NO_IMAGES} Give filename, or s3_bucket and s3_key.",
            "publish_to": _NOT_THERE,
            "replace_security_groups_on_destroy": _NO_NETWORK,
            "replacement_security_group_ids": _NO_NETWORK,
            "tenancy_config": _NOT_THERE,
            "vpc_config": _NO_NETWORK,
        },
        errors=(
            ErrorPath("ResourceConflictException", "function_name"),
            ErrorPath("InvalidParameterValueException", "runtime", "untime"),
            ErrorPath("InvalidParameterValueException", "filename", "unzip"),
            ErrorPath("InvalidParameterValueException", "filename", "Unzipped"),
            ErrorPath("InvalidParameterValueException", "layers", "ayer"),
            ErrorPath("InvalidParameterValueException", "dead_letter_config", "ead"),
            ErrorPath("InvalidParameterValueException", "s3_key", "GetObject"),
            ErrorPath("InvalidParameterValueException", "s3_key", "s3://"),
            ErrorPath("InvalidParameterValueException", "role", "role"),
        ),
    )

    def validate(self, context: Context, config: State) -> None:
        """Refuse images, which the default value of package_type hides from the overlay."""
        if config["package_type"] == "Image":
            context.error(
                'package_type "Image" has no effect on the embedded AWS',
                _NO_IMAGES,
                ("package_type",),
            )

    def plan(self, context: Context, prior: State | None, planned: State) -> None:
        """Check handler and runtime, keep computed blocks, tell what publishing changes."""
        for name in ("handler", "runtime"):
            if planned["package_type"] == "Zip" and planned[name] in (None, ""):
                words = f"{name} must be set when PackageType is Zip"
                context.error(words, "", ("function_name",))
        plan_computed_blocks(
            prior, planned, "ephemeral_storage", "logging_config", "tracing_config"
        )
        if prior is not None and planned["publish"]:
            names = ("publish", *CODE, *CONFIGURATION)
            if any((prior[name] or None) != (planned[name] or None) for name in names):
                planned.update(dict.fromkeys(_PUBLISHED, UNKNOWN))

    def create(self, context: Context, planned: State) -> State:
        """Create the function, and wait until it is active."""
        client, name = context.client("lambda"), planned["function_name"]
        client.create_function(
            FunctionName=name,
            Code=code(context, planned),
            PackageType="Zip",
            Publish=planned["publish"],
            Tags=planned["tags_all"] or {},
            **({"Architectures": planned["architectures"]} if planned["architectures"] else {}),
            **configuration(planned),
        )
        context.keep(id=name)
        _wait(context, name, "create", timeout_s(planned, "create", _DEADLINE_S))
        if planned["reserved_concurrent_executions"] >= 0:
            _reserve(client, name, planned["reserved_concurrent_executions"])
        return {"id": name}

    def read(self, context: Context, state: State) -> State:
        """Get the function and its latest version."""
        client, name = context.client("lambda"), state["id"]
        answer = client.get_function(FunctionName=name)
        function, concurrency = answer["Configuration"], answer.get("Concurrency") or {}
        pages = client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
        latest = [version for page in pages for version in page["Versions"]][-1]
        arn = function["FunctionArn"]
        qualified_arn = f"{arn}:{latest['Version']}"
        return {
            **read_tags(answer.get("Tags") or {}, state, context.tags),
            **{own: told(function.get(key)) for own, (key, told) in _READ.items()},
            **{own: read(function, state) for own, read in BLOCKS.items()},
            "arn": arn,
            "filename": state.get("filename"),
            "invoke_arn": _invoke_arn(context, arn),
            "publish": state.get("publish") or False,
            "qualified_arn": qualified_arn,
            "qualified_invoke_arn": _invoke_arn(context, qualified_arn),
            "reserved_concurrent_executions": concurrency.get("ReservedConcurrentExecutions", -1),
            "skip_destroy": state.get("skip_destroy") or False,
            "source_code_hash": state.get("source_code_hash") or "",
            "source_kms_key_arn": answer.get("Code", {}).get("SourceKMSKeyArn"),
            "version": latest["Version"],
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change configuration, then code, then publish; wait after each.

        Code that others have deployed stays: only a change of the arguments that name the
        package uploads it.
        """
        client, name = context.client("lambda"), prior["id"]
        deadline_s = timeout_s(planned, "update", _DEADLINE_S)
        changes = configuration_changes(prior, planned)
        if changes:
            client.update_function_configuration(FunctionName=name, **changes)
            _wait(context, name, "configuration update", deadline_s)
        is_new_code = any((prior[one] or None) != (planned[one] or None) for one in CODE)
        if is_new_code:
            arguments = code(context, planned)
            if planned["architectures"]:
                arguments["Architectures"] = planned["architectures"]
            client.update_function_code(FunctionName=name, **arguments)
            _wait(context, name, "code update", deadline_s)
        reserved = planned["reserved_concurrent_executions"]
        if prior["reserved_concurrent_executions"] != reserved:
            _reserve(client, name, reserved)
        if planned["publish"] and (changes or is_new_code or not prior["publish"]):
            client.publish_version(FunctionName=name)
        change_tags(
            prior,
            planned,
            untag=lambda keys: client.untag_resource(Resource=prior["arn"], TagKeys=keys),
            tag=lambda tags: client.tag_resource(Resource=prior["arn"], Tags=tags),
        )

    def delete(self, context: Context, state: State) -> None:
        """Delete the function and its versions, unless the configuration keeps it."""
        if not state["skip_destroy"]:
            context.client("lambda").delete_function(FunctionName=state["id"])

    def import_(self, _context: Context, import_id: str) -> State:
        """Return the function's name."""
        return {"id": import_id, "function_name": import_id}

    def display_name(self, state: State) -> str:
        """Return the function's name."""
        return str(state.get("function_name"))


def _same(value: Any) -> Any:
    return value


def _layers(layers: Any) -> list[str]:
    return [layer["Arn"] for layer in layers or []]


_READ: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "architectures": ("Architectures", _same),
    "code_sha256": ("CodeSha256", _same),
    "description": ("Description", _same),
    "function_name": ("FunctionName", _same),
    "handler": ("Handler", _same),
    "kms_key_arn": ("KMSKeyArn", _same),
    "last_modified": ("LastModified", _same),
    "layers": ("Layers", _layers),
    "memory_size": ("MemorySize", _same),
    "package_type": ("PackageType", _same),
    "role": ("Role", _same),
    "runtime": ("Runtime", _same),
    "signing_job_arn": ("SigningJobArn", _same),
    "signing_profile_version_arn": ("SigningProfileVersionArn", _same),
    "source_code_size": ("CodeSize", _same),
    "timeout": ("Timeout", _same),
}


def _invoke_arn(context: Context, function_arn: str) -> str:
    """Return the ARN by which API Gateway calls a function."""
    partition = function_arn.split(":")[1]
    path = f"2015-03-31/functions/{function_arn}/invocations"
    return f"arn:{partition}:apigateway:{context.region}:lambda:path/{path}"


def _reserve(client: Any, name: str, executions: int) -> None:
    if executions < 0:
        client.delete_function_concurrency(FunctionName=name)
    else:
        client.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=executions)


def _wait(context: Context, name: str, step: str, deadline_s: float) -> None:
    """Wait until a function is active and its last update has succeeded."""
    client = context.client("lambda")

    def is_ready() -> bool:
        told = client.get_function_configuration(FunctionName=name)
        return (told["State"], told["LastUpdateStatus"]) == ("Active", "Successful")

    wait_until(context, is_ready, f"waiting for Lambda Function ({name}) {step}", deadline_s)


RESOURCES: tuple[type[AwsResource], ...] = (Function,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
