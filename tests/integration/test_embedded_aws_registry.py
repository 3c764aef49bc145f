"""The registries of the embedded AWS hold what those of AWS hold, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError

Unique = Callable[[str], str]
Client = Callable[..., Any]
NOTHING = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "iot:*", "Resource": "*"}],
    }
)


def test_a_policy_has_at_most_five_versions(aws_client: Client, unique: Unique) -> None:
    iot, name = aws_client("iot"), unique("policy")
    iot.create_policy(policyName=name, policyDocument=NOTHING)
    for _ in range(4):
        iot.create_policy_version(policyName=name, policyDocument=NOTHING, setAsDefault=True)
    with pytest.raises(iot.exceptions.VersionsLimitExceededException):
        iot.create_policy_version(policyName=name, policyDocument=NOTHING)


@pytest.mark.parametrize(
    "document",
    [
        "{}",
        '"text"',
        NOTHING.replace("Effect", "Efect"),
        NOTHING.replace("Deny", "deny"),
        NOTHING.replace("Resource", "Ressource"),
        NOTHING.replace("iot:*", "Connect"),
        NOTHING.replace("2012-10-17", "2024-01-01"),
    ],
)
def test_a_document_that_is_no_policy_is_refused(
    document: str, aws_client: Client, unique: Unique
) -> None:
    iot, name = aws_client("iot"), unique("policy")
    with pytest.raises(iot.exceptions.MalformedPolicyException):
        iot.create_policy(policyName=name, policyDocument=document)
    iot.create_policy(policyName=name, policyDocument=NOTHING)
    with pytest.raises(iot.exceptions.MalformedPolicyException):
        iot.create_policy_version(policyName=name, policyDocument=document)


def test_a_rule_without_a_version_has_the_oldest(aws_client: Client, unique: Unique) -> None:
    iot, name = aws_client("iot"), unique("rule")
    iot.create_topic_rule(
        ruleName=name, topicRulePayload={"sql": "SELECT * FROM 'a'", "actions": []}
    )
    assert iot.get_topic_rule(ruleName=name)["rule"]["awsIotSqlVersion"] == "2015-10-08"


def test_a_thing_group_tells_its_ancestors(aws_client: Client, unique: Unique) -> None:
    iot, names = aws_client("iot"), [unique("house"), unique("floor"), unique("room")]
    iot.create_thing_group(thingGroupName=names[0])
    for parent, name in pairwise(names):
        iot.create_thing_group(thingGroupName=name, parentGroupName=parent)
    told = iot.describe_thing_group(thingGroupName=names[2])["thingGroupMetadata"]
    assert [one["groupName"] for one in told["rootToParentThingGroups"]] == names[:2]
    assert told["creationDate"] is not None


@pytest.mark.parametrize("rate", ["rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "1m"])
def test_a_rate_with_the_wrong_number_of_its_unit_is_refused(
    rate: str, aws_client: Client, unique: Unique
) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        aws_client("events").put_rule(Name=unique("rule"), ScheduleExpression=rate)


def test_an_event_rule_is_replaced_as_a_whole(aws_client: Client, unique: Unique) -> None:
    events, name = aws_client("events"), unique("rule")
    events.put_rule(Name=name, ScheduleExpression="rate(1 hour)", Description="hourly")
    events.put_rule(Name=name, ScheduleExpression="rate(2 hours)")
    assert "Description" not in events.describe_rule(Name=name)
    events.delete_rule(Name=name)


def test_an_event_rule_with_targets_is_not_deleted(aws_client: Client, unique: Unique) -> None:
    events, name = aws_client("events"), unique("rule")
    events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    arn = "arn:aws:sqs:eu-west-1:123456789012:queue"
    events.put_targets(Rule=name, Targets=[{"Id": "one", "Arn": arn}])
    with pytest.raises(ClientError, match="Rule can't be deleted since it has targets"):
        events.delete_rule(Name=name)
    events.remove_targets(Rule=name, Ids=["one"])
    events.delete_rule(Name=name)
    assert name not in [one["Name"] for one in events.list_rules()["Rules"]]


def test_an_event_rule_needs_a_schedule_or_a_pattern(aws_client: Client, unique: Unique) -> None:
    with pytest.raises(ClientError, match="EventPattern or ScheduleExpression must be specified"):
        aws_client("events").put_rule(Name=unique("rule"))


def test_a_thing_of_another_version_is_not_updated(aws_client: Client, unique: Unique) -> None:
    iot, name = aws_client("iot"), unique("thing")
    iot.create_thing(thingName=name)
    iot.update_thing(thingName=name, expectedVersion=1)
    with pytest.raises(ClientError, match="VersionConflictException"):
        iot.update_thing(thingName=name, expectedVersion=1)
    assert iot.describe_thing(thingName=name)["version"] == 2
