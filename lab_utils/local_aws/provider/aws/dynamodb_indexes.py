"""Keys and indexes of a DynamoDB table: blocks to API and back, and what an update changes."""

from __future__ import annotations

from typing import Any

from lab_utils.local_aws.provider.values import State

PROVISIONED = "PROVISIONED"
PAY_PER_REQUEST = "PAY_PER_REQUEST"


def key_schema(hash_key: str, range_key: str | None) -> list[State]:
    """Return keys as the API has them."""
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def keys_of(schema: list[State]) -> State:
    """Return ``hash_key`` and ``range_key``."""
    keys = {key["KeyType"]: key["AttributeName"] for key in schema}
    return {"hash_key": keys.get("HASH"), "range_key": keys.get("RANGE")}


def throughput(block: State) -> State:
    """Return the capacity of a table or an index as the API has it."""
    return {
        "ReadCapacityUnits": block["read_capacity"] or 1,
        "WriteCapacityUnits": block["write_capacity"] or 1,
    }


def definitions(planned: State) -> list[State]:
    """Return the attributes as the API has them."""
    blocks = sorted(planned["attribute"] or [], key=lambda block: str(block["name"]))
    return [{"AttributeName": one["name"], "AttributeType": one["type"]} for one in blocks]


def on_demand(blocks: list[State] | None) -> State | None:
    """Return an ``on_demand_throughput`` block as the API has it."""
    if not blocks:
        return None
    names = {"MaxReadRequestUnits": "max_read_request_units"}
    names["MaxWriteRequestUnits"] = "max_write_request_units"
    return {name: blocks[0][own] for name, own in names.items() if blocks[0][own]}


def global_index(block: State, billing_mode: str) -> State:
    """Return a ``global_secondary_index`` block as the API has it."""
    index: State = {
        "IndexName": block["name"],
        "KeySchema": key_schema(block["hash_key"], block["range_key"]),
        "Projection": _projection(block),
    }
    if billing_mode == PROVISIONED:
        index["ProvisionedThroughput"] = throughput(block)
    if limits := on_demand(block["on_demand_throughput"]):
        index["OnDemandThroughput"] = limits
    return index


def local_index(block: State, hash_key: str) -> State:
    """Return a ``local_secondary_index`` block as the API has it."""
    return {
        "IndexName": block["name"],
        "KeySchema": key_schema(hash_key, block["range_key"]),
        "Projection": _projection(block),
    }


def read_global(index: State, billing_mode: str) -> State:
    """Return the ``global_secondary_index`` block of what the API tells; on demand no capacity."""
    has_capacity = billing_mode == PROVISIONED
    capacity = index.get("ProvisionedThroughput", {}) if has_capacity else {}
    return {
        "name": index["IndexName"],
        **keys_of(index["KeySchema"]),
        "projection_type": index["Projection"]["ProjectionType"],
        "non_key_attributes": index["Projection"].get("NonKeyAttributes") or None,
        "read_capacity": capacity.get("ReadCapacityUnits", 0),
        "write_capacity": capacity.get("WriteCapacityUnits", 0),
        "on_demand_throughput": read_on_demand(index),
        "warm_throughput": [],
    }


def read_local(index: State) -> State:
    """Return the ``local_secondary_index`` block of what the API tells."""
    return {
        "name": index["IndexName"],
        "range_key": keys_of(index["KeySchema"])["range_key"],
        "projection_type": index["Projection"]["ProjectionType"],
        "non_key_attributes": index["Projection"].get("NonKeyAttributes") or None,
    }


def read_on_demand(described: State) -> list[State]:
    """Return the ``on_demand_throughput`` block of what the API tells of a table or an index."""
    limits = described.get("OnDemandThroughput")
    if not limits:
        return []
    reads, writes = limits.get("MaxReadRequestUnits"), limits.get("MaxWriteRequestUnits")
    return [{"max_read_request_units": reads, "max_write_request_units": writes}]


def index_updates(prior: State, planned: State) -> tuple[list[str], list[State], list[State]]:
    """Return the names of the indexes to delete, the updates of capacity, and those to create.

    A change of anything but the capacity deletes the index and creates it anew.
    """
    old = {block["name"]: block for block in prior["global_secondary_index"] or []}
    new = {block["name"]: block for block in planned["global_secondary_index"] or []}
    billing_mode = planned["billing_mode"]
    again = {name for name in old.keys() & new.keys() if _shape(old[name]) != _shape(new[name])}
    delete = sorted((old.keys() - new.keys()) | again)
    create = [global_index(new[n], billing_mode) for n in sorted((new.keys() - old.keys()) | again)]
    stay = sorted((old.keys() & new.keys()) - again)
    switched = prior["billing_mode"] != billing_mode
    update = [
        {"IndexName": name, "ProvisionedThroughput": throughput(new[name])}
        for name in stay
        if billing_mode == PROVISIONED
        and (switched or _capacity(old[name]) != _capacity(new[name]))
    ]
    return delete, update, create


def _capacity(block: State) -> tuple[Any, Any]:
    return block["read_capacity"], block["write_capacity"]


def _shape(block: State) -> tuple[Any, ...]:
    names = "hash_key", "range_key", "projection_type"
    keys = tuple(block[name] or None for name in names)
    return (*keys, sorted(block["non_key_attributes"] or []))


def _projection(block: State) -> State:
    projection: State = {"ProjectionType": block["projection_type"]}
    if block["non_key_attributes"]:
        projection["NonKeyAttributes"] = sorted(block["non_key_attributes"])
    return projection
