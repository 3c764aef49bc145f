"""What roles and their policies do beyond their life: names, contents, versions, spelling."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.integration.provider.workspace import TerraformWorkspace

Make = Callable[..., TerraformWorkspace]
Client = Callable[..., Any]
ALLOWED = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"ACTION","Resource":"*"}}'


def allowed(action: str) -> str:
    """Return a policy with one statement."""
    return ALLOWED.replace("ACTION", action)


def role(more: str = "", name: str = 'name = "it-role"', trust: str = "") -> str:
    """Return the HCL of a role."""
    principal = trust or '{ Service = "iot.amazonaws.com" }'
    return f"""
        resource "aws_iam_role" "it" {{
          {name}
          assume_role_policy = jsonencode({{
            Version = "2012-10-17"
            Statement = [{{
              Effect = "Allow", Action = ["sts:AssumeRole"], Principal = {principal}
            }}]
          }})
          {more}
        }}
    """


def inline(name: str, action: str) -> str:
    """Return the HCL of an inline policy."""
    return (
        f"inline_policy {{\n name = {json.dumps(name)}\n policy = <<E\n{allowed(action)}\nE\n}}\n"
    )


def inline_names(client: Client) -> list[str]:
    """Return the names of the role's inline policies."""
    names: list[str] = client("iam").list_role_policies(RoleName="it-role")["PolicyNames"]
    return sorted(names)


def test_a_role_owns_the_inline_policies_that_it_lists(
    terraform_workspace: Make, aws_client: Client
) -> None:
    workspace = terraform_workspace(role(inline("a", "iot:Publish") + inline("b", "iot:Connect")))
    workspace.apply()
    assert workspace.plan() == {}
    workspace.write(role(inline("b", "iot:Subscribe") + inline("c", "iot:Connect")))
    workspace.apply()
    assert workspace.plan() == {}
    assert inline_names(aws_client) == ["b", "c"]
    aws_client("iam").put_role_policy(
        RoleName="it-role", PolicyName="foreign", PolicyDocument=allowed("iot:Receive")
    )
    assert workspace.plan()["aws_iam_role.it"].actions == ["update"]
    workspace.apply()
    assert inline_names(aws_client) == ["b", "c"]
    workspace.write(role("inline_policy {}"))
    workspace.apply()
    assert workspace.plan() == {}
    assert inline_names(aws_client) == []
    workspace.destroy()


def test_a_role_that_lists_no_policies_leaves_those_of_others_alone(
    terraform_workspace: Make,
) -> None:
    hcl = (
        role()
        + f"""
        resource "aws_iam_role_policy" "a" {{
          role   = aws_iam_role.it.id
          policy = {json.dumps(allowed("iot:Publish"))}
        }}
        resource "aws_iam_role_policy_attachment" "a" {{
          role       = aws_iam_role.it.name
          policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
        }}
    """
    )
    workspace = terraform_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    workspace.write(
        hcl.replace("assume_role_policy", 'description = "of the rules"\n assume_role_policy', 1)
    )
    workspace.apply()
    assert workspace.plan() == {}
    name = workspace.state("aws_iam_role_policy.a")["name"]
    assert name.startswith("terraform-")
    assert len(name) == len("terraform-") + 26
    workspace.destroy()


def test_a_role_owns_the_managed_policies_that_it_lists(
    terraform_workspace: Make, aws_client: Client
) -> None:
    arns = ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/AdministratorAccess"]
    workspace = terraform_workspace(role(f'managed_policy_arns = ["{arns[0]}"]'))
    workspace.apply()
    assert workspace.plan() == {}
    aws_client("iam").attach_role_policy(RoleName="it-role", PolicyArn=arns[1])
    assert workspace.plan()["aws_iam_role.it"].actions == ["update"]
    workspace.write(role(f'managed_policy_arns = ["{arns[1]}"]'))
    workspace.apply()
    assert workspace.plan() == {}
    told = aws_client("iam").list_attached_role_policies(RoleName="it-role")["AttachedPolicies"]
    assert [one["PolicyArn"] for one in told] == [arns[1]]
    workspace.destroy()


