"""The DynamoDB actions: items, keys and the types of their attributes."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pytest

from lab_utils.local_aws.rules.actions.base import InvalidActionError
from lab_utils.local_aws.rules.actions.dynamodb import attribute_value
from lab_utils.local_aws.rules.externals import plain_value
from tests.unit.local_aws.rules.doubles import (
    PLACE,
    PUT,
    REPUBLISH,
    ROLE,
    Services,
    message_on,
    refusal,
    rule_of,
    run_one,
)

SQL = "SELECT * FROM 'sensor/+'"
VALUES: list[tuple[Any, dict[str, Any]]] = [
    (True, {"BOOL": True}),
    (45, {"N": "45"}),
    (Decimal("45.0"), {"N": "45"}),
    (Decimal("20.16"), {"N": "20.16"}),
    (Decimal("1E+3"), {"N": "1000"}),
    (Decimal("1E+99"), {"N": "1E+99"}),
    (Decimal("-0.0"), {"N": "-0"}),
    (None, {"NULL": True}),
    ("45", {"S": "45"}),
    ([1, "a"], {"L": [{"N": "1"}, {"S": "a"}]}),
    ({"a": {"b": False}}, {"M": {"a": {"M": {"b": {"BOOL": False}}}}}),
    (b"\xff\x00", {"B": "/wA="}),
]


def act(services: Services, payload: object, **members: Any) -> dict[str, Any]:
    action = {
        "roleArn": ROLE,
        "tableName": "T",
        "hashKeyField": "id",
        "hashKeyValue": "${topic(2)}",
        **members,
    }
    run_one(services, SQL, message_on("sensor/a", payload), {"dynamoDB": action})
    (request,) = services.requests
    sent: dict[str, Any] = json.loads(request.body)
    return {"operation": request.operation.rpartition(".")[2], **sent}


@pytest.mark.parametrize(("value", "expected"), VALUES)
def test_values_become_attribute_values(value: Any, expected: dict[str, Any]) -> None:
    assert attribute_value(value) == expected


@pytest.mark.parametrize(("value", "attribute"), VALUES[:4] + VALUES[7:11])
def test_attribute_values_become_values_again(value: Any, attribute: dict[str, Any]) -> None:
    assert plain_value(attribute) == value


def test_each_attribute_of_the_result_is_one_of_the_item() -> None:
    services = Services()
    sql = "SELECT *, timestamp() AS ts FROM 'sensor/+'"
    run_one(services, sql, message_on("sensor/a", {"id": "x", "t": 45.5}), PUT)
    ((table, item),) = services.items
    assert table == "Temperature"
    assert item == {"id": {"S": "x"}, "t": {"N": "45.5"}, "ts": {"N": "1579637878451"}}
    assert services.asked == [("dynamodb:PutItem", PLACE.arn("dynamodb", "table/Temperature"))]


def test_the_table_may_be_named_by_a_template() -> None:
    services = Services()
    put = {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "T_${topic(2)}"}}}
    run_one(services, SQL, message_on("sensor/a", {"id": "x"}), put)
    assert services.items[0][0] == "T_a"
    assert services.asked == [("dynamodb:PutItem", PLACE.arn("dynamodb", "table/T_a"))]


@pytest.mark.parametrize("payload", [b"hot", b"45", b"[1]", b"null", b"\xff\xfe", b"x" * 10_000])
def test_a_result_that_is_no_object_cannot_be_an_item(payload: bytes) -> None:
    services = Services()
    run_one(services, SQL, message_on("sensor/a", payload), PUT, errorAction=REPUBLISH)
    assert services.items == []
    ((_, report, _, _),) = services.republished
    assert b"The rule's result is no JSON object" in report


def test_a_refusal_of_dynamodb_keeps_its_text_and_code() -> None:
    services = Services(answers={"put_item": refusal("ResourceNotFoundException", "No table")})
    message = message_on("sensor/a", {"id": "x"})
    run_one(services, SQL, message, PUT, errorAction=REPUBLISH)
    (failure,) = json.loads(services.republished[0][1])["failures"]
    assert re.fullmatch(
        r"Failed to put an item into the DynamoDB table\. The error received was No table "
        r"\(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: ResourceNotFoundException; "
        r"Request ID: [0-9a-f-]{36}\)\. Message arrived on: sensor/a, Action: dynamoDBv2, "
        r"Table: Temperature, Operation: PutItem",
        failure["errorMessage"],
    )


def test_the_older_action_stores_the_result_as_one_attribute() -> None:
    services = Services()
    sent = act(services, {"t": 45})
    assert sent == {
        "operation": "PutItem",
        "TableName": "T",
        "Item": {"id": {"S": "a"}, "payload": {"M": {"t": {"N": "45"}}}},
    }
    assert services.asked == [("dynamodb:PutItem", PLACE.arn("dynamodb", "table/T"))]


def test_the_older_action_has_typed_keys_and_a_field_of_its_own() -> None:
    sent = act(
        Services(),
        {"t": 45},
        hashKeyType="STRING",
        rangeKeyField="ts",
        rangeKeyValue="${timestamp()}",
        rangeKeyType="NUMBER",
        payloadField="data",
    )
    assert set(sent["Item"]) == {"id", "ts", "data"}
    assert sent["Item"]["ts"] == {"N": "1579637878451"}


def test_a_payload_that_is_not_json_is_kept_as_binary() -> None:
    sent = act(Services(), b"\xff\x00")
    assert sent["Item"]["payload"] == {"B": "/wA="}


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        ("INSERT", {"operation": "PutItem", "Item": {"id": {"S": "a"}, "payload": {"M": {}}}}),
        ("DELETE", {"operation": "DeleteItem", "Key": {"id": {"S": "a"}}}),
        (
            "UPDATE",
            {
                "operation": "UpdateItem",
                "Key": {"id": {"S": "a"}},
                "UpdateExpression": "SET #payload = :payload",
                "ExpressionAttributeNames": {"#payload": "payload"},
                "ExpressionAttributeValues": {":payload": {"M": {}}},
            },
        ),
    ],
)
def test_the_older_action_inserts_updates_and_deletes(
    operation: str, expected: dict[str, Any]
) -> None:
    services = Services()
    sent = act(services, {}, operation=operation)
    assert sent == {"TableName": "T", **expected}
    assert services.asked[0][0] == f"dynamodb:{expected['operation']}"


def test_an_operation_that_does_not_exist_is_a_failure() -> None:
    services = Services()
    action = {
        "roleArn": ROLE,
        "tableName": "T",
        "hashKeyField": "id",
        "hashKeyValue": "1",
        "operation": "${op}",
    }
    message = message_on("sensor/a", {"op": "DROP"})
    run_one(services, SQL, message, {"dynamoDB": action}, errorAction=REPUBLISH)
    assert services.requests == []
    assert b"The operation is 'DROP'" in services.republished[0][1]


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ({"dynamoDBv2": {"putItem": {"tableName": "t"}}}, "dynamoDBv2.roleArn'"),
        ({"dynamoDBv2": {"roleArn": ROLE}}, "dynamoDBv2.putItem.tableName'"),
        ({"dynamoDBv2": {"roleArn": ROLE, "putItem": {}}}, "dynamoDBv2.putItem.tableName'"),
        ({"dynamoDB": {"roleArn": ROLE, "tableName": "T"}}, "dynamoDB.hashKeyField'"),
        (
            {
                "dynamoDB": {
                    "roleArn": ROLE,
                    "tableName": "T",
                    "hashKeyField": "id",
                    "hashKeyValue": "1",
                    "rangeKeyField": "r",
                }
            },
            "dynamoDB.rangeKeyValue'",
        ),
        (
            {
                "dynamoDB": {
                    "roleArn": ROLE,
                    "tableName": "T",
                    "hashKeyField": "id",
                    "hashKeyValue": "1",
                    "hashKeyType": "BINARY",
                }
            },
            "'BINARY' at",
        ),
    ],
)
def test_an_action_that_is_not_complete_is_refused(action: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidActionError, match=re.escape(words)):
        rule_of(Services(), SQL, action)
