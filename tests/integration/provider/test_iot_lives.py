"""The lives of the IoT resource types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.provider.lifecycle import Life, is_there, live
from tests.integration.provider.workspace import TerraformWorkspace

LIVES = {
    "thing": Life(
        address="aws_iot_thing.it",
        created='resource "aws_iot_thing" "it" { name = "life-thing" }',
        updated="""
            resource "aws_iot_thing" "it" {
              name       = "life-thing"
              attributes = { zone = "1" }
            }
        """,
        replaced='resource "aws_iot_thing" "it" { name = "life-thing-2" }',
        drift=lambda client: client("iot").update_thing(
            thingName="life-thing", attributePayload={"attributes": {"zone": "2"}}
        ),
        drifted=frozenset({"attributes"}),
        vanish=lambda client: client("iot").delete_thing(thingName="life-thing"),
        exists=lambda client: any(
            is_there(client("iot").describe_thing, thingName=name)
            for name in ("life-thing", "life-thing-2")
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
