"""The lives of the IAM resource types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.lifecycle import Life, is_there, live
from tests.integration.provider.workspace import TerraformWorkspace

TRUST = """<<-JSON
        {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Principal": { "Service": "iot.amazonaws.com" },
              "Action": "sts:AssumeRole"
            }
          ]
        }
      JSON
"""
ROLE = """
    resource "aws_iam_role" "it" {
      name               = "NAME"
      assume_role_policy = TRUST
      MORE
    }
""".replace("TRUST", TRUST)
POLICY = """
    resource "aws_iam_role_policy" "it" {
      name   = "NAME"
      role   = aws_iam_role.it.id
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = [{ Effect = "Allow", Action = ["ACTION"], Resource = "*" }]
      })
    }
"""


def role(name: str, more: str = "") -> str:
    """Return the HCL of a role that the rules engine may assume."""
    return ROLE.replace("NAME", name).replace("MORE", more)


def role_policy(name: str, action: str = "dynamodb:PutItem") -> str:
    """Return the HCL of a role and its policy."""
    return role("life-policy-role") + POLICY.replace("NAME", name).replace("ACTION", action)


LIVES = {
    "role": Life(
        address="aws_iam_role.it",
        created=role("life-role"),
        updated=role(
            "life-role",
            'description = "of the rules"\n max_session_duration = 7200\n tags = { part = "2" }',
        ),
        replaced=role("life-role-2"),
        drift=lambda client: client("iam").update_role(
            RoleName="life-role", Description="changed by hand", MaxSessionDuration=3600
        ),
        drifted=frozenset({"description", "max_session_duration"}),
        vanish=lambda client: client("iam").delete_role(RoleName="life-role"),
        exists=lambda client: any(
            is_there(client("iam").get_role, RoleName=name) for name in ("life-role", "life-role-2")
        ),
    ),
    "role policy": Life(
        address="aws_iam_role_policy.it",
        created=role_policy("life-policy"),
        updated=role_policy("life-policy", "dynamodb:UpdateItem"),
        replaced=role_policy("life-policy-2"),
        drift=lambda client: client("iam").put_role_policy(
            RoleName="life-policy-role",
            PolicyName="life-policy",
            PolicyDocument='{"Version":"2012-10-17","Statement":'
            '{"Effect":"Deny","Action":"*","Resource":"*"}}',
        ),
        drifted=frozenset({"policy"}),
        vanish=lambda client: client("iam").delete_role_policy(
            RoleName="life-policy-role", PolicyName="life-policy"
        ),
        exists=lambda client: any(
            is_there(client("iam").get_role_policy, RoleName="life-policy-role", PolicyName=name)
            for name in ("life-policy", "life-policy-2")
        ),
    ),
}


@pytest.mark.parametrize("name", LIVES)
def test_a_resource_lives_from_creation_to_destruction(
    name: str,
    terraform_workspace: Callable[..., TerraformWorkspace],
    aws_client: Callable[..., Any],
) -> None:
    life = LIVES[name]
    live(life, terraform_workspace(life.created), aws_client)
