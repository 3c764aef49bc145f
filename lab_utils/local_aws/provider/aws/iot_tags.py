"""Tags of AWS IoT's resources."""

from __future__ import annotations

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.values import State


def read_iot_tags(context: Context, arn: str, state: State) -> State:
    """Return ``tags`` and ``tags_all`` of a resource."""
    pages = context.client("iot").get_paginator("list_tags_for_resource").paginate(resourceArn=arn)
    remote = [tag for page in pages for tag in page["tags"]]
    return read_tags(from_list(remote), state, context.tags)


def update_iot_tags(context: Context, prior: State, planned: State) -> None:
    """Set and remove what changed between two states."""
    iot = context.client("iot")
    change_tags(
        prior,
        planned,
        untag=lambda keys: iot.untag_resource(resourceArn=prior["arn"], tagKeys=keys),
        tag=lambda tags: iot.tag_resource(resourceArn=prior["arn"], tags=to_list(tags)),
    )


def creation_tags(planned: State) -> State:
    """Return the ``tags`` argument of a creating call; nothing when there are none."""
    return {"tags": to_list(planned["tags_all"])} if planned["tags_all"] else {}
