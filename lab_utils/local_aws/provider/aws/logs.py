"""``aws_cloudwatch_log_group``."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.naming import prefix_of, unique_name
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay, Validator
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.tags import change_tags, read_tags
from lab_utils.local_aws.provider.validation import one_of
from lab_utils.local_aws.provider.values import State

_LONGEST_NAME, _LONGEST_PREFIX = 512, 483
_RETENTIONS_DAYS = (
    *(0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827),
    *(2192, 2557, 2922, 3288, 3653),
)


def _is_retention(name: str, value: Any) -> str | None:
    if value in _RETENTIONS_DAYS:
        return None
    listed = " ".join(str(days) for days in _RETENTIONS_DAYS)
    return f"expected {name} to be one of [{listed}], got {value:g}"


def _group_name(longest: int) -> Validator:
    def check(name: str, value: Any) -> str | None:
        if len(value) > longest:
            return f'"{name}" cannot be longer than {longest} characters: "{value}"'
        if re.fullmatch(r"[.\-_/#A-Za-z0-9]+", value):
            return None
        return (
            f'"{name}" isn\'t a valid log group name (alphanumeric characters, underscores, '
            f'hyphens, slashes, hash signs and dots are allowed): "{value}"'
        )

    return check


class LogGroup(AwsResource):
    """A log group of CloudWatch Logs."""

    type_name = "aws_cloudwatch_log_group"
    label = "CloudWatch Logs Log Group"
    service = "CloudWatch Logs"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"log_group_class", "name", "name_prefix"}),
        defaults={"retention_in_days": 0, "skip_destroy": False},
        conflicts=(("name", "name_prefix"),),
        validators={
            "log_group_class": (one_of("STANDARD", "INFREQUENT_ACCESS", "DELIVERY"),),
            "name": (_group_name(_LONGEST_NAME),),
            "name_prefix": (_group_name(_LONGEST_PREFIX),),
            "retention_in_days": (_is_retention,),
        },
        no_effect={"kms_key_id": "Its logs are plain files of this machine. Leave it out."},
        errors=(
            ErrorPath("ResourceAlreadyExistsException", "name"),
            ErrorPath("InvalidParameterException", "name"),
        ),
    )

    def validate(self, context: Context, config: State) -> None:
        """Refuse the protection that the embedded AWS does not give."""
        if config["deletion_protection_enabled"] is True:
            context.error(
                'Argument "deletion_protection_enabled" has no effect on the embedded AWS',
                "It deletes every log group that it is asked to. Leave it out.",
                ("deletion_protection_enabled",),
            )

    def create(self, context: Context, planned: State) -> State:
        """Create the group, then set its retention."""
        logs = context.client("logs")
        name = planned["name"] or unique_name(planned["name_prefix"] or "terraform-")
        arguments: State = {"logGroupName": name}
        if planned["log_group_class"]:
            arguments["logGroupClass"] = planned["log_group_class"]
        if planned["tags_all"]:
            arguments["tags"] = planned["tags_all"]
        logs.create_log_group(**arguments)
        context.keep(id=name, name=name)
        _set_retention(logs, name, planned)
        return {"id": name}

    def read(self, context: Context, state: State) -> State | None:
        """Describe the group and its tags."""
        logs, name = context.client("logs"), state["id"]
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
        groups = (one for page in pages for one in page["logGroups"])
        group = next((one for one in groups if one["logGroupName"] == name), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return {
            "name": name,
            "name_prefix": prefix_of(name),
            "arn": arn,
            "deletion_protection_enabled": group.get("deletionProtectionEnabled", False),
            "kms_key_id": group.get("kmsKeyId"),
            "log_group_class": group["logGroupClass"],
            "retention_in_days": group.get("retentionInDays", 0),
            **read_tags(logs.list_tags_for_resource(resourceArn=arn)["tags"], state, context.tags),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change retention and tags."""
        logs = context.client("logs")
        change_tags(
            prior,
            planned,
            untag=lambda keys: logs.untag_resource(resourceArn=prior["arn"], tagKeys=keys),
            tag=lambda tags: logs.tag_resource(resourceArn=prior["arn"], tags=tags),
        )
        if (prior["retention_in_days"] or 0) == (planned["retention_in_days"] or 0):
            return
        if planned["retention_in_days"]:
            _set_retention(logs, prior["id"], planned)
        else:
            logs.delete_retention_policy(logGroupName=prior["id"])

    def delete(self, context: Context, state: State) -> None:
        """Delete the group, unless it is to be left."""
        if not state["skip_destroy"]:
            context.client("logs").delete_log_group(logGroupName=state["id"])


def _set_retention(logs: Any, name: str, planned: State) -> None:
    days = planned["retention_in_days"]
    if days and planned["log_group_class"] != "DELIVERY":
        logs.put_retention_policy(logGroupName=name, retentionInDays=int(days))


RESOURCES: tuple[type[AwsResource], ...] = (LogGroup,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
