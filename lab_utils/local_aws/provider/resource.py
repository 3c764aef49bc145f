"""The small protocol that a resource type and a data source are written to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from lab_utils.local_aws.provider.context import Context
from lab_utils.local_aws.provider.diagnostics import ProviderError
from lab_utils.local_aws.provider.overlay import Overlay
from lab_utils.local_aws.provider.values import State


class Resource(ABC):
    """A resource type.

    Attributes:
        type_name: As in HCL, ``aws_iot_thing``.
        label: As the real provider names it in its errors, ``IoT Thing``.
        overlay: What the schema data does not say.
        legacy_type_system: Whether null and a type's zero are the same and defaults are planned
            for attributes that are not computed, both of which Terraform allows only to
            providers on the old SDK, as the real AWS provider is.
    """

    type_name: ClassVar[str]
    label: ClassVar[str]
    overlay: ClassVar[Overlay] = Overlay()
    legacy_type_system: ClassVar[bool] = False

    @abstractmethod
    def create(self, context: Context, planned: State) -> State:
        """Make the resource; return what only its creation tells, at least ``id``.

        Args:
            context: Clients, region, folder; ``keep`` what was made before a step that may fail.
            planned: The whole planned state, ``None`` where it is not yet known.
        """

    @abstractmethod
    def read(self, context: Context, state: State) -> State | None:
        """Return every attribute that the service tells, or ``None`` when it is gone.

        Attributes that are left out keep their value. An API error whose code is in ``gone``
        means that it is gone, too.
        """

    def update(self, context: Context, prior: State, planned: State) -> State | None:
        """Change the resource in place; return attributes that a read cannot tell, if any."""
        raise NotImplementedError(f"{self.type_name} has no argument that changes in place")

    @abstractmethod
    def delete(self, context: Context, state: State) -> None:
        """Delete the resource; that it is gone already is no error."""

    def import_(self, _context: Context, import_id: str) -> State:
        """Return as much state as ``read`` needs, from the id given to ``terraform import``."""
        return {"id": import_id}

    def plan(self, _context: Context, _prior: State | None, _planned: State) -> None:
        """Change the planned state in place, or report with ``context.error``."""
        return

    def validate(self, _context: Context, _config: State) -> None:
        """Report with ``context.error`` what the overlay cannot say; values may be unknown."""
        return

    def display_name(self, state: State) -> str:
        """Return the name that stands in error messages."""
        for name in ("name", "id"):
            if isinstance(state.get(name), str):
                return str(state[name])
        return ""


class AwsResource(Resource):
    """A resource type of hashicorp/aws.

    Attributes:
        service: The service id as botocore has it, ``IoT``.
        gone: The error codes that say that the resource does not exist.
    """

    service: ClassVar[str]
    gone: ClassVar[tuple[str, ...]] = ("ResourceNotFoundException",)
    legacy_type_system: ClassVar[bool] = True


class DataSource(ABC):
    """A data source.

    Attributes:
        type_name: As in HCL.
        label: As the real provider names it in its errors.
        overlay: What the schema data does not say.
    """

    type_name: ClassVar[str]
    label: ClassVar[str]
    service: ClassVar[str] = ""
    overlay: ClassVar[Overlay] = Overlay()

    @abstractmethod
    def read(self, context: Context, config: State) -> dict[str, Any]:
        """Return the attributes that the configuration does not give."""

    def validate(self, _context: Context, _config: State) -> None:
        """Report with ``context.error`` what the overlay cannot say; values may be unknown."""
        return


def refuse_import(type_name: str) -> State:
    """Refuse ``terraform import`` for a type that the real provider cannot import either.

    Raises:
        ProviderError: Always, in the words of Terraform's SDK.
    """
    raise ProviderError(f"resource {type_name} doesn't support import")
