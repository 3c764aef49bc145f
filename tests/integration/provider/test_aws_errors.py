"""What a student reads when DynamoDB, IAM or Lambda, or the provider before it, refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Make = Callable[..., TerraformWorkspace]
TRUST = """jsonencode({
        Version = "2012-10-17"
        Statement = [{
          Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "SERVICE" }
        }]
      })
"""


def table(name: str, more: str = "", billing: str = "PAY_PER_REQUEST") -> str:
    """Return the HCL of a table with the key ``id``."""
    return f"""
        resource "aws_dynamodb_table" "it" {{
          name         = "{name}"
          billing_mode = "{billing}"
          hash_key     = "id"
          {more}
        }}
    """


def attribute(name: str, kind: str = "S") -> str:
    """Return the HCL of an attribute."""
    return f'attribute {{\n name = "{name}"\n type = "{kind}"\n}}\n'


def role(name: str, service: str = "lambda.amazonaws.com", more: str = "") -> str:
    """Return the HCL of a role."""
    return f"""
        resource "aws_iam_role" "it" {{
          name               = "{name}"
          assume_role_policy = {TRUST.replace("SERVICE", service)}
          {more}
        }}
    """


def role_policy(statement: str) -> str:
    """Return the HCL of a role and a policy with one statement."""
    return (
        role("error-policy")
        + f"""
        resource "aws_iam_role_policy" "it" {{
          role   = aws_iam_role.it.id
          policy = jsonencode({{ Version = "2012-10-17", Statement = [{{ {statement} }}] }})
        }}
    """
    )


def function(role_hcl: str, more: str = "", runtime: str = "python3.13") -> str:
    """Return the HCL of a function; ``more`` names its package."""
    return (
        role_hcl
        + f"""
        resource "aws_lambda_function" "it" {{
          function_name = "error-function"
          role          = aws_iam_role.it.arn
          handler       = "a.b"
          runtime       = "{runtime}"
          {more}
        }}
    """
    )


PACKAGE = """
    data "archive_file" "package" {
      type        = "zip"
      output_path = "package.zip"
      source {
        filename = "a.py"
        content  = "def b(event, context): ..."
      }
    }