def test_two_role_policies_of_one_name_overwrite_each_other(
    terraform_workspace: Make, aws_client: Client
) -> None:
    policies = "".join(
        f"""
        resource "aws_iam_role_policy" "{label}" {{
          name       = "same"
          role       = aws_iam_role.it.id
          policy     = {json.dumps(allowed(action))}
          depends_on = [{after}]
        }}
        """
        for label, action, after in (
            ("first", "iot:Publish", "aws_iam_role.it"),
            ("second", "iot:Connect", "aws_iam_role_policy.first"),
        )
    )
    workspace = terraform_workspace(role() + policies)
    workspace.apply()
    assert inline_names(aws_client) == ["same"]
    assert set(workspace.plan()) == {"aws_iam_role_policy.first"}
    workspace.destroy()


def test_a_name_prefix_makes_a_name(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(role(name='name_prefix = "lab-"'))
    workspace.apply()
    assert workspace.plan() == {}
    state = workspace.state("aws_iam_role.it")
    assert state["name"].startswith("lab-")
    assert len(state["name"]) == len("lab-") + 26
    assert (state["name_prefix"], state["id"]) == ("lab-", state["name"])
    assert state["arn"] == f"arn:aws:iam::123456789012:role/{state['name']}"
    assert state["unique_id"].startswith("AROA")
    workspace.destroy()


def test_another_spelling_of_a_policy_is_no_change(
    terraform_workspace: Make, aws_client: Client
) -> None:
    account = '{ AWS = "123456789012" }'
    workspace = terraform_workspace(role(trust=account))
    workspace.apply()
    root = {"AWS": ["arn:aws:iam::123456789012:root"]}
    statement = {"Action": "sts:AssumeRole", "Principal": root, "Effect": "Allow"}
    document = json.dumps({"Statement": statement, "Version": "2012-10-17"}, indent=4)
    aws_client("iam").update_assume_role_policy(RoleName="it-role", PolicyDocument=document)
    assert workspace.plan() == {}
    workspace.write(role(trust='{ AWS = ["arn:aws:iam::123456789012:root"] }'))
    assert workspace.plan() == {}
    workspace.destroy()


def test_the_state_has_a_policy_as_the_real_provider_stores_it(terraform_workspace: Make) -> None:
    hcl = (
        role()
        + """
        resource "aws_iam_role_policy" "it" {
          name   = "it"
          role   = aws_iam_role.it.id
          policy = <<-E
            {
              "Statement": [{ "Resource": "*", "Effect": "Allow", "Action": "iot:Publish" }],
              "Version": "2012-10-17"
            }
          E
        }
    """
    )
    workspace = terraform_workspace(hcl)
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state("aws_iam_role_policy.it")["policy"] == (
        '{"Version":"2012-10-17","Statement":'
        '[{"Action":"iot:Publish","Effect":"Allow","Resource":"*"}]}'
    )
    assert workspace.state("aws_iam_role.it")["assume_role_policy"].startswith('{"Statement":')
    workspace.destroy()


def test_a_boundary_comes_and_goes(terraform_workspace: Make, aws_client: Client) -> None:
    boundary = 'permissions_boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"'
    workspace = terraform_workspace(role())
    workspace.apply()
    for more, is_there in ((boundary, True), ("", False)):
        workspace.write(role(more))
        workspace.apply()
        assert workspace.plan() == {}
        told = aws_client("iam").get_role(RoleName="it-role")["Role"]
        assert ("PermissionsBoundary" in told) is is_there
    workspace.destroy()


def test_a_description_is_taken_away(terraform_workspace: Make, aws_client: Client) -> None:
    workspace = terraform_workspace(role('description = "of the rules"'))
    workspace.apply()
    workspace.write(role())
    workspace.apply()
    assert workspace.plan() == {}
    assert not aws_client("iam").get_role(RoleName="it-role")["Role"].get("Description")
    workspace.destroy()


def test_a_policy_keeps_five_versions(terraform_workspace: Make, aws_client: Client) -> None:
    def policy(number: int) -> str:
        body = json.dumps(allowed(f"iot:Action{number}"))
        return f'resource "aws_iam_policy" "it" {{\n name = "versions"\n policy = {body}\n}}'

    workspace = terraform_workspace(policy(0))
    workspace.apply()
    for number in range(1, 7):
        workspace.write(policy(number))
        workspace.apply()
    assert workspace.plan() == {}
    arn = workspace.state("aws_iam_policy.it")["arn"]
    versions = aws_client("iam").list_policy_versions(PolicyArn=arn)["Versions"]
    assert sorted(version["VersionId"] for version in versions) == ["v3", "v4", "v5", "v6", "v7"]
    workspace.destroy()
