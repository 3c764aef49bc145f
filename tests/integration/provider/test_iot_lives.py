"""The lives of the IoT resource types."""

from __future__ import annotations

from tests.integration.provider.lifecycle import Client, Lead, Life, is_there

_PROPERTIES = """
    properties {
      description = "upstairs"
      attribute_payload {
        attributes = { zone = "1" }
      }
    }
"""


def _thing_type(name: str, arguments: str = "") -> str:
    return f"""
        resource "aws_iot_thing_type" "it" {{
          name = "{name}"
          {arguments}
        }}
    """


def _delete_thing_type(client: Client, name: str) -> None:
    client("iot").deprecate_thing_type(thingTypeName=name)
    client("iot").delete_thing_type(thingTypeName=name)


def _thing_group(name: str, arguments: str) -> str:
    return f"""
        resource "aws_iot_thing_group" "parent" {{ name = "life_house" }}

        resource "aws_iot_thing_group" "it" {{
          name = "{name}"
          {arguments}
        }}
    """


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
    "thing type": Life(
        address="aws_iot_thing_type.it",
        created=_thing_type("life_type"),
        updated=_thing_type("life_type", "deprecated = true"),
        replaced=_thing_type("life_type", 'properties { description = "sensors" }'),
        drift=lambda client: client("iot").deprecate_thing_type(
            thingTypeName="life_type", undoDeprecate=True
        ),
        drifted=frozenset({"deprecated"}),
        vanish=lambda client: _delete_thing_type(client, "life_type"),
        exists=lambda client: is_there(
            client("iot").describe_thing_type, thingTypeName="life_type"
        ),
    ),
    "thing group": Life(
        address="aws_iot_thing_group.it",
        created=_thing_group("life_group", 'tags = { zone = "1" }'),
        updated=_thing_group("life_group", _PROPERTIES),
        replaced=_thing_group(
            "life_group_2", "parent_group_name = aws_iot_thing_group.parent.name"
        ),
        drift=lambda client: client("iot").update_thing_group(
            thingGroupName="life_group", thingGroupProperties={"thingGroupDescription": "moved"}
        ),
        drifted=frozenset({"properties"}),
        vanish=lambda client: client("iot").delete_thing_group(thingGroupName="life_group"),
        exists=lambda client: any(
            is_there(client("iot").describe_thing_group, thingGroupName=name)
            for name in ("life_group", "life_group_2")
        ),
    ),
}


def test_resources_live_from_creation_to_destruction(lead: Lead) -> None:
    lead(LIVES)
