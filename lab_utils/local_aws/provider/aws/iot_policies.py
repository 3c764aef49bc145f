"""``aws_iot_policy`` and ``aws_iot_policy_attachment``."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.aws.iot_tags import (
    creation_tags,
    read_iot_tags,
    update_iot_tags,
)
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource, refuse_import
from lab_utils.local_aws.provider.retries import PATIENCE_S, on_code, retry_while
from lab_utils.local_aws.provider.validation import is_json
from lab_utils.local_aws.provider.values import State
from lab_utils.local_aws.provider.waiting import timeout_s

_MOST_VERSIONS = 5
_in_use = on_code("DeleteConflictException")


class Policy(AwsResource):
    """A policy of AWS IoT: what a device may do."""

    type_name = "aws_iot_policy"
    label = "IoT Policy"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name"}),
        json=frozenset({"policy"}),
        recompute={"default_version_id": ("policy",)},
        validators={"policy": (is_json,)},
        errors=(
            ErrorPath("MalformedPolicyException", "policy"),
            ErrorPath("ResourceAlreadyExistsException|InvalidRequestException", "name"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Create the policy with its first version."""
        context.client("iot").create_policy(
            policyName=planned["name"],
            policyDocument=_compact(planned["policy"]),
            **creation_tags(planned),
        )
        return {"id": planned["name"]}

    def read(self, context: Context, state: State) -> State:
        """Return the default version, and the tags."""
        policy = context.client("iot").get_policy(policyName=state["id"])
        return {
            "name": policy["policyName"],
            "arn": policy["policyArn"],
            "policy": policy["policyDocument"],
            "default_version_id": policy["defaultVersionId"],
            **read_iot_tags(context, policy["policyArn"], state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Make another document the default version; the oldest makes room for a sixth."""
        update_iot_tags(context, prior, planned)
        if prior["policy"] == planned["policy"]:
            return
        iot, name = context.client("iot"), planned["name"]
        others = _other_versions(iot, name)
        if len(others) + 1 >= _MOST_VERSIONS:
            _delete_version(context, name, others[0])
        iot.create_policy_version(
            policyName=name, policyDocument=_compact(planned["policy"]), setAsDefault=True
        )

    def delete(self, context: Context, state: State) -> None:
        """Delete every version; while something is still being detached, try again."""
        iot, name = context.client("iot"), state["id"]
        for version in _other_versions(iot, name):
            _delete_version(context, name, version)
        patience_s = timeout_s(state, "delete", PATIENCE_S)
        retry_while(context, _in_use, lambda: iot.delete_policy(policyName=name), patience_s)


class PolicyAttachment(AwsResource):
    """A policy on a certificate, a thing group or a Cognito identity."""

    type_name = "aws_iot_policy_attachment"
    label = "IoT Policy Attachment"
    service = "IoT"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"policy", "target"}),
        errors=(
            ErrorPath("ResourceNotFoundException", "policy", "olicy"),
            ErrorPath("ResourceNotFoundException|InvalidRequestException", "target"),
        ),
    )

    def create(self, context: Context, planned: State) -> State:
        """Attach the policy."""
        policy, target = planned["policy"], planned["target"]
        context.client("iot").attach_policy(policyName=policy, target=target)
        return {"id": f"{policy}|{target}"}

    def read(self, context: Context, state: State) -> State | None:
        """Look for the policy among those of the target."""
        policy, target = state["policy"], state["target"]
        pages = (
            context.client("iot")
            .get_paginator("list_attached_policies")
            .paginate(target=target, recursive=False)
        )
        attached = {one["policyName"] for page in pages for one in page["policies"]}
        return {"policy": policy, "target": target} if policy in attached else None

    def delete(self, context: Context, state: State) -> None:
        """Detach the policy."""
        context.client("iot").detach_policy(policyName=state["policy"], target=state["target"])

    def import_(self, _context: Context, _import_id: str) -> State:
        """Refuse, as the real provider does."""
        return refuse_import(self.type_name)

    def display_name(self, state: State) -> str:
        """Return both sides."""
        return f"{state.get('policy')}|{state.get('target')}"


def _compact(document: str) -> str:
    return json.dumps(json.loads(document), separators=(",", ":"), ensure_ascii=False)


def _other_versions(iot: Any, name: str) -> list[str]:
    """Return the versions that are not the default, the oldest first."""
    versions = iot.list_policy_versions(policyName=name)["policyVersions"]
    return sorted((v["versionId"] for v in versions if not v["isDefaultVersion"]), key=int)


def _delete_version(context: Context, name: str, version: str) -> None:
    iot = context.client("iot")

    def call() -> None:
        iot.delete_policy_version(policyName=name, policyVersionId=version)

    try:
        retry_while(context, _in_use, call)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise


RESOURCES: tuple[type[AwsResource], ...] = (Policy, PolicyAttachment)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
