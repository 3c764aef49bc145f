"""The lives of the IAM resource types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.integration.provider.lifecycle import Lead, Life, is_there

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


MANAGED = """
    resource "aws_iam_policy" "it" {
      name   = "NAME"
      path   = "/lab/"
      policy = jsonencode({
        Version   = "2012-10-17"
        Statement = { Effect = "Allow", Action = "ACTION", Resource = "*" }
      })
    }
"""
ATTACHMENT = """
    resource "aws_iam_role_policy_attachment" "it" {
      role       = aws_iam_role.it.name
      policy_arn = POLICY
    }
"""
ACCOUNT = "123456789012"
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/lab/life-managed"


def delete_policy(client: Any, arn: str) -> None:
    """Delete a managed policy with all its versions."""
    for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
        if not version["IsDefaultVersion"]:
            client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
    client.delete_policy(PolicyArn=arn)


def managed(name: str, action: str = "iot:Publish") -> str:
    """Return the HCL of a managed policy."""
    return MANAGED.replace("NAME", name).replace("ACTION", action)


def attachment(policy: str) -> str:
    """Return the HCL of a role with a managed policy attached."""
    return role("life-attached") + managed("life-attachment") + ATTACHMENT.replace("POLICY", policy)


def is_attached(client: Callable[[str], Any]) -> bool:
    """Return whether the role is there and has a managed policy."""
    call = client("iam").list_attached_role_policies
    name = "life-attached"
    return is_there(call, RoleName=name) and bool(call(RoleName=name)["AttachedPolicies"])


LIVES = {
    "policy": Life(
        address="aws_iam_policy.it",
        created=managed("life-managed"),
        updated=managed("life-managed", "iot:Connect"),
        replaced=managed("life-managed-2"),
        drift=lambda client: client("iam").create_policy_version(
            PolicyArn=POLICY_ARN,
            PolicyDocument='{"Version":"2012-10-17","Statement":'
            '{"Effect":"Deny","Action":"*","Resource":"*"}}',
            SetAsDefault=True,
        ),
        drifted=frozenset({"policy"}),
        vanish=lambda client: delete_policy(client("iam"), POLICY_ARN),
        exists=lambda client: any(
            is_there(client("iam").get_policy, PolicyArn=arn)
            for arn in (POLICY_ARN, f"{POLICY_ARN}-2")
        ),
    ),
    "attachment": Life(
        address="aws_iam_role_policy_attachment.it",
        created=attachment("aws_iam_policy.it.arn"),
        replaced=attachment('"arn:aws:iam::aws:policy/ReadOnlyAccess"'),
        vanish=lambda client: client("iam").detach_role_policy(
            RoleName="life-attached",
            PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/lab/life-attachment",
        ),
        exists=is_attached,
        import_id=lambda state: f"{state['role']}/{state['policy_arn']}",
        not_imported=frozenset({"id"}),
    ),
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


def test_resources_live_from_creation_to_destruction(lead: Lead) -> None:
    lead(LIVES)