"""
FROM_PACKAGE = "filename = data.archive_file.package.output_path"
MISSING_POLICY = "arn:aws:iam::123456789012:policy/nowhere"
ALLOWED = 'Effect = "Allow", Action = "iot:Publish", Resource = "*"'

ERRORS = {
    "an attribute that is not indexed": (
        table("error-unused", attribute("id") + attribute("zone", "N")),
        'all attributes must be indexed. Unused attributes: ["zone"]',
        'resource "aws_dynamodb_table" "it" {',
    ),
    "a key without an attribute": (
        table("error-undefined", attribute("zone")),
        'all indexes must match a defined attribute. Unmatched indexes: ["id"]',
        "hash_key     =",
    ),
    "a provisioned table without capacity": (
        table("error-capacity", attribute("id"), billing="PROVISIONED"),
        'read_capacity must be at least 1 when billing_mode is "PROVISIONED"',
        "billing_mode =",
    ),
    "capacity for a table on demand": (
        table("error-on-demand", attribute("id") + "read_capacity = 5"),
        'read_capacity can not be set when billing_mode is "PAY_PER_REQUEST"',
        "read_capacity =",
    ),
    "a stream without a view": (
        table("error-stream", attribute("id") + "stream_enabled = true"),
        "stream_view_type is required when stream_enabled = true",
        "stream_enabled =",
    ),
    "an unknown type": (
        table("error-type", attribute("id", "string")),
        'expected type to be one of ["S" "N" "B"], got string',
        "",
    ),
    "a replica": (
        table("error-replica", attribute("id") + 'replica { region_name = "eu-west-3" }'),
        'Argument "replica" has no effect on the embedded AWS',
        "",
    ),
    "a trust policy for nobody": (
        role("error-trust", "iot.amazon.com"),
        "creating IAM Role (error-trust): operation error IAM: CreateRole, https response error "
        "StatusCode: 400",
        "assume_role_policy =",
    ),
    "a policy that is no JSON": (
        'resource "aws_iam_role" "it" { assume_role_policy = "not json" }',
        '"assume_role_policy" contains an invalid JSON',
        "",
    ),
    "a name that is too long": (
        role("n" * 65),
        "expected length of name to be in the range (1 - 64)",
        "name               =",
    ),
    "a malformed policy": (
        role_policy(ALLOWED.replace("iot:Publish", "Publish")),
        "MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor",
        "policy = jsonencode",
    ),
    "a policy with a principal": (
        role_policy(ALLOWED + ', Principal = "*"'),
        "MalformedPolicyDocument: Policy document should not specify a principal.",
        "policy = jsonencode",
    ),
    "a policy of a role that is not there": (
        role_policy(ALLOWED).replace("aws_iam_role.it.id", '"nobody"'),
        "NoSuchEntity: The role with name nobody cannot be found.",
        '= "nobody"',
    ),
    "a missing policy": (
        role("error-attach")
        + f"""
        resource "aws_iam_role_policy_attachment" "it" {{
          role       = aws_iam_role.it.name
          policy_arn = "{MISSING_POLICY}"
        }}
        """,
        f"NoSuchEntity: Policy {MISSING_POLICY} does not exist or is not attachable.",
        "policy_arn =",
    ),
    "a missing package": (
        function(role("error-package"), 'filename = "files/nowhere.zip"'),
        "reading ZIP file (files/nowhere.zip): open files/nowhere.zip: no such file or directory",
        "filename =",
    ),
    "a package that is no ZIP": (
        function(role("error-zip"), 'filename = "main.tf"'),
        "InvalidParameterValueException: Could not unzip uploaded file.",
        "filename =",
    ),
    "a role that Lambda cannot assume": (
        PACKAGE + function(role("error-assume", "iot.amazonaws.com"), FROM_PACKAGE),
        "creating Lambda Function (error-function): operation error Lambda: CreateFunction, https "
        "response error StatusCode: 400",
        "role          =",
    ),
    "a retired runtime": (
        PACKAGE + function(role("error-retired"), FROM_PACKAGE, "python3.7"),
        "The runtime parameter of python3.7 is no longer supported",
        "runtime       =",
    ),
    "an unknown runtime": (
        PACKAGE + function(role("error-runtime"), FROM_PACKAGE, "python4"),
        "expected runtime to be one of [",
        "runtime       =",
    ),
    "no package at all": (
        function(role("error-none")),
        "one of `filename,image_uri,s3_bucket` must be specified",
        "",
    ),
    "an image": (
        function(role("error-image"), 'image_uri = "123456789012.dkr.ecr.x.amazonaws.com/a"'),
        'Argument "image_uri" has no effect on the embedded AWS',
        "image_uri =",
    ),
    "a network": (
        PACKAGE
        + function(
            role("error-network"),
            FROM_PACKAGE + '\nvpc_config {\n subnet_ids = ["a"]\n security_group_ids = ["b"]\n}',
        ),
        'Argument "vpc_config" has no effect on the embedded AWS',
        "",
    ),
    "a permission for no function": (
        """
        resource "aws_lambda_permission" "it" {
          action        = "lambda:InvokeFunction"
          function_name = "nowhere"
          principal     = "events.amazonaws.com"
        }
        """,
        "ResourceNotFoundException: Function not found: ",
        "function_name =",
    ),
    "an item without its key": (
        table("error-item", attribute("id"))
        + """
        resource "aws_dynamodb_table_item" "it" {
          table_name = aws_dynamodb_table.it.name
          hash_key   = "id"
          item       = jsonencode({ zone = { N = "1" } })
        }
        """,
        'The item has no attribute "id"',
        "item       =",
    ),
    "an item in plain JSON": (
        table("error-plain", attribute("id"))
        + """
        resource "aws_dynamodb_table_item" "it" {
          table_name = aws_dynamodb_table.it.name
          hash_key   = "id"
          item       = jsonencode({ id = "one" })
        }
        """,
        'Invalid format of "item"',
        "item       =",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_says_what_aws_says_at_the_argument_that_caused_it(
    name: str, terraform_workspace: Make
) -> None:
    hcl, words, snippet = ERRORS[name]
    workspace = terraform_workspace(hcl)
    try:
        with pytest.raises(TerraformFailedError) as failure:
            workspace.apply()
        assert words in failure.value.summaries
        assert snippet in failure.value.snippets
    finally:
        workspace.write("")
        workspace.destroy()


@pytest.mark.parametrize(
    ("hcl", "words", "snippet"),
    [
        pytest.param(
            table("error-twice", attribute("id")),
            "ResourceInUseException: Table already exists: error-twice",
            "name         =",
            id="table",
        ),
        pytest.param(
            role("error-twice"),
            "EntityAlreadyExists: Role with name error-twice already exists.",
            "name               =",
            id="role",
        ),
    ],
)
def test_what_exists_already_is_not_created_again(
    hcl: str, words: str, snippet: str, terraform_workspace: Make
) -> None:
    first, second = terraform_workspace(hcl, "first"), terraform_workspace(hcl, "second")
    first.apply()
    with pytest.raises(TerraformFailedError) as failure:
        second.apply()
    assert words in failure.value.summaries
    assert snippet in failure.value.snippets
    assert second.addresses() == []
    assert first.plan() == {}
    first.destroy()


@pytest.mark.parametrize("is_forced", [False, True])
def test_a_role_goes_with_what_terraform_does_not_know_only_when_forced(
    is_forced: bool, terraform_workspace: Make, aws_client: Callable[..., Any]
) -> None:
    forced = "force_detach_policies = true" if is_forced else ""
    workspace = terraform_workspace(role("error-delete", more=forced))
    workspace.apply()
    client = aws_client("iam")
    unknown = {"RoleName": "error-delete", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    client.attach_role_policy(**unknown)
    destroy = "destroy", "-refresh=false", "-auto-approve", "-input=false", "-json"
    if not is_forced:
        with pytest.raises(TerraformFailedError) as failure:
            workspace.run(*destroy)
        assert "DeleteConflict: Cannot delete entity" in failure.value.summaries
        client.detach_role_policy(**unknown)
    workspace.run(*destroy)
    assert workspace.addresses() == []
