"""``aws_dynamodb_table``."""

from __future__ import annotations

from typing import Any, ClassVar

from botocore.exceptions import ClientError

from lab_utils.local_aws.provider.aws import dynamodb_indexes as indexes
from lab_utils.local_aws.provider.aws import dynamodb_table_options as options
from lab_utils.local_aws.provider.aws.dynamodb_table_plan import check_ttl, plan_table
from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import ErrorPath, Overlay
from lab_utils.local_aws.provider.resource import AwsResource, DataSource
from lab_utils.local_aws.provider.tags import change_tags, from_list, read_tags, to_list
from lab_utils.local_aws.provider.validation import between, is_arn, one_of
from lab_utils.local_aws.provider.values import State
from lab_utils.local_aws.provider.waiting import timeout_s, wait_until

_CREATE_S, _UPDATE_S, _DELETE_S = 30 * 60, 60 * 60, 10 * 60
_SCALAR_TYPES = one_of("S", "N", "B")
_PROJECTIONS = one_of("ALL", "KEYS_ONLY", "INCLUDE")
_STREAM_VIEWS = one_of("", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
_NO_RESTORE = "The embedded AWS has no backups to restore a table from: leave it out."
_ONE_REGION = "The embedded AWS keeps each table in one region: leave it out."
_NO_WARMTH = "The embedded AWS serves any number of requests, warm or not: leave it out."


class Table(AwsResource):
    """A table with its indexes, stream and options."""

    type_name = "aws_dynamodb_table"
    label = "AWS DynamoDB Table"
    service = "DynamoDB"
    overlay: ClassVar[Overlay] = Overlay(
        force_new=frozenset({"name", "hash_key", "range_key", "local_secondary_index"}),
        defaults={"billing_mode": indexes.PROVISIONED, "table_class": "STANDARD"},
        recompute={
            "stream_arn": ("stream_enabled", "stream_view_type"),
            "stream_label": ("stream_enabled", "stream_view_type"),
        },
        validators={
            "attribute.type": (_SCALAR_TYPES,),
            "billing_mode": (one_of(indexes.PROVISIONED, indexes.PAY_PER_REQUEST),),
            "global_secondary_index.projection_type": (_PROJECTIONS,),
            "local_secondary_index.projection_type": (_PROJECTIONS,),
            "point_in_time_recovery.recovery_period_in_days": (between(1, 35),),
            "server_side_encryption.kms_key_arn": (is_arn,),
            "stream_view_type": (_STREAM_VIEWS,),
            "table_class": (one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS"),),
        },
        no_effect={
            "replica": _ONE_REGION,
            "global_table_witness": _ONE_REGION,
            "import_table": "The embedded AWS does not import tables from S3: write the items "
            "with aws_dynamodb_table_item, or by PutItem.",
            "restore_date_time": _NO_RESTORE,
            "restore_source_name": _NO_RESTORE,
            "restore_source_table_arn": _NO_RESTORE,
            "restore_to_latest_time": _NO_RESTORE,
            "warm_throughput": _NO_WARMTH,
            "global_secondary_index.warm_throughput": _NO_WARMTH,
        },
        conflicts=(
            ("read_capacity", "on_demand_throughput"),
            ("write_capacity", "on_demand_throughput"),
        ),
        errors=(
            ErrorPath("ResourceInUseException", "name", "already exists"),
            ErrorPath("ValidationException", "name", "TableName"),
            ErrorPath("ValidationException", "name", "tableName"),
            ErrorPath("ValidationException", "range_key", "does not have a range key"),
        ),
    )

    def validate(self, context: Context, config: State) -> None:
        """Check the time to live."""
        check_ttl(context, config)

    def plan(self, context: Context, prior: State | None, planned: State) -> None:
        """Check keys, capacity and stream; fill in the options that are left out."""
        plan_table(context, prior, planned)

    def create(self, context: Context, planned: State) -> State:
        """Create the table, wait until it is active, then switch its options on."""
        name, client = planned["name"], context.client("dynamodb")
        client.create_table(**_arguments(planned))
        context.keep(id=name)
        _wait_active(context, name, timeout_s(planned, "create", _CREATE_S))
        options.update_ttl(client, name, {}, planned)
        options.update_recovery(client, name, {}, planned)
        return {"id": name}

    def read(self, context: Context, state: State) -> State:
        """Describe the table and its options."""
        client = context.client("dynamodb")
        table = client.describe_table(TableName=state["id"])["Table"]
        tags = client.list_tags_of_resource(ResourceArn=table["TableArn"]).get("Tags")
        return {
            **_described(table, state),
            **options.read_stream(table, state),
            **read_tags(from_list(tags), state, context.tags),
            "server_side_encryption": options.read_encryption(table, state),
            "point_in_time_recovery": options.read_recovery(client, state),
            "ttl": options.read_ttl(client, state),
        }

    def update(self, context: Context, prior: State, planned: State) -> None:
        """Change the table step by step: the API takes one kind of change at a time."""
        name, client = prior["id"], context.client("dynamodb")
        delete, update, create = indexes.index_updates(prior, planned)
        attributes = indexes.definitions(planned)
        own: list[State] = [_changes(prior, planned, update), *options.changes(prior, planned)]
        steps: list[State] = [_index_step("Delete", {"IndexName": one}) for one in delete]
        steps += [change for change in own if change]
        for index in create:
            steps.append({**_index_step("Create", index), "AttributeDefinitions": attributes})
        for step in steps:
            client.update_table(TableName=name, **step)
            _wait_active(context, name, timeout_s(planned, "update", _UPDATE_S))
        options.update_ttl(client, name, prior, planned)
        options.update_recovery(client, name, prior, planned)
        change_tags(
            prior,
            planned,
            untag=lambda keys: client.untag_resource(ResourceArn=prior["arn"], TagKeys=keys),
            tag=lambda tags: client.tag_resource(ResourceArn=prior["arn"], Tags=to_list(tags)),
        )

    def delete(self, context: Context, state: State) -> None:
        """Delete the table, and wait until it is gone."""
        client = context.client("dynamodb")
        client.delete_table(TableName=state["id"])
        what = f"waiting for deletion of DynamoDB Table ({state['id']})"
        is_gone = lambda: _status(client, state["id"]) is None  # noqa: E731
        wait_until(context, is_gone, what, timeout_s(state, "delete", _DELETE_S))


def _arguments(planned: State) -> State:
    """Return the arguments of CreateTable."""
    name, hash_key = planned["name"], planned["hash_key"]
    if not hash_key:
        doing = f"creating DynamoDB Table ({name}): operation error DynamoDB: CreateTable"
        words = "1 validation error(s) found. - missing required field, CreateTableInput.KeySchema."
        raise ProviderError(f"{doing}, {words}", "A table needs a hash_key.", ("name",))
    billing = planned["billing_mode"]
    optional = {
        "GlobalSecondaryIndexes": [
            indexes.global_index(one, billing) for one in planned["global_secondary_index"] or []
        ],
        "LocalSecondaryIndexes": [
            indexes.local_index(one, hash_key) for one in planned["local_secondary_index"] or []
        ],
        "OnDemandThroughput": indexes.on_demand(planned["on_demand_throughput"]),
        "ProvisionedThroughput": (
            indexes.throughput(planned) if billing == indexes.PROVISIONED else None
        ),
        "SSESpecification": options.encryption(planned),
        "StreamSpecification": options.stream(planned) if planned["stream_enabled"] else None,
    }
    return {
        "TableName": name,
        "BillingMode": billing,
        "KeySchema": indexes.key_schema(hash_key, planned["range_key"]),
        "AttributeDefinitions": indexes.definitions(planned),
        "TableClass": planned["table_class"],
        "DeletionProtectionEnabled": bool(planned["deletion_protection_enabled"]),
        "Tags": to_list(planned["tags_all"]),
        **{key: value for key, value in optional.items() if value},
    }


def _described(table: State, state: State) -> State:
    capacity = table.get("ProvisionedThroughput") or {}
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode", indexes.PROVISIONED)
    attributes = table["AttributeDefinitions"]
    return {
        "arn": table["TableArn"],
        "name": table["TableName"],
        "billing_mode": mode,
        **indexes.keys_of(table["KeySchema"]),
        "attribute": [
            {"name": one["AttributeName"], "type": one["AttributeType"]} for one in attributes
        ],
        "read_capacity": capacity.get("ReadCapacityUnits", 0),
        "write_capacity": capacity.get("WriteCapacityUnits", 0),
        "global_secondary_index": [
            indexes.read_global(one, mode) for one in table.get("GlobalSecondaryIndexes", [])
        ],
        "local_secondary_index": [
            indexes.read_local(one) for one in table.get("LocalSecondaryIndexes", [])
        ],
        "on_demand_throughput": indexes.read_on_demand(table),
        "warm_throughput": state.get("warm_throughput") or [],
        "deletion_protection_enabled": table.get("DeletionProtectionEnabled", False),
        "table_class": (table.get("TableClassSummary") or {}).get("TableClass", "STANDARD"),
    }


def _changes(prior: State, planned: State, index_updates: list[State]) -> State:
    """Return the arguments of the UpdateTable that changes capacity and stream."""
    changes: State = {}
    capacity = ("billing_mode", "read_capacity", "write_capacity")
    if any(prior[name] != planned[name] for name in capacity):
        changes["BillingMode"] = planned["billing_mode"]
        if planned["billing_mode"] == indexes.PROVISIONED:
            changes["ProvisionedThroughput"] = indexes.throughput(planned)
    if index_updates:
        changes["GlobalSecondaryIndexUpdates"] = [{"Update": one} for one in index_updates]
    if prior["on_demand_throughput"] != planned["on_demand_throughput"]:
        unlimited = {"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1}
        limits = indexes.on_demand(planned["on_demand_throughput"]) or unlimited
        changes["OnDemandThroughput"] = limits
    return changes


def _index_step(verb: str, index: State) -> State:
    return {"GlobalSecondaryIndexUpdates": [{verb: index}]}


def _wait_active(context: Context, name: str, deadline_s: float) -> None:
    client = context.client("dynamodb")
    what = f"waiting for DynamoDB Table ({name})"
    wait_until(context, lambda: _status(client, name) == {"ACTIVE"}, what, deadline_s)


def _status(client: Any, name: str) -> set[str] | None:
    """Return the states of the table and its indexes, or ``None`` when there is no table."""
    try:
        table = client.describe_table(TableName=name)["Table"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    of_indexes = (
        one.get("IndexStatus", "ACTIVE") for one in table.get("GlobalSecondaryIndexes", [])
    )
    return {table["TableStatus"], *of_indexes}


RESOURCES: tuple[type[AwsResource], ...] = (Table,)
DATA_SOURCES: tuple[type[DataSource], ...] = ()
