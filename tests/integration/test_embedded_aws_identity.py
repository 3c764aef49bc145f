"""IAM and the roles of Lambda functions on the embedded AWS, as any client sees them."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.things import wait_until

AwsClient = Callable[..., Any]


def trust(service: str) -> str:
    """Return a trust policy for a service."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refusal(call: Callable[..., Any], **arguments: Any) -> tuple[str, str]:
    """Return code and message of a call's error."""
    with pytest.raises(ClientError) as failure:
        call(**arguments)
    error = failure.value.response["Error"]
    return error["Code"], error["Message"]


def package() -> bytes:
    """Return a package with nothing in it."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w"):
        pass
    return content.getvalue()


def test_a_malformed_trust_policy_is_refused(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    iam, name = aws_client("iam"), unique("role")
    told = refusal(iam.create_role, RoleName=name, AssumeRolePolicyDocument=trust("iot.amazon.com"))
    assert told == (
        "MalformedPolicyDocument",
        'Invalid principal in policy: "SERVICE":"iot.amazon.com"',
    )
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("iot.amazonaws.com"))
    told = refusal(iam.update_assume_role_policy, RoleName=name, PolicyDocument="{")
    assert told[0] == "MalformedPolicyDocument"
    told = refusal(iam.create_role, RoleName=name, AssumeRolePolicyDocument="{")
    assert told[0] == "EntityAlreadyExists"


def test_a_message_with_markup_reaches_the_client(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    told = refusal(
        aws_client("iam").create_role,
        RoleName=unique("role"),
        AssumeRolePolicyDocument=trust("<iot> & co"),
    )
    assert '"SERVICE":"<iot> & co"' in told[1]


def test_only_a_policy_that_exists_is_attached(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    iam, name = aws_client("iam"), unique("role")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("iot.amazonaws.com"))
    missing = "arn:aws:iam::123456789012:policy/nowhere"
    assert refusal(iam.attach_role_policy, RoleName=name, PolicyArn=missing) == (
        "NoSuchEntity",
        f"Policy {missing} does not exist or is not attachable.",
    )
    managed = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    iam.attach_role_policy(RoleName=name, PolicyArn=managed)
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [managed]


def test_a_missing_role_is_named_as_iam_names_it(aws_client: AwsClient) -> None:
    assert refusal(aws_client("iam").get_role, RoleName="nobody") == (
        "NoSuchEntity",
        "The role with name nobody cannot be found.",
    )


def create_function(aws_client: AwsClient, name: str, role: str, runtime: str) -> Any:
    """Create a function."""
    return aws_client("lambda").create_function(
        FunctionName=name,
        Role=role,
        Runtime=runtime,
        Handler="a.b",
        Code={"ZipFile": package()},
    )


def test_a_function_needs_a_role_that_lambda_may_assume(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    iam, client, name = aws_client("iam"), aws_client("lambda"), unique("function")
    roles = {
        service: iam.create_role(
            RoleName=unique("role"), AssumeRolePolicyDocument=trust(f"{service}.amazonaws.com")
        )["Role"]["Arn"]
        for service in ("iot", "lambda")
    }
    words = (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    for role in (roles["iot"], "arn:aws:iam::123456789012:role/nobody"):
        told = refusal(
            create_function, aws_client=aws_client, name=name, role=role, runtime="python3.13"
        )
        assert told == words
    create_function(aws_client, name, roles["lambda"], "python3.13")
    told = refusal(client.update_function_configuration, FunctionName=name, Role=roles["iot"])
    assert told == words


def test_a_retired_runtime_is_refused(aws_client: AwsClient, unique: Callable[[str], str]) -> None:
    document = trust("lambda.amazonaws.com")
    role = aws_client("iam").create_role(
        RoleName=unique("role"), AssumeRolePolicyDocument=document
    )["Role"]["Arn"]
    code, message = refusal(
        create_function,
        aws_client=aws_client,
        name=unique("function"),
        role=role,
        runtime="python3.7",
    )
    assert code == "InvalidParameterValueException"
    assert "runtime parameter of python3.7 is no longer supported" in message


@pytest.mark.parametrize("kind", ["user", "group"])
def test_no_unknown_policy_is_attached(
    aws_client: AwsClient, unique: Callable[[str], str], kind: str
) -> None:
    iam, name = aws_client("iam"), unique(kind)
    holder = {f"{kind.title()}Name": name}
    getattr(iam, f"create_{kind}")(**holder)
    arn = "arn:aws:iam::aws:policy/AWSLambdaFulAccess"
    told = refusal(getattr(iam, f"attach_{kind}_policy"), **holder, PolicyArn=arn)
    assert told == ("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")


def test_a_user_has_what_the_practicals_policy_of_aws_grants_and_no_more(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    iam, name = aws_client("iam"), unique("deployer")
    iam.create_user(UserName=name)
    policy = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
        "region_name": iam.meta.region_name,
        "endpoint_url": iam.meta.endpoint_url,
    }
    functions = boto3.client("lambda", **own).list_functions()["Functions"]
    assert isinstance(functions, list)
    code, message = refusal(boto3.client("iot", **own).list_things)
    assert code == "AccessDeniedException"
    assert f"user/{name} is not authorized to perform: iot:ListThings" in message


def test_a_user_and_a_group_go_only_when_nothing_hangs_on_them(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    iam, name = aws_client("iam"), unique("busy")
    policy = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"
    document = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"},
        }
    )
    for kind, holder in (("user", {"UserName": name}), ("group", {"GroupName": name})):
        getattr(iam, f"create_{kind}")(**holder)
        named = {**holder, "PolicyName": "it"}
        getattr(iam, f"put_{kind}_policy")(**named, PolicyDocument=document)
        getattr(iam, f"attach_{kind}_policy")(**holder, PolicyArn=policy)
    iam.add_user_to_group(UserName=name, GroupName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.create_user(UserName=f"{name}-2")
    foreign = refusal(iam.delete_access_key, UserName=f"{name}-2", AccessKeyId=key)
    assert foreign == ("NoSuchEntity", f"The Access Key with id {key} cannot be found.")

    def conflict(kind: str) -> str:
        call, holder = getattr(iam, f"delete_{kind}"), {f"{kind.title()}Name": name}
        code, words = refusal(call, **holder)
        assert code == "DeleteConflict"
        return words.removeprefix("Cannot delete entity, must ")

    assert conflict("user") == "delete policies first."
    iam.delete_user_policy(UserName=name, PolicyName="it")
    assert conflict("user") == "detach all policies first."
    iam.detach_user_policy(UserName=name, PolicyArn=policy)
    assert conflict("user") == conflict("group") == "remove users from group first."
    iam.remove_user_from_group(UserName=name, GroupName=name)
    assert conflict("user") == "delete access keys first."
    iam.delete_access_key(UserName=name, AccessKeyId=key)
    iam.delete_user(UserName=name)
    assert conflict("group") == "delete policies first."
    iam.delete_group_policy(GroupName=name, PolicyName="it")
    assert conflict("group") == "detach all policies first."
    iam.detach_group_policy(GroupName=name, PolicyArn=policy)
    iam.delete_group(GroupName=name)
    assert refusal(iam.list_access_keys, UserName=name)[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    "name",
    [
        "IAMFullAccess",
        "AmazonS3FullAccess",
        "AmazonDynamoDBFullAccess",
        "CloudWatchLogsFullAccess",
        "AWSIoTFullAccess",
        "CloudWatchEventsFullAccess",
        "AmazonTimestreamFullAccess",
        "AmazonTimestreamReadOnlyAccess",
        "AWSLambda_FullAccess",
        "service-role/AWSIoTLogging",
        "service-role/AWSIoTRuleActions",
        "service-role/AWSLambdaBasicExecutionRole",
    ],
)
def test_the_policies_of_aws_that_the_practical_needs_exist(
    aws_client: AwsClient, unique: Callable[[str], str], name: str
) -> None:
    iam, role = aws_client("iam"), unique("role")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust("iot.amazonaws.com"))
    arn = f"arn:aws:iam::aws:policy/{name}"
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    [attached] = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    assert attached == {"PolicyName": name.rpartition("/")[2], "PolicyArn": arn}


@pytest.mark.parametrize("name", ["iot role", "rôle", "r" * 65])
def test_a_name_that_iam_does_not_take_is_refused(aws_client: AwsClient, name: str) -> None:
    code, message = refusal(
        aws_client("iam").create_role,
        RoleName=name,
        AssumeRolePolicyDocument=trust("iot.amazonaws.com"),
    )
    assert code == "ValidationError"
    assert "roleName" in message


def test_a_function_runs_for_fifteen_minutes_at_most(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    client, name = aws_client("lambda"), unique("function")
    role = aws_client("iam").create_role(
        RoleName=unique("role"), AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )["Role"]["Arn"]
    create_function(aws_client, name, role, "python3.13")
    change = client.update_function_configuration
    assert change(FunctionName=name, Timeout=900)["Timeout"] == 900
    code, message = refusal(change, FunctionName=name, Timeout=901)
    assert code == "ValidationException"
    assert message.endswith("Member must have value less than or equal to 900")


def test_an_event_rule_invokes_only_a_function_that_lets_it(
    aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    iam, role_name = aws_client("iam"), unique("role")
    role = iam.create_role(
        RoleName=role_name, AssumeRolePolicyDocument=trust("lambda.amazonaws.com")
    )["Role"]["Arn"]
    basic = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    iam.attach_role_policy(RoleName=role_name, PolicyArn=basic)
    events, source = aws_client("events"), unique("source")
    rule = unique("rule")
    arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [source]}))["RuleArn"]
    allowed, other, none = (unique("function") for _ in range(3))
    for name in (none, other, allowed):
        function = create_function(aws_client, name, role, "python3.13")["FunctionArn"]
        events.put_targets(Rule=rule, Targets=[{"Id": name, "Arn": function}])
    for name, allowed_rule in ((allowed, arn), (other, f"{arn}-2")):
        aws_client("lambda").add_permission(
            FunctionName=name,
            StatementId="rule",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=allowed_rule,
        )
    events.put_events(Entries=[{"Source": source, "DetailType": "tick", "Detail": "{}"}])
    groups = aws_client("logs").get_paginator("describe_log_groups")

    def has_run() -> set[str]:
        pages = groups.paginate(logGroupNamePrefix="/aws/lambda/")
        names = {group["logGroupName"] for page in pages for group in page["logGroups"]}
        return {name for name in (allowed, other, none) if f"/aws/lambda/{name}" in names}

    wait_until(lambda: allowed in has_run(), "the function has run")
    assert has_run() == {allowed}
