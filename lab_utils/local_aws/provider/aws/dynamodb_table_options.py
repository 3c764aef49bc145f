"""Options of a DynamoDB table: stream, encryption, time to live, recovery, class, protection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lab_utils.local_aws.provider.aws.dynamodb_table_plan import is_off
from lab_utils.local_aws.provider.values import State

Client = Any


def stream(planned: State) -> State:
    """Return the stream as the API has it."""
    enabled = bool(planned["stream_enabled"])
    specification: State = {"StreamEnabled": enabled}
    return (
        {**specification, "StreamViewType": planned["stream_view_type"]}
        if enabled
        else specification
    )


def encryption(planned: State) -> State | None:
    """Return the encryption as the API has it; ``None`` for AWS's own key."""
    blocks = planned["server_side_encryption"]
    if not blocks or not blocks[0]["enabled"]:
        return None
    key = blocks[0]["kms_key_arn"]
    return {"Enabled": True, "SSEType": "KMS", **({"KMSMasterKeyId": key} if key else {})}


def changes(prior: State, planned: State) -> Iterator[State]:
    """Yield the arguments of each UpdateTable that an option needs."""
    if stream(prior) != stream(planned):
        yield from _stream_changes(prior, planned)
    if prior["table_class"] != planned["table_class"]:
        yield {"TableClass": planned["table_class"] or "STANDARD"}
    protected = [bool(one["deletion_protection_enabled"]) for one in (prior, planned)]
    if protected[0] is not protected[1]:
        yield {"DeletionProtectionEnabled": protected[1]}
    before, after = encryption(prior), encryption(planned)
    if before != after:
        yield {"SSESpecification": after or {"Enabled": False}}


def update_ttl(client: Client, name: str, prior: State, planned: State) -> None:
    """Switch the time to live on or off."""
    before, after = prior.get("ttl") or [], planned["ttl"] or []
    if before == after or (is_off(before) and is_off(after)):
        return
    block = before[0] if is_off(after) else after[0]
    wanted = {"AttributeName": block["attribute_name"], "Enabled": not is_off(after)}
    client.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)


def update_recovery(client: Client, name: str, prior: State, planned: State) -> None:
    """Switch the point-in-time recovery on or off."""
    before, after = (
        prior.get("point_in_time_recovery") or [],
        planned["point_in_time_recovery"] or [],
    )
    if before == after or (is_off(before) and is_off(after)):
        return
    wanted: State = {"PointInTimeRecoveryEnabled": not is_off(after)}
    if not is_off(after) and after[0]["recovery_period_in_days"]:
        wanted["RecoveryPeriodInDays"] = after[0]["recovery_period_in_days"]
    client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=wanted)


def read_stream(table: State, state: State) -> State:
    """Return the attributes of the stream; a view type that is off stays as the state has it."""
    specification = table.get("StreamSpecification") or {}
    enabled = specification.get("StreamEnabled", False)
    return {
        "stream_enabled": enabled,
        "stream_view_type": (
            specification.get("StreamViewType") if enabled else state.get("stream_view_type") or ""
        ),
        "stream_arn": table.get("LatestStreamArn") or "",
        "stream_label": table.get("LatestStreamLabel") or "",
    }


def read_encryption(table: State, state: State) -> list[State]:
    """Return the ``server_side_encryption`` block."""
    description = table.get("SSEDescription") or {}
    if description.get("Status") in ("ENABLED", "ENABLING", "UPDATING"):
        return [{"enabled": True, "kms_key_arn": description.get("KMSMasterKeyArn")}]
    known = state.get("server_side_encryption") or []
    return known if is_off(known) else []


def read_recovery(client: Client, state: State) -> list[State]:
    """Return the ``point_in_time_recovery`` block."""
    answer = client.describe_continuous_backups(TableName=state["id"])
    told = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription") or {}
    enabled = told.get("PointInTimeRecoveryStatus") == "ENABLED"
    known = state.get("point_in_time_recovery") or []
    if not enabled and known and is_off(known):
        return known
    mine = known[0]["recovery_period_in_days"] if known else None
    days = told.get("RecoveryPeriodInDays", mine) if enabled else None
    return [{"enabled": enabled, "recovery_period_in_days": days}]


def read_ttl(client: Client, state: State) -> list[State]:
    """Return the ``ttl`` block; AWS tells no attribute when it is off, so the state's stays."""
    told = client.describe_time_to_live(TableName=state["id"])["TimeToLiveDescription"]
    enabled = told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    known = state.get("ttl") or []
    if not enabled and known and is_off(known):
        return known
    return [{"attribute_name": told.get("AttributeName") if enabled else "", "enabled": enabled}]


def _stream_changes(prior: State, planned: State) -> Iterator[State]:
    """Yield the steps to the planned stream: its view type changes only while it is off."""
    if prior["stream_enabled"] and planned["stream_enabled"]:
        yield {"StreamSpecification": {"StreamEnabled": False}}
    yield {"StreamSpecification": stream(planned)}
