"""Policy documents byte for byte, regions and partitions."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Make = Callable[..., TerraformWorkspace]

DOCUMENT = """
    data "aws_iam_policy_document" "it" {
      policy_id = "lab"
      statement {
        sid       = "Write"
        actions   = ["dynamodb:PutItem", "iot:Publish", "dynamodb:BatchWriteItem"]
        resources = ["*"]
        condition {
          test     = "StringLike"
          variable = "iot:ClientId"
          values   = ["&{iot:Connection.Thing.ThingName}", "a<b>&c"]
        }
        condition {
          test     = "Bool"
          variable = "aws:SecureTransport"
          values   = ["true"]
        }
      }
      statement {
        effect        = "Deny"
        not_actions   = ["iot:*"]
        not_resources = ["arn:aws:iot:b", "arn:aws:iot:c"]
        principals {
          type        = "AWS"
          identifiers = ["arn:aws:iam::123456789012:root", "arn:aws:iam::210987654321:root"]
        }
        principals {
          type        = "Service"
          identifiers = ["iot.amazonaws.com"]
        }
      }
      statement {
        actions = ["sts:AssumeRole"]
        principals {
          type        = "*"
          identifiers = ["*"]
        }
      }
    }
"""
WRITTEN = """{
  "Version": "2012-10-17",
  "Id": "lab",
  "Statement": [
    {
      "Sid": "Write",
      "Effect": "Allow",
      "Action": [
        "iot:Publish",
        "dynamodb:PutItem",
        "dynamodb:BatchWriteItem"
      ],
      "Resource": "*",
      "Condition": {
        "Bool": {
          "aws:SecureTransport": "true"
        },
        "StringLike": {
          "iot:ClientId": [
            "${iot:Connection.Thing.ThingName}",
            "a\\u003cb\\u003e\\u0026c"
          ]
        }
      }
    },
    {
      "Effect": "Deny",
      "NotAction": "iot:*",
      "NotResource": [
        "arn:aws:iot:c",
        "arn:aws:iot:b"
      ],
      "Principal": {
        "AWS": [
          "arn:aws:iam::210987654321:root",
          "arn:aws:iam::123456789012:root"
        ],
        "Service": "iot.amazonaws.com"
      }
    },
    {
      "Effect": "Allow",
      "Action": "sts:AssumeRole",
      "Principal": "*"
    }
  ]
}"""
MERGED = """
    data "aws_iam_policy_document" "it" {
      source_policy_documents = [
        jsonencode({
          Version   = "2008-10-17"
          Statement = [
            { Sid = "One", Effect = "Allow", Action = ["a:b"], Resource = "*" },
            { Effect = "Allow", Action = "c:d", Resource = "*" },
          ]
        }),
        jsonencode({ Statement = [{ Sid = "Two", Effect = "Allow", Action = "e:f" }] }),
      ]
      statement {
        sid       = "One"
        actions   = ["own:one"]
        resources = ["*"]
      }
      statement {
        sid       = "Three"
        actions   = ["own:three"]
        resources = ["*"]
      }
      override_policy_documents = [jsonencode({
        Id        = "over"
        Statement = [{ Sid = "Three", Effect = "Deny", Action = "over:three", Resource = "*" }]
      })]
    }
"""


def test_a_policy_document_has_the_real_providers_spelling(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(DOCUMENT)
    workspace.apply()
    state = workspace.state("data.aws_iam_policy_document.it")
    assert state["json"] == WRITTEN
    compact = json.dumps(json.loads(WRITTEN), separators=(",", ":"))
    escaped = compact.replace("a<b>&c", "a\\u003cb\\u003e\\u0026c")
    assert state["minified_json"] == escaped
    assert state["version"] == "2012-10-17"
    assert [one["effect"] for one in state["statement"]] == ["Allow", "Deny", "Allow"]


def test_documents_merge_by_sid(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(MERGED)
    workspace.apply()
    written = json.loads(workspace.state("data.aws_iam_policy_document.it")["json"])
    assert (written["Version"], written["Id"]) == ("2012-10-17", "over")
    assert [(one.get("Sid"), one["Action"]) for one in written["Statement"]] == [
        ("One", "own:one"),
        (None, "c:d"),
        ("Two", "e:f"),
        ("Three", "over:three"),
    ]


@pytest.mark.parametrize(
    ("hcl", "words"),
    [
        (
            'statement {\n sid = "A"\n}\nstatement {\n sid = "A"\n}',
            "writing IAM Policy Document: duplicate Sid (A). Remove the Sid or ensure the Sid is",
        ),
        ('statement {\n effect = "allow"\n}', 'expected effect to be one of ["Allow" "Deny"]'),
        ('version = "2012"', 'expected version to be one of ["2008-10-17" "2012-10-17"]'),
        (
            'version = "2008-10-17"\nstatement {\n resources = ["&{aws:username}"]\n}',
            "which is not supported in document version 2008-10-17",
        ),
        (
            'source_policy_documents = ["{"]',
            "merging source document 0",
        ),
    ],
)
def test_a_document_that_cannot_be_is_refused(
    hcl: str, words: str, terraform_workspace: Make
) -> None:
    workspace = terraform_workspace(f'data "aws_iam_policy_document" "it" {{\n{hcl}\n}}')
    with pytest.raises(TerraformFailedError) as failure:
        workspace.apply()
    assert words in failure.value.summaries


def test_region_and_partition_are_those_in_use(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(
        """
        data "aws_region" "here" {}
        data "aws_region" "there" { region = "us-east-1" }
        data "aws_partition" "it" {}
        """
    )
    workspace.apply()
    here, there = (workspace.state(f"data.aws_region.{one}") for one in ("here", "there"))
    assert here == {
        "id": "eu-west-1",
        "name": "eu-west-1",
        "region": "eu-west-1",
        "description": "Europe (Ireland)",
        "endpoint": "ec2.eu-west-1.amazonaws.com",
    }
    assert there["description"] == "US East (N. Virginia)"
    assert workspace.state("data.aws_partition.it") == {
        "id": "aws",
        "partition": "aws",
        "dns_suffix": "amazonaws.com",
        "reverse_dns_prefix": "com.amazonaws",
    }


def test_an_unknown_region_is_named(terraform_workspace: Make) -> None:
    workspace = terraform_workspace('data "aws_region" "it" { region = "eu-nowhere-1" }')
    with pytest.raises(TerraformFailedError, match="eu-nowhere-1"):
        workspace.apply()
