"""Rule actions and their roles, with IAM and the services played by the test."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab_utils.local_aws.place import Place
from lab_utils.local_aws.rules.actions import ActionRunner, attribute_value
from lab_utils.local_aws.rules.dispatch import RuleDispatch
from lab_utils.local_aws.rules.logging_options import LoggingOptions
from lab_utils.local_aws.rules.logs import LOG_GROUP
from lab_utils.local_aws.rules.roles import (
    ActionFailedError,
    Permission,
    RoleAuthority,
    assumed_role_arn,
    require_permission,
)

PLACE = Place("123456789012", "eu-west-1")
ROLE = "arn:aws:iam::123456789012:role/service/iot_role"
TABLE = "arn:aws:dynamodb:eu-west-1:123456789012:table/Temperature"
PUT = {"dynamoDBv2": {"roleArn": ROLE, "putItem": {"tableName": "Temperature"}}}


@dataclass
class Services:
    """IAM, DynamoDB, CloudWatch Logs and ministack's dispatcher in one."""

    trusted: bool = True
    allowed: set[tuple[str, str]] = field(default_factory=set)
    answer: tuple[int, bytes] = (200, b"{}")
    items: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    handed_on: list[dict[str, Any]] = field(default_factory=list)
    logged: list[tuple[str, str]] = field(default_factory=list)

    def authority(self, place: Place) -> RoleAuthority:
        assert place == PLACE
        return self

    def trusts_iot(self, role_arn: str) -> bool:
        return self.trusted and role_arn == ROLE

    def allows(self, role_arn: str, session_arn: str, permission: Permission) -> bool:
        assert role_arn == ROLE
        assert session_arn.startswith("arn:aws:sts::123456789012:assumed-role/iot_role/")
        return (permission.action, permission.resource) in self.allowed

    def put_item(self, place: Place, table: str, item: dict[str, Any]) -> tuple[int, bytes]:
        assert place == PLACE
        self.items.append((table, item))
        return self.answer

    async def hand_on(self, place: Place, rule: str, action: dict[str, Any], event: Any) -> None:
        assert (place, rule, event) == (PLACE, "rule", {"id": "a"})
        self.handed_on.append(action)

    async def put_log_event(self, place: Place, group: str, stream: str, text: str) -> None:
        assert place == PLACE
        assert stream.endswith("_123456789012_0")
        self.logged.append((group, text))


def run(services: Services, action: dict[str, Any], event: Any = None) -> None:
    given = {"id": "a"} if event is None else event
    asyncio.run(ActionRunner(services).run(PLACE, "rule", action, given))


def test_an_item_is_put_when_the_role_allows_it_on_this_table() -> None:
    services = Services(allowed={("dynamodb:PutItem", TABLE)})
    run(services, PUT, {"id": "a", "temperature": 45})
    assert services.items == [("Temperature", {"id": {"S": "a"}, "temperature": {"N": "45"}})]


def test_a_role_without_the_permission_is_denied_in_the_words_of_aws() -> None:
    services = Services(allowed={("dynamodb:PutItem", f"{TABLE}2"), ("dynamodb:GetItem", TABLE)})
    with pytest.raises(ActionFailedError) as denied:
        run(services, PUT)
    assert re.fullmatch(
        r"User: arn:aws:sts::123456789012:assumed-role/iot_role/[A-Za-z0-9]{8} is not authorized "
        rf"to perform: dynamodb:PutItem on resource: {TABLE} \(Service: AmazonDynamoDBv2; "
        r"Status Code: 400; Error Code: AccessDeniedException; Request ID: [0-9a-f-]{36}\)",
        str(denied.value),
    )
    assert services.items == []


def test_a_role_that_does_not_trust_aws_iot_cannot_be_assumed() -> None:
    permission = Permission("AmazonDynamoDBv2", "dynamodb:PutItem", TABLE)
    allowed = {("dynamodb:PutItem", TABLE)}
    with pytest.raises(ActionFailedError, match=f"sts:AssumeRole on resource: {ROLE}"):
        require_permission(Services(trusted=False, allowed=allowed), ROLE, permission)
    with pytest.raises(ActionFailedError, match="sts:AssumeRole"):
        require_permission(Services(allowed=allowed), "", permission)
    require_permission(Services(allowed=allowed), ROLE, permission)


