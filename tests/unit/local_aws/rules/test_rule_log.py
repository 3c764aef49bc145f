"""The entries of ``AWSIotLogsV2``, as AWS documents them."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest

from lab_utils.local_aws.rules.definition import RuleBook
from lab_utils.local_aws.rules.engine import RuleEngine
from lab_utils.local_aws.rules.logging_options import OPTIONS_PATH, LoggingOptions
from lab_utils.local_aws.rules.logs import LOG_GROUP, LogGroup
from lab_utils.local_aws.rules.message import Message
from lab_utils.local_aws.rules.services import Answer
from tests.unit.local_aws.rules.doubles import (
    FUNCTION,
    PLACE,
    PUT,
    REPUBLISH,
    ROLE,
    Services,
    declared,
    message_on,
    refusal,
)

SQL = "SELECT * FROM 'sensor/+'"
NOW_MS = 1_795_860_000_250
COMMON = {
    "traceId": "trace",
    "accountId": "123456789012",
    "clientId": "temp_1",
    "topicName": "sensor/a",
    "ruleName": "rule",
    "principalId": "certificate",
}
DYNAMO = {
    "dynamoDB": {"roleArn": ROLE, "tableName": "T", "hashKeyField": "id", "hashKeyValue": "${id}"}
}


def logged(
    services: Services,
    rule: dict[str, Any],
    message: Message | None = None,
    *,
    level: str = "DEBUG",
    ingest: str = "",
) -> list[dict[str, Any]]:
    """Return the entries that a rule leaves, without their times."""
    options = LoggingOptions()
    body = json.dumps({"roleArn": ROLE, "defaultLogLevel": level}).encode()
    assert options.answer(PLACE, "POST", OPTIONS_PATH, {}, body)[0] == 200
    group = LogGroup(options, services, lambda: NOW_MS)
    book = RuleBook(lambda: {(PLACE.account, PLACE.region, "rule"): rule}, services)

    async def run() -> None:
        group.start()
        engine = RuleEngine(book, services, group.watch)
        sent = message or message_on("sensor/a", {"id": "a"})
        await (engine.ingest(sent, ingest) if ingest else engine.evaluate(sent))
        await engine.close()
        await group.flush()

    asyncio.run(run())
    entries = [
        json.loads(event["message"])
        for request in services.requests
        if request.operation.endswith("PutLogEvents")
        for event in json.loads(request.body)["logEvents"]
    ]
    for entry in entries:
        assert entry.pop("timestamp") == "2026-11-28 10:00:00.250"
    return entries


def test_each_step_of_a_rule_is_an_entry() -> None:
    entries = logged(Services(), declared(SQL, REPUBLISH))
    assert entries == [
        {**COMMON, "logLevel": "INFO", "status": "Success", "eventType": "RuleMatch"},
        {
            **COMMON,
            "logLevel": "DEBUG",
            "status": "Success",
            "eventType": "StartingRuleExecution",
            "ruleAction": "RepublishAction",
        },
        {
            **COMMON,
            "logLevel": "INFO",
            "status": "Success",
            "eventType": "RuleExecution",
            "ruleAction": "RepublishAction",
            "resources": {"RepublishTopic": "errors"},
        },
    ]


def test_a_rule_whose_condition_is_not_true_has_matched_and_no_more() -> None:
    entries = logged(Services(), declared(f"{SQL} WHERE id = 'b'", REPUBLISH))
    assert [entry["eventType"] for entry in entries] == ["RuleMatch"]


def test_a_denied_action_is_an_error_in_the_words_of_aws() -> None:
    services = Services(denied={"dynamodb:PutItem"})
    entry = logged(services, declared(SQL, DYNAMO))[-1]
    details = entry.pop("details")
    assert entry == {
        **COMMON,
        "logLevel": "ERROR",
        "status": "Failure",
        "eventType": "RuleExecution",
        "ruleAction": "DynamoAction",
        "resources": {
            "ItemHashKeyField": "id",
            "Table": "T",
            "Operation": "Insert",
            "ItemHashKeyValue": "a",
            "IsPayloadJSON": "true",
        },
    }
    assert re.fullmatch(
        r"User: arn:aws:sts::123456789012:assumed-role/iot_role/[A-Za-z0-9]{8} is not authorized "
        r"to perform: dynamodb:PutItem on resource: "
        r"arn:aws:dynamodb:eu-west-1:123456789012:table/T \(Service: AmazonDynamoDBv2; Status "
        r"Code: 400; Error Code: AccessDeniedException; Request ID: [0-9a-f-]{36}\)",
        details,
    )


@pytest.mark.parametrize(
    ("level", "kinds"),
    [
        ("DISABLED", []),
        ("ERROR", ["RuleExecution"]),
        ("WARN", ["RuleExecution"]),
        ("INFO", ["RuleMatch", "RuleExecution", "RuleExecution"]),
    ],
)
def test_the_level_decides_what_is_written(level: str, kinds: list[str]) -> None:
    services = Services(denied={"dynamodb:PutItem"})
    entries = logged(services, declared(SQL, PUT, REPUBLISH), level=level)
    assert [entry["eventType"] for entry in entries] == kinds
    assert all(entry["logLevel"] in ("ERROR", level) for entry in entries)


def test_a_message_to_a_rule_that_does_not_exist_is_an_error() -> None:
    topic = "$aws/rules/nothing/sensor/a"
    message = message_on("sensor/a", published_to=topic)
    (entry,) = logged(Services(), declared(SQL, PUT), message, ingest="nothing")
    assert entry == {
        **COMMON,
        "topicName": topic,
        "ruleName": "nothing",
        "logLevel": "ERROR",
        "status": "Failure",
        "eventType": "RuleNotFound",
        "reason": "RuleNotFound",
        "details": "Rule nothing not found",
    }


def test_a_message_to_a_rule_that_is_switched_off_is_one_too() -> None:
    services = Services()
    rule = declared(SQL, PUT, ruleDisabled=True)
    (entry,) = logged(services, rule, level="ERROR", ingest="rule")
    assert (entry["eventType"], entry["details"]) == ("RuleNotFound", "Rule rule not found")
    assert services.items == []


def test_a_message_to_a_rule_runs_it_whatever_its_from() -> None:
    services = Services()
    message = message_on("any/topic", {"id": "a"}, published_to="$aws/rules/rule/any/topic")
    entries = logged(
        services, declared("SELECT *, topic() AS t FROM 'x'", PUT), message, ingest="rule"
    )
    assert services.items[0][1]["t"] == {"S": "any/topic"}
    assert entries[0]["topicName"] == "$aws/rules/rule/any/topic"


def test_a_called_function_is_an_entry_without_a_client() -> None:
    services = Services(answers={"lambda": Answer(200, b"1")})
    entries = logged(
        services, declared(f"SELECT aws_lambda('{FUNCTION}', {{}}) AS x FROM '#'", PUT)
    )
    (entry,) = [one for one in entries if one["eventType"] == "FunctionExecution"]
    assert entry == {
        **COMMON,
        "clientId": "N/A",
        "logLevel": "DEBUG",
        "status": "Success",
        "eventType": "FunctionExecution",
        "ruleAction": "aws_lambda",
        "resources": {"FunctionArn": FUNCTION},
    }


def test_a_called_function_that_failed_is_an_error_with_its_reason() -> None:
    services = Services(invokers=set())
    rule = declared(f"SELECT aws_lambda('{FUNCTION}', {{}}) AS x FROM '#'", PUT)
    called, ended = logged(services, rule, level="ERROR")
    assert (called["eventType"], called["status"]) == ("FunctionExecution", "Failure")
    assert "lambda:InvokeFunction" in called["details"]
    assert (ended["eventType"], ended["status"]) == ("RuleExecution", "Failure")


def test_a_message_of_no_client_says_so() -> None:
    message = message_on("sensor/a", client_id=None, principal=None)
    (entry,) = logged(Services(), declared(f"{SQL} WHERE false", PUT), message)
    assert (entry["clientId"], entry["principalId"]) == ("N/A", "")


def test_the_group_and_the_stream_are_made_when_they_are_missing() -> None:
    services = Services(
        answers={"Logs_20140328.PutLogEvents": refusal("ResourceNotFoundException", "None.")}
    )
    logged(services, declared(SQL, PUT), level="INFO")
    operations = [request.operation.rpartition(".")[2] for request in services.requests]
    assert operations == ["PutLogEvents", "CreateLogGroup", "CreateLogStream", "PutLogEvents"]
    created = json.loads(services.requests[1].body)
    assert created == {"logGroupName": LOG_GROUP}


@pytest.mark.parametrize("action", ["logs:PutLogEvents", "logs:CreateLogGroup"])
def test_nothing_is_written_under_a_role_that_may_not_log(
    action: str, caplog: pytest.LogCaptureFixture
) -> None:
    services = Services(
        denied={action},
        answers={"Logs_20140328.PutLogEvents": refusal("ResourceNotFoundException", "None.")},
    )
    logged(services, declared(SQL, PUT), level="INFO")
    assert f"is not authorized to perform: {action}" in caplog.text
    assert len(services.requests) <= 1
