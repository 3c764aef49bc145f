"""The provider block of hashicorp/aws."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

MakeWorkspace = Callable[..., TerraformWorkspace]
AwsClient = Callable[..., Any]
WHO = 'data "aws_caller_identity" "it" {}\n'
EVERYTHING = """
    provider "aws" {
      region                             = "eu-west-1"
      access_key                         = "test"
      secret_key                         = "test"
      allowed_account_ids                = ["123456789012", "000000000000"]
      custom_ca_bundle                   = "ca.pem"
      ec2_metadata_service_endpoint      = "http://127.0.0.1:1"
      ec2_metadata_service_endpoint_mode = "IPv4"
      http_proxy                         = "http://127.0.0.1:1"
      https_proxy                        = "http://127.0.0.1:1"
      no_proxy                           = "localhost"
      insecure                           = true
      max_retries                        = 3
      retry_mode                         = "standard"
      s3_us_east_1_regional_endpoint     = "regional"
      s3_use_path_style                  = true
      skip_credentials_validation        = true
      skip_metadata_api_check            = true
      skip_region_validation             = true
      skip_requesting_account_id         = true
      sts_region                         = "eu-west-1"
      token_bucket_rate_limiter_capacity = 10
      use_dualstack_endpoint             = true
      use_fips_endpoint                  = false
      user_agent                         = ["lab"]
      default_tags {
        tags = { course = "iot" }
      }
      ignore_tags {
        keys         = ["left"]
        key_prefixes = ["alone-"]
      }
    }