def test_a_session_is_named_anew_each_time_without_the_roles_path() -> None:
    first, second = assumed_role_arn(ROLE), assumed_role_arn(ROLE)
    assert first != second
    assert first.rpartition("/")[0] == "arn:aws:sts::123456789012:assumed-role/iot_role"


@pytest.mark.parametrize(
    ("action", "permission"),
    [
        (
            {"republish": {"roleArn": ROLE, "topic": "AC/AC-1"}},
            ("iot:Publish", "arn:aws:iot:eu-west-1:123456789012:topic/AC/AC-1"),
        ),
        (
            {"sns": {"roleArn": ROLE, "targetArn": "arn:aws:sns:eu-west-1:123456789012:t"}},
            ("sns:Publish", "arn:aws:sns:eu-west-1:123456789012:t"),
        ),
        (
            {"sqs": {"roleArn": ROLE, "queueUrl": "http://127.0.0.1:4566/123456789012/q"}},
            ("sqs:SendMessage", "arn:aws:sqs:eu-west-1:123456789012:q"),
        ),
    ],
)
def test_other_actions_are_handed_on_only_with_their_permission(
    action: dict[str, Any], permission: tuple[str, str]
) -> None:
    services = Services()
    with pytest.raises(ActionFailedError, match=permission[0]):
        run(services, action)
    assert services.handed_on == []
    services.allowed.add(permission)
    run(services, action)
    assert services.handed_on == [action]


def test_a_lambda_action_needs_no_role() -> None:
    services = Services(trusted=False)
    action = {"lambda": {"functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:f"}}
    run(services, action)
    assert services.handed_on == [action]


@pytest.mark.parametrize("action", [{"kafka": {}}, {"timestream": {"roleArn": ROLE}}, {}])
def test_an_action_that_is_not_known_fails_by_its_name(action: dict[str, Any]) -> None:
    name = repr(next(iter(action), ""))
    with pytest.raises(ActionFailedError, match=f"The action {name} of the rule 'rule'"):
        run(Services(allowed={("dynamodb:PutItem", TABLE)}), action)


def test_a_refusal_of_dynamodb_keeps_its_text_and_code() -> None:
    body = json.dumps({"__type": "com.amazonaws#ResourceNotFoundException", "message": "No table"})
    services = Services(allowed={("dynamodb:PutItem", TABLE)}, answer=(400, body.encode()))
    with pytest.raises(ActionFailedError) as refused:
        run(services, PUT)
    assert str(refused.value).startswith("No table (Service: AmazonDynamoDBv2; Status Code: 400; ")
    assert "Error Code: ResourceNotFoundException;" in str(refused.value)


@pytest.mark.parametrize("event", ["hot", 45, [1], "x" * 10_000])
def test_a_result_that_is_no_object_cannot_be_an_item(event: Any) -> None:
    services = Services(allowed={("dynamodb:PutItem", TABLE)})
    with pytest.raises(ActionFailedError, match="no JSON object") as refused:
        run(services, PUT, event)
    assert len(str(refused.value)) < 500
    assert services.items == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, {"BOOL": True}),
        (45, {"N": "45"}),
        (45.0, {"N": "45"}),
        (-0.0, {"N": "0"}),
        (20.16, {"N": "20.16"}),
        (1e300, {"N": "1e+300"}),
        (None, {"NULL": True}),
        ("45", {"S": "45"}),
        ([1, "a"], {"L": [{"N": "1"}, {"S": "a"}]}),
        ({"a": {"b": False}}, {"M": {"a": {"M": {"b": {"BOOL": False}}}}}),
    ],
)
def test_json_values_become_attribute_values(value: Any, expected: dict[str, Any]) -> None:
    assert attribute_value(value) == expected


def make_dispatch(services: Services, options: LoggingOptions, ran: list[Any]) -> RuleDispatch:
    async def evaluate(*_: Any) -> None:
        raise RecursionError("nested too deep")

    async def run_error_action(*arguments: Any) -> None:
        ran.append(arguments)

    return RuleDispatch(
        services,
        options,
        identity=lambda: ("certificate", "trace"),
        evaluate=evaluate,
        run_error_action=run_error_action,
    )


