"""What is changed in a configuration before Terraform reads it."""

from __future__ import annotations

from pathlib import Path

from lab_utils.grading.configuration.adaptions import (
    adapt_accounts,
    adapt_provider_blocks,
    adapt_terraform_blocks,
    remove_leftovers,
)
from lab_utils.grading.configuration.providers import set_unknown_aside
from lab_utils.grading.configuration.shelf import Shelf
from lab_utils.grading.configuration.sources import Sources
from lab_utils.grading.configuration.storage import take_packages_from_files
from lab_utils.grading.configuration.variables import give_values
from tests.unit.grading.configuration.folders import sources_of, text_of

OWN = """\
terraform {
  required_version = ">= 1.0"
  backend "s3" {
    bucket = "states"
  }
  required_providers {
    aws    = { source = "hashicorp/aws", version = "~> 3.0" }
    tls    = { source = "hashicorp/tls" }
  }
}

provider "aws" {
  region  = "eu-west-3"
  profile = "school"
  assume_role {
    role_arn = "arn:aws:iam::111122223333:role/student"
  }
}
"""


def shelf_of(sources: Sources) -> Shelf:
    return Shelf(sources, lambda _entry: None)


def test_backends_are_taken_out_and_lines_stay(tmp_path: Path) -> None:
    sources = sources_of(tmp_path, {"terraform/p.tf": OWN})
    [remark] = adapt_terraform_blocks(sources)
    text = text_of(sources, "terraform/p.tf")
    assert remark.startswith('terraform/p.tf, line 3: backend "s3" was taken out')
    assert "bucket" not in text
    assert text.count("\n") == OWN.count("\n")


def test_the_provider_keeps_its_region_and_loses_whose_key_it_has(tmp_path: Path) -> None:
    sources = sources_of(tmp_path, {"terraform/p.tf": OWN})
    remarks = list(adapt_provider_blocks(sources))
    text = text_of(sources, "terraform/p.tf")
    assert 'region  = "eu-west-3"' in text
    assert "profile" not in text
    assert "assume_role" not in text
    assert {remark.split(": ")[1].split()[0] for remark in remarks} == {"profile", "assume_role"}


def test_only_what_needs_a_lacking_provider_is_set_aside(tmp_path: Path) -> None:
    own = 'resource "tls_private_key" "r" {\n}\nresource "aws_iot_thing" "a" {\n  name = "a"\n}\n'
    files = {"terraform/p.tf": OWN, "terraform/x.tf": own + 'data "external" "e" {\n}\n'}
    sources = sources_of(tmp_path, files)
    shelf = shelf_of(sources)
    remarks = list(set_unknown_aside(sources, shelf))
    assert [entry.block for entry in shelf.entries] == [
        'data "external" "e"',
        'resource "tls_private_key" "r"',
    ]
    assert "tls" not in text_of(sources, "terraform/p.tf")
    assert "aws_iot_thing" in text_of(sources, "terraform/x.tf")
    assert [remark.split()[2] for remark in remarks] == ["hashicorp/external", "hashicorp/tls"]


def test_a_package_that_would_be_uploaded_is_taken_from_its_file(tmp_path: Path) -> None:
    text = """\
resource "aws_lambda_function" "f" {
  s3_bucket = aws_s3_bucket.b.id
  s3_key    = aws_s3_object.o.key
  handler   = "a.b"
}
resource "aws_s3_object" "o" {
  key    = "f.zip"
  source = "${path.module}/f.zip"
}
"""
    for key in ("aws_s3_object.o.key", '"f.zip"'):
        written = text.replace("aws_s3_object.o.key", key)
        sources = sources_of(tmp_path, {"terraform/x.tf": written})
        assert len(list(take_packages_from_files(sources))) == 1
        changed = text_of(sources, "terraform/x.tf").splitlines()
        assert changed[1:4] == ["  ", '  filename = "${path.module}/f.zip"', '  handler   = "a.b"']
        assert list(take_packages_from_files(sources)) == []


def test_variables_without_a_value_get_one(tmp_path: Path) -> None:
    names = ("region", "count_of", "tags", "given", "name", "other")
    kinds = {"count_of": "number", "tags": "map(string)"}
    text = "".join(
        f'variable "{one}" {{\n  type = {kinds.get(one, "string")}\n}}\n' for one in names
    )
    sources = sources_of(
        tmp_path,
        {
            "terraform/v.tf": text + 'variable "set" {\n  default = 1\n}\n',
            "terraform/terraform.tfvars": 'given = "by me"\n',
            "terraform/dev.tfvars": 'other = "of dev"\n',
        },
    )
    remarks = list(give_values(sources, "eu-west-3"))
    assert text_of(sources, "terraform/zz-grading.auto.tfvars").splitlines() == [
        'region = "eu-west-3"',
        "count_of = 1",
        "tags = {}",
        'name = "name"',
        'other = "of dev"',
    ]
    assert len(remarks) == 5
    assert "terraform/dev.tfvars gives it one" in remarks[-1]
    assert "of dev" not in remarks[-1], "it may be a secret"


def test_one_account_is_taken_for_the_sandboxs_and_of_two_none(tmp_path: Path) -> None:
    arn = '"arn:aws:iam::{}:role/iot_role"'
    policy = '{"Resource": "arn:aws:dynamodb:eu-west-1:999988887777:table/T"}'
    files = {
        "terraform/x.tf": f"locals {{\n  a = {arn.format('999988887777')}\n}}\n",
        "terraform/files/p.json": policy,
    }
    sources = sources_of(tmp_path / "one", files)
    [remark] = adapt_accounts(sources)
    assert "terraform/files/p.json, terraform/x.tf" in remark
    assert "999988887777" not in text_of(sources, "terraform/x.tf")
    assert ":123456789012:table/T" in text_of(sources, "terraform/files/p.json")

    more = files["terraform/x.tf"].replace("999988887777", "111122223333")
    sources = sources_of(tmp_path / "two", {**files, "terraform/y.tf": more})
    assert list(adapt_accounts(sources)) == []
    assert "999988887777" in text_of(sources, "terraform/x.tf")


def test_a_file_that_is_no_utf8_keeps_its_bytes_with_another_account(
    tmp_path: Path,
) -> None:
    sources = sources_of(tmp_path, {"terraform/x.tf": ""})
    policy = tmp_path / "terraform" / "p.json"
    policy.write_bytes(b'{"Sid": "K\xfcche", "Resource": "arn:aws:iot:eu-west-1:999988887777:*"}')
    assert list(adapt_accounts(sources))
    wanted = b'{"Sid": "K\xfcche", "Resource": "arn:aws:iot:eu-west-1:123456789012:*"}'
    assert policy.read_bytes() == wanted


def test_an_earlier_terraforms_lock_and_state_go(tmp_path: Path) -> None:
    left = {
        "terraform/.terraform.lock.hcl": "",
        "terraform/terraform.tfstate": "{}",
        "terraform/.terraform/environment": "dev",
        "terraform/terraform.tfstate.backup/a-folder": "",
    }
    sources = sources_of(tmp_path, {**left, "terraform/p.tf": OWN, "terraform/files/k.json": "{}"})
    remove_leftovers(sources)
    names = sorted(path.name for path in (tmp_path / "terraform").iterdir())
    assert names == ["files", "p.tf"]
