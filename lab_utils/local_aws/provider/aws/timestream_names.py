"""What Timestream's databases and tables have in common: the checks of a name, and tags."""

from __future__ import annotations

from typing import Any

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import Validator
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.validation import length, matches
from lab_utils.local_aws.provider.values import State

NAME_CHECKS: tuple[Validator, ...] = (
    length(3, 64),
    matches(
        "[0-9A-Za-z_.-]+",
        "must only include alphanumeric, underscore, period, or hyphen characters",
    ),
)
"""The real provider's, which stops at 64 characters where the API takes 256."""


def tag_arguments(planned: State) -> dict[str, Any]:
    """Return the argument of a creation that sets the tags."""
    return {"Tags": to_list(planned["tags_all"])} if planned["tags_all"] else {}


def read_timestream_tags(context: Context, arn: str, state: State) -> State:
    """Return ``tags`` and ``tags_all``."""
    tags = context.client("timestream-write").list_tags_for_resource(ResourceARN=arn)["Tags"]
    return read_tags(from_list(tags), state, context.tags)


def update_timestream_tags(context: Context, prior: State, planned: State) -> None:
    """Change the tags."""
    arn, client = prior["arn"], context.client("timestream-write")
    change_tags(
        prior,
        planned,
        untag=lambda keys: client.untag_resource(ResourceARN=arn, TagKeys=keys),
        tag=lambda tags: client.tag_resource(ResourceARN=arn, Tags=to_list(tags)),
    )
