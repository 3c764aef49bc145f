"""``null_resource`` and ``null_data_source``: a place for provisioners and triggers."""

from __future__ import annotations

import secrets
from typing import Any, ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.plain.value import Value
from lab_utils.local_aws.provider.resource import DataSource
from lab_utils.local_aws.provider.values import State


def new_id() -> str:
    """Return a number that no other has, as the real provider makes its ids."""
    return str(secrets.randbits(62))


class NullResource(Value):
    """Nothing; its provisioners are run by Terraform itself."""

    type_name = "null_resource"
    label = "null resource"
    overlay: ClassVar[Overlay] = Overlay(force_new=frozenset({"triggers"}))

    def create(self, _context: Context, _planned: State) -> State:
        """Return an id."""
        return {"id": new_id()}


class NullData(DataSource):
    """Values handed through."""

    type_name = "null_data_source"
    label = "null data source"

    def read(self, _context: Context, config: State) -> dict[str, Any]:
        """Return the inputs as outputs."""
        return {
            "id": "static",
            "random": new_id(),
            "outputs": config["inputs"],
            "has_computed_default": config["has_computed_default"] or "default",
        }
