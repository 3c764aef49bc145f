"""What a student reads when AWS IoT, or the provider before it, refuses a configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab_utils.settings import LOCAL_ACCOUNT
from tests.integration.provider.hcl import certificate, policy
from tests.integration.provider.rule_actions import ACTIONS, rule
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace
from tests.integration.things import create_role

Make = Callable[..., TerraformWorkspace]
FREE = ACTIONS["lambda"]


def fails(workspace: TerraformWorkspace) -> TerraformFailedError:
    with pytest.raises(TerraformFailedError) as failure:
        workspace.apply()
    return failure.value


@pytest.mark.parametrize(
    ("hcl", "words", "snippet"),
    [
        pytest.param(
            rule("bad_sql", FREE, sql="SELEKT * FROM 'a/b'"),
            "creating IoT Topic Rule (bad_sql): operation error IoT: CreateTopicRule, https "
            "response error StatusCode: 400",
            "sql         =",
            id="bad SQL",
        ),
        pytest.param(
            rule("bad_sql", FREE, sql="SELECT * FROM 'a' WHERE temperature >"),
            "SqlParseException: ",
            "sql         =",
            id="half a WHERE",
        ),
        pytest.param(
            rule("no_version", FREE, sql_version="2017-01-01"),
            "InvalidRequestException: ",
            "sql_version =",
            id="unknown SQL version",
        ),
        pytest.param(
            rule("hot-rule", FREE),
            "Name must match the pattern ^[0-9A-Za-z_]+$",
            "name        =",
            id="rule name with a hyphen",
        ),
        pytest.param(
            rule("no_arn", FREE.replace("arn:aws", "nra:aws")),
            "is an invalid ARN",
            "",
            id="no ARN",
        ),
        pytest.param(
            rule("two_errors", FREE + f"error_action {{ {FREE} {ACTIONS['http']} }}"),
            "Invalid combination of arguments",
            "error_action",
            id="two error actions",
        ),
        pytest.param(
            rule("hollow", FREE + "error_action {}"),
            "Invalid combination of arguments",
            "error_action",
            id="an error action without an action",
        ),
        pytest.param(
            policy("no_json", '"{ Version: 2012 }"'),
            '"policy" contains an invalid JSON',
            "policy = ",
            id="policy that is no JSON",
        ),
        pytest.param(
            policy("misspelt").replace("Effect", "Efect"),
            "creating IoT Policy (misspelt): operation error IoT: CreatePolicy",
            "policy = ",
            id="policy with a misspelt element",
        ),
        pytest.param(
            'resource "aws_iot_certificate" "it" {\nactive = true\ncsr = "no request"\n}',
            "creating IoT Certificate: operation error IoT: CreateCertificateFromCsr",
            "csr = ",
            id="csr that is none",
        ),
        pytest.param(
            'data "aws_iot_endpoint" "it" { endpoint_type = "iot:Everything" }',
            'expected endpoint_type to be one of ["iot:CredentialProvider" "iot:Data"',
            "endpoint_type",
            id="unknown endpoint type",
        ),
        pytest.param(
            certificate()
            + """
            resource "aws_iot_thing" "it" { name = "exclusive" }
            resource "aws_iot_thing_principal_attachment" "it" {
              thing                = aws_iot_thing.it.name
              principal            = aws_iot_certificate.cert.arn
              thing_principal_type = "EXCLUSIVE_THING"
            }
            """,
            "has no effect on the embedded AWS",
            "thing_principal_type",
            id="exclusive principal",
        ),
    ],
)
def test_an_error_says_what_and_where(
    hcl: str, words: str, snippet: str, terraform_workspace: Make
) -> None:
    failure = fails(terraform_workspace(hcl))
    assert words in failure.summaries
    assert snippet in failure.snippets


def test_a_rule_needs_a_role_that_exists(terraform_workspace: Make) -> None:
    action = ACTIONS["dynamodbv2"].replace("rule_actions", "nobody")
    failure = fails(terraform_workspace(rule("no_role", action)))
    assert "InvalidRequestException: " in failure.summaries
    assert f"arn:aws:iam::{LOCAL_ACCOUNT}:role/nobody" in failure.summaries


@pytest.mark.parametrize(
    ("given", "other", "words"),
    [
        ('name = "sensor_id"', 'name = "time"', "dimension name 'time' is reserved"),
        ('"MILLISECONDS"', '"HOURS"', "expected unit to be one of"),
        ("$${timestamp()}", "$${timestamp(}", "SqlParseException: "),
    ],
)
def test_a_timestream_action_that_aws_does_not_take_is_refused(
    given: str,
    other: str,
    words: str,
    terraform_workspace: Make,
    aws_client: Callable[..., Any],
    unique: Callable[[str], str],
) -> None:
    role = unique("rule_actions")
    create_role(aws_client("iam"), role)
    action = ACTIONS["timestream"].replace(given, other).replace("rule_actions", role)
    failure = fails(terraform_workspace(rule("no_timestream", action)))
    assert words in failure.summaries


def test_a_policy_cannot_be_attached_to_a_certificate_that_is_missing(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    iot = aws_client("iot")
    arn = f"arn:aws:iot:eu-west-1:{LOCAL_ACCOUNT}:cert/{'0' * 64}"
    hcl = policy("lonely") + (
        f"""
        resource "aws_iot_policy_attachment" "it" {{
          policy = aws_iot_policy.it.name
          target = "{arn}"
        }}
        resource "aws_iot_thing" "it" {{ name = "lonely" }}
        resource "aws_iot_thing_principal_attachment" "it" {{
          thing     = aws_iot_thing.it.name
          principal = "{arn}"
        }}
        """
    )
    workspace = terraform_workspace(hcl)
    failure = fails(workspace)
    assert failure.summaries.count("ResourceNotFoundException: ") == 2
    assert f"creating IoT Policy Attachment (lonely|{arn})" in failure.summaries
    assert f"creating IoT Thing Principal Attachment (lonely|{arn})" in failure.summaries
    assert "target =" in failure.snippets
    assert "principal =" in failure.snippets
    workspace.destroy()
    assert "lonely" not in [one["thingName"] for one in iot.list_things()["things"]]


def test_a_thing_of_the_same_name_that_differs_is_refused(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    iot = aws_client("iot")
    iot.create_thing(thingName="twin", attributePayload={"attributes": {"zone": "1"}})
    failure = fails(terraform_workspace('resource "aws_iot_thing" "it" {\nname = "twin"\n}'))
    assert "creating IoT Thing (twin)" in failure.summaries
    assert "ResourceAlreadyExistsException: " in failure.summaries
    assert 'name = "twin"' in failure.snippets
    iot.delete_thing(thingName="twin")


def test_a_policy_that_is_attached_elsewhere_is_not_deleted(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    iot = aws_client("iot")
    workspace = terraform_workspace(policy("kept") + certificate())
    workspace.apply()
    target = workspace.state("aws_iot_certificate.cert")["arn"]
    iot.attach_policy(policyName="kept", target=target)
    with pytest.raises(TerraformFailedError, match="deleting IoT Policy \\(kept\\)") as failure:
        workspace.run("destroy", "-auto-approve", "-json", "-target=aws_iot_policy.it")
    assert "DeleteConflictException: " in failure.value.summaries
    iot.detach_policy(policyName="kept", target=target)
    workspace.destroy()


def test_a_policy_keeps_at_most_five_versions(
    terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    iot = aws_client("iot")
    allow = """jsonencode({
      Version = "2012-10-17"
      Statement = [{ Effect = "Allow", Action = "iot:*", Resource = "arn:aws:iot:*:*:client/%s" }]
    })"""
    workspace = terraform_workspace(policy("many", allow % 0))
    for number in range(7):
        workspace.write(policy("many", allow % number))
        workspace.apply()
    versions = iot.list_policy_versions(policyName="many")["policyVersions"]
    assert sorted(one["versionId"] for one in versions) == ["3", "4", "5", "6", "7"]
    assert workspace.state("aws_iot_policy.it")["default_version_id"] == "7"
    workspace.destroy()


def test_a_policy_in_another_spelling_is_the_same_policy(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(policy("spelled"))
    workspace.apply()
    workspace.write(
        policy(
            "spelled",
            """<<-EOT
              {"Statement": [{"Resource": ["*"], "Effect": "Allow", "Action": ["iot:*"]}],
               "Version": "2012-10-17"}
            EOT
            """.strip(),
        )
    )
    assert workspace.plan() == {}
    workspace.destroy()