"""


def test_the_block_takes_what_the_real_one_takes(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(EVERYTHING + WHO)
    work.apply()
    assert work.state("data.aws_caller_identity.it")["account_id"].isdigit()


def test_an_argument_that_the_real_block_lacks_is_refused(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace('provider "aws" {\n s3_force_path_style = true\n}\n' + WHO)
    with pytest.raises(TerraformFailedError, match="Unsupported argument"):
        work.plan()


def test_who_and_where_are_told(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace("""
        provider "aws" { region = "eu-central-1" }
        data "aws_caller_identity" "it" {}
        data "aws_region" "it" {}
        data "aws_region" "other" { region = "us-east-1" }
        data "aws_partition" "it" {}
    """)
    work.apply()
    here = work.state("data.aws_region.it")
    assert here["region"] == here["id"] == here["name"] == "eu-central-1"
    assert here["description"] == "Europe (Frankfurt)"
    assert here["endpoint"] == "ec2.eu-central-1.amazonaws.com"
    assert work.state("data.aws_region.other")["name"] == "us-east-1"
    partition = work.state("data.aws_partition.it")
    assert partition["partition"] == "aws"
    assert partition["dns_suffix"] == "amazonaws.com"
    assert partition["reverse_dns_prefix"] == "com.amazonaws"


def test_a_region_that_is_none_is_an_error(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace('provider "aws" { region = "europe" }\n' + WHO)
    with pytest.raises(TerraformFailedError) as raised:
        work.plan()
    assert "Invalid Region Value" in raised.value.summaries
    assert '"europe"' in raised.value.snippets
    work.write('data "aws_region" "it" { region = "eu-nowhere-1" }')
    with pytest.raises(TerraformFailedError, match="There is no region"):
        work.plan()


def test_another_region_is_a_place_of_its_own(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    name = unique("elsewhere")
    hcl = f'resource "aws_iot_thing" "it" {{\n name = "{name}"\n %s\n}}'
    work = terraform_workspace('provider "aws" { region = "eu-central-1" }\n' + hcl % "")
    work.apply()
    assert ":eu-central-1:" in work.state("aws_iot_thing.it")["arn"]
    names = [one["thingName"] for one in aws_client("iot").list_things()["things"]]
    assert name not in names, "it must not be in the embedded AWS's own region"
    assert work.plan() == {}

    work.write('provider "aws" { region = "eu-west-1" }\n' + hcl % "")
    change = work.plan()["aws_iot_thing.it"]
    assert change.actions == ["delete", "create"]
    assert change.replace_paths == [["region"]]
    work.apply()
    assert aws_client("iot").describe_thing(thingName=name)["thingName"] == name

    work.write('provider "aws" { region = "eu-west-1" }\n' + hcl % 'region = "us-east-1"')
    assert work.plan()["aws_iot_thing.it"].actions == ["delete", "create"]
    work.apply()
    assert ":us-east-1:" in work.state("aws_iot_thing.it")["arn"]
    assert work.plan() == {}
    work.destroy()


def test_default_tags_are_merged_and_ignored_tags_left_alone(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    name = unique("tagged")
    hcl = f"""
        provider "aws" {{
          default_tags {{
            tags = {{ course = "%s", unit = "1" }}
          }}
          ignore_tags {{ key_prefixes = ["kept-"] }}
        }}
        resource "aws_iam_role" "it" {{
          name               = "{name}"
          assume_role_policy = jsonencode({{
            Version   = "2012-10-17"
            Statement = [{{
              Effect    = "Allow"
              Action    = "sts:AssumeRole"
              Principal = {{ Service = "iot.amazonaws.com" }}
            }}]
          }})
          tags = {{ unit = "2", own = "yes" }}
        }}
    """
    work = terraform_workspace(hcl % "iot")
    work.apply()

    def tags() -> dict[str, str]:
        listed = aws_client("iam").list_role_tags(RoleName=name)["Tags"]
        return {one["Key"]: one["Value"] for one in listed}

    assert tags() == {"course": "iot", "unit": "2", "own": "yes"}
    state = work.state("aws_iam_role.it")
    assert state["tags"] == {"unit": "2", "own": "yes"}
    assert state["tags_all"] == {"course": "iot", "unit": "2", "own": "yes"}
    assert work.plan() == {}

    aws_client("iam").tag_role(RoleName=name, Tags=[{"Key": "kept-by", "Value": "another"}])
    assert work.plan() == {}
    aws_client("iam").tag_role(RoleName=name, Tags=[{"Key": "stray", "Value": "x"}])
    assert work.plan()["aws_iam_role.it"].actions == ["update"]

    work.write(hcl % "cloud")
    assert work.plan()["aws_iam_role.it"].actions == ["update"]
    work.apply()
    assert tags() == {"course": "cloud", "unit": "2", "own": "yes", "kept-by": "another"}
    work.destroy()


def test_a_default_tag_may_be_known_only_later(
    terraform_workspace: MakeWorkspace, unique: Callable[[str], str]
) -> None:
    work = terraform_workspace(f"""
        resource "terraform_data" "later" {{}}
        provider "aws" {{
          default_tags {{
            tags = {{ run = terraform_data.later.id }}
          }}
        }}
        resource "aws_iot_policy" "it" {{
          name   = "{unique("later")}"
          policy = jsonencode({{ Version = "2012-10-17", Statement = [] }})
        }}
    """)
    assert work.plan()["aws_iot_policy.it"].after_unknown["tags_all"] is True
    work.destroy()


@pytest.mark.parametrize(
    ("argument", "is_allowed"),
    [
        ('allowed_account_ids = ["123456789012"]', True),
        ('allowed_account_ids = ["111111111111"]', False),
        ('forbidden_account_ids = ["111111111111"]', True),
        ('forbidden_account_ids = ["123456789012"]', False),
    ],
)
def test_accounts_are_allowed_and_forbidden(
    argument: str, is_allowed: bool, terraform_workspace: MakeWorkspace, aws_client: AwsClient
) -> None:
    account = aws_client("sts").get_caller_identity()["Account"]
    block = f'provider "aws" {{ {argument} }}\n'.replace("123456789012", account)
    work = terraform_workspace(block + WHO)
    if is_allowed:
        work.apply()
        return
    with pytest.raises(TerraformFailedError) as raised:
        work.apply()
    assert f"AWS account ID not allowed: {account}" in raised.value.summaries


def test_accounts_are_not_allowed_and_forbidden_at_once(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace(
        'provider "aws" {\n allowed_account_ids = ["1"]\n forbidden_account_ids = ["2"]\n}\n' + WHO
    )
    with pytest.raises(TerraformFailedError, match="conflicts with"):
        work.plan()


def test_a_key_is_used_and_one_that_nobody_has_is_refused(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    user = unique("user")
    aws_client("iam").create_user(UserName=user)
    key = aws_client("iam").create_access_key(UserName=user)["AccessKey"]
    block = 'provider "aws" {\n access_key = "%s"\n secret_key = "%s"\n}\n'
    work = terraform_workspace(block % (key["AccessKeyId"], key["SecretAccessKey"]) + WHO)
    work.apply()
    assert work.state("data.aws_caller_identity.it")["arn"].endswith(f":user/{user}")
    thing = f'resource "aws_iot_thing" "it" {{ name = "{unique("denied")}" }}\n'
    work.write(thing, "thing.tf")
    with pytest.raises(TerraformFailedError, match="not authorized to perform: iot:CreateThing"):
        work.apply()
    work.write(block % ("AKIAIOSFODNN7EXAMPLE", "none-has-this-key") + WHO)
    with pytest.raises(TerraformFailedError) as raised:
        work.plan()
    assert "InvalidClientTokenId" in raised.value.summaries
    assert "none-has-this-key" not in str(raised.value)


def test_half_a_key_is_an_error(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace('provider "aws" { access_key = "test" }\n' + WHO)
    with pytest.raises(TerraformFailedError, match='Missing required argument \\\\"secret_key'):
        work.plan()


def test_a_role_is_assumed(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Callable[[str], str]
) -> None:
    name = unique("deployer")
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    arn = aws_client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"][
        "Arn"
    ]
    block = """
        provider "aws" {
          assume_role {
            role_arn     = "%s"
            session_name = "lab"
            duration     = "1h"
            external_id  = "lab"
          }
        }
    """
    work = terraform_workspace(block % arn + WHO)
    work.apply()
    assert work.state("data.aws_caller_identity.it")["arn"].endswith(f":assumed-role/{name}/lab")
    work.write(block % f"{arn}-of-nobody" + WHO)
    with pytest.raises(TerraformFailedError) as raised:
        work.plan()
    assert "Cannot assume IAM Role" in raised.value.summaries
    assert f"{arn}-of-nobody" in raised.value.summaries
    work.write((block % arn).replace("1h", "an hour") + WHO)
    with pytest.raises(TerraformFailedError, match="not a duration"):
        work.plan()


def test_what_has_no_meaning_here_is_said(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace(
        'provider "aws" {\n profile = "mine"\n endpoints { iot = "http://localhost:1" }\n}\n' + WHO
    )
    told = work.run("plan", "-input=false", "-no-color")
    assert "Argument profile is not used on the embedded AWS" in told
    assert "Other endpoints are not used on the embedded AWS" in told


def test_the_lab_s_own_endpoint_may_be_named(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient
) -> None:
    url = aws_client("iot").meta.endpoint_url.replace("127.0.0.1", "localhost")
    names = ("iot", "dynamodb", "eventbridge", "cloudwatchlogs", "timestreamwrite", "ec2")
    lines = "\n".join(f'{name} = "{url}"' for name in names)
    work = terraform_workspace(f'provider "aws" {{\n endpoints {{\n{lines}\n}}\n}}\n' + WHO)
    assert "Warning" not in work.run("plan", "-input=false", "-no-color")
    work.write('provider "aws" {\n endpoints { nosuchservice = "x" }\n}\n' + WHO)
    with pytest.raises(TerraformFailedError, match="Unsupported argument"):
        work.plan()