def report(services: Services, options: LoggingOptions) -> list[Any]:
    ran: list[Any] = []
    failure = {
        "failedAction": "DynamoDBv2Action",
        "failedResource": "Temperature",
        "errorMessage": "ActionFailedError: User: somebody is not authorized",
    }
    arguments = ({"ruleName": "hot"}, "sensor/1", b"{}", None, [failure])
    dispatch = make_dispatch(services, options, ran)
    asyncio.run(dispatch.report_failures(PLACE.account, PLACE.region, *arguments))
    return ran


def logging_to(services: Services, level: str, disable: bool = False) -> LoggingOptions:
    group = PLACE.arn("logs", f"log-group:{LOG_GROUP}:*")
    services.allowed.add(("logs:PutLogEvents", group))
    options = LoggingOptions()
    body = {"roleArn": ROLE, "defaultLogLevel": level, "disableAllLogs": disable}
    assert options.answer(PLACE, "POST", json.dumps(body).encode())[0] == 200
    return options


def test_a_failure_reaches_the_error_action_without_our_own_class_name() -> None:
    ((_, _, rule, topic, _, _, failures),) = report(Services(), LoggingOptions())
    assert (rule["ruleName"], topic) == ("hot", "sensor/1")
    assert failures[0]["errorMessage"] == "User: somebody is not authorized"


@pytest.mark.parametrize(
    ("level", "disable", "entries"),
    [("ERROR", False, 1), ("DEBUG", False, 1), ("DISABLED", False, 0), ("ERROR", True, 0)],
)
def test_a_failure_is_logged_where_the_options_ask_for_it(
    level: str, disable: bool, entries: int
) -> None:
    services = Services()
    report(services, logging_to(services, level, disable))
    assert len(services.logged) == entries


def test_a_log_entry_has_the_documented_fields() -> None:
    services = Services()
    report(services, logging_to(services, "ERROR"))
    ((group, text),) = services.logged
    entry = json.loads(text)
    assert group == "AWSIotLogsV2"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}", entry.pop("timestamp"))
    assert entry == {
        "logLevel": "ERROR",
        "traceId": "trace",
        "accountId": "123456789012",
        "status": "Failure",
        "eventType": "RuleExecution",
        "clientId": "N/A",
        "topicName": "sensor/1",
        "ruleName": "hot",
        "ruleAction": "DynamoDBv2Action",
        "resources": {"FailedResource": "Temperature"},
        "principalId": "certificate",
        "details": "User: somebody is not authorized",
    }


def test_no_entry_is_written_under_a_role_that_may_not_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    services = Services()
    options = logging_to(services, "ERROR")
    services.allowed.clear()
    report(services, options)
    assert services.logged == []
    assert "is not authorized to perform: logs:PutLogEvents" in caplog.text


def test_a_rule_that_cannot_be_evaluated_is_logged_and_harms_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    dispatch = make_dispatch(Services(), LoggingOptions(), [])
    asyncio.run(dispatch.evaluate(PLACE.account, PLACE.region, "sensor/1", b"["))
    assert "sensor/1" in caplog.text


def test_logging_options_survive_being_saved() -> None:
    before = logging_to(Services(), "WARN")
    after = LoggingOptions()
    after.load(before.read())
    assert after.answer(PLACE, "GET", b"") == before.answer(PLACE, "GET", b"")
    assert after.writes(PLACE, "WARN")
    assert not after.writes(PLACE, "INFO")
    assert not after.writes(Place("123456789012", "us-east-1"), "ERROR")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b"{}", "role ARN"),
        (b'{"roleArn": "arn:aws:iam::1:role/r", "defaultLogLevel": "LOUD"}', "LOUD"),
    ],
)
def test_logging_options_that_make_no_sense_are_refused(body: bytes, message: str) -> None:
    options = LoggingOptions()
    status, _, answer = options.answer(PLACE, "POST", body)
    assert status == 400
    assert message in json.loads(answer)["message"]
    assert options.answer(PLACE, "GET", b"")[0] == 404
