"""Terraform's other commands, many resources, and odd input."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.workspace import TerraformFailedError, TerraformWorkspace

MakeWorkspace = Callable[..., TerraformWorkspace]
AwsClient = Callable[..., Any]
Unique = Callable[[str], str]
THING = 'resource "aws_iot_thing" "%s" {\n name = "%s"\n}\n'
MANY = 100


def things(aws_client: AwsClient, prefix: str) -> set[str]:
    pages = aws_client("iot").get_paginator("list_things").paginate()
    names = {one["thingName"] for page in pages for one in page["things"]}
    return {name for name in names if name.startswith(prefix)}


def test_two_hundred_resources_of_two_types_in_one_apply(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Unique
) -> None:
    prefix = unique("many")
    work = terraform_workspace(f"""
        resource "aws_iot_thing" "it" {{
          count = {MANY}
          name  = "{prefix}_${{count.index}}"
        }}
        resource "local_file" "it" {{
          for_each = toset([for index in range({MANY}) : tostring(index)])
          filename = "arns/${{each.key}}"
          content  = aws_iot_thing.it[each.key].arn
        }}
    """)
    work.apply()
    assert len(things(aws_client, prefix)) == MANY
    assert len(list((work.folder / "arns").iterdir())) == MANY
    assert work.plan() == {}
    work.destroy()
    assert things(aws_client, prefix) == set()
    assert list((work.folder / "arns").iterdir()) == []


def test_names_and_contents_of_any_script_work(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Unique
) -> None:
    text = 'Zürich 温度 🌡️ \\u00e9 \\"quoted\\" $${not} %%{this}'
    said = 'Zürich 温度 🌡️ é "quoted" ${not} %{this}'
    role = unique("role")
    work = terraform_workspace(f"""
        resource "local_file" "it" {{
          filename = "größe/温度 🌡️.txt"
          content  = "{text}"
        }}
        resource "aws_iam_role" "it" {{
          name               = "{role}"
          description        = "Küche, für Geräte"
          assume_role_policy = jsonencode({{
            Version   = "2012-10-17"
            Statement = [{{
              Effect    = "Allow"
              Action    = "sts:AssumeRole"
              Principal = {{ Service = "iot.amazonaws.com" }}
            }}]
          }})
        }}
        resource "aws_iot_thing" "it" {{ name = "Küche" }}
    """)
    with pytest.raises(TerraformFailedError, match="Küche"):
        work.apply()
    assert (work.folder / "größe" / "温度 🌡️.txt").read_text(encoding="utf-8") == said
    assert aws_client("iam").get_role(RoleName=role)["Role"]["Description"] == "Küche, für Geräte"
    work.run("state", "list")
    assert set(work.plan()) == {"aws_iot_thing.it"}
    work.destroy()


def test_a_content_of_megabytes_passes(terraform_workspace: MakeWorkspace) -> None:
    work = terraform_workspace("""
        resource "local_file" "it" {
          filename = "it"
          content  = join("", [for one in range(1000) : format("%06000d", one)])
        }
    """)
    work.apply()
    assert (work.folder / "it").stat().st_size == 6_000_000
    assert work.plan() == {}


def test_a_tainted_resource_is_made_anew(
    terraform_workspace: MakeWorkspace, unique: Unique
) -> None:
    work = terraform_workspace(THING % ("it", unique("tainted")))
    work.apply()
    work.run("taint", "aws_iot_thing.it")
    assert work.plan()["aws_iot_thing.it"].actions == ["delete", "create"]
    work.apply()
    assert work.plan() == {}
    work.destroy()


def test_a_resource_keeps_its_object_when_its_address_moves(
    terraform_workspace: MakeWorkspace, unique: Unique
) -> None:
    name = unique("moved")
    work = terraform_workspace(THING % ("one", name))
    work.apply()
    work.run("state", "mv", "aws_iot_thing.one", "aws_iot_thing.two")
    work.write(THING % ("two", name))
    assert work.plan() == {}
    moved = "moved {\n from = aws_iot_thing.two\n to = aws_iot_thing.three\n}\n"
    work.write(THING % ("three", name) + moved)
    work.apply()
    assert work.addresses() == ["aws_iot_thing.three"]
    assert work.plan() == {}
    work.write("removed {\n from = aws_iot_thing.three\n lifecycle {\n destroy = false\n }\n}\n")
    work.apply()
    assert work.addresses() == []
    block = f'import {{\n to = aws_iot_thing.four\n id = "{name}"\n}}\n'
    work.write(THING % ("four", name) + block)
    work.apply()
    assert work.addresses() == ["aws_iot_thing.four"]
    work.destroy()


def test_configuration_is_generated_for_what_is_imported(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Unique
) -> None:
    name = unique("generated")
    aws_client("iot").create_thing(thingName=name, attributePayload={"attributes": {"a": "b"}})
    work = terraform_workspace(f'import {{\n to = aws_iot_thing.it\n id = "{name}"\n}}\n')
    work.run("plan", "-input=false", "-generate-config-out=made.tf")
    assert name in (work.folder / "made.tf").read_text()
    work.apply()
    assert work.state("aws_iot_thing.it")["attributes"] == {"a": "b"}
    assert work.plan() == {}
    work.destroy()


def test_validate_graph_console_and_show_work(
    terraform_workspace: MakeWorkspace, unique: Unique
) -> None:
    name = unique("shown")
    work = terraform_workspace(THING % ("it", name))
    assert json.loads(work.run("validate", "-json"))["valid"] is True
    assert "aws_iot_thing.it" in work.run("graph")
    work.apply()
    done = subprocess.run(
        [*work.engine, "console"],
        cwd=work.folder,
        env=work.environment,
        input="aws_iot_thing.it.name\n",
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert name in done.stdout
    assert name in work.run("state", "show", "-no-color", "aws_iot_thing.it")
    work.run("plan", "-input=false", "-refresh-only")
    work.run("apply", "-input=false", "-auto-approve", "-replace=aws_iot_thing.it")
    work.run("destroy", "-input=false", "-auto-approve", "-target=aws_iot_thing.it")
    assert work.addresses() == []


def test_a_saved_plan_is_applied_as_planned(
    terraform_workspace: MakeWorkspace, aws_client: AwsClient, unique: Unique
) -> None:
    name = unique("saved")
    work = terraform_workspace(THING % ("it", name))
    work.plan()
    work.run("apply", "-input=false", "plan.bin")
    assert things(aws_client, name) == {name}
    work.destroy()


def test_a_state_of_another_version_of_the_provider_is_read(
    terraform_workspace: MakeWorkspace, unique: Unique
) -> None:
    work = terraform_workspace(THING % ("it", unique("older")))
    work.apply()
    path = work.folder / "terraform.tfstate"
    state = json.loads(path.read_text())
    attributes = state["resources"][0]["instances"][0]["attributes"]
    attributes["of_another_version"] = {"deep": [1]}
    del attributes["region"]
    path.write_text(json.dumps(state))
    assert work.plan() == {}
    work.destroy()
