"""The registry of AWS IoT, where ministack takes more than AWS does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lab_utils.local_aws.policy_documents import identity_policy_problem

_MOST_POLICY_VERSIONS = 5


def mend_iot_registry(iot: Any) -> None:
    """Replace what differs in ministack's ``iot`` module.

    A policy follows the grammar of policies and has at most five versions; a thing group tells
    when it was made and its ancestors. An update that expects another version of a thing is
    refused.

    Source:
        https://docs.aws.amazon.com/iot/latest/apireference/API_CreatePolicyVersion.html
        https://docs.aws.amazon.com/iot/latest/apireference/API_DescribeThingGroup.html
    """
    _limit_policy_versions(iot)
    for name in ("_create_policy", "_create_policy_version"):
        setattr(iot, name, _with_grammar(iot, getattr(iot, name)))
    _describe_ancestors(iot)
    _check_thing_versions(iot)


def _limit_policy_versions(iot: Any) -> None:
    create = iot._create_policy_version

    def create_version(name: str, payload: dict[str, Any], query: dict[str, str]) -> Any:
        policy = iot._policies.get(name)
        if policy is None or len(policy["versions"]) < _MOST_POLICY_VERSIONS:
            return create(name, payload, query)
        words = (
            f"The policy {name} already has the maximum number of versions "
            f"({_MOST_POLICY_VERSIONS})"
        )
        return iot.error_response_json("VersionsLimitExceededException", words, 409)

    iot._create_policy_version = create_version


def _with_grammar(iot: Any, create: Callable[..., Any]) -> Callable[..., Any]:
    """Return a creating function that refuses a document which is no policy."""

    def create_checked(name: str, payload: dict[str, Any], *query: Any) -> Any:
        document = payload.get("policyDocument")
        problem = identity_policy_problem(document) if document else None
        if problem:
            return iot.error_response_json("MalformedPolicyException", problem, 400)
        return create(name, payload, *query)

    return create_checked


def _check_thing_versions(iot: Any) -> None:
    update = iot._update_thing

    def update_thing(name: str, payload: dict[str, Any]) -> Any:
        expected, thing = payload.get("expectedVersion"), iot._things.get(name)
        if expected and thing is not None and expected != thing.get("version", 1):
            words = f"The version for thing {name} does not match the expected version."
            return iot.error_response_json("VersionConflictException", words, 409)
        return update(name, payload)

    iot._update_thing = update_thing


def _describe_ancestors(iot: Any) -> None:
    describe = iot._describe_thing_group

    def describe_group(name: str) -> Any:
        status, headers, body = describe(name)
        if status != 200:
            return status, headers, body
        group = json.loads(body)
        metadata = group.setdefault("thingGroupMetadata", {})
        metadata.setdefault("creationDate", group["creationDate"])
        if ancestors := _ancestors(iot, metadata.get("parentGroupName")):
            metadata["rootToParentThingGroups"] = ancestors
        return status, headers, json.dumps(group).encode()

    iot._describe_thing_group = describe_group


def _ancestors(iot: Any, parent: str | None) -> list[dict[str, str]]:
    """Return a group's ancestors, the root first."""
    found: list[dict[str, str]] = []
    while parent and (group := iot._thing_groups.get(parent)):
        found.insert(0, {"groupName": parent, "groupArn": group["thingGroupArn"]})
        parent = (group.get("thingGroupMetadata") or {}).get("parentGroupName")
    return found
