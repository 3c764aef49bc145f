"""hashicorp/null, random and time, led by real Terraform."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

MakeWorkspace = Callable[..., TerraformWorkspace]

HCL = """
terraform {
  required_providers {
    random = {
      source  = "hashicorp/random"
      version = "~> 3.1"
    }
  }
}
variable "code" { default = "one" }
resource "null_resource" "package" {
  triggers = { code = var.code }
  provisioner "local-exec" { command = "echo ${var.code} >> packed.txt" }
}
resource "time_sleep" "roles" {
  depends_on      = [null_resource.package]
  create_duration = "10h"
}
resource "random_id" "it" {
  depends_on  = [time_sleep.roles]
  byte_length = 4
  prefix      = "lab-"
}
resource "random_string" "it" {
  length      = 12
  special     = false
  upper       = false
  min_numeric = 3
}
resource "random_password" "it" {
  length           = 20
  min_special      = 20
  override_special = "_%"
}
resource "random_pet" "it" {
  length    = 3
  separator = "_"
}
resource "random_integer" "it" {
  min  = 5
  max  = 7
  seed = "always"
}
resource "random_uuid" "it" {}
resource "random_shuffle" "it" {
  input        = ["a", "b", "c"]
  result_count = 7
}
data "null_data_source" "it" {
  inputs = { code = var.code }
}
output "told" {
  sensitive = true
  value = {
    hex     = random_id.it.hex
    dec     = random_id.it.dec
    text    = random_string.it.result
    secret  = random_password.it.result
    pet     = random_pet.it.id
    number  = random_integer.it.result
    uuid    = random_uuid.it.result
    shuffle = random_shuffle.it.result
    given   = data.null_data_source.it.outputs["code"]
  }
}
"""


def told(work: TerraformWorkspace) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(work.run("output", "-json"))["told"]["value"]
    return values


def test_values_are_made_once_and_kept_until_what_they_hang_on_changes(
    terraform_workspace: MakeWorkspace,
) -> None:
    work = terraform_workspace(HCL)
    work.apply()
    first = told(work)
    assert re.fullmatch(r"lab-[0-9a-f]{8}", first["hex"])
    assert int(first["dec"].removeprefix("lab-")) == int(first["hex"].removeprefix("lab-"), 16)
    assert re.fullmatch(r"[a-z0-9]{12}", first["text"])
    assert len(re.findall(r"\d", first["text"])) >= 3
    assert re.fullmatch(r"[_%]{20}", first["secret"])
    assert re.fullmatch(r"[a-z]+_[a-z]+_[a-z]+", first["pet"])
    assert first["number"] in (5, 6, 7)
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", first["uuid"])
    assert sorted(first["shuffle"][:3]) == sorted(first["shuffle"][3:6]) == ["a", "b", "c"]
    assert len(first["shuffle"]) == 7
    assert work.plan() == {}
    work.write('code = "two"', "terraform.tfvars")
    change = work.plan()["null_resource.package"]
    assert change.actions == ["delete", "create"]
    work.apply()
    assert (work.folder / "packed.txt").read_text().split() == ["one", "two"]
    assert told(work) == {**first, "given": "two"}
    work.destroy()


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ('"random_integer" "it" {\n min = 9\n max = 1\n}', "must not be larger"),
        ('"random_string" "it" {\n length = 2\n min_upper = 3\n}', "too short"),
        ('"random_id" "it" {\n byte_length = 0\n}', "expected byte_length to be in the range"),
        ('"time_sleep" "it" {\n create_duration = "soon"\n}', "a number and a unit"),
        ('"time_sleep" "it" {\n triggers = {}\n}', "must be specified"),
    ],
)
def test_what_cannot_be_is_refused(
    terraform_workspace: MakeWorkspace, block: str, words: str
) -> None:
    work = terraform_workspace(f"resource {block}")
    with pytest.raises(TerraformFailedError, match=words):
        work.apply()
