"""Users, groups, access keys and what hangs on them: one life for all, and what AWS refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lab_utils.local_aws.provider.aws.iam_access_keys import smtp_password
from tests.integration.provider.deployer import (
    ACCOUNT,
    CHANGED,
    FIRST,
    MANAGED,
    READ_ONLY,
    allowed,
    everything,
)
from tests.integration.provider.lifecycle import is_there
from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

Make = Callable[..., TerraformWorkspace]
Client = Callable[..., Any]
NAME = "life-user"
GROUPS = [f"{NAME}-group", f"{NAME}-others"]


def test_a_user_and_all_that_hangs_on_it_live_from_creation_to_destruction(
    terraform_workspace: Make, aws_client: Client
) -> None:
    iam = aws_client("iam")
    workspace = terraform_workspace(everything(NAME, FIRST))
    workspace.apply()
    assert workspace.plan() == {}
    assert_first_state(workspace)
    workspace.write(everything(NAME, CHANGED))
    assert {address: one.actions for address, one in workspace.plan().items()} == {
        f"aws_iam_{kind}.it": ["update"]
        for kind in (
            *("access_key", "group", "group_membership", "group_policy", "policy_attachment"),
            *("user", "user_group_membership", "user_policy"),
        )
    }
    workspace.apply()
    assert workspace.plan() == {}
    assert_changed(iam)
    break_by_hand(iam)
    broken = {address: one.actions for address, one in workspace.plan().items()}
    updated = ("user", "group_membership", "policy_attachment", "user_group_membership")
    made = ("access_key", "user_policy", "user_policy_attachment", "group_policy_attachment")
    assert broken == {
        **{f"aws_iam_{kind}.it": ["update"] for kind in updated},
        **{f"aws_iam_{kind}.it": ["create"] for kind in made},
    }
    workspace.apply()
    assert workspace.plan() == {}
    import_all(workspace)
    workspace.destroy()
    assert workspace.addresses() == []
    assert not is_there(iam.get_user, UserName=NAME)
    assert not is_there(iam.get_group, GroupName=GROUPS[0])


def assert_first_state(workspace: TerraformWorkspace) -> None:
    user, key = (workspace.state(f"aws_iam_{kind}.it") for kind in ("user", "access_key"))
    assert user["arn"] == f"arn:aws:iam::{ACCOUNT}:user/ci/{NAME}"
    assert (user["id"], user["force_destroy"]) == (NAME, False)
    assert user["unique_id"].startswith("AIDA")
    assert key["id"].startswith("AKIA")
    assert len(key["secret"]) == 40
    assert key["ses_smtp_password_v4"] == smtp_password(key["secret"], "eu-west-1")
    assert key["status"] == "Active"
    assert key["create_date"].endswith("Z")
    assert workspace.state("aws_iam_user_policy.it")["id"] == f"{NAME}:deploy"
    assert workspace.state("aws_iam_policy_attachment.it")["id"] == f"{NAME}-attachment"


def assert_changed(iam: Any) -> None:
    user = iam.get_user(UserName=NAME)["User"]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/gitlab/{NAME}"
    assert user["PermissionsBoundary"]["PermissionsBoundaryArn"] == MANAGED
    assert {tag["Key"]: tag["Value"] for tag in user["Tags"]} == {"part": "5", "lab": "iot"}
    [key] = iam.list_access_keys(UserName=NAME)["AccessKeyMetadata"]
    assert key["Status"] == "Inactive"
    members = iam.get_group(GroupName=f"{NAME}-members")["Users"]
    assert sorted(one["UserName"] for one in members) == [NAME, f"{NAME}-other"]
    groups = iam.list_groups_for_user(UserName=NAME)["Groups"]
    assert sorted(one["GroupName"] for one in groups) == sorted([*GROUPS, f"{NAME}-members"])


def break_by_hand(iam: Any) -> None:
    """Change or delete most of it, so that a plan has to show it."""
    [key] = iam.list_access_keys(UserName=NAME)["AccessKeyMetadata"]
    iam.delete_access_key(UserName=NAME, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=NAME, PolicyName="deploy")
    iam.detach_user_policy(UserName=NAME, PolicyArn=READ_ONLY)
    iam.detach_group_policy(GroupName=GROUPS[0], PolicyArn=READ_ONLY)
    iam.detach_user_policy(
        UserName=f"{NAME}-other", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/{NAME}-policy"
    )
    iam.delete_user_permissions_boundary(UserName=NAME)
    iam.remove_user_from_group(GroupName=GROUPS[1], UserName=NAME)
    iam.remove_user_from_group(GroupName=f"{NAME}-members", UserName=f"{NAME}-other")


def import_all(workspace: TerraformWorkspace) -> None:
    """Import each type that can be imported; a plan then shows nothing to do."""
    key = workspace.state("aws_iam_access_key.it")["id"]
    ids = {
        "user": NAME,
        "user_policy": f"{NAME}:deploy",
        "user_policy_attachment": f"{NAME}/{READ_ONLY}",
        "access_key": key,
        "group_policy_attachment": f"{GROUPS[0]}/{READ_ONLY}",
        "user_group_membership": "/".join([NAME, *GROUPS]),
    }
    workspace.run("state", "rm", *(f"aws_iam_{kind}.it" for kind in ids))
    blocks = (
        f'import {{\n to = aws_iam_{kind}.it\n id = "{one}"\n}}\n' for kind, one in ids.items()
    )
    workspace.write("".join(blocks), "imports.tf")
    workspace.apply()
    assert workspace.plan() == {}
    assert workspace.state("aws_iam_access_key.it")["secret"] is None
    assert workspace.state("aws_iam_access_key.it")["user"] == NAME


def test_what_a_plan_refuses(terraform_workspace: Make) -> None:
    workspace = terraform_workspace(f"""
        resource "aws_iam_user" "it" {{ name = "git lab" }}
        resource "aws_iam_group" "it" {{ name = "git/lab" }}
        resource "aws_iam_access_key" "it" {{
          user    = "gitlab"
          status  = "Gone"
          pgp_key = "keybase:somebody"
        }}
        resource "aws_iam_user_policy" "it" {{
          user   = "gitlab"
          policy = "deploy.json"
        }}
        resource "aws_iam_user_policy_attachment" "it" {{
          user       = "gitlab"
          policy_arn = "ReadOnlyAccess"
        }}
        resource "aws_iam_policy_attachment" "it" {{
          name       = "it"
          policy_arn = "{READ_ONLY}"
        }}
    """)
    with pytest.raises(TerraformFailedError) as failure:
        workspace.plan()
    told = failure.value.summaries
    for words in (
        "invalid value for name (must only contain alphanumeric characters, hyphens",
        'expected status to be one of ["Active" "Inactive" "Expired"], got Gone',
        'Argument "pgp_key" has no effect on the embedded AWS',
        "pgp_key, real AWS would leave the secret out of the state",
        '"policy" contains an invalid JSON policy: not a JSON object (have you passed a filename',
        '"policy_arn" (ReadOnlyAccess) is an invalid ARN',
        '"groups": one of `groups,roles,users` must be specified',
    ):
        assert words in told
    assert told.count("must only contain alphanumeric characters") == 2


def test_what_aws_refuses(
    terraform_workspace: Make, aws_client: Client, unique: Callable[[str], str]
) -> None:
    iam, taken = aws_client("iam"), unique("taken")
    iam.create_user(UserName=taken)
    for _ in range(2):
        iam.create_access_key(UserName=taken)
    missing = f"arn:aws:iam::{ACCOUNT}:policy/nowhere"
    workspace = terraform_workspace(f"""
        resource "aws_iam_user" "it" {{ name = "{taken}" }}
        resource "aws_iam_access_key" "third" {{ user = "{taken}" }}
        resource "aws_iam_access_key" "nobody" {{ user = "nobody" }}
        resource "aws_iam_user_policy" "nobody" {{
          name   = "it"
          user   = "nobody"
          policy = {allowed("iot:Connect")}
        }}
        resource "aws_iam_policy_attachment" "it" {{
          name       = "it"
          policy_arn = "{missing}"
          users      = ["{taken}"]
        }}
        resource "aws_iam_user_group_membership" "it" {{
          user   = "{taken}"
          groups = ["nowhere"]
        }}
    """)
    with pytest.raises(TerraformFailedError) as failure:
        workspace.apply()
    told = failure.value.summaries
    for words in (
        f"creating IAM User ({taken}): operation error IAM: CreateUser",
        f"EntityAlreadyExists: User with name {taken} already exists.",
        f"creating IAM Access Key ({taken}): operation error IAM: CreateAccessKey",
        "LimitExceeded: Cannot exceed quota for AccessKeysPerUser: 2",
        "NoSuchEntity: The user with name nobody cannot be found.",
        f"NoSuchEntity: Policy {missing} does not exist or is not attachable.",
        "NoSuchEntity: The group with name nowhere cannot be found.",
    ):
        assert words in told
    assert f'name = "{taken}"' in failure.value.snippets
    workspace.destroy()


def test_a_key_made_by_hand_keeps_its_user_unless_that_is_forced(
    terraform_workspace: Make, aws_client: Client, unique: Callable[[str], str]
) -> None:
    iam, name = aws_client("iam"), unique("kept")

    def user(more: str = "") -> str:
        return f'resource "aws_iam_user" "it" {{\n name = "{name}"\n {more}\n}}'

    workspace = terraform_workspace(user())
    workspace.apply()
    iam.create_access_key(UserName=name)
    with pytest.raises(TerraformFailedError) as failure:
        workspace.destroy()
    assert f"deleting IAM User ({name})" in failure.value.summaries
    assert "DeleteConflict: Cannot delete entity, must delete access keys first." in (
        failure.value.summaries
    )
    iam.create_login_profile(UserName=name, Password="Warm-Room-40")
    workspace.write(user("force_destroy = true"))
    workspace.apply()
    workspace.destroy()
    assert not is_there(iam.get_user, UserName=name)
    assert not is_there(iam.get_login_profile, UserName=name)


def test_a_renamed_user_keeps_what_hangs_on_it(
    terraform_workspace: Make, aws_client: Client, unique: Callable[[str], str]
) -> None:
    iam, name = aws_client("iam"), unique("renamed")

    def user(label: str) -> str:
        return f"""
            resource "aws_iam_user" "it" {{ name = "{label}" }}
            resource "aws_iam_group" "it" {{ name = "{label}" }}
        """

    workspace = terraform_workspace(user(name))
    workspace.apply()
    key = iam.create_access_key(UserName=name)["AccessKey"]["AccessKeyId"]
    iam.put_user_policy(
        UserName=name,
        PolicyName="it",
        PolicyDocument=allowed("iot:Connect")[1:-1].replace("\\", ""),
    )
    iam.add_user_to_group(GroupName=name, UserName=name)
    workspace.write(user(f"{name}-2"))
    assert workspace.plan()["aws_iam_user.it"].actions == ["update"]
    workspace.apply()
    assert workspace.plan() == {}
    [found] = iam.list_access_keys(UserName=f"{name}-2")["AccessKeyMetadata"]
    assert found["AccessKeyId"] == key
    assert iam.list_user_policies(UserName=f"{name}-2")["PolicyNames"] == ["it"]
    [member] = iam.get_group(GroupName=f"{name}-2")["Users"]
    assert member["UserName"] == f"{name}-2"
    with pytest.raises(TerraformFailedError, match="must remove users from group first"):
        workspace.run("destroy", "-auto-approve", "-input=false", "-target=aws_iam_group.it")
