"""Which requests change resources, and so are answered only once the change is on disk."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

_READING = (
    "BatchGet",
    "Describe",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "Test",
    "TransactGet",
)
_DATA_OPERATIONS = frozenset(
    {
        "BatchWriteItem",
        "DeleteItem",
        "ExecuteStatement",
        "ExecuteTransaction",
        "BatchExecuteStatement",
        "PutItem",
        "TransactWriteItems",
        "UpdateItem",
        "PutEvents",
        "PutLogEvents",
        "PutMetricData",
        "PutRecord",
        "PutRecords",
        "Publish",
        "PublishBatch",
        "ReceiveMessage",
        "SendMessage",
        "SendMessageBatch",
        "DeleteMessage",
        "DeleteMessageBatch",
    }
)
_DATA_SERVICES = frozenset({"iot-data", "iot-jobs-data", "sts"})


def changes_resources(
    service: str, method: str, path: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Return whether a request creates, alters or deletes resources.

    Data, such as items, messages and log events, is written in the background instead: it may
    come by the thousand, and may be two seconds late on disk.
    """
    if service in _DATA_SERVICES or method in ("GET", "HEAD", "OPTIONS"):
        return False
    operation = _operation(headers, body)
    if operation:
        return operation not in _DATA_OPERATIONS and not operation.startswith(_READING)
    return not (service == "lambda" and path.endswith("/invocations"))


def _operation(headers: Mapping[str, str], body: bytes) -> str:
    target = headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return parse_qs(body.decode("utf-8", "replace")).get("Action", [""])[0]
    return ""
