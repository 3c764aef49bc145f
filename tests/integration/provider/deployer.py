"""HCL of a user and of all that IAM can hang on one."""

from __future__ import annotations

import json

ACCOUNT = "123456789012"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
MANAGED = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"


def allowed(action: str, resource: str = "*") -> str:
    """Return a policy with one statement, as an HCL text."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


FIRST = {
    "path": "/ci/",
    "tags": '{ part = "5" }',
    "boundary": "",
    "action": "lambda:UpdateFunctionCode",
    "status": "Active",
    "users": "[aws_iam_user.it.name]",
    "groups": "[aws_iam_group.it.name]",
    "members": "[aws_iam_user.it.name]",
}
CHANGED = {
    "path": "/gitlab/",
    "tags": '{ part = "5", lab = "iot" }',
    "boundary": f'permissions_boundary = "{MANAGED}"',
    "action": "lambda:GetFunction",
    "status": "Inactive",
    "users": "[aws_iam_user.it.name, aws_iam_user.other.name]",
    "groups": "[aws_iam_group.it.name, aws_iam_group.other.name]",
    "members": "[aws_iam_user.it.name, aws_iam_user.other.name]",
}


def everything(name: str, parts: dict[str, str]) -> str:
    """Return a user with a policy, a key and groups, and another user and group beside them."""
    return f"""
        resource "aws_iam_user" "other" {{ name = "{name}-other" }}
        resource "aws_iam_group" "other" {{ name = "{name}-others" }}

        resource "aws_iam_user" "it" {{
          name = "{name}"
          path = "{parts["path"]}"
          tags = {parts["tags"]}
          {parts["boundary"]}
        }}
        resource "aws_iam_user_policy" "it" {{
          name   = "deploy"
          user   = aws_iam_user.it.name
          policy = {allowed(parts["action"])}
        }}
        resource "aws_iam_user_policy_attachment" "it" {{
          user       = aws_iam_user.it.name
          policy_arn = "{READ_ONLY}"
        }}
        resource "aws_iam_access_key" "it" {{
          user   = aws_iam_user.it.name
          status = "{parts["status"]}"
        }}
        resource "aws_iam_group" "it" {{
          name = "{name}-group"
          path = "{parts["path"]}"
        }}
        resource "aws_iam_group_policy" "it" {{
          name   = "deploy"
          group  = aws_iam_group.it.name
          policy = {allowed(parts["action"])}
        }}
        resource "aws_iam_group_policy_attachment" "it" {{
          group      = aws_iam_group.it.name
          policy_arn = "{READ_ONLY}"
        }}
        resource "aws_iam_policy" "it" {{
          name   = "{name}-policy"
          policy = {allowed("iot:Connect")}
        }}
        resource "aws_iam_policy_attachment" "it" {{
          name       = "{name}-attachment"
          policy_arn = aws_iam_policy.it.arn
          users      = {parts["users"]}
          groups     = {parts["groups"]}
        }}
        resource "aws_iam_user_group_membership" "it" {{
          user   = aws_iam_user.it.name
          groups = {parts["groups"]}
        }}
        resource "aws_iam_group" "members" {{ name = "{name}-members" }}
        resource "aws_iam_group_membership" "it" {{
          name  = "{name}-membership"
          group = aws_iam_group.members.name
          users = {parts["members"]}
        }}
    """


def function(label: str, name: str) -> str:
    """Return the HCL of a function of the role ``aws_iam_role.lambda_role``."""
    return f"""
        resource "aws_lambda_function" "{label}" {{
          function_name = "{name}"
          filename      = "files/empty_package.zip"
          handler       = "ac_control_lambda.lambda_handler"
          runtime       = "python3.13"
          role          = aws_iam_role.lambda_role.arn
          lifecycle {{ ignore_changes = [source_code_hash] }}
        }}
    """


def deployers(name: str) -> str:
    """Return a user with a key and a role, both of which may only change one function's code."""
    may_deploy = """jsonencode({
      Version   = "2012-10-17"
      Statement = [{
        Effect   = "Allow"
        Action   = "lambda:UpdateFunctionCode"
        Resource = aws_lambda_function.own.arn
      }]
    })"""
    return f"""
        resource "aws_iam_user" "gitlab_deployer" {{ name = "{name}" }}
        resource "aws_iam_user_policy" "gitlab_deployer" {{
          user   = aws_iam_user.gitlab_deployer.name
          policy = {may_deploy}
        }}
        resource "aws_iam_access_key" "gitlab_deployer" {{
          user = aws_iam_user.gitlab_deployer.name
        }}
        resource "aws_iam_role" "deployer" {{
          name               = "{name}-role"
          assume_role_policy = jsonencode({{
            Version   = "2012-10-17"
            Statement = [{{
              Effect    = "Allow"
              Action    = "sts:AssumeRole"
              Principal = {{ AWS = "{ACCOUNT}" }}
            }}]
          }})
        }}
        resource "aws_iam_role_policy" "deployer" {{
          role   = aws_iam_role.deployer.name
          policy = {may_deploy}
        }}
        output "key_id" {{ value = aws_iam_access_key.gitlab_deployer.id }}
        output "secret" {{
          value     = aws_iam_access_key.gitlab_deployer.secret
          sensitive = true
        }}
        output "role" {{ value = aws_iam_role.deployer.arn }}
    """
