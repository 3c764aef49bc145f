"""``aws_iam_policy``."""

from __future__ import annotations

from typing import Any, ClassVar

from lab_utils.local_aws.provider.aws.iam_names import chosen_name, name_validators, named
from lab_utils.local_aws.provider.aws.policies import (
    is_policy,
    normalize_policy,
    read_policy,
    settle_policy,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.validation import length
from lab_utils.local_aws.provider.values import UNKNOWN, State

_MOST_VERSIONS = 5
"""How many versions of a policy AWS keeps; the oldest makes room for the next."""


class Policy(AwsResource):
    """A managed policy."""

    type_name = "aws_iam_policy"
    label = "IAM Policy"
    service = "IAM"
    gone = ("NoSuchEntity",)
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "name_prefix", "path", "description"}),
        defaults={"path": "/"},
        json=frozenset({"policy"}),
        validators={
            **name_validators(128),
            "description": (length(0, 1000),),
            "path": (length(0, 512),),
            "policy": (is_policy,),
        },
        conflicts=(("name", "name_prefix"),),
        errors=(
            ErrorPath("EntityAlreadyExists", "name"),
            ErrorPath("MalformedPolicyDocument|LimitExceeded", "policy"),
        ),
    )

    def plan(self, _context: Context, prior: State | None, planned: State) -> None:
        """Spell the policy as it is stored."""
        if planned["policy"] is not UNKNOWN:
            planned["policy"] = normalize_policy(planned["policy"])
        settle_policy(prior, planned, "policy")

    def create(self, context: Context, planned: State) -> State:
        """Create the policy."""
        answer = context.client("iam").create_policy(
            PolicyName=chosen_name(planned),
            Path=planned["path"] or "/",
            Description=planned["description"] or "",
            PolicyDocument=planned["policy"],
            Tags=to_list(planned["tags_all"]),
        )
        return {"id": answer["Policy"]["Arn"]}

    def read(self, context: Context, state: State) -> State:
        """Get the policy and its default version."""
        client, arn = context.client("iam"), state["id"]
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])
        document = version["PolicyVersion"]["Document"]
        tags = client.list_policy_tags(PolicyArn=arn).get("Tags")
        return {
            **named(policy["PolicyName"]),
            **read_tags(from_list(tags), state, context.tags),
            "arn": policy["Arn"],
            "attachment_count": policy.get("AttachmentCount", 0),
            "description": policy.get("Description") or "",
            "path": policy["Path"],
            "policy": read_policy(state, "policy", document),
            "policy_id": policy["PolicyId"],
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Make a new default version, if the policy differs; change the tags."""
        client, arn = context.client("iam"), prior["id"]
        if prior["policy"] != planned["policy"]:
            _make_room(client, arn)
            client.create_policy_version(
                PolicyArn=arn, PolicyDocument=planned["policy"], SetAsDefault=True
            )
        change_tags(
            prior,
            planned,
            untag=lambda keys: client.untag_policy(PolicyArn=arn, TagKeys=keys),
            tag=lambda tags: client.tag_policy(PolicyArn=arn, Tags=to_list(tags)),
        )

    def delete(self, context: Context, state: State) -> None:
        """Delete the other versions, then the policy."""
        client, arn = context.client("iam"), state["id"]
        for version in _other_versions(client, arn):
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
        client.delete_policy(PolicyArn=arn)


def _make_room(client: Any, arn: str) -> None:
    """Delete the oldest version that is not the default, if there are as many as AWS keeps."""
    others = _other_versions(client, arn)
    if len(others) + 1 >= _MOST_VERSIONS:
        oldest = min(others, key=lambda version: int(version["VersionId"].lstrip("v")))
        client.delete_policy_version(PolicyArn=arn, VersionId=oldest["VersionId"])


def _other_versions(client: Any, arn: str) -> list[State]:
    """Return the versions that are not the default."""
    pages = client.get_paginator("list_policy_versions").paginate(PolicyArn=arn)
    versions = [version for page in pages for version in page["Versions"]]
    return [version for version in versions if not version["IsDefaultVersion"]]


RESOURCES: tuple[type[AwsResource], ...] = (Policy,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
